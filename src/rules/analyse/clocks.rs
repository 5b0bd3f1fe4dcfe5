//! An instant that is asked several things at once: from when, until when, and what clocks must show.
//!
//! A clock answers by the date and the time of day that it shows, and changes its answer only where one of its
//! windows begins or ends. So a few days and the edges of the windows stand for all that one clock can show, and
//! "no clock shows that" is certain. Clocks in several places are looked at one by one, and of hours that a change
//! of clocks skips nothing is known: "at this instant it is so" needs an instant, which is searched for.

use std::iter::successors;

use jiff::civil::{Date, DateTime, Time};

use crate::{
    domain::{Duration, Timestamp},
    rules::{
        calendar::DayKind,
        clock::{Clock, LocalTimes, Zone},
    },
};

/// Readings of a clock that are looked at for one question. A rulebook has to be wild to need more.
const READINGS: usize = 20_000;

/// Days after which a week has shown everything.
const WEEK: usize = 7;

/// No clock is set back further.
const SET_BACK_SECS: i64 = 3 * 3_600;

/// Hours that a clock may show.
#[derive(Debug)]
pub(super) struct Hours {
    times: LocalTimes,
    clock: Clock,
}

impl Hours {
    pub(super) fn of(times: &LocalTimes) -> Self {
        Self {
            clock: Clock::new(times),
            times: times.clone(),
        }
    }
}

/// What is demanded of a clock: that it shows these hours, or that it shows others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Demand<'d> {
    pub(super) hours: &'d Hours,
    pub(super) holds: bool,
}

impl Demand<'_> {
    fn is_met_when_shown(self, reading: DateTime) -> bool {
        self.hours.clock.shows(reading) == self.holds
    }

    fn is_met_at(self, now: Timestamp) -> bool {
        self.hours.clock.holds(now) == self.holds
    }
}

/// From when, inclusive, until when, exclusive.
pub(super) type Period = (Option<Timestamp>, Option<Timestamp>);

/// Whether, as far as each clock alone can tell, some instant of the period meets the demands on it.
pub(super) fn agree(demands: &[Demand<'_>], period: Period) -> bool {
    let (from, until) = period;
    if from.zip(until).is_some_and(|(from, until)| from >= until) {
        return false;
    }
    zones(demands).into_iter().all(|zone| {
        let own = of_zone(demands, zone);
        let days = days(&own, zone, period, None);
        let times = times(&own);
        if days.len() * times.len() > READINGS {
            return true;
        }
        readings(&days, &times).any(|reading| own.iter().all(|demand| demand.is_met_when_shown(reading)))
    })
}

/// An instant of the period that meets every demand, if one is found: that day, or the one nearest to it.
pub(super) fn find(demands: &[Demand<'_>], period: Period, day: Timestamp) -> Option<Timestamp> {
    let plain = within(period, day);
    let fits = |now: &Timestamp| demands.iter().all(|demand| demand.is_met_at(*now));
    if fits(&plain) {
        return Some(plain);
    }
    let mut instants: Vec<Timestamp> = period.0.into_iter().collect();
    for zone in zones(demands) {
        let own = of_zone(demands, zone);
        let (days, times) = (days(&own, zone, period, Some(plain)), times(&own));
        instants.extend(
            readings(&days, &times)
                .take(READINGS)
                .filter_map(|reading| zone.instant(reading)),
        );
    }
    instants.retain(|now| within(period, *now) == *now);
    instants.sort_unstable_by_key(|now| now.as_millis().abs_diff(plain.as_millis()));
    instants.into_iter().find(fits)
}

/// The instant of the period that is nearest to a day.
fn within((from, until): Period, day: Timestamp) -> Timestamp {
    let now = from.map_or(day, |from| day.max(from));
    until.map_or(now, |until| {
        let last = Timestamp::from_millis(until.as_millis().saturating_sub(1));
        now.min(last)
    })
}

fn zones<'d>(demands: &[Demand<'d>]) -> Vec<&'d Zone> {
    let mut zones: Vec<&Zone> = demands.iter().map(|demand| &demand.hours.times.zone).collect();
    zones.sort_unstable();
    zones.dedup();
    zones
}

fn of_zone<'d>(demands: &[Demand<'d>], zone: &Zone) -> Vec<Demand<'d>> {
    let own = demands.iter().filter(|demand| demand.hours.times.zone == *zone);
    own.copied().collect()
}

/// The days that stand for all: a week from each day on which dates begin or end to count.
///
/// They lie in the period, or at its ends where a clock that is set back may show them once more.
fn days(demands: &[Demand<'_>], zone: &Zone, (from, until): Period, near: Option<Timestamp>) -> Vec<Date> {
    let first = from.map(|from| {
        zone.reading(from.plus(Duration::from_secs(-SET_BACK_SECS)))
            .date()
    });
    let last = until.map(|until| {
        zone.reading(until.plus(Duration::from_secs(SET_BACK_SECS)))
            .date()
    });
    let mut starts: Vec<Date> = first.into_iter().collect();
    starts.extend(last.map(|last| earlier(last, WEEK)));
    starts.extend(near.map(|near| zone.reading(near).date()));
    for window in demands.iter().flat_map(|demand| &demand.hours.times.windows) {
        if let DayKind::Dates { first, last } = window.days {
            // Hours of a day may go over midnight into the next.
            starts.extend([
                earlier(first, WEEK),
                first,
                later(first),
                later(last),
                later(later(last)),
            ]);
        }
    }
    if starts.is_empty() {
        starts.push(Date::constant(2026, 11, 2));
    }
    let weeks = starts
        .into_iter()
        .flat_map(|start| days_from(start).take(WEEK + 1));
    let in_period =
        |day: &Date| first.is_none_or(|first| first <= *day) && last.is_none_or(|last| *day <= last);
    let mut days: Vec<Date> = weeks.filter(in_period).collect();
    days.sort_unstable();
    days.dedup();
    days
}

fn days_from(day: Date) -> impl Iterator<Item = Date> {
    successors(Some(day), |day| day.tomorrow().ok())
}

fn later(day: Date) -> Date {
    day.tomorrow().unwrap_or(day)
}

fn earlier(day: Date, days: usize) -> Date {
    let before = successors(Some(day), |day| day.yesterday().ok());
    before.take(days + 1).last().unwrap_or(day)
}

/// Midnight, and when windows begin and end.
fn times(demands: &[Demand<'_>]) -> Vec<Time> {
    let windows = demands.iter().flat_map(|demand| &demand.hours.times.windows);
    let edges = windows.flat_map(|window| [window.hours.from, window.hours.until]);
    let mut times: Vec<Time> = edges.chain([Time::midnight()]).collect();
    times.sort_unstable();
    times.dedup();
    times
}

fn readings(days: &[Date], times: &[Time]) -> impl Iterator<Item = DateTime> {
    let of_day = |day: &Date| {
        let day = *day;
        times.iter().map(move |time| day.to_datetime(*time))
    };
    days.iter().flat_map(of_day)
}
