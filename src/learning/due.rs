use std::collections::BTreeSet;

use super::trainer::Key;
use crate::domain::Timestamp;

/// Each open example by the instant at which it is looked at next.
#[derive(Debug, Default)]
pub(super) struct Due {
    resting: BTreeSet<(Timestamp, Key)>,
    silent: BTreeSet<(Timestamp, Key)>,
    shown: BTreeSet<(Timestamp, Key)>,
}

/// What an example waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waits {
    /// For corrections alone; at its next instant it is forgotten.
    ToBeForgotten,
    /// For any word of what became of it.
    ForAWord,
    /// It took place; for what follows within its window.
    ForItsWindow,
}

impl Due {
    /// It is looked at next at that instant.
    pub(super) fn insert(&mut self, at: Timestamp, key: Key, waits: Waits) {
        let set = match waits {
            Waits::ToBeForgotten => &mut self.resting,
            Waits::ForAWord => &mut self.silent,
            Waits::ForItsWindow => &mut self.shown,
        };
        set.insert((at, key));
    }

    /// The next one that is due by then, with its instant; each is told once.
    pub(super) fn next_until(&mut self, now: Timestamp) -> Option<(Timestamp, Key)> {
        let mut sets = [&mut self.resting, &mut self.silent, &mut self.shown];
        let next = sets
            .iter_mut()
            .filter(|set| !set.is_empty())
            .min_by(|a, b| a.first().cmp(&b.first()))?;
        let is_due = next.first().is_some_and(|(at, _)| *at <= now);
        is_due.then(|| next.pop_first()).flatten()
    }

    /// The one to go first where there is no room: one that rests, else one of which nothing was heard, else one whose window
    /// closes; of each the one that would be looked at soonest.
    pub(super) fn soonest(&mut self) -> Option<(Waits, Key)> {
        let first =
            |set: &mut BTreeSet<(Timestamp, Key)>, waits| set.pop_first().map(|(_, key)| (waits, key));
        first(&mut self.resting, Waits::ToBeForgotten)
            .or_else(|| first(&mut self.silent, Waits::ForAWord))
            .or_else(|| first(&mut self.shown, Waits::ForItsWindow))
    }
}
