//! `now` in local time: windows of days and hours, read on the clock of a rule file's time zone.
//!
//! An instant lies in a window exactly where the date and time that a clock on the wall shows do. So a local time
//! that is skipped in spring never shows and an end among it moves forward, and an hour that is repeated in autumn
//! counts both times.

use std::{cmp::Ordering, fmt};

use jiff::{
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};

use super::calendar::{DayKind, Hours, LocalWindow};
use crate::domain::Timestamp;

/// The time zone of a rule file. Zones are ordered by their names.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// This zone.
    #[must_use]
    pub const fn new(zone: TimeZone) -> Self {
        Self(zone)
    }

    /// What a clock there shows.
    #[must_use]
    pub fn reading(&self, now: Timestamp) -> DateTime {
        self.0.to_datetime(now.to_jiff())
    }

    /// The first instant at which a clock there shows this; where it is skipped, the one at which it would.
    pub(super) fn instant(&self, reading: DateTime) -> Option<Timestamp> {
        let zoned = self.0.to_ambiguous_zoned(reading).compatible().ok()?;
        Some(zoned.timestamp().into())
    }

    fn name(&self) -> &str {
        self.0.iana_name().unwrap_or_default()
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl PartialOrd for Zone {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Zone {
    fn cmp(&self, other: &Self) -> Ordering {
        self.name().cmp(other.name())
    }
}

/// Windows of local time, one of which is enough.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocalTimes {
    /// Where the clock hangs.
    pub zone: Zone,
    /// The windows.
    pub windows: Vec<LocalWindow>,
}

const MINUTES_A_DAY: u32 = 24 * 60;
const MINUTES_A_WEEK: u32 = 7 * MINUTES_A_DAY;

/// The same windows, ready to be asked often: stretches of the week in minutes from Monday, and dated windows.
#[derive(Debug)]
pub(super) struct Clock {
    zone: Zone,
    /// Sorted, half-open, none reaching over the end of the week.
    week: Vec<(u32, u32)>,
    dated: Vec<(Date, Date, Hours)>,
}

impl Clock {
    pub(super) fn new(times: &LocalTimes) -> Self {
        let mut clock = Self {
            zone: times.zone.clone(),
            week: Vec::new(),
            dated: Vec::new(),
        };
        for window in &times.windows {
            match window.days {
                DayKind::Weekdays(days) => {
                    let all = jiff::civil::Weekday::Monday.cycle_forward().take(7);
                    for (day, _) in (0..).zip(all).filter(|(_, day)| days.contains(*day)) {
                        clock.add(day * MINUTES_A_DAY, window.hours);
                    }
                }
                DayKind::Dates { first, last } => clock.dated.push((first, last, window.hours)),
                // Whose holidays, `now` cannot know; the compiler has refused them.
                DayKind::Holidays | DayKind::Eves => {}
            }
        }
        clock.week.sort_unstable();
        clock
    }

    fn add(&mut self, midnight: u32, hours: Hours) {
        let (from, until) = (minute(hours.from), minute(hours.until));
        let until = if until <= from {
            until + MINUTES_A_DAY
        } else {
            until
        };
        let (from, until) = (midnight + from, midnight + until);
        self.week.push((from, until.min(MINUTES_A_WEEK)));
        if until > MINUTES_A_WEEK {
            self.week.push((0, until - MINUTES_A_WEEK));
        }
    }

    /// Whether the instant lies in one of the windows.
    pub(super) fn holds(&self, now: Timestamp) -> bool {
        self.shows(self.zone.reading(now))
    }

    /// Whether it does when the clock shows this.
    pub(super) fn shows(&self, reading: DateTime) -> bool {
        let weekday = u32::from(reading.weekday().to_monday_zero_offset().unsigned_abs());
        let at = weekday * MINUTES_A_DAY + minute(reading.time());
        self.week
            .iter()
            .any(|(from, until)| (*from..*until).contains(&at))
            || self.dated.iter().any(|window| is_dated(*window, reading))
    }
}

fn is_dated((first, last, hours): (Date, Date, Hours), reading: DateTime) -> bool {
    let (day, at) = (reading.date(), minute(reading.time()));
    let (from, until) = (minute(hours.from), minute(hours.until));
    let begins = |day: Date| first <= day && day <= last;
    if from < until {
        return begins(day) && (from..until).contains(&at);
    }
    let before = day.yesterday().is_ok_and(begins);
    (begins(day) && from <= at) || (before && at < until)
}

/// Windows begin and end on whole minutes.
fn minute(time: Time) -> u32 {
    u32::from(time.hour().unsigned_abs()) * 60 + u32::from(time.minute().unsigned_abs())
}
