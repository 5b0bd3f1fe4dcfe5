//! The past over the wire: lists of decisions, replays, simulations. All of it answers from the journal; nothing here
//! can become a decide reply.

mod holds;
mod list;
mod replay;
mod simulation;

use std::{ops::ControlFlow, thread};

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

pub(super) use holds::{held, waits};
pub(super) use list::listed;
pub(super) use replay::{one_replay, replays};
pub(super) use simulation::simulation;

use super::{decide::Answers, refused::Refused, wire};
use crate::{
    journal::JournalError,
    rehearsal::{Progress, Shelf, Told},
};

/// Shows what older decisions were made under; the app stands behind it.
pub trait PastView: Send + Sync {
    /// The kept rulebooks and model snapshots, the one that decides now first.
    fn shelf(&self) -> Shelf;
}

/// How many messages of a stream may wait for a slow reader.
const WAITING: usize = 16;

/// Work on a thread of its own, with its progress and its result as a stream. Progress that nobody reads is left out;
/// once the reader is gone the work is called off.
fn streamed<T, M>(
    work: impl FnOnce(&mut Told<'_>) -> Result<Option<T>, JournalError> + Send + 'static,
    going_on: fn(wire::Progress) -> M,
    done: impl FnOnce(T) -> M + Send + 'static,
) -> Answers<M>
where
    M: Send + 'static,
{
    let (hand, told) = mpsc::channel::<Result<M, Status>>(WAITING);
    thread::spawn(move || {
        let mut tell = |progress: Progress| {
            let Progress { read, of, decisions } = progress;
            // A full channel is a slow reader, who will hear of later progress.
            let _ = hand.try_send(Ok(going_on(wire::Progress { read, of, decisions })));
            if hand.is_closed() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let came = match work(&mut tell) {
            Ok(Some(result)) => Ok(done(result)),
            Ok(None) => return,
            Err(error) => Err(Refused::from(error).into_status()),
        };
        // Whoever asked may be gone.
        let _ = hand.blocking_send(came);
    });
    Box::pin(ReceiverStream::new(told))
}
