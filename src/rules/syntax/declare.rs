//! Reading `campaigns.yaml`, `objectives.yaml`, `defaults.yaml` and `attributes.yaml`.

use super::{
    FileId, Findings, Spanned,
    ast::{
        AttributeDef, AttributesFile, BaselineDef, CampaignDef, CampaignsFile, DefaultsFile, GoalDef, Node,
        ObjectiveDef, ObjectivesFile, PeriodDef, SafeDefaultDef, ThresholdsDef,
    },
    code,
    condition::condition,
    fields::Fields,
    quantity,
    rule_file::{kinds, report_order},
    say, scalar,
    table::{
        ATTRIBUTE, ATTRIBUTES, BASELINE, CAMPAIGN, CAMPAIGNS, DEFAULTS, MATURITY, OBJECTIVE, OBJECTIVES,
        PERIOD, SAFE_DEFAULT, THRESHOLDS,
    },
    window,
    words::{
        GOALS, GoalWord, HOLDS, PRESENCES, SAFE_BIDS, SAFE_BUDGETS, SAFE_LISTS, SAFE_SCORES, SAFE_SEND_TIMES,
        SCOPES, TYPES,
    },
};
use crate::domain::Kind;

/// Reads `campaigns.yaml`.
pub(super) fn campaigns(file: FileId, node: &Node, findings: &mut Findings<'_>) -> Option<CampaignsFile> {
    let fields = Fields::open(node, &CAMPAIGNS, findings)?;
    Some(CampaignsFile {
        file,
        campaigns: fields.each("campaigns", findings, campaign),
    })
}

fn campaign(node: &Node, findings: &mut Findings<'_>) -> Option<CampaignDef> {
    let fields = Fields::open(node, &CAMPAIGN, findings)?;
    let id = fields.name("id", findings);
    let brand = fields.name("brand", findings);
    let product = fields.name("product", findings);
    let objective = fields.name("objective", findings);
    let goal = goal(&fields, findings);
    let budget = fields.scalar("budget", scalar::money, findings);
    let period = fields.node("period").and_then(|node| period(node, findings));
    let market = fields.node("market").and_then(|node| condition(node, findings));
    let currency = fields.scalar("currency", scalar::currency, findings);
    let baseline = fields.node("baseline").and_then(|node| baseline(node, findings));
    let maturity = fields.node("maturity").map(|node| maturity(node, findings));
    if let (Some(budget), None) = (budget, fields.node("period")) {
        findings
            .error(
                code::MISSING_KEY,
                budget.span,
                say!("a budget needs the period that it is for"),
            )
            .help(say!("write `period: {from: 2026-09-01, until: 2026-12-31}`"));
    }
    Some(CampaignDef {
        span: node.span,
        id: id?,
        brand: brand?,
        product,
        objective: objective?,
        goal: goal?,
        budget,
        period,
        market,
        currency,
        baseline: baseline?,
        maturity: maturity.unwrap_or_default(),
    })
}

fn baseline(node: &Node, findings: &mut Findings<'_>) -> Option<BaselineDef> {
    let before = findings.len();
    let fields = Fields::open(node, &BASELINE, findings)?;
    let read = BaselineDef {
        span: node.span,
        bid: fields.scalar("bid", scalar::money, findings),
        send_at: fields.scalar("send_at", window::time, findings),
        list: fields.some("list", scalar::name, findings),
        share: fields.scalar("share", quantity::part, findings),
        probability: fields.scalar("probability", quantity::part, findings),
    };
    if findings.len() > before {
        return None;
    }
    if read.kinds().next().is_none() {
        findings
            .error(code::EMPTY, node.span, say!("the baseline says nothing"))
            .help(say!("write what a person would do, such as `{bid: 1.80 EUR}`"));
        return None;
    }
    Some(read)
}

fn maturity(node: &Node, findings: &mut Findings<'_>) -> Vec<(Kind, ThresholdsDef)> {
    let Some(fields) = Fields::open(node, &MATURITY, findings) else {
        return Vec::new();
    };
    let mut of_kind = |kind: Kind| Some((kind, thresholds(fields.node(kind.name())?, findings)?));
    Kind::ALL.into_iter().filter_map(&mut of_kind).collect()
}

