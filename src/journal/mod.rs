//! The durable record: what was decided, what came of it, and the live counts that follow from both.
//!
//! # A plain segment log
//!
//! Entries are appended to files of 64 MiB, each in a frame with its length, a CRC32 and a sequence number; an
//! index in memory says where the latest entry about each decision stands, and every frame points back to the
//! one before it. Index and ledger are rebuilt when the journal is opened. Two stores were measured beside it on
//! the same work (`benches/stores`: 500,000 records of 300 bytes in batches of 1,000, 100,000 random look-ups,
//! two cores; better of two runs):
//!
//! | store | records/s, written | records/s, synced | CPU us/record | bytes/record | look-up us |
//! |---|---|---|---|---|---|
//! | segment log | 842,764 | 232,805 | 0.42 | 332 | 2.3 |
//! | fjall 3 | 370,733 | 201,266 | 1.36 | 366 | 6.3 |
//! | redb 4 | 394,387 (lost with the process) | 112,533 | 1.52 | 570 | 4.6 |
//!
//! With 800 bytes the distance grows: 0.5, 3.2 and 3.8 us of CPU, 832, 969 and 2,225 bytes. redb opens in 20 ms,
//! where the log reads what came after the latest stored state. What decides beside the figures: hash chain, erasure and
//! retention need to know every byte that is kept.
//!
//! # Who does what
//!
//! ```text
//! callers   record, outcome, observe ──► queue (bounded; full is refused, and seen as a gap)
//! writer    takes all that waits ──► judges outcomes ──► one write ──► index, ledger ──► answers, readers
//! syncer    every 5 ms: fsync, then the durable mark        (durability `batch`)
//! states    now and then: the state before and the entries since, read back, are the state of where a file begins
//! readers   by decision, or from an offset on; only what is written
//! ```
//!
//! One thread judges and appends, so an outcome is taken once. An answer is given after the write: it survives
//! the death of the process. After a failed write or sync nothing more is taken until a restart, because nobody
//! knows what the file holds. A full disk is the exception: what did not fit is cut off again, what was to be kept is
//! refused and counted as a gap, and the writer looks for room until there is some.
//!
//! # Opening
//!
//! The latest stored state that holds is put back, and every frame after it is checked; what is before is checked by
//! [`verify`] alone. A state that is damaged is named and not trusted: an older one stands in, or all entries. Two states
//! of the same entries are the same bytes, whoever counted them. A flaw past the durable mark, at the end of the last file, is a torn tail and is cut
//! off; any other is refused by file and byte, unless [`Damage::AcceptLoss`] is set.
//!
//! ```
//! use balustrade::journal::{Journal, Offset, Settings};
//!
//! let folder = tempfile::tempdir()?;
//! let journal = Journal::open(folder.path(), Settings::default())?;
//! assert_eq!(journal.read_from(Offset::START).count(), 0);
//! assert!(Journal::open(folder.path(), Settings::default()).is_err(), "one process at a time");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod anchor;
mod beside;
mod bursts;
mod chain;
mod checkpoint;
mod disk;
mod entry;
mod error;
mod frame;
mod group;
mod history;
mod index;
mod judge;
mod keyring;
mod ledger;
mod lock;
mod mark;
mod moved;
mod names;
mod past;
mod projections;
mod queue;
mod reader;
mod reading;
mod recorder;
mod recovery;
mod retention;
mod secret;
mod segment;
mod settings;
mod shared;
mod state;
mod states;
mod tail;
mod times;
mod verify;
mod walk;
mod writer;

use std::{
    future::Future,
    path::Path,
    sync::Arc,
    thread::{self, JoinHandle},
};

use tokio::sync::{oneshot, watch};

pub use checkpoint::Checkpoint;
pub use disk::{Disk, DiskFile, Held, Locked, Opening, RealDisk};
pub use entry::{Entry, Offset};
pub use error::JournalError;
pub use ledger::LiveLedger;
pub use past::PastLedger;
pub use retention::{Cut, Retention};
pub use settings::{Damage, Durability, Settings};
pub use verify::{Finding, Verified, verify, verify_on};

use self::{
    group::{Ask, Group},
    keyring::Keyring,
    lock::Lock,
    mark::{Mark, Marked},
    queue::{Erase, Job, Refused},
    recovery::Recovered,
    secret::Secret,
    shared::Shared,
    states::States,
    writer::Writer,
};
use crate::domain::{Change, Hand, Observation, Outcome, OutcomeReply, Timestamp, Word};

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

/// What is left of a contact that was erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// The number that stands in its place; nothing leads from it to the contact.
    pub subject: u64,
    /// The journal with the receipt in it.
    pub checkpoint: Checkpoint,
}

