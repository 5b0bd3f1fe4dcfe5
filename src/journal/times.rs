//! When what was written: stretches of the log with the times of what they hold.
//!
//! Whoever looks for decisions of a time reads the stretches that can hold some, and retention knows of each file what is
//! the newest of every sort in it. A stretch begins where a file does, or [`STRETCH`] bytes after the one before: that
//! depends on the log alone, not on how it was written.

use serde::{Deserialize, Serialize};

use super::{Entry, Offset};
use crate::domain::{Kind, Timestamp};

/// Bytes after which a new stretch begins.
const STRETCH: u64 = 256 << 10;

/// What can be kept for a time of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Decision(Kind),
    Outcome,
    Observation,
    Change,
}

const SORTS: usize = 8;

impl Sort {
    pub(super) fn of(entry: &Entry) -> Self {
        match entry {
            Entry::Decision(record) => Self::Decision(record.question.kind()),
            Entry::Outcome { .. } => Self::Outcome,
            Entry::Observation(_) => Self::Observation,
            Entry::Change(_) => Self::Change,
        }
    }

    const fn place(self) -> usize {
        match self {
            Self::Decision(Kind::Bid) => 0,
            Self::Decision(Kind::SendTime) => 1,
            Self::Decision(Kind::Recommendation) => 2,
            Self::Decision(Kind::Budget) => 3,
            Self::Decision(Kind::Score) => 4,
            Self::Outcome => 5,
            Self::Observation => 6,
            Self::Change => 7,
        }
    }
}

/// One entry, as far as times are concerned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noted {
    pub(super) offset: u64,
    sort: Sort,
    at: Timestamp,
}

impl Noted {
    pub(super) fn of(offset: u64, entry: &Entry) -> Self {
        Self {
            offset,
            sort: Sort::of(entry),
            at: entry.at(),
        }
    }
}

/// A part of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Stretch {
    from: u64,
    /// The earliest and the latest entry of each sort.
    held: [Option<(Timestamp, Timestamp)>; SORTS],
    /// How many entries it holds that teach something: all but changes.
    lessons: u32,
}

/// All stretches that are kept, and how many entries of each sort there ever were.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Times {
    stretches: Vec<Stretch>,
    counts: [u64; SORTS],
    latest: Timestamp,
}

impl Times {
    /// An entry was written into the file that begins at `base`.
    pub(super) fn note(&mut self, noted: Noted, base: u64) {
        let Noted { offset, sort, at } = noted;
        // A row of history is as old as its import, whatever it tells of.
        let at = match sort {
            Sort::Observation => self.latest,
            Sort::Decision(_) | Sort::Outcome | Sort::Change => at,
        };
        let goes_on = |stretch: &&mut Stretch| stretch.from >= base && offset - stretch.from < STRETCH;
        if self.stretches.last_mut().filter(goes_on).is_none() {
            self.stretches.push(Stretch {
                from: offset,
                held: [None; SORTS],
                lessons: 0,
            });
        }
        if let Some(stretch) = self.stretches.last_mut() {
            stretch.lessons += u32::from(sort != Sort::Change);
            if let Some(held) = stretch.held.get_mut(sort.place()) {
                let (first, last) = held.unwrap_or((at, at));
                *held = Some((first.min(at), last.max(at)));
            }
        }
        if let Some(count) = self.counts.get_mut(sort.place()) {
            *count += 1;
        }
        self.latest = self.latest.max(at);
    }

    /// The time of the latest entry.
    pub(super) const fn latest(&self) -> Timestamp {
        self.latest
    }

    /// How many entries there ever were.
    pub(super) fn entries(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// How many entries that teach something are no longer kept.
    pub(super) fn lessons_gone(&self) -> u64 {
        let changes = self.counts.get(Sort::Change.place());
        let ever = self.entries() - changes.copied().unwrap_or_default();
        let kept = self.stretches.iter().map(|stretch| u64::from(stretch.lessons));
        ever.saturating_sub(kept.sum())
    }

    /// Where decisions of that kind and time can stand, from an offset on and before `end`: parts of the log in their order.
    pub(super) fn of_decisions(
        &self,
        kind: Option<Kind>,
        since: Timestamp,
        until: Timestamp,
        from: Offset,
        end: Offset,
    ) -> Vec<(Offset, Offset)> {
        let kinds = Kind::ALL
            .into_iter()
            .filter(|known| kind.is_none_or(|kind| kind == *known));
        let places: Vec<usize> = kinds.map(|kind| Sort::Decision(kind).place()).collect();
        let holds = |stretch: &Stretch| {
            let mut held = places
                .iter()
                .filter_map(|place| stretch.held.get(*place).copied().flatten());
            held.any(|(first, last)| first < until && since <= last)
        };
        let ends = self.stretches.iter().skip(1).map(|stretch| stretch.from);
        let ends = ends.chain(std::iter::once(end.get()));
        let mut parts: Vec<(Offset, Offset)> = Vec::new();
        for (stretch, ends) in self.stretches.iter().zip(ends) {
            if ends <= from.get() || stretch.from >= end.get() || !holds(stretch) {
                continue;
            }
            match parts.last_mut() {
                Some((_, last)) if last.get() == stretch.from => *last = Offset::new(ends),
                Some(_) | None => {
                    parts.push((Offset::new(stretch.from.max(from.get())), Offset::new(ends)));
                }
            }
        }
        parts
    }

    /// The latest decision before an offset; `None` where no decision stands there.
    pub(super) fn decided_before(&self, offset: u64) -> Option<Timestamp> {
        let before = self.stretches.iter().filter(|stretch| stretch.from < offset);
        let decisions = before.flat_map(|stretch| stretch.held.iter().take(Kind::ALL.len()));
        decisions.flatten().map(|(_, last)| *last).max()
    }

    /// Whether everything from `from` up to `to` may go, as `may_go` says of each sort's latest entry.
    pub(super) fn may_go(&self, from: u64, to: u64, may_go: impl Fn(Sort, Timestamp) -> bool) -> bool {
        let sorts = [
            Sort::Decision(Kind::Bid),
            Sort::Decision(Kind::SendTime),
            Sort::Decision(Kind::Recommendation),
            Sort::Decision(Kind::Budget),
            Sort::Decision(Kind::Score),
            Sort::Outcome,
            Sort::Observation,
            Sort::Change,
        ];
        let within = self
            .stretches
            .iter()
            .filter(|stretch| (from..to).contains(&stretch.from));
        within
            .flat_map(|stretch| sorts.into_iter().zip(&stretch.held))
            .all(|(sort, held)| held.is_none_or(|(_, last)| may_go(sort, last)))
    }

    /// What stands before an offset is no longer kept.
    pub(super) fn cut(&mut self, before: u64) {
        self.stretches.retain(|stretch| stretch.from >= before);
    }
}
