//! The live counts as they were: entries folded once more, one after the other.

use std::sync::{Mutex, PoisonError};

use super::{
    Entry, Journal, JournalError, LiveLedger, Reported,
    bursts::Bursts,
    moved::{consequence, uncounted},
    names::Names,
};
use crate::domain::{Outcome, OutcomeReply, Timestamp};

/// The counts at some entry, of a journal that went on since.
#[derive(Debug)]
pub struct PastLedger {
    counts: LiveLedger,
    bursts: Mutex<Bursts>,
}

impl Default for PastLedger {
    /// Before the first entry.
    fn default() -> Self {
        Self {
            counts: LiveLedger::default(),
            bursts: Mutex::new(Bursts::new(Names::default())),
        }
    }
}

impl PastLedger {
    /// The counts.
    #[must_use]
    pub const fn counts(&self) -> &LiveLedger {
        &self.counts
    }
}

impl Journal {
    /// Moves a ledger of the past by the next entry that was read from this journal. Begun with an empty one at the
    /// first entry, it is what [`Journal::ledger`] was when that entry had been written.
    ///
    /// # Errors
    /// The decision that an outcome speaks of cannot be read.
    pub fn refold(&self, past: &PastLedger, entry: &Entry) -> Result<(), JournalError> {
        match entry {
            Entry::Decision(record) => past.counts.decided(record),
            Entry::Observation(observation) => past.counts.observed(observation),
            Entry::Change(_) => {}
            Entry::Outcome {
                outcome,
                received_at,
                reply,
            } => self.refold_outcome(past, outcome, *received_at, *reply)?,
        }
        Ok(())
    }

    fn refold_outcome(
        &self,
        past: &PastLedger,
        outcome: &Outcome,
        received_at: Timestamp,
        reply: OutcomeReply,
    ) -> Result<(), JournalError> {
        let mut history = self.history(outcome.decision)?;
        let this = Reported {
            outcome: outcome.clone(),
            received_at,
            reply,
        };
        // What came later was not known then.
        if let Some(at) = history.reports.iter().position(|known| *known == this) {
            history.reports.truncate(at);
        }
        let mut bursts = past.bursts.lock().unwrap_or_else(PoisonError::into_inner);
        let is_evidence = bursts.is_evidence(&history, outcome, reply);
        let gone = uncounted(&bursts, &history, outcome, reply, |id| {
            let mut known = self.history(id)?;
            known.reports.retain(|report| report.received_at <= received_at);
            Ok(known)
        });
        past.counts.uncounted(&gone?);
        bursts.note(&history, outcome, received_at, reply);
        drop(bursts);
        if let Some(consequence) = consequence(history, this.outcome, reply, is_evidence) {
            past.counts.happened(&consequence);
        }
        Ok(())
    }
}
