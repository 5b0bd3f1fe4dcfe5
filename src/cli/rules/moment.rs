//! A moment as a person names it: `2026-11-27T00:00`, `Friday 00:00`, `now`.

use jiff::{
    Timestamp, Zoned,
    civil::{DateTime, Time, Weekday},
    tz::TimeZone,
};

const EXAMPLES: &str = "`2026-11-27T00:00`, `2026-11-27`, `Friday 00:00`, `2026-11-27T00:00:00Z` or `now`";

/// A moment, the same everywhere or by the clock on the wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// One instant.
    Instant(Timestamp),
    /// A local time; which instant it is depends on the zone.
    Local(DateTime),
}

impl Moment {
    /// The instant of it in a zone.
    pub(super) fn within(self, zone: &TimeZone) -> anyhow::Result<Zoned> {
        Ok(match self {
            Self::Instant(instant) => instant.to_zoned(zone.clone()),
            Self::Local(local) => local.to_zoned(zone.clone())?,
        })
    }
}

/// The moment meant by `written`; a weekday is the next one after `now`.
pub(super) fn moment(written: &str, now: &Zoned) -> anyhow::Result<Moment> {
    let written = written.trim();
    if written.eq_ignore_ascii_case("now") {
        return Ok(Moment::Instant(now.timestamp()));
    }
    if let Ok(instant) = written.parse::<Timestamp>() {
        return Ok(Moment::Instant(instant));
    }
    if let Ok(local) = written.parse::<DateTime>() {
        return Ok(Moment::Local(local));
    }
    weekday_and_time(written)
        .and_then(|(day, time)| next(day, time, now.datetime()))
        .map(Moment::Local)
        .ok_or_else(|| anyhow::anyhow!("`{written}` is not a moment: write {EXAMPLES}"))
}

fn weekday_and_time(written: &str) -> Option<(Weekday, Time)> {
    let (day, time) = written.split_once(' ').unwrap_or((written, "00:00"));
    Some((weekday(day)?, time.trim().parse().ok()?))
}

/// `Friday`, `fri`
fn weekday(name: &str) -> Option<Weekday> {
    let days = [
        ("monday", Weekday::Monday),
        ("tuesday", Weekday::Tuesday),
        ("wednesday", Weekday::Wednesday),
        ("thursday", Weekday::Thursday),
        ("friday", Weekday::Friday),
        ("saturday", Weekday::Saturday),
        ("sunday", Weekday::Sunday),
    ];
    let name = name.to_lowercase();
    let meant = |(day, _): &&(&str, Weekday)| *day == name || (name.len() == 3 && day.starts_with(&name));
    days.iter().find(meant).map(|(_, day)| *day)
}

/// The first local time of that day of the week and time of day that is not past.
fn next(day: Weekday, time: Time, now: DateTime) -> Option<DateTime> {
    let today = now.date().to_datetime(time);
    if today.date().weekday() == day && today >= now {
        return Some(today);
    }
    Some(now.date().nth_weekday(1, day).ok()?.to_datetime(time))
}
