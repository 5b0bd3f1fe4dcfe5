use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};

use super::{
    Entry, JournalError, LiveLedger, Offset, Shared,
    bursts::{Bursts, StoredBursts},
    history::{Fetched, History},
    keyring::Numbers,
    ledger::StoredLedger,
    moved::{self, Moved},
    names::Names,
    reader::Placed,
    times::{Noted, Times},
};
use crate::domain::{Change, Record, Timestamp, Word};

/// What follows from the entries, but for the index: live counts, who was active lately, changes, times.
///
/// The writer moves one of them with every entry; whoever reads entries back, at a start or to store a state, moves another
/// by the same code.
#[derive(Debug)]
pub(super) struct Projections {
    pub(super) ledger: Arc<LiveLedger>,
    /// Who was active lately.
    bursts: Mutex<Bursts>,
    /// Every change that is kept, with the offset of its entry.
    changes: Mutex<Vec<(Offset, Change)>>,
    /// When what was written.
    times: Mutex<Times>,
    /// What was read back last.
    recent: Mutex<Recent>,
}

/// The decisions that were read back last: most of what is reported comes soon after its decision, which is then not read
/// and decoded once more.
#[derive(Debug, Default)]
struct Recent(VecDeque<(u64, u64, Box<Record>)>);

/// So many decisions are kept at hand.
const RECENT: usize = 4_096;

impl Recent {
    /// Keeps a decision that stands behind all that are kept, with the place of the entry before it about the same.
    fn keep(&mut self, at: u64, previous: u64, record: Box<Record>) {
        if self.0.len() == RECENT {
            self.0.pop_front();
        }
        self.0.push_back((at, previous, record));
    }

    fn of(&self, offset: u64) -> Option<(Box<Record>, u64)> {
        let place = self.0.binary_search_by_key(&offset, |(at, ..)| *at).ok()?;
        let (_, previous, record) = self.0.get(place)?;
        Some((record.clone(), *previous))
    }
}

/// The same as it is stored, in one order; contacts by the numbers that stand for them.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StoredProjections {
    ledger: StoredLedger,
    bursts: StoredBursts,
    changes: Vec<(Offset, Change)>,
    times: Times,
}

impl Projections {
    /// Before the first entry.
    pub(super) fn new(names: Names) -> Self {
        Self {
            ledger: Arc::new(LiveLedger::new(names.clone())),
            bursts: Mutex::new(Bursts::new(names)),
            changes: Mutex::default(),
            times: Mutex::default(),
            recent: Mutex::default(),
        }
    }

    /// Moves by an entry that is written into the file that begins at `base`; of an outcome, with what it moves.
    pub(super) fn take(&self, noted: Noted, base: u64, entry: &Entry, moved: &Moved) {
        self.times().note(noted, base);
        match entry {
            Entry::Decision(record) => self.ledger.decided(record),
            Entry::Observation(observation) => self.ledger.observed(observation),
            Entry::Change(change) => self
                .changes()
                .push((Offset::new(noted.offset), (**change).clone())),
            Entry::Outcome { .. } => {
                self.ledger.uncounted(&moved.uncounted);
                if let Some(consequence) = &moved.consequence {
                    self.ledger.happened(consequence);
                }
            }
        }
    }

    /// Moves by the next entry that was read back; what an outcome moves is told by what was written before it. The earliest
    /// entry that was looked at for that.
    pub(super) fn fold(&self, shared: &Shared, read: Placed) -> Result<Option<u64>, JournalError> {
        let Placed {
            at,
            base,
            previous,
            entry,
        } = read;
        let mut moved = Moved::default();
        if let Entry::Outcome {
            outcome,
            received_at,
            reply,
        } = &entry
        {
            let known = |latest| {
                let fetch = |offset| match self.recent().of(offset) {
                    Some((record, previous)) => Ok(Fetched::Decision(record, previous)),
                    None => shared.segments.frame(offset).map(Fetched::Stored),
                };
                History::read(latest, &shared.segments, &shared.keyring, fetch)
            };
            let history = known(previous)?;
            let mut bursts = self.bursts();
            let is_evidence = bursts.is_evidence(&history, outcome, *reply);
            let before = |id| known(shared.latest_before(id, at)?);
            let uncounted = moved::uncounted(&bursts, &history, outcome, *reply, before)?;
            bursts.note(&history, outcome, *received_at, *reply);
            drop(bursts);
            moved = Moved::by(history, outcome.clone(), *reply, is_evidence, uncounted);
        }
        self.take(Noted::of(at, &entry), base, &entry, &moved);
        if let Entry::Decision(record) = entry {
            self.recent().keep(at, previous.unwrap_or(0), record);
        }
        Ok(moved.reach)
    }

    /// A contact is erased.
    pub(super) fn forget(&self, contact: &Word) {
        self.ledger.forget(contact);
        self.bursts().forget(contact);
    }

    /// What stands before `start` is no longer kept.
    pub(super) fn cut(&self, start: u64) {
        self.times().cut(start);
    }

    /// The time of the latest entry.
    pub(super) fn latest(&self) -> Timestamp {
        self.times().latest()
    }

    /// Every change that is kept, with the offset of its entry.
    pub(super) fn changes(&self) -> MutexGuard<'_, Vec<(Offset, Change)>> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When what was written.
    pub(super) fn times(&self) -> MutexGuard<'_, Times> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who was active lately; only whoever moves it asks.
    pub(super) fn bursts(&self) -> MutexGuard<'_, Bursts> {
        self.bursts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing more is read back: what was kept for that goes.
    pub(super) fn is_read(&self) {
        *self.recent() = Recent::default();
    }

    // === stored ===

    /// What is stored of it; contacts that have no number are left out.
    pub(super) fn stored(&self, numbers: &Numbers) -> StoredProjections {
        StoredProjections {
            ledger: self.ledger.stored(|name| numbers.number(name)),
            bursts: self.bursts().stored(|name| numbers.number(name)),
            changes: self.changes().clone(),
            times: self.times().clone(),
        }
    }

    /// Goes on from what was stored: without contacts that were erased since, and without times from before `start`.
    pub(super) fn restore(&self, stored: StoredProjections, numbers: &Numbers, start: u64) {
        let StoredProjections {
            ledger,
            bursts,
            changes,
            times,
        } = stored;
        self.ledger.restore(ledger, |number| numbers.name(number));
        self.bursts().restore(bursts, |number| numbers.name(number));
        *self.changes() = changes;
        *self.times() = times;
        self.cut(start);
    }
}

impl StoredProjections {
    /// How many entries there were.
    pub(super) fn entries(&self) -> u64 {
        self.times.entries()
    }
}
