//! Reading what was written: by decision, by time, or in order.

use std::sync::Arc;

use super::{
    Entry, Journal, JournalError, Offset, Reported, Shared,
    history::{Fetched, History},
    reader::{Entries, Following},
};
use crate::domain::{DecisionId, Kind, Record, Timestamp};

impl Journal {
    /// The decision of that name, read back. It is there once its write is done, at most a few milliseconds
    /// after [`Recorder::record`]; [`Journal::settled`] waits for that.
    ///
    /// # Errors
    /// The file cannot be read, or is not what was written.
    pub fn decision(&self, id: DecisionId) -> Result<Option<Record>, JournalError> {
        Ok(self.history(id)?.record.map(|record| *record))
    }

    /// What was reported of a decision, oldest first.
    ///
    /// # Errors
    /// As [`Journal::decision`].
    pub fn outcomes_of(&self, id: DecisionId) -> Result<Vec<Reported>, JournalError> {
        Ok(self.history(id)?.reports)
    }

    /// Both at once: the decision of that name, and what was reported of it, oldest first.
    ///
    /// # Errors
    /// As [`Journal::decision`].
    pub fn decision_with_outcomes(
        &self,
        id: DecisionId,
    ) -> Result<(Option<Box<Record>>, Vec<Reported>), JournalError> {
        let History { record, reports, .. } = self.history(id)?;
        Ok((record, reports))
    }

    /// Iterates what is written after `from`. Each entry comes with the offset just past it: where to go on
    /// reading. The iterator ends at the end of what is written, and goes on when asked again after more was.
    ///
    /// An offset beyond [`Journal::end`] (a loss of power took the tail back) gives nothing; a reader that
    /// stored one has to start again.
    pub fn read_from(
        &self,
        from: Offset,
    ) -> impl Iterator<Item = Result<(Offset, Entry), JournalError>> + use<'_> {
        Entries::new(&self.shared, from)
    }

    /// The same, but for parts of the journal in which no decision of that kind and time stands: those are not read.
    /// What is read holds others too.
    pub fn decisions_of(
        &self,
        kind: Option<Kind>,
        since: Timestamp,
        until: Timestamp,
        from: Offset,
    ) -> impl Iterator<Item = Result<(Offset, Entry), JournalError>> + use<'_> {
        let end = self.end();
        let parts = self
            .shared
            .projections
            .times()
            .of_decisions(kind, since, until, from, end);
        parts.into_iter().flat_map(move |(from, until)| {
            let mut position = from;
            self.read_from(from).take_while(move |read| {
                let is_within = position < until;
                position = read.as_ref().map_or(position, |(next, _)| *next);
                is_within
            })
        })
    }

    /// How many bytes of entries are kept.
    #[must_use]
    pub fn kept_bytes(&self) -> u64 {
        self.end().get().saturating_sub(self.shared.segments.start())
    }

    /// The same for a reader that keeps up: entries that were written lately are shared from memory and need not be read
    /// and decoded again.
    pub fn follow_from(
        &self,
        from: Offset,
    ) -> impl Iterator<Item = Result<(Offset, Arc<Entry>), JournalError>> + use<'_> {
        Following::new(&self.shared, from)
    }

    pub(super) fn history(&self, id: DecisionId) -> Result<History, JournalError> {
        let latest = self.shared.index.latest(id);
        let Shared {
            segments, keyring, ..
        } = &*self.shared;
        History::read(latest, segments, keyring, |offset| {
            segments.frame(offset).map(Fetched::Stored)
        })
    }
}
