use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{Entry, Offset};

/// Room for entries, in bytes as they are written. In memory an entry takes about three times as much.
const ROOM_BYTES: u64 = 16 << 20;

/// How many entries are handed out at once.
const HANDED_OUT: usize = 1_024;

/// The newest entries, shared: whoever follows the journal reads them here and not from the file, so that an entry that was
/// just encoded is not decoded again.
///
/// It holds every entry from some offset on to the end; who stopped before that reads the files until it gets here.
#[derive(Debug, Default)]
pub(super) struct Tail(Mutex<Newest>);

#[derive(Debug, Default)]
struct Newest {
    /// Every entry after this offset is here.
    from: u64,
    /// Each with the offset just past it, in order.
    entries: VecDeque<(u64, Arc<Entry>)>,
}

// === impl Tail ===

impl Tail {
    /// Adds entries that were written just behind the last ones, each with the offset just past it.
    pub(super) fn extend(&self, written: impl Iterator<Item = (u64, Arc<Entry>)>) {
        let mut newest = self.newest();
        let Newest { from, entries } = &mut *newest;
        entries.extend(written);
        let oldest = entries
            .back()
            .map_or(0, |(end, _)| end.saturating_sub(ROOM_BYTES));
        let gone = entries.partition_point(|(end, _)| *end <= oldest);
        if let Some((end, _)) = entries.drain(..gone).next_back() {
            *from = end;
        }
    }

    /// Holds no entry any more; those to come begin at `end`.
    pub(super) fn clear(&self, end: u64) {
        *self.newest() = Newest {
            from: end,
            entries: VecDeque::new(),
        };
    }

    /// The next entries after `position`; none if it is at the end, or before what is here.
    pub(super) fn after(&self, position: u64) -> Vec<(Offset, Arc<Entry>)> {
        let newest = self.newest();
        if position < newest.from {
            return Vec::new();
        }
        let first = newest.entries.partition_point(|(end, _)| *end <= position);
        let next = newest.entries.iter().skip(first).take(HANDED_OUT);
        next.map(|(end, entry)| (Offset::new(*end), Arc::clone(entry)))
            .collect()
    }

    fn newest(&self) -> MutexGuard<'_, Newest> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
