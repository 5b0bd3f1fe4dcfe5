//! Connections that have not carried a request yet. Where there are as many connections as may be, the one that has waited
//! longest for its first request gives way to whoever comes: ten thousand that say nothing keep nobody out.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use tokio::sync::oneshot;

/// Those that wait for their first request, by when they came.
#[derive(Debug, Default)]
pub(super) struct Unused(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    next: u64,
    close: BTreeMap<u64, oneshot::Sender<()>>,
}

/// One of them; none any more once it is used or gone.
#[derive(Debug)]
pub(super) struct FirstRequest {
    among: Arc<Unused>,
    number: u64,
    has_come: AtomicBool,
}

/// The other end, which its connection asks whether it has to give way.
#[derive(Debug)]
pub(super) struct GiveWay(oneshot::Receiver<()>);

// === impl Unused ===

impl Unused {
    /// One more.
    pub(super) fn wait(self: &Arc<Self>) -> (FirstRequest, GiveWay) {
        let (close, closed) = oneshot::channel();
        let mut waiting = self.waiting();
        let number = waiting.next;
        waiting.next += 1;
        waiting.close.insert(number, close);
        let among = Arc::clone(self);
        let first = FirstRequest {
            among,
            number,
            has_come: AtomicBool::new(false),
        };
        (first, GiveWay(closed))
    }

    /// Closes the one that has waited longest; whether there was one.
    pub(super) fn close_one(&self) -> bool {
        while let Some((_, close)) = self.waiting().close.pop_first() {
            if close.send(()).is_ok() {
                return true;
            }
        }
        false
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl FirstRequest ===

impl FirstRequest {
    /// It has come: the connection gives way no more. Every further request says so too, at the cost of a look.
    pub(super) fn came(&self) {
        if !self.has_come.load(Ordering::Relaxed) && !self.has_come.swap(true, Ordering::Relaxed) {
            self.among.waiting().close.remove(&self.number);
        }
    }
}

impl Drop for FirstRequest {
    fn drop(&mut self) {
        self.came();
    }
}

// === impl GiveWay ===

impl GiveWay {
    /// Whether the connection has to go. A connection that is used is asked no more.
    pub(super) fn asked(&mut self, context: &mut Context<'_>) -> Asked {
        match Future::poll(std::pin::Pin::new(&mut self.0), context) {
            Poll::Pending => Asked::NotYet,
            Poll::Ready(Ok(())) => Asked::ToGo,
            Poll::Ready(Err(_)) => Asked::NeverAgain,
        }
    }
}

/// What a connection is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// Nothing so far.
    NotYet,
    /// To make room.
    ToGo,
    /// Nothing any more: it carried a request.
    NeverAgain,
}
