//! Reading one text as what belongs there. Each reader answers `None` after it has told what is wrong and, where it
//! can guess, what was meant.

use jiff::{civil::Date, tz::TimeZone};

use super::{Findings, Spanned, code, did_you_mean};
use crate::domain::{BasisPoints, Currency, Duration, Money, ParseMoneyError, Timestamp, Word};

use super::ast::EvidenceDef;

/// Reads one text.
pub type Reader<T> = fn(Spanned<&str>, &mut Findings<'_>) -> Option<T>;

/// A price: `1.80 EUR`, never negative.
pub fn money(written: Spanned<&str>, findings: &mut Findings<'_>) -> Option<Money> {
    let text = written.value;
    let error = match text.parse::<Money>() {
        Ok(money) => return Some(money),
        Err(error) => error,
    };
    let message = match error {
        ParseMoneyError::Shape if text.trim().parse::<f64>().is_ok() => format!("`{text}` has no currency"),
        ParseMoneyError::Shape | ParseMoneyError::Currency => format!("`{text}` is not a price"),
        ParseMoneyError::DecimalComma => format!("`{text}` has a decimal comma"),
        ParseMoneyError::Range => format!("`{text}` has more than six decimals, or is too large"),
    };
    let help = meant_money(text).map_or_else(
        || error.to_string(),
        |meant| match error {
            ParseMoneyError::DecimalComma => format!("write a point: `{meant}`"),
            ParseMoneyError::Shape | ParseMoneyError::Currency | ParseMoneyError::Range => {
                format!("did you mean `{meant}`?")
            }
        },
    );
    findings.error(code::MONEY, written.span, message).help(help);
    None
}

/// What somebody meant by `€ 1,80`, `EUR 1.80` or `1.80eur`.
fn meant_money(text: &str) -> Option<String> {
    let spelt = text
        .replace('€', " EUR ")
        .replace('$', " USD ")
        .replace('£', " GBP ");
    let number: String = spelt
        .chars()
        .filter(|c| c.is_ascii_digit() || ".,".contains(*c))
        .collect();
    let letters: String = spelt.chars().filter(|c| c.is_alphabetic()).collect();
    let number = match (number.rfind('.'), number.rfind(',')) {
        (Some(point), Some(comma)) if comma > point => number.replace('.', "").replace(',', "."),
        (Some(_), Some(_)) => number.replace(',', ""),
        (None, Some(_)) => number.replace(',', "."),
        (_, None) => number,
    };
    let meant = format!("{number} {}", letters.to_uppercase());
    meant.parse::<Money>().is_ok().then_some(meant)
}

/// A currency: `EUR`.
pub fn currency(written: Spanned<&str>, findings: &mut Findings<'_>) -> Option<Currency> {
    let read = written.value.parse();
    if read.is_err() {
        findings
            .error(
                code::MONEY,
                written.span,
                format!("`{}` is not a currency", written.value),
            )
            .help("write three capital letters, such as `EUR`");
    }
    read.ok()
}

/// A share: `20%`, `-12.5%`; at most two decimals.
pub fn percent(written: Spanned<&str>, findings: &mut Findings<'_>) -> Option<BasisPoints> {
    let text = written.value;
    let read = text
        .trim()
        .strip_suffix('%')
        .and_then(|number| basis_points(number.trim()));
    if read.is_none() {
        let bare = text.trim().trim_end_matches('%').trim().replace(',', ".");
        let help = match basis_points(&bare) {
            Some(_) if text.contains(',') => format!("write a point: `{bare}%`"),
            Some(_) => format!("write the per cent sign: `{bare}%`"),
            None => {
                "write a number with at most two decimals and the per cent sign, such as `20%`".to_owned()
            }
        };
        findings
            .error(
                code::PERCENT,
                written.span,
                format!("`{text}` is not a percentage"),
            )
            .help(help);
    }
    read
}

fn basis_points(number: &str) -> Option<BasisPoints> {
    let (sign, digits) = match number.as_bytes().first()? {
        b'-' => (-1, number.get(1..)?),
        b'+' => (1, number.get(1..)?),
        _ => (1, number),
    };
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(whole) || !plain(decimals) || whole.len() > 5 || decimals.len() > 2 {
        return None;
    }
    let hundredths: i32 = format!("{whole}{decimals:0<2}").parse().ok()?;
    Some(BasisPoints::new(sign * hundredths))
}

/// Evidence: `50 conversions in 30 days`, or without the time.
pub fn evidence(written: Spanned<&str>, findings: &mut Findings<'_>) -> Option<EvidenceDef> {
    let text = written.value;
    let read = amount_of_evidence(text);
    if read.is_none() {
        findings
            .error(
                code::EVIDENCE,
                written.span,
                format!("`{text}` is not an amount of evidence"),
            )
            .help("write how many of what in which time, such as `50 conversions in 30 days`");
    }
    read
}

fn amount_of_evidence(text: &str) -> Option<EvidenceDef> {
    let (amount, within) = match text.split_once(" in ") {
        Some((amount, within)) => (amount, Some(length_of_time(within)?)),
        None => (text, None),
    };
    let (count, outcome) = amount.trim().split_once(' ')?;
    Some(EvidenceDef {
        count: count.parse().ok()?,
        outcome: outcome.trim().to_owned(),
        within,
    })
}

/// A length of time: `2 h`, `15 min`, `30 days`.
pub fn duration(written: Spanned<&str>, findings: &mut Findings<'_>) -> Option<Duration> {
    let read = length_of_time(written.value);
    if read.is_none() {
        let text = written.value.to_lowercase();
        let help = if text.contains("month") || text.contains("year") {
            "months and years differ in length: write days, such as `30 days`"
        } else {
            "write a whole number and a unit (`s`, `min`, `h`, `days`, `weeks`), such as `30 days`"
        };
        findings
            .error(
                code::DURATION,
                written.span,
                format!("`{}` is not a length of time", written.value),
            )
            .help(help);
    }
    read
}

fn length_of_time(text: &str) -> Option<Duration> {
    let text = text.trim();
    let unit_at = text.find(|c: char| !c.is_ascii_digit())?;
    let (count, unit) = text.split_at_checked(unit_at)?;
    let count: i64 = count
        .parse()
        .ok()
        .filter(|&count| (1..=1_000_000).contains(&count))?;
    let secs = match unit.trim() {
        "s" | "sec" | "second" | "seconds" => 1,
        "min" | "minute" | "minutes" => 60,
        "h" | "hour" | "hours" => 3_600,
        "d" | "day" | "days" => 86_400,
        "week" | "weeks" => 7 * 86_400,
        _ => return None,
    };
    Some(Duration::from_secs(count * secs))
}

/// A day: `2026-12-31`.
pub fn date(written: Spanned<&str>, findings: &mut Findings<'_>) -> Option<Date> {
    let read = strict_date(written.value);
    if read.is_none() {
        let help = match meant_date(written.value) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "write year, month and day: `2026-12-31`".to_owned(),
        };
        findings
            .error(
                code::DATE,
                written.span,
                format!("`{}` is not a date", written.value),
            )
            .help(help);
    }
    read
}

