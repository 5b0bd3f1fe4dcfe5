//! What an outcome moves in the live counts, given all that was known before it: told once when it is judged, and again
//! whenever it is read back.

use super::{
    JournalError,
    bursts::Bursts,
    history::{self, History},
    ledger::{Consequence, Uncounted},
};
use crate::domain::{DecisionId, Outcome, OutcomeReply};

/// What an outcome moves in the ledger; of any other entry, nothing.
#[derive(Debug, Default)]
pub(super) struct Moved {
    /// What was counted before and turned out to be a burst's.
    pub(super) uncounted: Vec<Uncounted>,
    /// What follows from the outcome itself, if anything does.
    pub(super) consequence: Option<Box<Consequence>>,
    /// The earliest entry that tells so.
    pub(super) reach: Option<u64>,
}

impl Moved {
    /// By an outcome of that reply, of a decision with that history.
    pub(super) fn by(
        history: History,
        outcome: Outcome,
        reply: OutcomeReply,
        is_evidence: bool,
        uncounted: Vec<Uncounted>,
    ) -> Self {
        let others = uncounted.iter().filter_map(|uncounted| uncounted.first);
        Self {
            reach: others.chain(history.first).min(),
            consequence: consequence(history, outcome, reply, is_evidence).map(Box::new),
            uncounted,
        }
    }
}

/// What follows from the outcome itself.
pub(super) fn consequence(
    history: History,
    outcome: Outcome,
    reply: OutcomeReply,
    is_evidence: bool,
) -> Option<Consequence> {
    if !history::applies(reply) {
        return None;
    }
    let replaces = history.in_force(&outcome.key()).cloned();
    let settles = history::settles(&outcome) && !history.is_settled(&outcome.candidate);
    Some(Consequence {
        record: history.record?,
        outcome,
        replaces,
        settles,
        is_evidence,
    })
}

/// What stops being evidence with an outcome of that reply; `read` tells all that is known of a decision.
pub(super) fn uncounted(
    bursts: &Bursts,
    history: &History,
    outcome: &Outcome,
    reply: OutcomeReply,
    read: impl Fn(DecisionId) -> Result<History, JournalError>,
) -> Result<Vec<Uncounted>, JournalError> {
    if !history::is_burst(reply) {
        return Ok(Vec::new());
    }
    let mut suspects = bursts.suspects(history, outcome);
    suspects.dedup();
    let mut gone = Vec::new();
    for suspect in suspects {
        let known = read(suspect.decision)?;
        let Some(record) = &known.record else { continue };
        gone.extend(
            known
                .told_at(&suspect.candidate, suspect.at)
                .map(|outcome| Uncounted {
                    record: record.clone(),
                    outcome: outcome.clone(),
                    first: known.first,
                }),
        );
    }
    Ok(gone)
}
