use std::{collections::BTreeMap, sync::Arc};

use jiff::{civil::Time, tz::TimeZone};

use super::{
    code,
    conditions::Reader,
    effects::list,
    rules::{midnight, midnight_after},
};
use crate::{
    domain::{
        Attribute, Baselines, BrandId, Budget, Campaign, CampaignId, CandidateId, Currency, DeclaredMaturity,
        Duration, FactValue, Facts, Goal, Kind, Micros, Money, Objective, ObjectiveId, RuleCard, RuleId,
        Tier, TimeOfDay, Word,
    },
    rules::{
        condition::{Atom, Condition, Reading, Test},
        draft::{Action, EffectDraft, Exemption, RuleDraft},
        syntax::{
            Findings, Message, Span, Spanned,
            ast::{BaselineDef, CampaignDef, Files, GoalDef, IfUnknown, Mode, ObjectiveDef, ThresholdsDef},
            did_you_mean, say,
        },
    },
};

pub(super) type Campaigns = BTreeMap<CampaignId, Arc<Campaign>>;

/// The declared campaigns that are whole.
pub(super) fn campaigns(files: &Files, findings: &mut Findings<'_>) -> Campaigns {
    let objectives = objectives(files, findings);
    let mut campaigns = Campaigns::new();
    let mut first: BTreeMap<&str, Span> = BTreeMap::new();
    for def in files.campaigns.iter().flat_map(|file| &file.campaigns) {
        if let Some(earlier) = first.insert(&def.id.value, def.id.span) {
            reused(&say!("the campaign"), &def.id, earlier, findings);
            continue;
        }
        let declared = files.objectives.iter().flat_map(|file| &file.objectives);
        if let Some(objective) = declared
            .into_iter()
            .find(|known| known.id.value == def.objective.value)
        {
            report_kinds(def, objective, findings);
        }
        if let Some(campaign) = campaign(def, &objectives, findings) {
            campaigns.insert(campaign.id.clone(), Arc::new(campaign));
        }
    }
    campaigns
}

pub(super) fn reused(what: &Message, id: &Spanned<String>, earlier: Span, findings: &mut Findings<'_>) {
    findings
        .error(
            code::REUSED_ID,
            id.span,
            say!("{} `{}` is there twice", what, id.value),
        )
        .help(say!("give one of them another `id`"))
        .related(earlier, say!("the first"));
}

type Objectives<'f> = BTreeMap<&'f str, Objective>;

fn objectives<'f>(files: &'f Files, findings: &mut Findings<'_>) -> Objectives<'f> {
    let mut objectives = Objectives::new();
    let mut first: BTreeMap<&str, Span> = BTreeMap::new();
    for def in files.objectives.iter().flat_map(|file| &file.objectives) {
        if let Some(earlier) = first.insert(&def.id.value, def.id.span) {
            reused(&say!("the objective"), &def.id, earlier, findings);
            continue;
        }
        if let Some(objective) = objective(def) {
            objectives.insert(&def.id.value, objective);
        }
    }
    objectives
}

fn objective(def: &ObjectiveDef) -> Option<Objective> {
    Some(Objective {
        id: ObjectiveId::new(&def.id.value).ok()?,
        event: Word::new(&def.event.value).ok()?,
        window: def.window.value,
    })
}

fn campaign(def: &CampaignDef, objectives: &Objectives<'_>, findings: &mut Findings<'_>) -> Option<Campaign> {
    let objective = objectives.get(def.objective.value.as_str());
    if objective.is_none() {
        let near = did_you_mean(&def.objective.value, objectives.keys().copied());
        findings
            .error(
                code::UNKNOWN_OBJECTIVE,
                def.objective.span,
                say!("`objectives.yaml` has no `{}`", def.objective.value),
            )
            .maybe_help(near.map(|near| say!("did you mean `{}`?", near)));
    }
    let currency = currency(def, findings)?;
    let goal = goal(def.goal, currency, findings);
    let budget = budget(def, currency, findings);
    let id = CampaignId::new(&def.id.value).ok()?;
    let brand = BrandId::new(&def.brand.value).ok()?;
    let product = match &def.product {
        Some(product) => Some(Word::new(&product.value).ok()?),
        None => None,
    };
    let objective = objective?.clone();
    Some(Campaign {
        facts: facts(&id, &brand, product.as_ref(), &objective, currency)?,
        id,
        brand,
        product,
        objective,
        goal: goal?,
        currency,
        baselines: baselines(&def.baseline, findings)?,
        budget: budget?,
        maturity: def
            .maturity
            .iter()
            .map(|(kind, written)| (*kind, maturity(written)))
            .collect(),
    })
}

