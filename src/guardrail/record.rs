//! A decision as the journal keeps it: only the rules that it speaks of, and texts by digest.

use std::collections::BTreeMap;

use super::enforce::{Answer, Enforced};
use crate::domain::{
    Active, Bounds, Campaign, Candidate, CandidateLimits, CandidateRecord, Facts, Record, RuleCard, RuleIx,
    RuleTable, Ticket, Versions,
};

/// Old places of the rules that a record keeps, and their new ones.
type Places = BTreeMap<RuleIx, RuleIx>;

pub(super) fn record(enforced: &Enforced, versions: Versions) -> Record {
    let bounded = enforced.bounded();
    let (table, places) = kept_rules(&bounded.rules, &bounded.limits);
    let mut record = Record::of(&bounded.query, table, versions);
    let candidates = bounded.query.candidates.iter().zip(&bounded.campaigns);
    let answers = bounded.limits.iter().zip(enforced.answers());
    record.candidates = candidates
        .zip(answers)
        .map(|((candidate, campaign), (limits, answer))| {
            let tickets = answer.tickets.iter().cloned().map(|ticket| Ticket {
                rule: moved(ticket.rule, &places),
                ..ticket
            });
            let tickets = tickets.collect();
            candidate_record(
                candidate,
                campaign,
                moved_limits(limits, &places),
                answer,
                tickets,
            )
        })
        .collect();
    record
}

/// The rules that any limit names. Their order is kept.
fn kept_rules(table: &RuleTable, limits: &[CandidateLimits]) -> (RuleTable, Places) {
    let mut places = Places::new();
    for limits in limits {
        let named = limits
            .effects
            .iter()
            .chain(limits.shadow.iter())
            .map(|active| active.rule);
        places.extend(
            named
                .chain(limits.skipped.iter().copied())
                .map(|rule| (rule, rule)),
        );
    }
    for (place, kept) in (0..).zip(places.values_mut()) {
        *kept = RuleIx(place);
    }
    let cards: Vec<RuleCard> = places
        .keys()
        .filter_map(|rule| table.get(*rule))
        .cloned()
        .collect();
    (RuleTable::in_order(cards), places)
}

fn moved(rule: RuleIx, places: &Places) -> RuleIx {
    places.get(&rule).copied().unwrap_or(rule)
}

fn moved_limits(limits: &CandidateLimits, places: &Places) -> CandidateLimits {
    let bounds = |bounds: &Bounds| -> Bounds {
        bounds
            .iter()
            .map(|active| Active {
                rule: moved(active.rule, places),
                ..active.clone()
            })
            .collect()
    };
    CandidateLimits {
        effects: bounds(&limits.effects),
        shadow: bounds(&limits.shadow),
        skipped: limits.skipped.iter().map(|rule| moved(*rule, places)).collect(),
        auction: limits.auction,
        floor: limits.floor,
        budget_left: limits.budget_left,
        window: limits.window.clone(),
        safe_default: limits.safe_default,
    }
}

fn candidate_record(
    candidate: &Candidate,
    campaign: &Campaign,
    limits: CandidateLimits,
    answer: &Answer,
    tickets: Vec<Ticket>,
) -> CandidateRecord {
    let mut facts: Facts = candidate.facts.digested();
    for (attribute, value) in campaign.facts.iter() {
        if facts.get(attribute).is_none() {
            facts.set(attribute.clone(), value.clone());
        }
    }
    CandidateRecord {
        id: candidate.id.clone(),
        campaign: candidate.campaign.clone(),
        brand: campaign.brand.clone(),
        objective: campaign.objective.clone(),
        currency: campaign.currency,
        facts,
        limits,
        explained_by: answer.explained_by.filter(|_| answer.proposed.is_none()),
        proposed: answer.proposed.clone(),
        verdict: answer.verdict,
        choice: answer.choice,
        fallback: answer.fallback,
        tickets,
    }
}
