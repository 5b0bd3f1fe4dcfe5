//! Local times as people write them: `10:00`, `21:30-08:00`, `Sunday`, `Monday-Friday 09:00-18:00`, `holidays`.

use jiff::civil::{Date, Time, Weekday};

use super::{Findings, Message, Spanned, code, did_you_mean, message::say, scalar};
use crate::rules::calendar::{DayKind, Edge, Hours, LocalWindow, Weekdays};

const DAYS: [(&str, Weekday); 7] = [
    ("Monday", Weekday::Monday),
    ("Tuesday", Weekday::Tuesday),
    ("Wednesday", Weekday::Wednesday),
    ("Thursday", Weekday::Thursday),
    ("Friday", Weekday::Friday),
    ("Saturday", Weekday::Saturday),
    ("Sunday", Weekday::Sunday),
];

/// The days as Italians and Spaniards call them, for the help.
const ELSEWHERE: [(&str, &str); 7] = [
    ("lunedì", "lunes"),
    ("martedì", "martes"),
    ("mercoledì", "miércoles"),
    ("giovedì", "jueves"),
    ("venerdì", "viernes"),
    ("sabato", "sábado"),
    ("domenica", "domingo"),
];

/// A local time: `10:00`.
pub(super) fn time(written: Spanned<&str>, findings: &mut Findings<'_>) -> Option<Time> {
    let read = clock(written.value);
    if read.is_none() {
        findings
            .error(
                code::LOCAL_TIME,
                written.span,
                say!("`{}` is not a time of day", written.value),
            )
            .help(meant_clock(written.value).map_or_else(
                || say!("write hours and minutes, such as `10:00` or `21:30`"),
                |meant| say!("did you mean `{}`?", meant),
            ));
    }
    read
}

/// A window: days, hours, or both.
pub(in crate::rules) fn window(written: Spanned<&str>, findings: &mut Findings<'_>) -> Option<LocalWindow> {
    let read = days_and_hours(written.value);
    if read.is_none() {
        let help = meant_window(written.value).map_or_else(
            || say!("write days, hours or both: `Sunday`, `21:30-08:00`, `Monday-Friday 09:00-18:00`, `holidays`, `2026-12-24`"),
            |meant| say!("did you mean `{}`?", meant),
        );
        findings
            .error(
                code::LOCAL_TIME,
                written.span,
                say!("`{}` is not a window of time", written.value),
            )
            .help(help);
    }
    read
}

/// An end of what is allowed: a day, or a time of every day.
pub(super) fn edge(written: Spanned<&str>, findings: &mut Findings<'_>) -> Option<Edge> {
    if let Some(time) = clock(written.value) {
        return Some(Edge::Time(time));
    }
    if let Some(date) = scalar::strict_date(written.value) {
        return Some(Edge::Date(date));
    }
    let help: Message = match scalar::meant_date(written.value) {
        Some(meant) => say!("did you mean `{}`?", meant),
        None => say!("write a day, such as `2026-12-01`, or a time of every day, such as `09:00`"),
    };
    findings
        .error(
            code::LOCAL_TIME,
            written.span,
            say!("`{}` is neither a day nor a time of day", written.value),
        )
        .help(help);
    None
}

