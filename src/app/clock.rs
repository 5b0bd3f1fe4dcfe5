use std::sync::atomic::{AtomicI64, Ordering};

use crate::domain::{Clock, Timestamp};

/// The clock of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        jiff::Timestamp::now().into()
    }
}

/// A clock that tells what it was told: the time of a rehearsal or a simulated market.
#[derive(Debug, Default)]
pub struct StatedClock(AtomicI64);

impl StatedClock {
    /// A clock that tells `now`.
    #[must_use]
    pub const fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.as_millis()))
    }

    /// Moves on to `now`; never back.
    pub fn advance(&self, now: Timestamp) {
        self.0.fetch_max(now.as_millis(), Ordering::Relaxed);
    }
}

impl Clock for StatedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
}
