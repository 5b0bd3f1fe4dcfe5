//! Time limits as plain data, as people write them: days, and hours of the day.

use jiff::civil::{Date, Time, Weekday};

/// Some of the seven days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Weekdays(u8);

impl Weekdays {
    /// All seven.
    pub const ALL: Self = Self(0b111_1111);

    /// One day.
    #[must_use]
    pub fn of(day: Weekday) -> Self {
        Self(1 << day.to_monday_zero_offset())
    }

    /// From one day to another, both inclusive; `Saturday-Monday` goes over the end of the week.
    #[must_use]
    pub fn between(first: Weekday, last: Weekday) -> Self {
        let mut days = Self::of(first);
        let mut day = first;
        while day != last {
            day = day.next();
            days = days.and(Self::of(day));
        }
        days
    }

    /// These and those.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the day is among them.
    #[must_use]
    pub fn contains(self, day: Weekday) -> bool {
        self.0 & Self::of(day).0 != 0
    }
}

/// Which days a window is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DayKind {
    /// `Monday-Friday`, `Sunday`; every day where only hours are written.
    Weekdays(Weekdays),
    /// `holidays`: of the recipient's country and region.
    Holidays,
    /// `eves`: days before a holiday.
    Eves,
    /// `2026-12-24`, `2026-12-24..2027-01-06`: both inclusive.
    Dates {
        /// The first day.
        first: Date,
        /// The last day.
        last: Date,
    },
}

impl DayKind {
    /// Every day.
    pub const EVERY: Self = Self::Weekdays(Weekdays::ALL);
}

/// From one local time of day to another, half-open.
///
/// Where `until` is not after `from` the hours go over midnight: `21:30-08:00`. `00:00` (or `24:00`, which is
/// the same) as the end is the end of the day, and from `00:00` to `00:00` is the whole day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hours {
    /// The first time of day in them.
    pub from: Time,
    /// The first time of day no longer in them.
    pub until: Time,
}

impl Hours {
    /// From midnight to midnight.
    pub const WHOLE_DAY: Self = Self {
        from: Time::midnight(),
        until: Time::midnight(),
    };
}

/// Hours of certain days: `Monday-Friday 09:00-20:00`, `Sunday`, `holidays`, `21:30-08:00`.
///
/// Hours over midnight belong to the day on which they begin: `Friday 22:00-02:00` ends on Saturday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalWindow {
    /// The days on which it begins.
    pub days: DayKind,
    /// The hours.
    pub hours: Hours,
}

/// An end of what is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Edge {
    /// A time of every day.
    Time(Time),
    /// A day; as a last day it is inclusive.
    Date(Date),
}

/// A limit on local time, as one rule writes it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LocalLimit {
    /// `quiet_hours`: not in any of these windows.
    QuietHours(Vec<LocalWindow>),
    /// `only_on`: in one of these windows.
    OnlyOn(Vec<LocalWindow>),
    /// `not_before: 09:00`: from that time of day to the end of the day; or from that day on.
    NotBefore(Edge),
    /// `not_after: 20:00`: from midnight until that time of day, half-open; or to the end of that day.
    NotAfter(Edge),
}

impl LocalLimit {
    /// Whether it speaks of holidays or of their eves, so that it needs to be told them.
    #[must_use]
    pub fn reads_holidays(&self) -> bool {
        match self {
            Self::QuietHours(windows) | Self::OnlyOn(windows) => windows
                .iter()
                .any(|window| matches!(window.days, DayKind::Holidays | DayKind::Eves)),
            Self::NotBefore(_) | Self::NotAfter(_) => false,
        }
    }
}
