//! How long what is kept is kept, and cutting off what is older.
//!
//! Whole files go, the oldest first, and none before everything in it may: a file that holds a decision of a year's
//! retention stays for it with all that it holds. Before a file goes, two stored states hold what followed from it, so that
//! live counts, caps and changes stay what they were, and no outcome that came after those states is of a decision in it: a
//! start would count that again. What a cut leaves behind is the new beginning of the hash chain, signed
//! ([`Anchor`]), and a change on record. A cut that was broken off is finished, and put on record, at the next start.
//!
//! Nothing of it is done by the writer: decisions and outcomes go on meanwhile.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    Checkpoint, Journal, JournalError, Offset, Shared,
    anchor::Anchor,
    queue::Job,
    segment::{Beginning, SEGMENT_HEADER, Segment},
    state,
    times::Sort,
};
use crate::domain::{DecisionId, Duration, Kind, Timestamp};

/// For how many days each sort of entry is kept at least; what is not set is kept for good. Changes are: they are few, and
/// say who did what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Bids.
    pub bid_days: Option<u32>,
    /// Send times.
    pub send_time_days: Option<u32>,
    /// Recommendations.
    pub recommendation_days: Option<u32>,
    /// Budgets.
    pub budget_days: Option<u32>,
    /// Scores.
    pub score_days: Option<u32>,
    /// Outcomes.
    pub outcome_days: Option<u32>,
    /// Imported rows, counted from their import.
    pub import_days: Option<u32>,
}

/// What a cut came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Everything is within its retention.
    Nothing,
    /// Something may go once a state is stored that holds what followed from it; that was asked for.
    Waits,
    /// Everything before this offset is gone.
    Before(Offset),
}

impl Retention {
    const fn days(&self, sort: Sort) -> Option<u32> {
        match sort {
            Sort::Decision(Kind::Bid) => self.bid_days,
            Sort::Decision(Kind::SendTime) => self.send_time_days,
            Sort::Decision(Kind::Recommendation) => self.recommendation_days,
            Sort::Decision(Kind::Budget) => self.budget_days,
            Sort::Decision(Kind::Score) => self.score_days,
            Sort::Outcome => self.outcome_days,
            Sort::Observation => self.import_days,
            Sort::Change => Some(0),
        }
    }

    /// Whether an entry of that time may go.
    fn is_over(&self, sort: Sort, at: Timestamp, now: Timestamp) -> bool {
        self.days(sort)
            .is_some_and(|days| at.plus(Duration::from_days(i64::from(days))) <= now)
    }
}

impl Journal {
    /// Cuts off the oldest files of which nothing is within its retention any more, as far as whoever makes something of the
    /// journal has read it. Reads and writes files: nothing to do between two answers.
    ///
    /// # Errors
    /// A file cannot be written or removed; what was not cut off is at the next time.
    pub fn cut(
        &self,
        retention: &Retention,
        now: Timestamp,
        read_until: Offset,
    ) -> Result<Cut, JournalError> {
        let shared = &self.shared;
        shared.whole()?;
        if shared.may_be_cut(retention, now, read_until.get()).is_none() {
            return Ok(Cut::Nothing);
        }
        let held = shared.held_until()?;
        // An outcome that came after the states is counted again at a start, by the decision that it is of.
        let needed = shared.segments.reach_from(held);
        let until = read_until.get().min(held).min(needed);
        let Some(first) = shared.may_be_cut(retention, now, until) else {
            // Whoever waits for it is nobody: the next cut looks again.
            let (answer, _) = tokio::sync::oneshot::channel();
            let asked = shared.queue.push(Job::State(answer));
            return asked.map(|()| Cut::Waits).map_err(super::refusal);
        };
        let secret = shared.keyring.secret();
        let beginning = first.beginning()?;
        let checkpoint = Checkpoint::signed(first.base, beginning.sequence, &beginning.chain, now, secret);
        let decided_until = shared.projections.times().decided_before(first.base);
        let anchor = Anchor::signed(checkpoint, decided_until.max(shared.decided_until()), secret);
        anchor.write(&*shared.disk, &shared.folder)?;
        self.note(anchor.change());
        shared.anchored(anchor);
        shared.forget_before(first.base)?;
        tracing::info!(before = first.base, "what is past its retention is cut off");
        Ok(Cut::Before(Offset::new(first.base)))
    }

    /// A cut of which the crash of a process left no change on record, although it was done, is put on record.
    pub(super) fn note_unrecorded_cut(&self) {
        let Some(change) = self.shared.anchor().as_ref().map(Anchor::change) else {
            return;
        };
        let is_on_record = self
            .shared
            .projections
            .changes()
            .iter()
            .any(|(_, known)| *known == change);
        if !is_on_record {
            self.note(change);
        }
    }

    /// Whether a decision that the journal does not hold is past its retention, if it was made at all: others of its time are.
    #[must_use]
    pub fn has_expired(&self, id: DecisionId) -> bool {
        self.shared.has_expired(id)
    }

    /// How many entries that teach something are past their retention: decisions, outcomes, imported rows.
    #[must_use]
    pub fn lessons_gone(&self) -> u64 {
        self.shared.projections.times().lessons_gone()
    }

    /// When the latest of the decisions was made that are past their retention; `None` where none is.
    #[must_use]
    pub fn decided_until(&self) -> Option<Timestamp> {
        self.shared.decided_until()
    }
}

impl Shared {
    /// The file, of offset `until` at most, with which the journal may begin; `None` where that is the first.
    fn may_be_cut(&self, retention: &Retention, now: Timestamp, until: u64) -> Option<Arc<Segment>> {
        let segments = self.segments.all();
        let times = self.projections.times();
        let over = |sort, at| retention.is_over(sort, at, now);
        let next = segments.iter().skip(1);
        let over = segments
            .iter()
            .zip(next)
            .take_while(|(_, next)| next.base <= until)
            .take_while(|(segment, next)| times.may_go(segment.base, next.base, over));
        over.last().map(|(_, next)| Arc::clone(next))
    }

    /// Up to where two stored states hold what followed, should one of them be damaged; 0 where there are not two.
    fn held_until(&self) -> Result<u64, JournalError> {
        let secret = self.keyring.secret();
        let stored = state::listed(&*self.disk, &self.folder)?.into_iter();
        let mut usable = stored.filter(|(_, path)| state::read(&*self.disk, path, secret).is_ok());
        Ok(usable.nth(state::KEPT - 1).map_or(0, |(offset, _)| offset))
    }

    /// Nothing before `start` is kept any more.
    pub(super) fn forget_before(&self, start: u64) -> Result<(), JournalError> {
        let gone = self.segments.cut(start);
        self.projections.cut(start);
        self.index.cut(start);
        for segment in gone {
            self.disk
                .remove(&segment.path)
                .map_err(JournalError::io("remove", &segment.path))?;
        }
        self.disk
            .sync_folder(&self.folder)
            .map_err(JournalError::io("sync", &self.folder))
    }

    /// Whether a decision of that time is past its retention.
    pub(super) fn has_expired(&self, id: DecisionId) -> bool {
        self.decided_until().is_some_and(|until| id.made_at() <= until)
    }
}

impl Segment {
    /// How it begins, read back.
    fn beginning(&self) -> Result<Beginning, JournalError> {
        let mut bytes = [0; SEGMENT_HEADER as usize];
        self.read(self.base, &mut bytes)?;
        Beginning::parse(&bytes).map_err(|flaw| self.damaged(self.base, flaw))
    }
}
