//! Reading one file of rules.

use jiff::civil::Date;

use super::{
    FileId, Findings, Message, Spanned,
    ast::{
        Clause, ConditionDef, EffectDef, ExceptionDef, IfUnknown, Node, RuleDef, RuleFile, RuleTable,
        TestDef, Tree,
    },
    code,
    condition::condition,
    declare::safe_defaults,
    effect::effects,
    fields::Fields,
    rule_table::Tables,
    say, scalar,
    table::{EXCEPTION, RULE, RULE_FILE},
    test_file::test,
    words::{KINDS, MODES, TIERS, UNKNOWNS},
};
use crate::domain::{Kind, Tier};

/// Reads a file of rules.
pub(super) fn rule_file(
    file: FileId,
    node: &Node,
    tables: &[RuleTable],
    findings: &mut Findings<'_>,
) -> Option<RuleFile> {
    let fields = Fields::open(node, &RULE_FILE, findings)?;
    let rules_of = fields.text("rules_of", findings);
    let applies_to = condition_at(&fields, "applies_to", findings);
    let tier = fields.one_of("tier", &TIERS, findings);
    let owner = fields.name("owner", findings);
    let time_zone = fields.scalar("time_zone", scalar::zone, findings);
    let tests_at = fields.scalar("tests_at", scalar::instant, findings);
    let safe_defaults = safe_defaults(&fields, findings).unwrap_or_default();
    let mut owners = Owners {
        of_file: owner.clone(),
        reported: fields.node("owner").is_some(),
    };
    let mut tables = Tables::of(tables);
    let mut misread = Vec::new();
    let rules = fields.each("rules", findings, |node, findings| {
        let read = rule(node, &mut owners, &mut tables, &mut misread, findings);
        if read.is_none() {
            misread.extend(text_at(node, "id"));
        }
        read
    });
    let exceptions = fields.each("exceptions", findings, |node, findings| {
        exception(node, &mut owners, findings)
    });
    let tests = fields.each("tests", findings, test);
    if let Some(tier) = tier {
        report_scope(
            tier,
            fields.node("applies_to").is_some(),
            applies_to.as_ref(),
            findings,
        );
    }
    let read = RuleFile {
        file,
        rules_of: rules_of?,
        applies_to,
        tier: tier?,
        owner,
        time_zone,
        safe_defaults,
        tests_at,
        rules: rules.into_iter().flatten().collect(),
        misread,
        tables: tables.named,
        exceptions,
        tests,
    };
    report_times(&read, &fields, findings);
    Some(read)
}

/// The text at a key of a rule that may not be read whole.
fn text_at(node: &Node, name: &str) -> Option<String> {
    let Tree::Map(entries) = &node.value else {
        return None;
    };
    let (_, at) = entries.iter().find(|(key, _)| key.value == name)?;
    match &at.value {
        Tree::Scalar(text) => Some(text.clone()),
        Tree::List(_) | Tree::Map(_) => None,
    }
}

/// Who answers for rules that do not say so themselves.
struct Owners {
    of_file: Option<Spanned<String>>,
    reported: bool,
}

impl Owners {
    /// The owner of a rule or an exception. That none is named is said once a file.
    fn of(
        &mut self,
        fields: &Fields<'_>,
        what: &Message,
        findings: &mut Findings<'_>,
    ) -> Option<Spanned<String>> {
        if fields.node("owner").is_some() {
            return fields.name("owner", findings);
        }
        if self.of_file.is_none() && !self.reported {
            self.reported = true;
            findings
                .error(code::NO_OWNER, fields.head, say!("nobody answers for {}", what))
                .help(say!(
                    "write `owner:` and an address at the top of the file, once for all its rules"
                ));
        }
        self.of_file.clone()
    }
}

fn condition_at(fields: &Fields<'_>, name: &str, findings: &mut Findings<'_>) -> Option<ConditionDef> {
    condition(fields.node(name)?, findings)
}

fn kind(written: Spanned<&str>, findings: &mut Findings<'_>) -> Option<Kind> {
    scalar::one_of(written, &say!("a kind of decision"), &KINDS, findings)
}

/// The kinds at `for`, each once.
pub(super) fn kinds(fields: &Fields<'_>, findings: &mut Findings<'_>) -> Vec<Spanned<Kind>> {
    let mut kinds = fields.some("for", kind, findings);
    kinds.sort_by_key(|kind| kind.value);
    kinds.dedup_by_key(|kind| kind.value);
    kinds
}

fn date(fields: &Fields<'_>, name: &str, findings: &mut Findings<'_>) -> Option<Spanned<Date>> {
    fields.scalar(name, scalar::date, findings)
}