/// The length of one day.
const DAY_MILLIS: i64 = 86_400_000;

fn thresholds(node: &Node, findings: &mut Findings<'_>) -> Option<ThresholdsDef> {
    let fields = Fields::open(node, &THRESHOLDS, findings)?;
    let learning_from = fields.scalar("learning_from", quantity::count, findings);
    let mature_at = fields.scalar("mature_at", quantity::count, findings);
    let within = fields.scalar("within", scalar::duration, findings);
    let read = ThresholdsDef {
        learning_from: learning_from?,
        mature_at: mature_at?,
        within: within?,
    };
    if read.mature_at.value < read.learning_from.value {
        findings
            .error(
                code::COUNT,
                read.mature_at.span,
                say!(
                    "the model leads from {} on and learns from {} on",
                    read.mature_at.value,
                    read.learning_from.value
                ),
            )
            .help(say!("`mature_at` is at least `learning_from`"));
        return None;
    }
    let millis = read.within.value.as_millis();
    if millis < DAY_MILLIS || millis % DAY_MILLIS != 0 || millis > 400 * DAY_MILLIS {
        findings
            .error(
                code::COUNT,
                read.within.span,
                say!("`{}` is not 1 to 400 whole days", read.within.value.to_string()),
            )
            .help(say!("evidence is counted by the day; write `30 days`"));
        return None;
    }
    Some(read)
}

fn goal(fields: &Fields<'_>, findings: &mut Findings<'_>) -> Option<GoalDef> {
    let goal = fields.one_of("goal", &GOALS, findings)?;
    let (wanted, foreign) = match goal.value {
        GoalWord::Maximise => (Some("value_per_outcome"), "target"),
        GoalWord::Cost | GoalWord::Return => (Some("target"), "value_per_outcome"),
        GoalWord::Manual => (None, "target"),
    };
    if let Some(node) = fields.node(foreign) {
        findings
            .error(code::UNKNOWN_KEY, node.span, say!("`{}` does not belong to this `goal`", foreign))
            .help(say!("`value_per_outcome` belongs to `maximise_conversions`, `target` to `target_cost` and `target_return`"))
            .related(goal.span, say!("the goal"));
    }
    if let Some(wanted) = wanted.filter(|wanted| fields.node(wanted).is_none()) {
        findings
            .error(
                code::MISSING_KEY,
                goal.span,
                say!("this `goal` needs `{}` beside it", wanted),
            )
            .help(say!(
                "`value_per_outcome: 2.50 EUR`, or a `target` such as `4.00 EUR` (cost) or `400%` (return)"
            ));
    }
    Some(match goal.value {
        GoalWord::Maximise => GoalDef::MaximiseConversions {
            value_per_outcome: fields.scalar("value_per_outcome", scalar::money, findings)?,
        },
        GoalWord::Cost => GoalDef::TargetCost(fields.scalar("target", scalar::money, findings)?),
        GoalWord::Return => GoalDef::TargetReturn(fields.scalar("target", scalar::percent, findings)?),
        GoalWord::Manual => GoalDef::Manual,
    })
}

fn period(node: &Node, findings: &mut Findings<'_>) -> Option<PeriodDef> {
    let fields = Fields::open(node, &PERIOD, findings)?;
    let from = fields.scalar("from", scalar::date, findings);
    let until = fields.scalar("until", scalar::date, findings);
    report_order(from, until, findings);
    Some(PeriodDef {
        from: from?,
        until: until?,
    })
}

/// Reads `objectives.yaml`.
pub(super) fn objectives(file: FileId, node: &Node, findings: &mut Findings<'_>) -> Option<ObjectivesFile> {
    let fields = Fields::open(node, &OBJECTIVES, findings)?;
    Some(ObjectivesFile {
        file,
        objectives: fields.each("objectives", findings, objective),
    })
}

fn objective(node: &Node, findings: &mut Findings<'_>) -> Option<ObjectiveDef> {
    let fields = Fields::open(node, &OBJECTIVE, findings)?;
    let id = fields.name("id", findings);
    let event = fields.name("event", findings);
    let window = fields.scalar("window", scalar::duration, findings);
    let value_field = fields.name("value_field", findings);
    let currency = fields.scalar("currency", scalar::currency, findings);
    let kinds = kinds(&fields, findings);
    Some(ObjectiveDef {
        span: node.span,
        id: id?,
        event: event?,
        window: window?,
        value_field,
        currency,
        kinds,
    })
}

