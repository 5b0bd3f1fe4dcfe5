//! A decision as the journal keeps it: only the rules that it speaks of, and texts by digest.

use smallvec::SmallVec;

use super::enforce::Enforced;
use crate::domain::{
    Active, Bounded, Bounds, CampaignId, CandidateLimits, CandidateRecord, Causes, LedgerView, Record,
    RuleIx, RuleTable, Ticket, Versions,
};

/// The rules that a record keeps, in order: where one stands is its new place.
type Places = SmallVec<[RuleIx; 16]>;

/// What the journal keeps of checked answers.
pub(super) fn record(enforced: &Enforced, versions: Versions) -> Record {
    let bounded = enforced.bounded();
    let (table, places) = kept_rules(&bounded.rules, &bounded.limits);
    let mut record = Record::of(&bounded.query, table, versions);
    record.ledger = ledger(bounded);
    let kept = (0..bounded.query.candidates.len()).filter_map(|place| kept(enforced, place, &places));
    record.candidates = kept.collect();
    record
}

/// What was read of each campaign, in the order in which the candidates name them.
fn ledger(bounded: &Bounded) -> Vec<LedgerView> {
    let mut named: SmallVec<[&CampaignId; 8]> = SmallVec::new();
    let read = bounded.evidence.iter().zip(&bounded.spend);
    let each = bounded.query.candidates.iter().zip(read);
    let views = each.filter_map(|(candidate, (evidence, spend))| {
        let is_new = !named.contains(&&candidate.campaign);
        is_new.then(|| {
            named.push(&candidate.campaign);
            LedgerView {
                evidence: *evidence,
                spend: *spend,
            }
        })
    });
    views.collect()
}

/// The rules that any limit names. Their order is kept.
fn kept_rules(table: &RuleTable, limits: &[CandidateLimits]) -> (RuleTable, Places) {
    let mut places = Places::new();
    for limits in limits {
        let effects = limits.effects.iter().chain(limits.shadow.iter());
        places.extend(effects.map(|active| active.rule));
        places.extend(limits.skipped.iter().copied());
    }
    places.sort_unstable();
    places.dedup();
    let cards = places.iter().filter_map(|rule| table.shared(*rule)).cloned();
    (RuleTable::in_order(cards.collect()), places)
}

fn moved(rule: RuleIx, places: &Places) -> RuleIx {
    let place = places.binary_search(&rule).ok();
    place
        .and_then(|place| u32::try_from(place).ok())
        .map_or(rule, RuleIx)
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

fn moved_causes(causes: &Causes, places: &Places) -> Causes {
    let moved_all = |rules: &[RuleIx]| rules.iter().map(|rule| moved(*rule, places)).collect();
    Causes {
        because_of: moved_all(&causes.because_of),
        also: moved_all(&causes.also),
    }
}

/// The candidate at that place, with its answer.
fn kept(enforced: &Enforced, place: usize, places: &Places) -> Option<CandidateRecord> {
    let bounded = enforced.bounded();
    let (candidate, campaign) = (
        bounded.query.candidates.get(place)?,
        bounded.campaigns.get(place)?,
    );
    let (limits, answer) = (bounded.limits.get(place)?, enforced.answers().get(place)?);
    let heard = enforced.heard();
    let explained_by = answer.explained_by.filter(|_| answer.proposed.is_none());
    let baseline = heard.baselines.get(place).copied();
    let unfollowed = heard.opinions.get(place).and_then(Option::as_ref);
    let tickets = answer.tickets.iter().cloned().map(|ticket| Ticket {
        rule: moved(ticket.rule, places),
        ..ticket
    });
    Some(CandidateRecord {
        id: candidate.id.clone(),
        campaign: candidate.campaign.clone(),
        brand: campaign.brand.clone(),
        objective: campaign.objective.clone(),
        currency: campaign.currency,
        facts: candidate.facts_of(campaign),
        limits: moved_limits(limits, places),
        explained_by,
        unfollowed: unfollowed
            .filter(|_| answer.proposed.is_none())
            .cloned()
            .map(Box::new),
        baseline: baseline.filter(|_| answer.proposed.is_none() && baseline != explained_by),
        proposed: answer.proposed.clone(),
        verdict: answer.verdict,
        choice: answer.choice,
        causes: moved_causes(&answer.causes, places),
        fallback: answer.fallback,
        taken: answer.taken,
        tickets: tickets.collect(),
    })
}
