//! A place inside: what a request holds from the moment it is taken from its connection until its answer begins.
//!
//! A caller who sends headers and no message, or a byte a second, is waited for like any other, and while it is
//! waited for it holds no place: otherwise eight connections that never finish a call would keep everybody else
//! out. What such a caller can hold is a stream of its connection, of which it has a bounded number.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use http_body::{Frame, SizeHint};
use tonic::{Status, body::Body};

/// A place among those that are counted; given up for good when dropped.
#[derive(Debug)]
pub(super) struct Place {
    inside: Arc<AtomicUsize>,
    state: AtomicU8,
}

/// It counts.
const TAKEN: u8 = 0;
/// Its sender is waited for.
const WAITING: u8 = 1;
/// It was given up.
const LEFT: u8 = 2;

// === impl Place ===

impl Place {
    /// One more than are inside, if `most` allows one more.
    pub(super) fn take(inside: &Arc<AtomicUsize>, most: usize) -> Option<Self> {
        let before = inside.fetch_add(1, Ordering::Relaxed);
        let place = Self {
            inside: Arc::clone(inside),
            state: AtomicU8::new(TAKEN),
        };
        (before < most).then_some(place)
    }

    /// Gives it up for good: the answer begins.
    pub(super) fn leave(&self) {
        if self.state.swap(LEFT, Ordering::Relaxed) == TAKEN {
            self.inside.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// The request's own bytes, whose lateness gives the place up for a while.
    pub(super) fn filled_by(self: &Arc<Self>, body: Body) -> Body {
        Body::new(Arriving {
            body,
            place: Arc::clone(self),
        })
    }

    fn wait(&self) {
        if self.becomes(TAKEN, WAITING) {
            self.inside.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn go_on(&self) {
        if self.becomes(WAITING, TAKEN) {
            self.inside.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn becomes(&self, from: u8, to: u8) -> bool {
        let swapped = self
            .state
            .compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed);
        swapped.is_ok()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.leave();
    }
}

/// A body that says when it is waited for.
struct Arriving {
    body: Body,
    place: Arc<Place>,
}

impl http_body::Body for Arriving {
    type Data = <Body as http_body::Body>::Data;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Status>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        match polled {
            Poll::Pending => self.place.wait(),
            Poll::Ready(_) => self.place.go_on(),
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
