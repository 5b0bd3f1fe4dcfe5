use serde::{Deserialize, Serialize};

use super::hours::Hour;
use crate::model::contacts::{Dated, Day};

/// After so many days evidence weighs half.
pub const HALF_LIFE_DAYS: f64 = 90.0;
/// Weights are relative to this day, 2020-01-01.
const LANDMARK: Day = Day(18_262);

/// One message to a contact and what came of it, or something the contact did of its own accord; four bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    pub(super) day: Day,
    pub(super) hour: Hour,
    pub(super) mark: u8,
}

/// The bit of a mark that says that nothing was sent.
const UNASKED: u8 = 0x80;

impl Trace {
    /// A message sent in that hour. `answer` is the chance that a person answered it: 0 is no answer.
    #[must_use]
    pub fn sent(day: Day, hour: Hour, answer: f64) -> Self {
        let mark = in_127ths(answer);
        Self { day, hour, mark }
    }

    /// Something the contact did in that hour without having been sent anything, such as a purchase.
    #[must_use]
    pub fn unasked(day: Day, hour: Hour, weight: f64) -> Self {
        let mark = UNASKED | in_127ths(weight);
        Self { day, hour, mark }
    }

    pub(super) const fn is_sent(self) -> bool {
        self.mark & UNASKED == 0
    }

    pub(super) fn answer(self) -> f64 {
        f64::from(self.mark & !UNASKED) / 127.0
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 0..=127; not a number becomes 0"
)]
fn in_127ths(share: f64) -> u8 {
    (share.clamp(0.0, 1.0) * 127.0).round() as u8
}

impl Dated for Trace {
    fn day(&self) -> Day {
        self.day
    }
}

/// Instead of fading everything every day, what is newer weighs more: 2^(days since the landmark / half-life).
pub(super) fn weight(day: Day) -> f64 {
    (f64::from(day.since(LANDMARK)) / HALF_LIFE_DAYS).exp2()
}
