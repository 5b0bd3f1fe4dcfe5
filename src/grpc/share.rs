//! No caller takes all places. While there is room, whoever comes gets in; once three quarters of the places are taken, only
//! a caller gets in who holds less than an equal part of all of them. The parts are those of the callers who are inside
//! and of one more: whoever comes next finds room, as soon as those have drained who held more when there was room. Where
//! nobody is asked who they are, all are one caller, and nobody is held to a part.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::domain::Principal;

/// Tables of callers, so that two of them seldom wait for each other.
const TABLES: usize = 16;

/// How many requests of each caller are inside.
#[derive(Debug)]
pub(super) struct Shares {
    most: usize,
    held: [Mutex<HashMap<Arc<str>, usize>>; TABLES],
    hasher: RandomState,
    callers: AtomicUsize,
}

/// One request of a caller; given back when dropped.
#[derive(Debug)]
pub(super) struct Share(Option<(Arc<Shares>, Arc<str>)>);

// === impl Shares ===

impl Shares {
    /// Parts of so many places.
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            held: std::array::from_fn(|_| Mutex::default()),
            hasher: RandomState::new(),
            callers: AtomicUsize::new(0),
        })
    }

    /// One more request of this caller, if it may have one inside while there are `inside`, itself included.
    pub(super) fn take(self: &Arc<Self>, caller: &Principal, inside: usize) -> Option<Share> {
        let Some(name) = &caller.name else {
            return Some(Share(None));
        };
        let mut table = self.table(name);
        let held = table.get(name).copied().unwrap_or_default();
        if inside > self.most / 4 * 3 && held >= self.part(held) {
            return None;
        }
        if held == 0 {
            self.callers.fetch_add(1, Ordering::Relaxed);
        }
        table.insert(Arc::clone(name), held + 1);
        Some(Share(Some((Arc::clone(self), Arc::clone(name)))))
    }

    /// An equal part: of the callers who are inside, this one among them, and of one more.
    fn part(&self, held: usize) -> usize {
        let others = self.callers.load(Ordering::Relaxed).saturating_sub(held.min(1));
        (self.most / (others + 2)).max(1)
    }

    fn give_back(&self, name: &Arc<str>) {
        let mut table = self.table(name);
        match table.get_mut(name) {
            Some(held) if *held > 1 => *held -= 1,
            Some(_) => {
                table.remove(name);
                self.callers.fetch_sub(1, Ordering::Relaxed);
            }
            None => {}
        }
    }

    #[expect(
        clippy::indexing_slicing,
        clippy::cast_possible_truncation,
        reason = "a remainder of the number of tables is an index of one"
    )]
    fn table(&self, name: &Arc<str>) -> MutexGuard<'_, HashMap<Arc<str>, usize>> {
        let table = self.hasher.hash_one(name) as usize % TABLES;
        self.held[table].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if let Some((shares, name)) = &self.0 {
            shares.give_back(name);
        }
    }
}
