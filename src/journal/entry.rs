use serde::{Deserialize, Serialize};

use crate::domain::{Observation, Outcome, OutcomeReply, Record, Timestamp};

/// A place between two entries of the journal. It stays valid across restarts, so that a reader can store it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Offset(u64);

impl Offset {
    /// Before the first entry.
    pub const START: Self = Self(0);

    /// From the number of bytes written before it.
    #[must_use]
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The number of bytes written before it.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// One thing that the journal keeps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Entry {
    /// A decision that was made.
    Decision(Box<Record>),
    /// An outcome that was taken: accepted, late, corrected or set aside.
    Outcome {
        /// What was reported.
        outcome: Outcome,
        /// When the report arrived.
        received_at: Timestamp,
        /// What was answered.
        reply: OutcomeReply,
    },
    /// A row of imported history.
    Observation(Box<Observation>),
}
