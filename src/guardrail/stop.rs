//! The stop switch: what is stopped is blocked as a rule of the legal tier would block it.

use std::sync::Arc;

use crate::domain::{
    Active, Bounded, Bounds, CandidateLimits, Certainty, Effect, RuleCard, RuleIx, RuleTable, StopSet, Tier,
};

/// Blocks every candidate that a stop reaches, and puts the stops before the rules, so that answers name them.
pub(super) fn stopped(mut bounded: Bounded, stops: &StopSet) -> Bounded {
    let cards: Vec<RuleCard> = stops.iter().filter_map(crate::domain::Stop::card).collect();
    if cards.is_empty() {
        return bounded;
    }
    let kind = bounded.query.question.kind();
    let reached: Vec<Vec<usize>> = bounded
        .query
        .candidates
        .iter()
        .zip(&bounded.campaigns)
        .map(|(_, campaign)| {
            let reaching = stops.reaching(kind, &bounded.query.facts, campaign);
            reaching.map(|(place, _)| place).collect()
        })
        .collect();
    if reached.iter().all(Vec::is_empty) {
        return bounded;
    }
    let by = u32::try_from(cards.len()).unwrap_or(u32::MAX);
    for (limits, places) in bounded.limits.iter_mut().zip(reached) {
        *limits = moved(limits, by);
        for place in places {
            limits.effects.insert(Active {
                certainty: Certainty::Certain,
                rule: RuleIx(u32::try_from(place).unwrap_or(u32::MAX)),
                tier: Tier::Legal,
                effect: Effect::Block,
            });
        }
    }
    bounded.rules = Arc::new(before(cards, &bounded.rules));
    bounded
}

/// Limits that name rules whose places in the table are so much later.
fn moved(limits: &CandidateLimits, by: u32) -> CandidateLimits {
    let later = |rule: RuleIx| RuleIx(rule.0.saturating_add(by));
    let bounds = |bounds: &Bounds| -> Bounds {
        let each = bounds.iter().cloned();
        each.map(|active| Active {
            rule: later(active.rule),
            ..active
        })
        .collect()
    };
    CandidateLimits {
        effects: bounds(&limits.effects),
        shadow: bounds(&limits.shadow),
        skipped: limits.skipped.iter().copied().map(later).collect(),
        ..limits.clone()
    }
}

fn before(cards: Vec<RuleCard>, rules: &RuleTable) -> RuleTable {
    let rest = rules.iter_shared().cloned();
    RuleTable::in_order(cards.into_iter().map(Arc::new).chain(rest).collect())
}
