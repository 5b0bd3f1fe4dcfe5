use std::{
    path::PathBuf,
    sync::{
        Arc, Condvar, Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::watch;

use super::{
    JournalError, Offset, Settings,
    anchor::Anchor,
    disk::Disk,
    index::Index,
    keyring::Keyring,
    mark::Mark,
    names::Names,
    projections::Projections,
    queue::Queue,
    segment::{Segment, Segments},
    states::States,
    tail::Tail,
};
use crate::domain::{DecisionId, Timestamp};

/// What the callers, the writer and the syncer of one journal share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) folder: PathBuf,
    pub(super) keyring: Keyring,
    pub(super) settings: Settings,
    pub(super) segments: Segments,
    pub(super) index: Index,
    /// What follows from everything that is written.
    pub(super) projections: Projections,
    pub(super) states: States,
    /// How many erasures began since the start, and how many ended.
    erasures: AtomicU64,
    /// Where the journal begins, if not at its first entry ever.
    anchor: RwLock<Option<Anchor>>,
    pub(super) queue: Queue,
    /// The newest entries, for those who follow.
    pub(super) tail: Tail,
    /// The end of what is written.
    pub(super) end: watch::Sender<Offset>,
    gap: AtomicU64,
    missed: AtomicU64,
    broken: OnceLock<String>,
    no_space: AtomicBool,
    mark: Mutex<Mark>,
    target: Mutex<Target>,
    retargeted: Condvar,
}

/// What the syncer has to make durable.
#[derive(Debug, Default)]
struct Target {
    segment: Option<Arc<Segment>>,
    end: u64,
    closed: bool,
}

impl Shared {
    pub(super) fn new(
        disk: Arc<dyn Disk>,
        folder: PathBuf,
        keyring: Keyring,
        settings: Settings,
        mark: Mark,
    ) -> Self {
        let names = Names::of(keyring.secret());
        Self {
            disk,
            folder,
            settings,
            segments: Segments::default(),
            index: Index::default(),
            projections: Projections::new(names),
            states: States::default(),
            erasures: AtomicU64::new(0),
            anchor: RwLock::default(),
            keyring,
            queue: Queue::new(settings.queue_entries),
            tail: Tail::default(),
            end: watch::Sender::new(Offset::START),
            gap: AtomicU64::new(0),
            missed: AtomicU64::new(0),
            broken: OnceLock::new(),
            no_space: AtomicBool::new(false),
            mark: Mutex::new(mark),
            target: Mutex::default(),
            retargeted: Condvar::new(),
        }
    }

    // === what went wrong ===

    /// Whether everything could be written so far.
    pub(super) fn whole(&self) -> Result<(), JournalError> {
        match self.broken.get() {
            Some(why) => Err(JournalError::Broken(why.clone())),
            None if self.has_no_space() => Err(JournalError::NoSpace),
            None => Ok(()),
        }
    }

    /// Whether the disk was full at the last write.
    pub(super) fn has_no_space(&self) -> bool {
        self.no_space.load(Ordering::Acquire)
    }

    /// Nothing is taken until there is room.
    pub(super) fn is_out_of_space(&self) {
        if !self.no_space.swap(true, Ordering::AcqRel) {
            let folder = self.folder.display();
            tracing::error!(%folder, "the disk of the journal is full; make room, and it goes on by itself");
        }
    }

    /// There is room again.
    pub(super) fn has_space(&self) {
        self.no_space.store(false, Ordering::Release);
        let (folder, missed) = (self.folder.display(), self.missed());
        tracing::warn!(%folder, missed, "the journal has room again and goes on");
    }

    /// Nothing more is written: after a failed write or sync nobody knows what the file holds.
    pub(super) fn fail(&self, error: &JournalError) {
        if self.broken.set(error.to_string()).is_ok() {
            tracing::error!(%error, "the journal is broken; restart once the cause is removed");
        }
    }

    /// A record was refused: the next entry's sequence number skips it.
    pub(super) fn miss(&self) {
        self.gap.fetch_add(1, Ordering::Relaxed);
        self.missed.fetch_add(1, Ordering::Relaxed);
    }

    /// An accepted record could not be written.
    pub(super) fn lost_record(&self, error: &JournalError) {
        self.miss();
        // A full disk was told of once; of the records it costs, the count speaks.
        if !error.is_for_want_of_room() {
            tracing::error!(%error, "a record is lost");
        }
    }

    /// Accepted records that could not be written after all; their sequence numbers are left out.
    pub(super) fn lost_records(&self, records: u64) {
        self.gap.fetch_add(records, Ordering::Relaxed);
        self.missed.fetch_add(records, Ordering::Relaxed);
    }

    /// A gap that was taken and did not reach the disk.
    pub(super) fn give_back_gap(&self, gap: u64) {
        self.gap.fetch_add(gap, Ordering::Relaxed);
    }

    /// How many records were refused since the last entry.
    pub(super) fn take_gap(&self) -> u64 {
        self.gap.swap(0, Ordering::Relaxed)
    }

    /// Gaps of earlier runs.
    pub(super) fn missed_before(&self, missed: u64) {
        self.missed.fetch_add(missed, Ordering::Relaxed);
    }

    pub(super) fn missed(&self) -> u64 {
        self.missed.load(Ordering::Relaxed)
    }

    // === what follows from the entries ===

    /// The latest entry about a decision that stands before an offset.
    pub(super) fn latest_before(&self, id: DecisionId, offset: u64) -> Result<Option<u64>, JournalError> {
        let latest = self.index.latest(id);
        latest.map_or(Ok(None), |latest| self.before(latest, offset))
    }

    /// From an entry back to the one about the same decision that stands before an offset, and is kept.
    pub(super) fn before(&self, mut latest: u64, offset: u64) -> Result<Option<u64>, JournalError> {
        while latest >= offset {
            latest = self.segments.frame(latest)?.header.previous;
        }
        Ok((latest != 0 && latest >= self.segments.start()).then_some(latest))
    }

    /// The journal begins at an anchor.
    pub(super) fn anchored(&self, anchor: Anchor) {
        *self.anchor.write().unwrap_or_else(PoisonError::into_inner) = Some(anchor);
    }

    /// Where the journal begins; `None` at its first entry ever.
    pub(super) fn anchor(&self) -> RwLockReadGuard<'_, Option<Anchor>> {
        self.anchor.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the latest of the decisions was made that are past their retention; `None` where none is.
    pub(super) fn decided_until(&self) -> Option<Timestamp> {
        self.anchor().as_ref().and_then(|anchor| anchor.decided_until)
    }

    /// A contact is about to be erased, or just was.
    pub(super) fn erasing(&self) {
        self.erasures.fetch_add(1, Ordering::AcqRel);
    }

    /// As long as this stays what it is, nobody was erased.
    pub(super) fn erasures(&self) -> u64 {
        self.erasures.load(Ordering::Acquire)
    }

    // === durability ===

    /// Everything before `offset` is on the disk.
    pub(super) fn mark(&self, offset: u64) -> Result<(), JournalError> {
        self.mark
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .advance(offset)
    }

    /// Makes a file durable up to `offset`, and the keys that its records need before it.
    pub(super) fn sync(&self, segment: &Segment, offset: u64) -> Result<(), JournalError> {
        self.keyring.sync()?;
        segment.sync()?;
        self.mark(offset)
    }

    /// Everything before `offset` is all there is.
    pub(super) fn reset_mark(&self, offset: u64) -> Result<(), JournalError> {
        self.mark
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .reset(offset)
    }

    /// Tells the syncer what was written.
    pub(super) fn written(&self, segment: &Arc<Segment>, end: u64) {
        let mut target = self.target.lock().unwrap_or_else(PoisonError::into_inner);
        target.segment = Some(Arc::clone(segment));
        target.end = end;
        self.retargeted.notify_one();
    }

    /// Lets the syncer end after what was written.
    pub(super) fn close_syncer(&self) {
        let mut target = self.target.lock().unwrap_or_else(PoisonError::into_inner);
        target.closed = true;
        self.retargeted.notify_one();
    }

    /// The syncer's thread: makes durable what was written, then rests [`Settings::sync_every_ms`].
    pub(super) fn sync_until_closed(&self) {
        let mut synced = 0;
        let rest = Duration::from_millis(self.settings.sync_every_ms);
        let mut target = self.target.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            target = self
                .retargeted
                .wait_while(target, |target| target.end <= synced && !target.closed)
                .unwrap_or_else(PoisonError::into_inner);
            let (segment, end) = (target.segment.clone(), target.end);
            if end <= synced {
                return;
            }
            drop(target);
            let durable = segment.map_or(Ok(()), |segment| self.sync(&segment, end));
            if let Err(error) = durable {
                self.fail(&error);
                return;
            }
            synced = end;
            target = self.target.lock().unwrap_or_else(PoisonError::into_inner);
            (target, _) = self
                .retargeted
                .wait_timeout_while(target, rest, |target| !target.closed)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}