/// The rule, or those of the table that it names.
fn rule(
    node: &Node,
    owners: &mut Owners,
    tables: &mut Tables<'_>,
    misread: &mut Vec<String>,
    findings: &mut Findings<'_>,
) -> Option<Vec<RuleDef>> {
    let before = findings.len();
    tables.named.extend(text_at(node, "table"));
    let fields = Fields::open(node, &RULE, findings)?;
    let id = fields.name("id", findings);
    let kinds = kinds(&fields, findings);
    let when = condition_at(&fields, "when", findings);
    let unless = condition_at(&fields, "unless", findings);
    let of_table = tables.of_rule(&fields, &kinds, findings);
    let then = fields
        .node("then")
        .filter(|_| of_table.is_none())
        .map(|node| effects(node, &kinds, findings))
        .unwrap_or_default();
    let if_unknown = fields.one_of("if_unknown", &UNKNOWNS, findings);
    let accept_risk = fields.text("accept_risk", findings);
    let because = fields.text("because", findings);
    let what = id
        .as_ref()
        .map_or_else(|| say!("this rule"), |id| say!("`{}`", id.value));
    let owner = owners.of(&fields, &what, findings);
    let (from, until) = (date(&fields, "from", findings), date(&fields, "until", findings));
    let review_by = date(&fields, "review_by", findings);
    let mode = fields
        .one_of("mode", &MODES, findings)
        .map(|mode| mode.value)
        .unwrap_or_default();
    if fields.node("accept_risk").is_none() {
        report_risk(if_unknown, &then, findings);
    }
    report_order(from, until, findings);
    // A rule that was misread in part is not passed on: it might say more than its author wrote.
    if findings.len() != before {
        return None;
    }
    let rule = RuleDef {
        span: node.span,
        id: id?,
        kinds,
        when,
        unless,
        then,
        if_unknown,
        accept_risk,
        because: because?,
        owner: owner?,
        from,
        until,
        review_by,
        mode,
        row: None,
    };
    Some(match of_table {
        Some(of_table) => of_table.rules(rule, misread, findings),
        None => vec![rule],
    })
}

pub(super) fn report_risk(
    if_unknown: Option<Spanned<IfUnknown>>,
    then: &[Spanned<EffectDef>],
    findings: &mut Findings<'_>,
) {
    let Some(skip) = if_unknown.filter(|unknown| unknown.value == IfUnknown::Skip) else {
        return;
    };
    if then.iter().any(|effect| effect.value.is_restriction()) {
        findings
            .error(
                code::UNACCEPTED_RISK,
                skip.span,
                say!("a restriction that is skipped when a fact is missing lets everything through"),
            )
            .help(say!(
                "write `accept_risk:` and why that is fine here, or `if_unknown: apply`"
            ));
    }
}

/// That the last day is not before the first.
pub(super) fn report_order(
    from: Option<Spanned<Date>>,
    until: Option<Spanned<Date>>,
    findings: &mut Findings<'_>,
) {
    if let (Some(from), Some(until)) = (from, until)
        && until.value < from.value
    {
        findings
            .error(code::DATE, until.span, say!("the last day is before the first"))
            .help(say!("`until` is the last day, inclusive"))
            .related(from.span, say!("the first day"));
    }
}

fn report_scope(
    tier: Spanned<Tier>,
    written: bool,
    scope: Option<&ConditionDef>,
    findings: &mut Findings<'_>,
) {
    let needed = match tier.value {
        Tier::Brand => "brand",
        Tier::Campaign => "campaign",
        Tier::Legal | Tier::Company => return,
    };
    let named = scope.is_some_and(|scope| {
        scope
            .terms
            .iter()
            .any(|term| matches!(term, Clause::Atom(atom) if atom.key.value == needed))
    });
    if !named && (scope.is_some() || !written) {
        findings
            .error(
                code::TIER_SCOPE,
                tier.span,
                say!("at tier `{}` the file has to name its `{}`", tier.value, needed),
            )
            .help(say!("write `applies_to: {{}: …}`", needed));
    }
}

fn report_times(file: &RuleFile, fields: &Fields<'_>, findings: &mut Findings<'_>) {
    let of_rules = file.rules.iter().find_map(|rule| rule.from.or(rule.until));
    let dated = of_rules.or_else(|| file.exceptions.first().map(|exception| exception.until));
    if let (Some(dated), None) = (dated, fields.node("time_zone")) {
        findings
            .error(
                code::NO_TIME,
                dated.span,
                say!("a day begins and ends in a time zone, and the file names none"),
            )
            .help(say!("write `time_zone: Europe/Rome` at the top of the file"));
    }
    let timeless = |test: &&TestDef| test.given.iter().all(|(name, _)| name.value != "now");
    if let (Some(test), None) = (file.tests.iter().find(timeless), fields.node("tests_at")) {
        findings
            .error(
                code::NO_TIME,
                test.name.span,
                say!("tests never look at the clock, and the file does not say when they happen"),
            )
            .help(say!(
                "write `tests_at: 2026-11-02T10:00:00Z` at the top of the file"
            ));
    }
}

fn exception(node: &Node, owners: &mut Owners, findings: &mut Findings<'_>) -> Option<ExceptionDef> {
    let fields = Fields::open(node, &EXCEPTION, findings)?;
    let to = fields.name("to", findings);
    let when = condition_at(&fields, "when", findings);
    let because = fields.text("because", findings);
    let owner = owners.of(&fields, &say!("this exception"), findings);
    let until = date(&fields, "until", findings);
    Some(ExceptionDef {
        span: node.span,
        to: to?,
        when: when?,
        because: because?,
        owner: owner?,
        until: until?,
    })
}
