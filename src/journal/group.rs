//! What is encoded and not yet written, and who waits for it.

use std::sync::Arc;

use hashbrown::HashMap;
use tokio::sync::oneshot;

use super::{Checkpoint, Entry, Erasure, JournalError, bursts, moved::Moved};
use crate::domain::{DecisionId, OutcomeReply, Timestamp};

/// Entries that are written with one call.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) bytes: Vec<u8>,
    /// The latest entry about a decision, where it is in this group.
    pub(super) latest: HashMap<DecisionId, u64>,
    pub(super) entries: Vec<Encoded>,
    pub(super) answers: Vec<Answer>,
    /// What was noted of bursts for it already.
    pub(super) acts: Vec<bursts::Change>,
    /// The number that its first entry may have had.
    pub(super) first: u64,
    /// How many entries it holds that are records: lost with it, they are a gap.
    pub(super) records: u64,
    /// How many numbers were left out before its entries.
    pub(super) gap: u64,
    /// Whether it begins with a seal.
    pub(super) is_sealed: bool,
}

/// An entry of the group, for whoever is told of it after the write.
#[derive(Debug)]
pub(super) struct Encoded {
    /// Where it will stand.
    pub(super) at: u64,
    /// The offset just past it.
    pub(super) end: u64,
    pub(super) entry: Arc<Entry>,
    /// What it moves in the ledger, if it is an outcome.
    pub(super) moved: Moved,
}

/// Who is told after the write.
#[derive(Debug)]
pub(super) enum Answer {
    Outcomes(Ask<Vec<OutcomeReply>>, Vec<OutcomeReply>),
    Settled(Ask<()>),
    Checkpoint(Ask<Checkpoint>, Timestamp),
    Erased(Ask<Option<Erasure>>, u64, Timestamp),
}

/// How an answer travels.
pub(super) type Ask<T> = oneshot::Sender<Result<T, JournalError>>;

impl Group {
    /// Empties it; the room that it took stays with it.
    pub(super) fn clear(&mut self) {
        let Self {
            bytes,
            latest,
            entries,
            answers,
            acts,
            first: _,
            records,
            gap,
            is_sealed,
        } = self;
        bytes.clear();
        latest.clear();
        entries.clear();
        answers.clear();
        acts.clear();
        (*records, *gap, *is_sealed) = (0, 0, false);
    }
}

impl Answer {
    /// Tells whoever asked, who may have gone: what was kept is kept.
    pub(super) fn send(self, whole: Result<(), JournalError>, checkpoint: impl Fn(Timestamp) -> Checkpoint) {
        match self {
            Self::Outcomes(answer, replies) => drop(answer.send(whole.map(|()| replies))),
            Self::Settled(answer) => drop(answer.send(whole)),
            Self::Checkpoint(answer, at) => drop(answer.send(whole.map(|()| checkpoint(at)))),
            Self::Erased(answer, subject, at) => {
                let erasure = whole.map(|()| {
                    Some(Erasure {
                        subject,
                        checkpoint: checkpoint(at),
                    })
                });
                drop(answer.send(erasure));
            }
        }
    }
}
