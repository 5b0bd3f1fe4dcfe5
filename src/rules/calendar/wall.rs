//! What a limit says of the readings of a wall clock, whatever the zone.
//!
//! A reading is kept as the instant at which a clock in UTC shows it, so that readings are [`Spans`] too.

use jiff::civil::{Date, Time};

use super::{
    holidays::DaysOf,
    limit::{DayKind, Edge, Hours, LocalLimit, LocalWindow},
};
use crate::{
    domain::{Span, Spans, Timestamp},
    rules::condition::Truth,
};

const DAY_MS: i64 = 86_400_000;

/// Whole days from one date to another, both inclusive.
#[derive(Debug, Clone, Copy)]
pub(super) struct Days {
    pub(super) first: Date,
    pub(super) last: Date,
}

impl Days {
    /// Every day on which a clock somewhere shows an instant of the span; offsets stay below 26 hours.
    pub(super) fn around(span: Span) -> Option<Self> {
        let widest = jiff::SignedDuration::from_hours(26);
        let utc = |instant: jiff::Timestamp| jiff::tz::Offset::UTC.to_datetime(instant).date();
        Some(Self {
            first: utc(span.from.to_jiff().checked_sub(widest).ok()?),
            last: utc(span.until.to_jiff().checked_add(widest).ok()?),
        })
    }

    fn readings(self) -> Span {
        Span::new(reading(self.first, 0), reading(self.last, DAY_MS))
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Date> {
        self.first
            .series(jiff::Span::new().days(1))
            .take_while(move |day| *day <= self.last)
    }
}

/// The readings of these days that the limit allows.
pub(super) fn allowed(limit: &LocalLimit, days: Days, holidays: DaysOf<'_>) -> Spans {
    let every = days.readings();
    let time_of_day = |hours| {
        let days_kind = DayKind::EVERY;
        readings(
            &[LocalWindow {
                days: days_kind,
                hours,
            }],
            days,
            holidays,
            Truth::True,
        )
    };
    match limit {
        LocalLimit::QuietHours(windows) => {
            readings(windows, days, holidays, Truth::Unknown).complement(every)
        }
        LocalLimit::OnlyOn(windows) => readings(windows, days, holidays, Truth::True),
        LocalLimit::NotBefore(Edge::Time(from)) => time_of_day(Hours {
            from: *from,
            until: Time::midnight(),
        }),
        LocalLimit::NotAfter(Edge::Time(until)) => time_of_day(Hours {
            from: Time::midnight(),
            until: *until,
        }),
        LocalLimit::NotBefore(Edge::Date(first)) => Spans::of(reading(*first, 0), every.until).within(every),
        LocalLimit::NotAfter(Edge::Date(last)) => Spans::of(every.from, reading(*last, DAY_MS)).within(every),
    }
}

/// The readings in one of the windows, on days of which it is at least this certain that they are meant.
fn readings(windows: &[LocalWindow], days: Days, holidays: DaysOf<'_>, least: Truth) -> Spans {
    // What begins on the day before may go over midnight into the first.
    let begins = Days {
        first: days.first.yesterday().unwrap_or(days.first),
        ..days
    };
    let meant = |day: Date| {
        windows
            .iter()
            .filter(move |window| is_meant(window.days, day, holidays) >= least)
            .map(move |window| hours_of(day, window.hours))
    };
    begins
        .iter()
        .flat_map(meant)
        .collect::<Spans>()
        .within(days.readings())
}

fn is_meant(kind: DayKind, day: Date, holidays: DaysOf<'_>) -> Truth {
    match kind {
        DayKind::Weekdays(weekdays) => weekdays.contains(day.weekday()).into(),
        DayKind::Holidays => holidays.is_holiday(day),
        DayKind::Eves => holidays.is_eve(day),
        DayKind::Dates { first, last } => (first <= day && day <= last).into(),
    }
}

fn hours_of(day: Date, hours: Hours) -> Span {
    let (from, until) = (millis_of(hours.from), millis_of(hours.until));
    let over_midnight = if until <= from { DAY_MS } else { 0 };
    Span::new(reading(day, from), reading(day, until + over_midnight))
}

/// A day at a time of day, read as if in UTC.
pub(super) fn reading_of(day: Date, time: Time) -> Timestamp {
    reading(day, millis_of(time))
}

fn millis_of(time: Time) -> i64 {
    let since_midnight = time.duration_since(Time::midnight());
    i64::try_from(since_midnight.as_millis()).unwrap_or(DAY_MS)
}

/// So many milliseconds after the day's midnight, read as if in UTC.
fn reading(day: Date, millis: i64) -> Timestamp {
    let midnight = jiff::tz::Offset::UTC.to_timestamp(day.at(0, 0, 0, 0));
    let midnight = midnight.map_or(i64::MAX / 2, jiff::Timestamp::as_millisecond);
    Timestamp::from_millis(midnight + millis)
}
