use crate::domain::{OutcomeReply, Quarantine};

/// What a journal holds of outcomes and history, and what of it teaches nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quality {
    /// Outcomes taken; late and corrected ones are among them.
    pub taken: u64,
    /// Of them, after their window had closed.
    pub late: u64,
    /// Of them, corrections of earlier ones.
    pub corrected: u64,
    /// Rows of history.
    pub imported: u64,
    /// Set aside because the journal does not hold the decision.
    pub decision_lost: u64,
    /// Set aside because it happened before the decision.
    pub before_decision: u64,
    /// Set aside because its price or value is impossible.
    pub impossible_value: u64,
    /// Set aside because its contact did more in a day than a person does.
    pub burst: u64,
}

impl Quality {
    pub(super) const fn note(&mut self, reply: OutcomeReply) {
        match reply {
            OutcomeReply::Accepted => self.taken += 1,
            OutcomeReply::Late => {
                self.taken += 1;
                self.late += 1;
            }
            OutcomeReply::Corrected => {
                self.taken += 1;
                self.corrected += 1;
            }
            OutcomeReply::Quarantined(Quarantine::DecisionLost) => self.decision_lost += 1,
            OutcomeReply::Quarantined(Quarantine::BeforeDecision) => self.before_decision += 1,
            OutcomeReply::Quarantined(Quarantine::ImpossibleValue) => self.impossible_value += 1,
            OutcomeReply::Quarantined(Quarantine::Burst) => self.burst += 1,
            OutcomeReply::Duplicate
            | OutcomeReply::Conflict
            | OutcomeReply::UnknownCandidate
            | OutcomeReply::Expired => {}
        }
    }
}