fn maturity(written: &ThresholdsDef) -> DeclaredMaturity {
    let days = written.within.value.as_millis() / Duration::from_days(1).as_millis();
    DeclaredMaturity {
        learning_from: written.learning_from.value.into(),
        mature_at: written.mature_at.value.into(),
        days: u32::try_from(days).unwrap_or(u32::MAX),
    }
}

/// The currency of the amounts that a campaign names, or the one that it states.
fn currency(def: &CampaignDef, findings: &mut Findings<'_>) -> Option<Currency> {
    let of_goal = match def.goal {
        GoalDef::MaximiseConversions { value_per_outcome } => Some(value_per_outcome.value.currency),
        GoalDef::TargetCost(target) => Some(target.value.currency),
        GoalDef::TargetReturn(_) | GoalDef::Manual => None,
    };
    let of_bid = def.baseline.bid.map(|bid| bid.value.currency);
    let of_budget = def.budget.map(|budget| budget.value.currency);
    let named = of_bid.or(of_budget).or(of_goal);
    if let (Some(stated), Some(named)) = (def.currency, named)
        && stated.value != named
    {
        let message = say!("`{}` beside amounts in {}", stated.value, named);
        findings.error(code::CURRENCY, stated.span, message).help(say!(
            "a campaign has one currency; leave `currency` out where an amount says it"
        ));
        return None;
    }
    let known = named.or(def.currency.map(|stated| stated.value));
    if known.is_none() {
        findings
            .error(
                code::NO_CURRENCY,
                def.id.span,
                say!("`{}` names no amount, so nothing says its currency", def.id.value),
            )
            .help(say!("write `currency: EUR`"));
    }
    known
}

fn baselines(def: &BaselineDef, findings: &mut Findings<'_>) -> Option<Baselines> {
    let minutes = |time: Time| {
        let (hour, minute) = (
            u16::try_from(time.hour()).ok()?,
            u16::try_from(time.minute()).ok()?,
        );
        TimeOfDay::new(hour, minute)
    };
    let items = list(&def.list, findings)?;
    let items: Option<Vec<CandidateId>> = items
        .iter()
        .map(|item| CandidateId::new(item.as_str()).ok())
        .collect();
    Some(Baselines {
        bid: def.bid.map(|bid| bid.value.amount),
        send_at: def.send_at.and_then(|at| minutes(at.value)),
        list: items.filter(|items| !items.is_empty()),
        share: def.share.map(|share| share.value),
        probability: def
            .probability
            .map(|share| Micros::new(i64::from(share.value.get()) * 100)),
    })
}

/// That the objective is for every kind of decision that the campaign declares a baseline of.
fn report_kinds(def: &CampaignDef, objective: &ObjectiveDef, findings: &mut Findings<'_>) {
    let is_for = |kind: &Kind| objective.kinds.iter().any(|of| of.value == *kind);
    for kind in def.baseline.kinds().filter(|kind| !is_for(kind)) {
        findings
            .error(
                code::OBJECTIVE_KIND,
                def.objective.span,
                say!(
                    "the objective `{}` is not for `{}`, of which `{}` declares a baseline",
                    def.objective.value,
                    kind,
                    def.id.value
                ),
            )
            .help(say!(
                "add it to `for` of the objective, or leave the baseline out"
            ))
            .related(objective.id.span, say!("the objective"));
    }
}

