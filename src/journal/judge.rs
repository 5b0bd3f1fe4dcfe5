//! What becomes of a reported outcome. Pure: the same history and the same report get the same reply.

use super::history::{History, is_burst};
use crate::domain::{
    CandidateRecord, Choice, Duration, Event, Micros, Outcome, OutcomeReply, Quarantine, Record, Timestamp,
};

/// A bid that nobody reported on counts as lost after this time: one hour.
pub(super) const AUCTION_TIMEOUT: Duration = Duration::from_secs(3_600);

/// No price or value is greater: a million units.
const MOST: Micros = Micros::new(1_000_000_000_000);

/// Judges a report against all that is known of its decision.
///
/// Only accepted, late, corrected and quarantined reports are to be written.
pub(super) fn judge(history: &History, outcome: &Outcome, received_at: Timestamp) -> OutcomeReply {
    let bid = history
        .record
        .as_deref()
        .map(|record| (record, record.candidate(&outcome.candidate)));
    if let Some((_, None)) = bid {
        return OutcomeReply::UnknownCandidate;
    }
    let key = outcome.key();
    if history.of_key(&key).any(|report| report.outcome == *outcome) {
        return OutcomeReply::Duplicate;
    }
    let revision = history.of_key(&key).map(|report| report.outcome.revision).max();
    if revision.is_some_and(|revision| revision >= outcome.revision) {
        return OutcomeReply::Conflict;
    }
    if history.of_key(&key).any(|report| is_burst(report.reply)) {
        // What was set aside does not become evidence by being corrected.
        return OutcomeReply::Quarantined(Quarantine::Burst);
    }
    let Some((record, Some(candidate))) = bid else {
        return OutcomeReply::Quarantined(Quarantine::DecisionLost);
    };
    if let Some(reason) = impossible(record, outcome) {
        return OutcomeReply::Quarantined(reason);
    }
    if revision.is_some() {
        OutcomeReply::Corrected
    } else if outcome.at.max(received_at) > closes(record, candidate, &outcome.event) {
        OutcomeReply::Late
    } else {
        OutcomeReply::Accepted
    }
}

fn impossible(record: &Record, outcome: &Outcome) -> Option<Quarantine> {
    let amount = outcome.event.amount();
    if amount.is_some_and(|amount| amount < Micros::ZERO || amount > MOST) {
        return Some(Quarantine::ImpossibleValue);
    }
    (outcome.at < record.now).then_some(Quarantine::BeforeDecision)
}

/// Until when reports of such an event are in time: the auction's time-out for its end, the objective's window
/// for all that follows, a message's from the instant at which it was to go out.
fn closes(record: &Record, candidate: &CandidateRecord, event: &Event) -> Timestamp {
    match event {
        Event::Win { .. } | Event::Loss { .. } => record.now.plus(AUCTION_TIMEOUT),
        Event::Impression | Event::Click | Event::Conversion { .. } => {
            record.now.plus(candidate.objective.window)
        }
        Event::Sent | Event::Cancelled | Event::Open | Event::Unsubscribe => {
            let planned = candidate.choice.and_then(Choice::instant);
            planned.unwrap_or(record.now).plus(candidate.objective.window)
        }
    }
}