/// Reads `defaults.yaml`.
pub(super) fn defaults(file: FileId, node: &Node, findings: &mut Findings<'_>) -> Option<DefaultsFile> {
    let fields = Fields::open(node, &DEFAULTS, findings)?;
    let owner = fields.name("owner", findings);
    let because = fields.text("because", findings);
    let safe_defaults = safe_defaults(&fields, findings);
    Some(DefaultsFile {
        file,
        owner: owner?,
        because: because?,
        safe_defaults: safe_defaults?,
    })
}

/// What stands at `safe_default`.
pub(super) fn safe_defaults(
    fields: &Fields<'_>,
    findings: &mut Findings<'_>,
) -> Option<Vec<(Spanned<Kind>, Spanned<SafeDefaultDef>)>> {
    let by_kind = fields
        .node("safe_default")
        .and_then(|node| Fields::open(node, &SAFE_DEFAULT, findings))?;
    let mut safe_defaults = Vec::new();
    for kind in Kind::ALL {
        if let (Some(node), Some(read)) = (
            by_kind.node(kind.name()),
            by_kind.scalar(kind.name(), reader_of(kind), findings),
        ) {
            safe_defaults.push((Spanned::new(kind, node.span), read));
        }
    }
    Some(safe_defaults)
}

fn reader_of(kind: Kind) -> scalar::Reader<SafeDefaultDef> {
    match kind {
        Kind::Bid => safe_bid,
        Kind::SendTime => |written, findings| one_of(written, &SAFE_SEND_TIMES, findings),
        Kind::Recommendation => |written, findings| one_of(written, &SAFE_LISTS, findings),
        Kind::Budget => |written, findings| one_of(written, &SAFE_BUDGETS, findings),
        Kind::Score => safe_score,
    }
}

fn safe_bid(written: Spanned<&str>, findings: &mut Findings<'_>) -> Option<SafeDefaultDef> {
    if written.value.starts_with(|c: char| c.is_ascii_digit()) {
        return scalar::money(written, findings).map(SafeDefaultDef::Bid);
    }
    one_of(written, &SAFE_BIDS, findings)
}

fn safe_score(written: Spanned<&str>, findings: &mut Findings<'_>) -> Option<SafeDefaultDef> {
    if written.value.starts_with(|c: char| c.is_ascii_digit()) {
        return quantity::part(written, findings).map(SafeDefaultDef::Probability);
    }
    one_of(written, &SAFE_SCORES, findings)
}

/// One of these words.
fn one_of(
    written: Spanned<&str>,
    words: &[(&str, SafeDefaultDef)],
    findings: &mut Findings<'_>,
) -> Option<SafeDefaultDef> {
    scalar::one_of(written, &say!("a safe default"), words, findings)
}

/// Reads `attributes.yaml`.
pub(super) fn attributes(file: FileId, node: &Node, findings: &mut Findings<'_>) -> Option<AttributesFile> {
    let fields = Fields::open(node, &ATTRIBUTES, findings)?;
    Some(AttributesFile {
        file,
        attributes: fields.each("attributes", findings, attribute),
    })
}

fn attribute(node: &Node, findings: &mut Findings<'_>) -> Option<AttributeDef> {
    let fields = Fields::open(node, &ATTRIBUTE, findings)?;
    let name = fields.name("name", findings);
    let kind_of_value = fields.one_of("type", &TYPES, findings);
    let holds = fields.one_of("holds", &HOLDS, findings);
    let presence = fields.one_of("given", &PRESENCES, findings);
    let of = fields.one_of("of", &SCOPES, findings);
    let kinds = kinds(&fields, findings);
    let values = fields.some("values", scalar::name, findings);
    let currency = fields.scalar("currency", scalar::currency, findings);
    let about = fields.text("about", findings);
    Some(AttributeDef {
        span: node.span,
        name: name?,
        kind_of_value: kind_of_value?,
        holds: holds?,
        presence: presence?,
        kinds,
        of: of.map(|of| of.value).unwrap_or_default(),
        values,
        currency,
        about,
    })
}
