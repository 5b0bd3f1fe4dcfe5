use serde::{Deserialize, Serialize};

use super::JournalError;
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

/// The first byte of every payload: how the rest is to be read.
const VERSION: u8 = 3;

impl Entry {
    /// Appends the entry's bytes: the version, then postcard.
    pub(super) fn encode(&self, bytes: &mut Vec<u8>) -> Result<(), JournalError> {
        bytes.push(VERSION);
        postcard::to_io(self, bytes)
            .map(|_| ())
            .map_err(|error| JournalError::Broken(format!("an entry cannot be written: {error}")))
    }

    /// The entry of a payload; `offset` only names it in the error.
    pub(super) fn decode(payload: &[u8], offset: u64) -> Result<Self, JournalError> {
        let unreadable = |what: String| JournalError::Unreadable { offset, what };
        match payload.split_first() {
            Some((&VERSION, bytes)) => {
                postcard::from_bytes(bytes).map_err(|error| unreadable(error.to_string()))
            }
            Some((version, _)) => Err(unreadable(format!(
                "it has format {version}, and this build reads format {VERSION}"
            ))),
            None => Err(unreadable("it is empty".to_owned())),
        }
    }
}
