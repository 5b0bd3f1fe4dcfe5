//! The way through what was recorded: one reader, and as many hands as there are cores to work.
//!
//! Every hand sees every entry, in the journal's order, because some have to fold a ledger of their own; which
//! decisions it works on is its own affair ([`Batch::of_hand`]). Whoever asked is told how far it has come, and can
//! call it off.

use std::{
    ops::ControlFlow,
    sync::{Arc, mpsc::sync_channel},
    thread,
};

use super::Within;
use crate::journal::{Entry, Journal, JournalError, Offset};

/// How many entries are handed over at once.
const BATCH: usize = 1_024;

/// How many batches may wait for a hand.
const WAITING: usize = 2;

/// How far the way through the journal has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Bytes read.
    pub read: u64,
    /// Bytes that the journal held at the beginning.
    pub of: u64,
    /// Decisions read.
    pub decisions: u64,
}

/// Told of the progress; whether to go on.
pub type Told<'t> = dyn FnMut(Progress) -> ControlFlow<()> + 't;

/// Entries that follow one another.
pub(super) struct Batch {
    /// The place of the first among all that were read.
    first: u64,
    entries: Vec<Entry>,
}

impl Batch {
    /// Every entry, and whether it is for this one of so many hands.
    pub(super) fn of_hand(&self, hand: u64, hands: u64) -> impl Iterator<Item = (&Entry, Whose)> {
        (self.first..).zip(&self.entries).map(move |(place, entry)| {
            let is_own = place % hands.max(1) == hand;
            (entry, if is_own { Whose::Own } else { Whose::Others })
        })
    }
}

/// Who works on an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// This hand.
    Own,
    /// Another.
    Others,
}

/// One of those who work on what is read.
pub(super) trait Hand: Send {
    /// Works on a batch.
    fn take(&mut self, batch: &Batch) -> Result<(), JournalError>;
}

/// How many hands are worth having: one a core.
pub(super) fn hands() -> u64 {
    thread::available_parallelism().map_or(1, |cores| cores.get() as u64)
}

/// What of the journal is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    /// All of it: somebody folds a ledger of the past.
    Everything,
    /// At least every decision of that time.
    Decisions(Within),
}

/// Takes the hands through what the journal holds now; answers them, or `None` where it was called off.
pub(super) fn through<H: Hand>(
    journal: &Journal,
    what: Read,
    hands: Vec<H>,
    told: &mut Told<'_>,
) -> Result<Option<Vec<H>>, JournalError> {
    thread::scope(|scope| {
        let mut lines = Vec::new();
        let mut working = Vec::new();
        for mut hand in hands {
            let (line, batches) = sync_channel::<Arc<Batch>>(WAITING);
            lines.push(line);
            working.push(scope.spawn(move || {
                for batch in batches {
                    hand.take(&batch)?;
                }
                Ok(hand)
            }));
        }
        let read = read(journal, what, told, |batch| {
            let batch = Arc::new(batch);
            // A hand that is gone has failed, and says so at the end.
            lines.iter().for_each(|line| drop(line.send(Arc::clone(&batch))));
        });
        drop(lines);
        let done = working.into_iter().map(|hand| {
            hand.join()
                .unwrap_or_else(|_| Err(JournalError::Broken("a thread of this work panicked".to_owned())))
        });
        let done: Result<Vec<H>, JournalError> = done.collect();
        Ok(match read? {
            ControlFlow::Continue(()) => Some(done?),
            ControlFlow::Break(()) => None,
        })
    })
}

fn read(
    journal: &Journal,
    what: Read,
    told: &mut Told<'_>,
    mut hand_over: impl FnMut(Batch),
) -> Result<ControlFlow<()>, JournalError> {
    let end = journal.end();
    let mut progress = Progress {
        of: end.get(),
        ..Progress::default()
    };
    let (mut first, mut entries) = (0, Vec::with_capacity(BATCH));
    let reads: Box<dyn Iterator<Item = Result<(Offset, Entry), JournalError>>> = match what {
        Read::Everything => Box::new(journal.read_from(Offset::START)),
        Read::Decisions(Within { since, until }) => {
            Box::new(journal.decisions_of(None, since, until, Offset::START))
        }
    };
    for read in reads {
        let (next, entry) = read?;
        progress.read = next.get();
        progress.decisions += u64::from(matches!(entry, Entry::Decision(_)));
        entries.push(entry);
        if entries.len() == BATCH {
            let batch = std::mem::replace(&mut entries, Vec::with_capacity(BATCH));
            hand_over(Batch {
                first,
                entries: batch,
            });
            first += BATCH as u64;
            if told(progress).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        // What is written meanwhile is for another time.
        if next >= end {
            break;
        }
    }
    hand_over(Batch { first, entries });
    Ok(told(progress))
}
