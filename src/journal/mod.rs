//! The durable record.

mod entry;
mod error;
mod settings;

use std::{future::Future, path::Path, sync::Arc};

pub use entry::{Entry, Offset};
pub use error::JournalError;
pub use settings::{Damage, Durability, Settings};

use crate::domain::{
    Budget, CampaignId, DecisionId, Evidence, EvidenceKey, Ledger, Micros, Observation, Outcome,
    OutcomeReply, Query, Record, Recorder, RecorderError, Spend, Timestamp,
};

/// An outcome as the journal keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// What was reported.
    pub outcome: Outcome,
    /// When the report arrived.
    pub received_at: Timestamp,
    /// What was answered.
    pub reply: OutcomeReply,
}

/// The durable record of decisions, outcomes and imported history.
///
/// Dropping it writes and syncs what still waits.
#[derive(Debug)]
pub struct Journal {
    ledger: Arc<LiveLedger>,
    written: tokio::sync::watch::Sender<Offset>,
}

impl Journal {
    /// Opens the journal in `folder`, which is made if it is missing, and rebuilds index and ledger from it.
    ///
    /// # Errors
    /// Another process holds the folder; a file cannot be used; durable entries are damaged.
    pub fn open(_folder: &Path, _settings: Settings) -> Result<Self, JournalError> {
        Err(JournalError::Broken("not built yet".to_owned()))
    }

    /// Takes a report. The reply comes after the write that keeps it; outcomes of one call are judged in order,
    /// as one group.
    ///
    /// It is handed over when this is called, not when the future is first polled.
    ///
    /// # Errors
    /// [`JournalError::Full`] and [`JournalError::Broken`]: nothing was kept, and the report may be sent again.
    pub fn outcome(
        &self,
        outcome: Outcome,
        received_at: Timestamp,
    ) -> impl Future<Output = Result<OutcomeReply, JournalError>> + Send + use<> {
        let _ = (outcome, received_at);
        std::future::ready(Err(JournalError::Full))
    }

    /// Takes several reports: as [`Journal::outcome`], with one reply each in their order, and one wake-up for
    /// all.
    ///
    /// # Errors
    /// As [`Journal::outcome`]; either all were taken or none.
    pub fn outcomes(
        &self,
        outcomes: Vec<Outcome>,
        received_at: Timestamp,
    ) -> impl Future<Output = Result<Vec<OutcomeReply>, JournalError>> + Send + use<> {
        let _ = (outcomes, received_at);
        std::future::ready(Err(JournalError::Full))
    }

    /// Hands over a row of imported history. Blocks while the journal is full: an import waits, it is not
    /// refused. Texts are kept by their digest only.
    ///
    /// # Errors
    /// [`JournalError::Broken`].
    pub fn observe(&self, _observation: Observation) -> Result<(), JournalError> {
        Err(JournalError::Full)
    }

    /// Completes when all that was handed over before is written (and synced, under [`Durability::Fsync`]).
    ///
    /// # Errors
    /// [`JournalError::Broken`] if it could not be.
    pub fn settled(&self) -> impl Future<Output = Result<(), JournalError>> + Send + use<> {
        std::future::ready(Err(JournalError::Full))
    }

    /// The decision of that name, read back.
    ///
    /// # Errors
    /// The file cannot be read, or is not what was written.
    pub fn decision(&self, _id: DecisionId) -> Result<Option<Record>, JournalError> {
        Ok(None)
    }

    /// What was reported of a decision, oldest first.
    ///
    /// # Errors
    /// As [`Journal::decision`].
    pub fn outcomes_of(&self, _id: DecisionId) -> Result<Vec<Reported>, JournalError> {
        Ok(Vec::new())
    }

    /// Iterates what is written after `from`. Each entry comes with the offset just past it: where to go on
    /// reading. The iterator ends at the end of what is written, and goes on when asked again after more was.
    pub fn read_from(
        &self,
        _from: Offset,
    ) -> impl Iterator<Item = Result<(Offset, Entry), JournalError>> + use<'_> {
        std::iter::empty()
    }

    /// The end of what is written.
    #[must_use]
    pub fn end(&self) -> Offset {
        *self.written.borrow()
    }

    /// Tells of every write: the receiver holds [`Journal::end`] and wakes when it moves.
    #[must_use]
    pub fn follow(&self) -> tokio::sync::watch::Receiver<Offset> {
        self.written.subscribe()
    }

    /// How many records were refused because the journal was full or broken: gaps in the sequence numbers,
    /// counted over the whole journal.
    #[must_use]
    pub fn missed(&self) -> u64 {
        0
    }

    /// The live counts.
    #[must_use]
    pub fn ledger(&self) -> Arc<LiveLedger> {
        Arc::clone(&self.ledger)
    }
}

impl Recorder for Journal {
    fn record(&self, _record: Record) -> Result<(), RecorderError> {
        Err(RecorderError::Full)
    }
}

/// The live counts, in memory, rebuilt from the journal when it is opened.
#[derive(Debug, Default)]
pub struct LiveLedger {}

impl Ledger for LiveLedger {
    fn evidence(&self, _key: &EvidenceKey, _window_days: u32, _now: Timestamp) -> Evidence {
        Evidence::default()
    }

    fn spend(&self, _campaign: &CampaignId, _now: Timestamp) -> Spend {
        Spend::default()
    }

    fn reserve(
        &self,
        _query: &Query,
        _candidate: usize,
        _budget: Budget,
        _price: Micros,
    ) -> Result<(), Spend> {
        Ok(())
    }
}
