//! The week in 168 hours, as the recipient's clock shows it.

use jiff::tz::TimeZone;

use serde::{Deserialize, Serialize};

use crate::domain::{Duration, Spans, Timestamp};

/// Hours of a week.
pub const HOURS: usize = 168;

/// An hour of the week: 0 is Monday from midnight, 167 Sunday from eleven at night.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Hour(u8);

impl Hour {
    /// The hour that a clock in that zone shows.
    #[must_use]
    pub fn of(at: Timestamp, zone: &TimeZone) -> Self {
        let local = at.as_millis().div_euclid(1_000) + offset_secs(at, zone);
        // 1970-01-01 was a Thursday: three days after a Monday.
        let hours = local.div_euclid(3_600) + 3 * 24;
        Self(u8::try_from(hours.rem_euclid(168)).unwrap_or(0))
    }

    /// The hour of that number; `None` from 168 on.
    #[must_use]
    pub fn numbered(number: u8) -> Option<Self> {
        (usize::from(number) < HOURS).then_some(Self(number))
    }

    /// Its number, below 168.
    #[must_use]
    pub fn number(self) -> usize {
        usize::from(self.0)
    }

    /// 0 is Monday.
    #[must_use]
    pub const fn weekday(self) -> u8 {
        self.0 / 24
    }

    /// Of the day, below 24.
    #[must_use]
    pub const fn of_day(self) -> u8 {
        self.0 % 24
    }

    pub(super) const fn byte(self) -> u8 {
        self.0
    }
}

fn offset_secs(at: Timestamp, zone: &TimeZone) -> i64 {
    i64::from(zone.to_offset(at.to_jiff()).seconds())
}

/// An instant at which a message may be sent, and its hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The instant.
    pub at: Timestamp,
    /// Its hour.
    pub hour: Hour,
}

/// Local hours that are looked at, at most: two months.
const MOST_STEPS: usize = 62 * 24;

/// The hours of the week that hold an allowed instant, each once, with its first allowed instant, in the order of
/// time. Nothing tells two weeks apart, so the sooner one stands for both; hours beyond two months are not looked at.
#[must_use]
pub fn moments(allowed: &Spans, zone: &TimeZone) -> Vec<Moment> {
    let mut seen = [false; HOURS];
    let mut moments = Vec::new();
    let mut steps = 0;
    for span in allowed.ranges() {
        let mut at = span.from;
        while at < span.until && steps < MOST_STEPS && moments.len() < HOURS {
            let hour = Hour::of(at, zone);
            if let Some(seen @ false) = seen.get_mut(hour.number()) {
                *seen = true;
                moments.push(Moment { at, hour });
            }
            at = next_hour(at, zone);
            steps += 1;
        }
    }
    moments
}

/// The next instant at which a clock in that zone shows a full hour.
fn next_hour(at: Timestamp, zone: &TimeZone) -> Timestamp {
    let local = at.as_millis() + 1_000 * offset_secs(at, zone);
    let into = local.rem_euclid(3_600_000);
    at.plus(Duration::from_millis(3_600_000 - into))
}
