//! The live counts as they were: entries folded once more, one after the other.

use super::{Entry, Journal, JournalError, LiveLedger, Reported, writer::consequence};

impl Journal {
    /// Moves a ledger of the past by the next entry that was read from this journal. Begun with an empty one at the
    /// first entry, it is what [`Journal::ledger`] was when that entry had been written.
    ///
    /// # Errors
    /// The decision that an outcome speaks of cannot be read.
    pub fn refold(&self, ledger: &LiveLedger, entry: &Entry) -> Result<(), JournalError> {
        match entry {
            Entry::Decision(record) => ledger.decided(record),
            Entry::Observation(observation) => ledger.observed(observation),
            Entry::Change(_) => {}
            Entry::Outcome {
                outcome,
                received_at,
                reply,
            } => {
                let mut history = self.history(outcome.decision)?;
                let this = Reported {
                    outcome: outcome.clone(),
                    received_at: *received_at,
                    reply: *reply,
                };
                // What came later was not known then.
                if let Some(at) = history.reports.iter().position(|known| *known == this) {
                    history.reports.truncate(at);
                }
                if let Some(consequence) = consequence(history, this.outcome, *reply) {
                    ledger.happened(&consequence);
                }
            }
        }
        Ok(())
    }
}
