//! A recorded decision, enforced again: from what its record holds and from nothing else.

use std::sync::Arc;

use smallvec::SmallVec;

use super::{
    enforce::{Heard, answered},
    record::record,
};
use crate::domain::{
    Baselines, Bounded, Campaign, CampaignId, Candidate, CandidateRecord, FallbackReason, Goal, LedgerView,
    Proposed, Query, Record, Taken, Wish,
};

/// The record that the same limits and the same proposal give now. Within one build it is the recorded one, to the
/// last bit.
#[must_use]
pub fn enforced_again(recorded: &Record) -> Record {
    let heard = heard(recorded);
    let mut enforced = answered(Arc::new(bounded(recorded)), heard, recorded.versions.snapshot);
    for (place, candidate) in recorded.candidates.iter().enumerate() {
        match candidate.taken {
            None => {}
            Some(Taken::Budget) => enforced.out_of_budget(place),
            Some(Taken::Contact(exceeded)) => enforced.reached(place, exceeded),
        }
    }
    Record {
        approvals: recorded.approvals.clone(),
        ..record(&enforced, recorded.versions.clone())
    }
}

/// What was asked, as far as a record tells: texts by digest, and a campaign's facts as its candidates' own.
#[must_use]
pub fn asked_before(recorded: &Record) -> Query {
    let candidates = recorded.candidates.iter().map(|candidate| Candidate {
        id: candidate.id.clone(),
        campaign: candidate.campaign.clone(),
        facts: candidate.facts.clone(),
    });
    Query {
        decision: recorded.decision,
        now: recorded.now,
        seed: recorded.seed,
        caller: recorded.caller.clone(),
        request: recorded.request.clone(),
        question: recorded.question.clone(),
        facts: recorded.facts.clone(),
        candidates: candidates.collect(),
    }
}

/// What was read from the ledger of each candidate's campaign, in the candidates' order.
#[must_use]
pub fn read_before(recorded: &Record) -> Vec<LedgerView> {
    let mut named: Vec<(&CampaignId, LedgerView)> = Vec::with_capacity(recorded.ledger.len());
    let mut views = recorded.ledger.iter().copied();
    let each = recorded.candidates.iter().map(|candidate| {
        let known = named
            .iter()
            .find(|(campaign, _)| **campaign == candidate.campaign);
        if let Some((_, view)) = known {
            return *view;
        }
        let view = views.next().unwrap_or_default();
        named.push((&candidate.campaign, view));
        view
    });
    each.collect()
}

fn bounded(recorded: &Record) -> Bounded {
    let views = read_before(recorded);
    let candidates = recorded.candidates.iter();
    Bounded {
        query: asked_before(recorded),
        campaigns: candidates.clone().map(campaign).map(Arc::new).collect(),
        limits: candidates.map(|candidate| candidate.limits.clone()).collect(),
        evidence: views.iter().map(|view| view.evidence).collect(),
        spend: views.iter().map(|view| view.spend).collect(),
        rules: Arc::new(recorded.rules.clone()),
    }
}

/// What a record keeps of a candidate's campaign: enough to write the record again. Its facts are the candidate's.
fn campaign(candidate: &CandidateRecord) -> Campaign {
    Campaign {
        id: candidate.campaign.clone(),
        brand: candidate.brand.clone(),
        product: None,
        objective: candidate.objective.clone(),
        goal: Goal::Manual,
        currency: candidate.currency,
        baselines: Baselines::default(),
        budget: None,
        maturity: std::collections::BTreeMap::new(),
        facts: crate::domain::Facts::new(),
    }
}

/// What a record says was heard.
pub(super) fn heard(recorded: &Record) -> Heard {
    let candidates = recorded.candidates.iter();
    let opinions = candidates.clone().map(|candidate| {
        let unfollowed = candidate.unfollowed.as_deref();
        candidate.proposed.as_ref().or(unfollowed).cloned()
    });
    let baselines = candidates.map(baseline_of);
    Heard {
        opinions: opinions.collect(),
        baselines: baselines.collect::<SmallVec<[Wish; 1]>>(),
        silence: silence(recorded),
    }
}

/// What people would have done. Where the model was followed, nothing hung on it and nothing tells it.
fn baseline_of(candidate: &CandidateRecord) -> Wish {
    let told = candidate.baseline.or(candidate.explained_by);
    let proposed = candidate.proposed.as_ref().map(|proposed| Wish {
        choice: proposed.wish,
        relevance: proposed.relevance,
    });
    told.or(proposed)
        .unwrap_or_else(|| crate::domain::Choice::NotShown.into())
}

/// Why a model said nothing: of any candidate the same, and told wherever an answer hung on it.
fn silence(recorded: &Record) -> FallbackReason {
    let told = recorded
        .candidates
        .iter()
        .find_map(|candidate| match candidate.fallback? {
            reason @ (FallbackReason::Deadline | FallbackReason::ModelFailed | FallbackReason::NoOpinion) => {
                Some(reason)
            }
            FallbackReason::Conflict | FallbackReason::Contradiction | FallbackReason::CheckFailed => None,
        });
    told.unwrap_or(FallbackReason::NoOpinion)
}

/// What was heard of each candidate: the model's opinion, where it was usable, and what people would have done.
#[must_use]
pub fn heard_before(recorded: &Record) -> Vec<(Option<Proposed>, Wish)> {
    let Heard {
        opinions,
        baselines,
        silence: _,
    } = heard(recorded);
    opinions.into_iter().zip(baselines).collect()
}
