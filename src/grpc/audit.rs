use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::{
    convert,
    refused::Refused,
    reply,
    wire::{self, audit_service_server::AuditService},
    words,
};
use crate::{
    domain::{
        CandidateRecord, Choice, Event, FactValue, Facts, Micros, Outcome, Record, RuleIx, RuleTable, causes,
    },
    journal::{Journal, Reported},
};

/// `AuditService` of the contract: what the journal holds. Nothing here can become a decide reply.
#[derive(Clone)]
pub(super) struct Audit {
    pub(super) journal: Arc<Journal>,
}

#[tonic::async_trait]
impl AuditService for Audit {
    async fn get_decision(
        &self,
        request: Request<wire::GetDecisionRequest>,
    ) -> Result<Response<wire::GetDecisionResponse>, Status> {
        let wire::GetDecisionRequest { decision_id } = request.into_inner();
        let answer = self.decision(decision_id).map_err(Refused::into_status)?;
        Ok(Response::new(answer))
    }
}

impl Audit {
    fn decision(&self, id: Option<String>) -> Result<wire::GetDecisionResponse, Refused> {
        let id = convert::decision_id(id)?;
        let record = self.journal.decision(id)?.ok_or_else(|| Refused::not_found(id))?;
        let outcomes = self.journal.outcomes_of(id)?;
        Ok(wire::GetDecisionResponse {
            decision: Some(decision(&record)),
            outcomes: outcomes.into_iter().map(outcome).collect(),
        })
    }
}

fn decision(record: &Record) -> wire::DecisionRecord {
    let each = record.candidates.iter();
    wire::DecisionRecord {
        decision_id: record.decision.to_string(),
        decided_at: Some(words::instant(record.now)),
        request_id: record
            .request
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        kind: record.question.kind().name().to_owned(),
        versions: Some(words::versions(&record.versions)),
        facts: facts(&record.facts),
        candidates: each.map(|candidate| recorded(candidate, &record.rules)).collect(),
    }
}

fn recorded(candidate: &CandidateRecord, rules: &RuleTable) -> wire::RecordedCandidate {
    let proposed = candidate.proposed.as_ref();
    let wish = proposed.map(|proposed| proposed.wish);
    let causes = wish
        .map(|wish| causes(&candidate.limits, wish))
        .unwrap_or_default();
    let no_bid = match candidate.choice {
        Some(Choice::NoBid(reason)) => words::no_bid(reason),
        Some(Choice::Bid(_)) | None => wire::NoBidReason::Unspecified,
    };
    wire::RecordedCandidate {
        candidate_id: candidate.id.to_string(),
        campaign_id: candidate.campaign.to_string(),
        brand: candidate.brand.to_string(),
        objective: candidate.objective.id.to_string(),
        currency: candidate.currency.to_string(),
        facts: facts(&candidate.facts),
        verdict: words::verdict(candidate.verdict).into(),
        price_micros: candidate.choice.and_then(Choice::price).map(Micros::get),
        no_bid: no_bid.into(),
        wish: wish.map(reply::bid_wish),
        source: proposed
            .map_or(wire::Source::Unspecified, |proposed| {
                words::source(proposed.source)
            })
            .into(),
        because_of: named(&causes.because_of, rules),
        also: named(&causes.also, rules),
        maturity: proposed.map(|proposed| words::maturity(proposed.maturity)),
        propensity: proposed.map(|proposed| proposed.propensity),
        forced: proposed.map(|proposed| proposed.forced),
        fallback_reason: words::fallback(candidate.fallback).into(),
    }
}

fn named(causes: &[RuleIx], rules: &RuleTable) -> Vec<wire::Cause> {
    let cards = causes.iter().filter_map(|rule| rules.get(*rule));
    cards.map(words::cause).collect()
}

fn facts(facts: &Facts) -> Vec<wire::RecordedFact> {
    facts
        .iter()
        .map(|(attribute, value)| wire::RecordedFact {
            attribute: attribute.to_string(),
            value: spoken(value),
        })
        .collect()
}

fn spoken(value: &FactValue) -> String {
    let joined = |words: Vec<String>| words.join(", ");
    match value {
        FactValue::Word(word) => word.to_string(),
        FactValue::Words(words) => joined(words.iter().map(ToString::to_string).collect()),
        FactValue::Text(text) => text.to_string(),
        FactValue::Number(number) => number.to_string(),
        FactValue::Price(price) => price.to_string(),
        FactValue::Flag(flag) => flag.to_string(),
        FactValue::Instant(at) => at.to_string(),
        FactValue::Labels(labels) => {
            let each = labels.iter().map(|label| match label.risk {
                Some(risk) => format!("{} ({})", label.topic, risk.name()),
                None => label.topic.to_string(),
            });
            joined(each.collect())
        }
        FactValue::Digest(digest) => {
            let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("text {hex}")
        }
    }
}

fn outcome(reported: Reported) -> wire::RecordedOutcome {
    let Reported {
        outcome,
        received_at: _,
        reply: _,
    } = reported;
    let Outcome {
        decision: _,
        candidate,
        event_id,
        revision,
        at,
        event,
        withdrawn,
    } = outcome;
    let amount = match &event {
        Event::Win { price } => Some(*price),
        Event::Loss {
            min_to_win,
            reason: _,
        } => *min_to_win,
        Event::Conversion { value, name: _ } => *value,
        Event::Impression | Event::Click => None,
    };
    wire::RecordedOutcome {
        candidate_id: candidate.to_string(),
        sort: event.sort().to_owned(),
        name: event.name().to_owned(),
        event_id: event_id.to_string(),
        revision,
        occurred_at: Some(words::instant(at)),
        withdrawn,
        amount_micros: amount.map(Micros::get),
    }
}