fn clock(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':')?;
    let digits = |part: &str, most: usize| {
        (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !digits(hour, 2) || minute.len() != 2 || !digits(minute, 2) {
        return None;
    }
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

/// What somebody meant by `10.00`, `10h30`, `9` or `9 pm`.
fn meant_clock(text: &str) -> Option<String> {
    let lower = text.trim().to_lowercase();
    let (number, afternoon) = match (lower.strip_suffix("pm"), lower.strip_suffix("am")) {
        (Some(number), _) => (number.trim(), 12),
        (None, Some(number)) => (number.trim(), 0),
        (None, None) => (lower.as_str(), 0),
    };
    let (hour, minute) = number.split_once(['.', 'h', ',', ':']).unwrap_or((number, "00"));
    let minute = if minute.is_empty() { "00" } else { minute };
    let hour: u8 = hour.trim().parse().ok()?;
    let minute: u8 = minute.trim().parse().ok()?;
    let hour = if hour < 12 { hour + afternoon } else { hour };
    (hour < 24 && minute < 60).then(|| format!("{hour:02}:{minute:02}"))
}

fn days_and_hours(text: &str) -> Option<LocalWindow> {
    let text = text.trim();
    if let Some(hours) = hours(text) {
        return Some(LocalWindow {
            days: DayKind::EVERY,
            hours,
        });
    }
    if let Some(days) = days(text) {
        return Some(LocalWindow {
            days,
            hours: Hours::WHOLE_DAY,
        });
    }
    let (first, last) = text.rsplit_once(' ')?;
    Some(LocalWindow {
        days: days(first.trim())?,
        hours: hours(last)?,
    })
}

/// `21:30-08:00`; `24:00` is the end of the day.
fn hours(text: &str) -> Option<Hours> {
    let (from, until) = text.split_once('-')?;
    let until = until.trim();
    Some(Hours {
        from: clock(from)?,
        until: if until == "24:00" {
            Time::midnight()
        } else {
            clock(until)?
        },
    })
}

fn days(text: &str) -> Option<DayKind> {
    match text.to_lowercase().as_str() {
        "every day" | "daily" => return Some(DayKind::EVERY),
        "weekdays" => {
            return Some(DayKind::Weekdays(Weekdays::between(
                Weekday::Monday,
                Weekday::Friday,
            )));
        }
        "weekends" | "weekend" => {
            return Some(DayKind::Weekdays(Weekdays::between(
                Weekday::Saturday,
                Weekday::Sunday,
            )));
        }
        "holidays" => return Some(DayKind::Holidays),
        "eves" => return Some(DayKind::Eves),
        _ => {}
    }
    if let Some(first) = scalar::strict_date(text) {
        return Some(DayKind::Dates { first, last: first });
    }
    if let Some((first, last)) = text.split_once("..") {
        let (first, last): (Date, Date) = (
            scalar::strict_date(first.trim())?,
            scalar::strict_date(last.trim())?,
        );
        return (first <= last).then_some(DayKind::Dates { first, last });
    }
    match text.split_once('-') {
        Some((first, last)) => Some(DayKind::Weekdays(Weekdays::between(day(first)?, day(last)?))),
        None => Some(DayKind::Weekdays(Weekdays::of(day(text)?))),
    }
}

/// `Monday`, `mon`.
fn day(text: &str) -> Option<Weekday> {
    let text = text.trim().to_lowercase();
    let named = |(name, _): &&(&str, Weekday)| {
        let name = name.to_lowercase();
        name == text || name.get(..3) == Some(text.as_str())
    };
    DAYS.iter().find(named).map(|(_, day)| *day)
}

/// What somebody meant by `domenica`, `lunes-viernes`, `21:30 – 8:00`, `9-20` or `Sonday`.
fn meant_window(text: &str) -> Option<String> {
    let plain = text
        .replace(['–', '—'], "-")
        .replace(" to ", "-")
        .replace(" - ", "-")
        .replace("- ", "-");
    let meant: Vec<String> = plain.split_whitespace().map(meant_piece).collect();
    let meant = meant.join(" ");
    (meant != text && days_and_hours(&meant).is_some()).then_some(meant)
}

fn meant_piece(piece: &str) -> String {
    let end = |end: &str| meant_day(end).map(str::to_owned).or_else(|| meant_clock(end));
    if days_and_hours(piece).is_some() {
        return piece.to_owned();
    }
    if let Some((first, last)) = piece.split_once('-')
        && let (Some(first), Some(last)) = (end(first), end(last))
    {
        return format!("{first}-{last}");
    }
    end(piece).unwrap_or_else(|| piece.to_owned())
}

fn meant_day(text: &str) -> Option<&'static str> {
    let lower = text.to_lowercase();
    let foreign = ELSEWHERE.iter().position(|(italian, spanish)| {
        let plain = |name: &str| name.replace('ì', "i").replace('é', "e").replace('á', "a");
        [*italian, *spanish]
            .iter()
            .any(|name| *name == lower || plain(name) == lower)
    });
    let meant = match lower.as_str() {
        "festivi" | "festivos" | "holiday" => Some("holidays"),
        "prefestivi" | "vísperas" | "visperas" => Some("eves"),
        _ => None,
    };
    meant
        .or_else(|| foreign.and_then(|at| DAYS.get(at)).map(|(name, _)| *name))
        .or_else(|| did_you_mean(text, DAYS.map(|(name, _)| name)))
}