/// The durable record of decisions, outcomes and imported history.
///
/// It is shared by reference; no call but [`Journal::open`] and [`Journal::observe`] waits for a disk. Dropping it writes and syncs what still waits.
#[derive(Debug)]
pub struct Journal {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    _lock: Lock,
}

impl Journal {
    /// Opens the journal in `folder`, which is made if it is missing, and rebuilds index and ledger from it.
    ///
    /// # Errors
    /// Another process holds the folder; a file cannot be used; durable entries are damaged.
    pub fn open(folder: &Path, settings: Settings) -> Result<Self, JournalError> {
        Self::open_on(Arc::new(RealDisk), folder, settings)
    }

    /// The same on another disk.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub fn open_on(disk: Arc<dyn Disk>, folder: &Path, settings: Settings) -> Result<Self, JournalError> {
        disk.make_folder(folder)
            .map_err(JournalError::io("make", folder))?;
        let lock = Lock::take(&*disk, folder)?;
        let (mark, marked) = Mark::open(&*disk, folder)?;
        let secret = Secret::open(&*disk, folder)?;
        let keyring = Keyring::open(&*disk, folder, secret)?;
        let shared = Arc::new(Shared::new(disk, folder.to_owned(), keyring, settings, mark));
        let recovered = recovery::recover(&shared, marked)?;
        if marked == Marked::Unknown {
            shared.keyring.sync()?;
            recovered.segment.sync()?;
            shared.reset_mark(recovered.end)?;
        }
        if settings.durability != Durability::Memory {
            shared.sync(&recovered.segment, recovered.end)?;
        }
        shared.end.send_replace(Offset::new(recovered.end));
        shared.tail.clear(recovered.end);
        let mut journal = Self {
            shared,
            threads: Vec::new(),
            _lock: lock,
        };
        journal.start(recovered)?;
        journal.note_unrecorded_cut();
        Ok(journal)
    }

    /// Takes a report. The reply comes after the write that keeps it.
    ///
    /// It is handed over when this is called, not when the future is first polled.
    ///
    /// # Errors
    /// [`JournalError::Full`] and [`JournalError::Broken`]: the report may be sent again.
    pub fn outcome(
        &self,
        outcome: Outcome,
        received_at: Timestamp,
    ) -> impl Future<Output = Result<OutcomeReply, JournalError>> + Send + use<> {
        let replies = self.outcomes(vec![outcome], received_at);
        async move {
            let reply = replies.await?.pop();
            reply.ok_or_else(|| JournalError::Broken("the writer gave no reply".to_owned()))
        }
    }

    /// Takes several reports: as [`Journal::outcome`], with one reply each in their order, and one wake-up for
    /// all.
    ///
    /// # Errors
    /// As [`Journal::outcome`]. Some may have been kept by then; sent again, they are duplicates.
    pub fn outcomes(
        &self,
        outcomes: Vec<Outcome>,
        received_at: Timestamp,
    ) -> impl Future<Output = Result<Vec<OutcomeReply>, JournalError>> + Send + use<> {
        self.ask(move |answer| Job::Outcomes {
            outcomes,
            received_at,
            answer,
        })
    }

    /// Hands over a row of imported history. Blocks while the journal is full: an import waits, it is not
    /// refused. Texts are kept by their digest only.
    ///
    /// # Errors
    /// [`JournalError::Broken`].
    pub fn observe(&self, observation: Observation) -> Result<(), JournalError> {
        self.shared.whole()?;
        self.shared
            .queue
            .push_waiting(Job::Observation(Box::new(observation)))
            .map_err(refusal)
    }

    /// Keeps that something was done to what decides. Nobody waits for it: where it cannot be kept, the log says so.
    pub fn note(&self, change: Change) {
        let handed_over = self.shared.whole().and_then(|()| {
            self.shared
                .queue
                .push(Job::Change(Box::new(change)))
                .map_err(refusal)
        });
        if let Err(error) = handed_over {
            tracing::error!(%error, "a change is not on record");
        }
    }

    /// Every change that is kept, the oldest first, with the offset of its entry.
    #[must_use]
    pub fn changes(&self) -> Vec<(Offset, Change)> {
        self.shared.projections.changes().clone()
    }

    /// Erases a contact: its key and its hash go, with what was counted of it, and a receipt is kept. What was decided for
    /// it stays, without it. `None` where nothing of it is kept.
    ///
    /// # Errors
    /// [`JournalError::NoSpace`], and then nothing has changed; [`JournalError::Broken`].
    pub fn erase(
        &self,
        contact: Word,
        hand: Hand,
    ) -> impl Future<Output = Result<Option<Erasure>, JournalError>> + Send + use<> {
        self.ask(move |answer| {
            Job::Erase(Box::new(Erase {
                contact,
                hand,
                answer,
            }))
        })
    }

    /// What the journal is now, signed.
    ///
    /// # Errors
    /// [`JournalError::Broken`].
    pub fn checkpoint(
        &self,
        at: Timestamp,
    ) -> impl Future<Output = Result<Checkpoint, JournalError>> + Send + use<> {
        self.ask(move |answer| Job::Checkpoint(answer, at))
    }

    /// Holds every byte that is kept against checksums, hash chain and checkpoints. It reads all files: nothing to do
    /// between two answers.
    ///
    /// # Errors
    /// A file cannot be read at all.
    pub fn verify(&self, against: &[Checkpoint]) -> Result<Verified, JournalError> {
        let Shared { disk, folder, .. } = &*self.shared;
        verify_on(&**disk, folder, Some(self.end()), against)
    }

    /// Stores the state of the journal: a start reads only what is written after it. It comes about by itself too, whenever
    /// [`Settings::state_bytes`] were written since the last time. Nobody but whoever asks waits for it; the offset of its
    /// place.
    ///
    /// # Errors
    /// [`JournalError::Io`] and [`JournalError::NoSpace`]: the one before still stands. [`JournalError::Broken`].
    pub fn store_state(&self) -> impl Future<Output = Result<Offset, JournalError>> + Send + use<> {
        self.ask(Job::State)
    }

    /// The digest of everything that follows from the entries, as it is counted now: whoever reads them gets the same. While
    /// something is being written it is of no one moment.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn digest(&self) -> Result<String, JournalError> {
        state::digest(&self.shared)
    }

    /// Completes when all that was handed over before is written (and synced, under [`Durability::Fsync`]).
    ///
    /// # Errors
    /// [`JournalError::Broken`] if it could not be.
    pub fn settled(&self) -> impl Future<Output = Result<(), JournalError>> + Send + use<> {
        self.ask(Job::Settle)
    }

    /// The end of what is written.
    #[must_use]
    pub fn end(&self) -> Offset {
        *self.shared.end.borrow()
    }

    /// Tells of every write: the receiver holds [`Journal::end`] and wakes when it moves.
    #[must_use]
    pub fn follow(&self) -> watch::Receiver<Offset> {
        self.shared.end.subscribe()
    }

    /// How many records were refused or lost because the journal was full or broken: gaps in the sequence
    /// numbers, counted over the whole journal. What was refused after the last entry is forgotten at a restart.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.shared.missed()
    }

    /// How many entries wait to be written.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.shared.queue.entries()
    }

    /// Whether entries can be written.
    ///
    /// # Errors
    /// [`JournalError::Broken`] with the first failure.
    pub fn health(&self) -> Result<(), JournalError> {
        self.shared.whole()
    }

    /// The live counts.
    #[must_use]
    pub fn ledger(&self) -> Arc<LiveLedger> {
        Arc::clone(&self.shared.projections.ledger)
    }

    fn start(&mut self, recovered: Recovered) -> Result<(), JournalError> {
        let writer = Writer {
            shared: Arc::clone(&self.shared),
            segment: recovered.segment,
            end: recovered.end,
            sequence: recovered.sequence,
            chain: recovered.chain,
            beginning: recovered.beginning,
            group: Group::default(),
        };
        self.spawn("journal-writer", move || writer.run())?;
        if self.shared.settings.durability == Durability::Batch {
            let shared = Arc::clone(&self.shared);
            self.spawn("journal-syncer", move || shared.sync_until_closed())?;
        }
        let shared = Arc::clone(&self.shared);
        self.spawn("journal-states", move || States::store_until_closed(&shared))?;
        Ok(())
    }

    fn spawn(&mut self, name: &str, run: impl FnOnce() + Send + 'static) -> Result<(), JournalError> {
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(run)
            .map_err(JournalError::io("start a thread for", &self.shared.folder))?;
        self.threads.push(thread);
        Ok(())
    }

    fn ask<T: Send + 'static, F>(
        &self,
        job: F,
    ) -> impl Future<Output = Result<T, JournalError>> + Send + use<T, F>
    where
        F: FnOnce(Ask<T>) -> Job,
    {
        let (answer, answered) = oneshot::channel();
        let handed_over = self
            .shared
            .whole()
            .and_then(|()| self.shared.queue.push(job(answer)).map_err(refusal));
        async move {
            handed_over?;
            answered
                .await
                .unwrap_or_else(|_| Err(JournalError::Broken("the writer has stopped".to_owned())))
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.shared.queue.close();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the journal panicked");
            }
        }
    }
}

fn refusal(refused: Refused) -> JournalError {
    match refused {
        Refused::Full => JournalError::Full,
        Refused::Closed => JournalError::Broken("it is closed".to_owned()),
    }
}
