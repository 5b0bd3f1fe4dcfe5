use std::sync::{
    Condvar, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use super::{
    Offset, Shared,
    group::Ask,
    state::{self, Place},
};

/// How far the thread that makes states goes behind those that serve; 19 is the most.
#[cfg(target_os = "linux")]
const YIELDS: i32 = 5;

/// What waits to be stored, and what was stored last.
#[derive(Debug, Default)]
pub(super) struct States {
    desk: Mutex<Desk>,
    arrived: Condvar,
    /// The place of the latest stored state, and how many bytes it has.
    last: AtomicU64,
    bytes: AtomicU64,
}

/// A place whose state is wanted, and who waits for it, if anybody does.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) place: Place,
    pub(super) answer: Option<Ask<Offset>>,
}

#[derive(Debug, Default)]
struct Desk {
    waiting: Vec<Wanted>,
    busy: bool,
    closed: bool,
}

impl States {
    /// Whether so much came since the latest state that the next start would read for long; a large state is written less
    /// often. Not while one is being written.
    pub(super) fn is_due(&self, offset: u64, every: u64) -> bool {
        let last = self.last.load(Ordering::Relaxed);
        let every = every.max(self.bytes.load(Ordering::Relaxed));
        let desk = self.desk();
        offset.saturating_sub(last) >= every && desk.waiting.is_empty() && !desk.busy
    }

    /// Whether the state of that place is on the disk.
    pub(super) fn is_stored(&self, offset: u64) -> bool {
        self.bytes.load(Ordering::Relaxed) > 0 && self.last.load(Ordering::Relaxed) == offset
    }

    /// A state is on the disk.
    pub(super) fn stored(&self, offset: u64, bytes: u64) {
        self.last.store(offset, Ordering::Relaxed);
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    /// A state is to be stored.
    pub(super) fn want(&self, wanted: Wanted) {
        self.desk().waiting.push(wanted);
        self.arrived.notify_one();
    }

    /// Nothing more comes; what somebody waits for is still stored.
    pub(super) fn close(&self) {
        self.desk().closed = true;
        self.arrived.notify_one();
    }

    /// The thread that makes states and stores them. Where one cannot be stored the journal goes on: the next start reads more.
    pub(super) fn store_until_closed(shared: &Shared) {
        yielding();
        while let Some(Wanted { place, answer }) = shared.states.next() {
            let is_over = || answer.is_none() && shared.states.desk().closed;
            let stored = state::store(shared, place, is_over);
            if let Err(error) = &stored
                && !is_over()
            {
                tracing::warn!(%error, "the state of the journal is not stored; the next start reads more");
            }
            if let Some(answer) = answer {
                // Whoever asked may have gone.
                drop(answer.send(stored));
            }
        }
    }

    fn next(&self) -> Option<Wanted> {
        let mut desk = self.desk();
        desk.busy = false;
        let nothing = |desk: &mut Desk| desk.waiting.is_empty() && !desk.closed;
        let mut desk = self
            .arrived
            .wait_while(desk, nothing)
            .unwrap_or_else(PoisonError::into_inner);
        desk.busy = !desk.waiting.is_empty();
        desk.busy.then(|| desk.waiting.remove(0))
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// This thread alone goes behind all others. On other systems niceness is the whole process's, so nothing is asked there.
fn yielding() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(YIELDS) {
        tracing::warn!(%error, "storing the journal's state does not yield to decisions");
    }
}