/// The facts that every candidate of a campaign carries. One without a product is known to have none.
pub(super) fn facts(
    id: &CampaignId,
    brand: &BrandId,
    product: Option<&Word>,
    objective: &Objective,
    currency: Currency,
) -> Option<Facts> {
    let word = |text: &str| Word::new(text).ok().map(FactValue::Word);
    let product = product.map_or(FactValue::Words(Vec::new()), |product| {
        FactValue::Word(product.clone())
    });
    Some(Facts::from_iter([
        (Attribute::Brand, word(brand.as_str())?),
        (Attribute::Campaign, word(id.as_str())?),
        (Attribute::Product, product),
        (Attribute::Objective, word(objective.id.as_str())?),
        (Attribute::Currency, word(currency.as_str())?),
    ]))
}

fn goal(def: GoalDef, currency: Currency, findings: &mut Findings<'_>) -> Option<Goal> {
    Some(match def {
        GoalDef::MaximiseConversions { value_per_outcome } => Goal::MaximiseConversions {
            value_per_outcome: amount(value_per_outcome, currency, findings)?,
        },
        GoalDef::TargetCost(target) => Goal::TargetCost(amount(target, currency, findings)?),
        GoalDef::TargetReturn(target) => Goal::TargetReturn(u32::try_from(target.value.get()).unwrap_or(0)),
        GoalDef::Manual => Goal::Manual,
    })
}

fn amount(money: Spanned<Money>, currency: Currency, findings: &mut Findings<'_>) -> Option<Micros> {
    if money.value.currency == currency {
        return Some(money.value.amount);
    }
    let message = say!("`{}` beside a baseline in {}", money.value, currency);
    findings.error(code::CURRENCY, money.span, message).help(say!(
        "a campaign has one currency; write the amount in {}",
        currency
    ));
    None
}

#[expect(
    clippy::option_option,
    reason = "outer: whether it can be read; inner: whether there is one"
)]
fn budget(def: &CampaignDef, currency: Currency, findings: &mut Findings<'_>) -> Option<Option<Budget>> {
    match (&def.budget, &def.period) {
        (None, None) => Some(None),
        (Some(budget), Some(period)) => Some(Some(Budget {
            amount: amount(*budget, currency, findings)?,
            start: midnight(Some(period.from), &TimeZone::UTC, findings)??,
            end: midnight_after(Some(period.until), &TimeZone::UTC, findings)??,
        })),
        // The syntax has said so already.
        (Some(_), None) => None,
        (None, Some(_)) => {
            let message = say!("`{}` has a period and no budget to spend in it", def.id.value);
            findings
                .error(code::BUDGET_PERIOD, def.id.span, message)
                .help(say!("write `budget: 20000 EUR`, or leave `period` out"));
            None
        }
    }
}

/// A campaign's `market` as the rule that it is: elsewhere the campaign is out.
pub(super) fn market(
    def: &CampaignDef,
    path: &Arc<str>,
    reader: &mut Reader<'_, '_, '_>,
) -> Option<RuleDraft> {
    let written = def.market.as_ref()?;
    let kinds: Vec<Kind> = def.baseline.kinds().collect();
    let market = reader.condition(written, Reading::Every)?;
    reader.are_known_to(&kinds, written)?;
    let only = Condition::Fact(Atom {
        slot: reader.vocabulary.key("campaign")?.slot,
        reading: Reading::Any,
        test: Test::Words(vec![def.id.value.clone()]),
    });
    Some(RuleDraft {
        card: RuleCard {
            id: RuleId::new(&format!("market-of-{}", def.id.value)).ok()?,
            tier: Tier::Campaign,
            owner: path.clone(),
            because: Arc::from("the campaign's own market"),
            file: path.clone(),
            line: def.id.span.line,
        },
        kinds,
        mode: Mode::Enforce,
        from: None,
        until: None,
        when: vec![only],
        unless: vec![Exemption {
            condition: market,
            until: None,
        }],
        if_unknown: IfUnknown::Apply,
        effects: vec![EffectDraft {
            guard: None,
            action: Action::Exclude,
        }],
    })
}