fn strict_date(text: &str) -> Option<Date> {
    let shape = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    shape.then(|| text.parse().ok()).flatten()
}

/// The day meant by `31/12/2026` or `2026/12/31`, day before month.
fn meant_date(text: &str) -> Option<Date> {
    let parts: Vec<i16> = text
        .split(['/', '.', '-'])
        .map(|part| part.trim().parse().ok())
        .collect::<Option<_>>()?;
    let &[first, month, last] = parts.as_slice() else {
        return None;
    };
    let (year, day) = if first > 31 { (first, last) } else { (last, first) };
    let year = if year < 100 { year + 2000 } else { year };
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// An instant: `2026-11-02T10:00:00Z`.
pub fn instant(written: Spanned<&str>, findings: &mut Findings<'_>) -> Option<Timestamp> {
    match written.value.parse::<jiff::Timestamp>() {
        Ok(instant) => Some(Timestamp::from(instant)),
        Err(_) => {
            findings
                .error(
                    code::INSTANT,
                    written.span,
                    format!("`{}` is not an instant", written.value),
                )
                .help(
                    "write date, `T`, time and offset: `2026-11-02T10:00:00Z` or `2026-11-02T11:00:00+01:00`",
                );
            None
        }
    }
}

/// A time zone: `Europe/Rome`.
pub fn zone(written: Spanned<&str>, findings: &mut Findings<'_>) -> Option<TimeZone> {
    if let Ok(zone) = TimeZone::get(written.value) {
        return Some(zone);
    }
    let names: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    let city = written.value.to_lowercase().replace(' ', "_");
    let by_city = names.iter().map(String::as_str).find(|name| {
        name.rsplit('/')
            .next()
            .is_some_and(|last| last.to_lowercase() == city)
    });
    let meant = by_city.or_else(|| did_you_mean(written.value, names.iter().map(String::as_str)));
    findings
        .error(
            code::ZONE,
            written.span,
            format!("`{}` is not a time zone", written.value),
        )
        .help(match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "write area and city, such as `Europe/Rome`".to_owned(),
        });
    None
}

/// Any text.
pub fn text(written: Spanned<&str>, _: &mut Findings<'_>) -> Option<String> {
    Some(written.value.to_owned())
}

/// A name: at most 256 bytes, no control characters.
pub fn name(written: Spanned<&str>, findings: &mut Findings<'_>) -> Option<String> {
    word(written, findings).map(|word| word.as_str().to_owned())
}

/// A checked word.
pub fn word(written: Spanned<&str>, findings: &mut Findings<'_>) -> Option<Word> {
    match Word::new(written.value.trim()) {
        Ok(word) => Some(word),
        Err(error) => {
            findings
                .error(code::NAME, written.span, format!("a name {error}"))
                .help("choose a short name, such as `no-tragedy`");
            None
        }
    }
}

/// The value of one of these words.
pub fn one_of<T: Copy>(
    written: Spanned<&str>,
    what: &str,
    words: &[(&str, T)],
    findings: &mut Findings<'_>,
) -> Option<T> {
    let known = words.iter().find(|(word, _)| *word == written.value);
    if known.is_none() {
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        unknown(written, what, &names, findings);
    }
    known.map(|(_, value)| *value)
}

fn unknown(written: Spanned<&str>, what: &str, names: &[&str], findings: &mut Findings<'_>) {
    let allowed: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let allowed = allowed.join(", ");
    findings
        .error(
            code::UNKNOWN_WORD,
            written.span,
            format!("`{}` is not {what}", written.value),
        )
        .help(match did_you_mean(written.value, names.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`? allowed: {allowed}"),
            None => format!("allowed: {allowed}"),
        });
}
