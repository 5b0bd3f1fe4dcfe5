//! A moment as a person names it: `2026-11-27T00:00`, `Friday 00:00`, `now`.

use jiff::{
    Timestamp, Zoned,
    civil::{DateTime, Time, Weekday},
    tz::TimeZone,
};

const EXAMPLES: &str = "`2026-11-27T00:00`, `2026-11-27`, `Friday 00:00`, `2026-11-27T00:00:00Z` or `now`";

/// The moment meant by `written` on the clock of `zone`; a weekday is the next one after `now`.
pub(super) fn moment(written: &str, zone: &TimeZone, now: Timestamp) -> anyhow::Result<Zoned> {
    let written = written.trim();
    if written.eq_ignore_ascii_case("now") {
        return Ok(now.to_zoned(zone.clone()));
    }
    if let Ok(instant) = written.parse::<Timestamp>() {
        return Ok(instant.to_zoned(zone.clone()));
    }
    if let Ok(local) = written.parse::<DateTime>() {
        return Ok(local.to_zoned(zone.clone())?);
    }
    weekday_and_time(written)
        .and_then(|(day, time)| next(day, time, &now.to_zoned(zone.clone())))
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

/// The first moment of that day and time that is not past.
fn next(day: Weekday, time: Time, now: &Zoned) -> Option<Zoned> {
    let mut date = now.date();
    loop {
        if date.weekday() == day {
            let at = date.to_datetime(time).to_zoned(now.time_zone().clone()).ok()?;
            if at >= *now {
                return Some(at);
            }
        }
        date = date.tomorrow().ok()?;
    }
}
