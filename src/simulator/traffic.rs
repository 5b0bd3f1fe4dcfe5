//! When impressions come: a Poisson process whose rate follows the hour of the week.

use crate::domain::Timestamp;

const HOUR_MS: f64 = 3_600_000.0;
/// Central European winter time: the market's clocks stand one hour before UTC and are never changed.
const CLOCK_AHEAD_MS: i64 = 3_600_000;
/// The epoch was a Thursday; weeks here begin on Monday.
const EPOCH_WEEKDAY: i64 = 3;

/// Relative traffic by hour of the day, from midnight.
const HOURS: [f64; 24] = [
    0.45, 0.28, 0.18, 0.14, 0.15, 0.25, 0.50, 0.80, 1.00, 1.05, 1.05, 1.10, //
    1.25, 1.30, 1.15, 1.05, 1.05, 1.15, 1.30, 1.50, 1.75, 1.85, 1.60, 1.00,
];
/// Relative traffic by day of the week, from Monday.
const DAYS: [f64; 7] = [1.00, 1.00, 1.02, 1.00, 0.95, 0.95, 1.08];

/// The hour of the day by the market's clocks, 0 to 23.
pub(super) fn hour_of_day(at: Timestamp) -> usize {
    usize::try_from(
        (at.as_millis() + CLOCK_AHEAD_MS)
            .div_euclid(3_600_000)
            .rem_euclid(24),
    )
    .unwrap_or(0)
}

/// The day of the week by the market's clocks, 0 for Monday.
fn day_of_week(at: Timestamp) -> usize {
    let day = (at.as_millis() + CLOCK_AHEAD_MS).div_euclid(86_400_000);
    usize::try_from((day + EPOCH_WEEKDAY).rem_euclid(7)).unwrap_or(0)
}

/// How much traffic there is at an instant; 1 on the average of a week.
fn shape(at: Timestamp) -> f64 {
    let mean = HOURS.iter().sum::<f64>() / 24.0 * DAYS.iter().sum::<f64>() / 7.0;
    let hour = HOURS.get(hour_of_day(at)).copied().unwrap_or(1.0);
    let day = DAYS.get(day_of_week(at)).copied().unwrap_or(1.0);
    hour * day / mean
}

/// How many impressions a day, on the average of a week.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Traffic {
    per_hour: f64,
}

impl Traffic {
    pub(super) fn per_day(impressions: u32) -> Self {
        Self {
            per_hour: f64::from(impressions.max(1)) / 24.0,
        }
    }

    /// The first arrival after `after_ms`, by time rescaling: `unit_wait` is exponential with mean 1 and is spent
    /// hour by hour at that hour's rate.
    pub(super) fn next_arrival(self, after_ms: f64, unit_wait: f64) -> f64 {
        let (mut at_ms, mut left) = (after_ms, unit_wait);
        loop {
            let rate = self.per_hour * shape(instant(at_ms)) / HOUR_MS;
            let hour_left_ms = HOUR_MS - at_ms.rem_euclid(HOUR_MS);
            if left <= hour_left_ms * rate {
                return at_ms + left / rate;
            }
            left -= hour_left_ms * rate;
            at_ms += hour_left_ms;
        }
    }
}

/// The whole millisecond of a finer instant.
#[expect(
    clippy::cast_possible_truncation,
    reason = "milliseconds of this age fit; the fraction is dropped on purpose"
)]
pub(super) fn instant(at_ms: f64) -> Timestamp {
    Timestamp::from_millis(at_ms.floor() as i64)
}
