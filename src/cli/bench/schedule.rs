use std::time::Duration;

/// When each request of an open loop has to leave, however slow the answers are.
///
/// The instants are even and drift-free: each is counted from the start, not from the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    a_second: u64,
    total: u64,
}

impl Schedule {
    /// So many requests a second, for so long. Less than one a second is taken as one.
    #[must_use]
    pub fn new(a_second: u64, length: Duration) -> Self {
        let a_second = a_second.max(1);
        let total = length.as_nanos() * u128::from(a_second) / NANOS;
        Self {
            a_second,
            total: saturated(total),
        }
    }

    /// How many requests there are.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// When the request of that number leaves, from the start; the first is number 0.
    #[must_use]
    pub fn at(&self, number: u64) -> Duration {
        // Rounded up, so that a request is due at its instant and not just after it.
        let nanos = (u128::from(number) * NANOS).div_ceil(u128::from(self.a_second));
        Duration::from_nanos(saturated(nanos))
    }

    /// How many requests have to have left by then.
    #[must_use]
    pub fn due_by(&self, elapsed: Duration) -> u64 {
        let due = elapsed.as_nanos() * u128::from(self.a_second) / NANOS + 1;
        saturated(due).min(self.total)
    }
}

const NANOS: u128 = 1_000_000_000;

fn saturated(number: u128) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
