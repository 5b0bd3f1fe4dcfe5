//! What waits to be written: bounded, in the order of arrival, handed to the writer as a whole.
//!
//! A record alone does not have to be written at once: the writer lingers a moment, so that a busy server wakes
//! it once a millisecond and not once a decision. Whoever waits for an answer ends the lingering.

use std::{
    mem,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{Checkpoint, Erasure, Offset, group::Ask};
use crate::domain::{Change, Hand, Observation, Outcome, OutcomeReply, Record, Timestamp, Word};

/// How long records may gather before they are written, while nobody waits for an answer.
const LINGER: Duration = Duration::from_millis(1);

/// One thing for the writer to do.
#[derive(Debug)]
pub(super) enum Job {
    Decision(Box<Record>),
    Observation(Box<Observation>),
    Outcomes {
        outcomes: Vec<Outcome>,
        received_at: Timestamp,
        answer: Ask<Vec<OutcomeReply>>,
    },
    Change(Box<Change>),
    Erase(Box<Erase>),
    Checkpoint(Ask<Checkpoint>, Timestamp),
    Settle(Ask<()>),
    State(Ask<Offset>),
}

/// Whom to erase, on whose word.
#[derive(Debug)]
pub(super) struct Erase {
    pub(super) contact: Word,
    pub(super) hand: Hand,
    pub(super) answer: Ask<Option<Erasure>>,
}

impl Job {
    /// How much room it takes.
    fn entries(&self) -> usize {
        match self {
            Self::Decision(_) | Self::Observation(_) | Self::Change(_) | Self::Erase(_) => 1,
            Self::Outcomes { outcomes, .. } => outcomes.len(),
            Self::Checkpoint(..) | Self::Settle(_) | Self::State(_) => 0,
        }
    }

    fn is_awaited(&self) -> bool {
        match self {
            Self::Decision(_) | Self::Observation(_) | Self::Change(_) => false,
            Self::Outcomes { .. }
            | Self::Erase(_)
            | Self::Checkpoint(..)
            | Self::Settle(_)
            | Self::State(_) => true,
        }
    }
}

/// Why a job was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    Full,
    Closed,
}

#[derive(Debug)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    emptied: Condvar,
    capacity: usize,
}

#[derive(Debug, Default)]
struct Waiting {
    jobs: Vec<Job>,
    entries: usize,
    awaited: bool,
    closed: bool,
}

impl Queue {
    /// How many entries wait.
    pub(super) fn entries(&self) -> usize {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.entries
    }

    pub(super) fn new(capacity: usize) -> Self {
        Self {
            waiting: Mutex::default(),
            arrived: Condvar::new(),
            emptied: Condvar::new(),
            capacity,
        }
    }

    /// Hands a job over without waiting.
    pub(super) fn push(&self, job: Job) -> Result<(), Refused> {
        let waiting = self.lock();
        if waiting.closed {
            return Err(Refused::Closed);
        }
        if !self.fits(&waiting, &job) {
            return Err(Refused::Full);
        }
        self.add(waiting, job);
        Ok(())
    }

    /// Hands a job over, waiting for room.
    pub(super) fn push_waiting(&self, job: Job) -> Result<(), Refused> {
        let mut waiting = self.lock();
        while !waiting.closed && !self.fits(&waiting, &job) {
            waiting = self.emptied.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        if waiting.closed {
            return Err(Refused::Closed);
        }
        self.add(waiting, job);
        Ok(())
    }

    /// Waits at most so long for jobs and moves them all into `jobs`. False once the queue is closed and empty.
    pub(super) fn take_within(&self, jobs: &mut Vec<Job>, patience: Duration) -> bool {
        let nothing = |waiting: &mut Waiting| waiting.jobs.is_empty() && !waiting.closed;
        let (mut waiting, _) = self
            .arrived
            .wait_timeout_while(self.lock(), patience, nothing)
            .unwrap_or_else(PoisonError::into_inner);
        self.hand_over(&mut waiting, jobs)
    }

    /// Waits for jobs and moves them all into `jobs`. False once the queue is closed and empty.
    pub(super) fn take(&self, jobs: &mut Vec<Job>) -> bool {
        let mut waiting = self.lock();
        while waiting.jobs.is_empty() && !waiting.closed {
            waiting = self.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        let lingers =
            |waiting: &mut Waiting| !waiting.awaited && !waiting.closed && !self.is_half_full(waiting);
        let (mut waiting, _) = self
            .arrived
            .wait_timeout_while(waiting, LINGER, lingers)
            .unwrap_or_else(PoisonError::into_inner);
        self.hand_over(&mut waiting, jobs)
    }

    fn hand_over(&self, waiting: &mut Waiting, jobs: &mut Vec<Job>) -> bool {
        mem::swap(&mut waiting.jobs, jobs);
        (waiting.entries, waiting.awaited) = (0, false);
        self.emptied.notify_all();
        !(waiting.closed && jobs.is_empty())
    }

    /// Takes no more jobs; those that wait are still handed to the writer.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_all();
        self.emptied.notify_all();
    }

    fn add(&self, mut waiting: MutexGuard<'_, Waiting>, job: Job) {
        let was_half_full = self.is_half_full(&waiting);
        let wakes = job.is_awaited() && !waiting.awaited;
        waiting.awaited |= job.is_awaited();
        waiting.entries += job.entries();
        waiting.jobs.push(job);
        let fills = !was_half_full && self.is_half_full(&waiting);
        if wakes || fills || waiting.jobs.len() == 1 {
            drop(waiting);
            self.arrived.notify_one();
        }
    }

    /// A job that is larger than the whole queue fits into an empty one.
    fn fits(&self, waiting: &Waiting, job: &Job) -> bool {
        let entries = job.entries();
        entries == 0 || waiting.entries == 0 || waiting.entries + entries <= self.capacity
    }

    fn is_half_full(&self, waiting: &Waiting) -> bool {
        waiting.entries * 2 >= self.capacity
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
