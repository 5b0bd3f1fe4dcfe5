//! Reading one text as what belongs there. Each reader answers `None` after it has told what is wrong and, where it
//! can guess, what was meant.

use jiff::{civil::Date, tz::TimeZone};

use super::{Findings, Message, Spanned, code, did_you_mean, quoted, say};
use crate::domain::{
    BasisPoints, Currency, Duration, InvalidName, Micros, Money, ParseMoneyError, Timestamp, Word,
};

use super::ast::EvidenceDef;
use crate::rules::calendar;

/// Reads one text.
pub type Reader<T> = fn(Spanned<&str>, &mut Findings<'_>) -> Option<T>;

/// A price: `1.80 EUR`, never negative.
pub fn money(written: Spanned<&str>, findings: &mut Findings<'_>) -> Option<Money> {
    let text = written.value;
    let error = match text.parse::<Money>() {
        Ok(_) if thousands(text).is_some() => {
            report_thousands(written, findings);
            return None;
        }
        Ok(money) => return Some(money),
        Err(error) => error,
    };
    let message = match error {
        ParseMoneyError::Shape if text.trim().parse::<f64>().is_ok() => say!("`{}` has no currency", text),
        ParseMoneyError::Shape | ParseMoneyError::Currency => say!("`{}` is not a price", text),
        ParseMoneyError::DecimalComma => say!("`{}` has a decimal comma", text),
        ParseMoneyError::Range => say!("`{}` has more than six decimals, or is too large", text),
    };
    let help = meant_money(text).map_or_else(
        || amount_example(error),
        |meant| match error {
            ParseMoneyError::DecimalComma => say!("write a point: `{}`", meant),
            ParseMoneyError::Shape | ParseMoneyError::Currency | ParseMoneyError::Range => {
                say!("did you mean `{}`?", meant)
            }
        },
    );
    findings.error(code::MONEY, written.span, message).help(help);
    None
}

/// The digits of `10.000 EUR` before and after its point, where that may mean ten or ten thousand.
fn thousands(text: &str) -> Option<(&str, &str)> {
    let (number, _) = text.trim().split_once(char::is_whitespace)?;
    let (whole, decimals) = number.split_once('.')?;
    let like_thousands = decimals.len() == 3 && (1..=3).contains(&whole.len()) && !whole.starts_with('0');
    like_thousands.then_some((whole, decimals))
}

/// Half of Europe writes thousands with a point: what can be read in two ways is not guessed.
fn report_thousands(written: Spanned<&str>, findings: &mut Findings<'_>) {
    let Some((whole, decimals)) = thousands(written.value) else {
        return;
    };
    let currency = written.value.trim().rsplit(' ').next().unwrap_or_default();
    findings
        .error(
            code::MONEY,
            written.span,
            say!("`{}` can be read in two ways", written.value),
        )
        .help(say!(
            "write `{} {}` for thousands, or `{} {}` for decimals",
            format!("{whole}{decimals}"),
            currency,
            format!("{whole}.{decimals}0"),
            currency
        ));
}

/// How an amount of money is written.
pub fn amount_example(error: ParseMoneyError) -> Message {
    match error {
        ParseMoneyError::Shape => say!("write an amount and a currency, such as `1.80 EUR`"),
        ParseMoneyError::Currency => say!("a currency is three capital letters, such as `EUR`"),
        ParseMoneyError::DecimalComma => say!("write the decimals after a point: `1.80`, not `1,80`"),
        ParseMoneyError::Range => say!("at most six decimals, and less than nine million million"),
    }
}

/// What somebody meant by `€ 1,80`, `EUR 1.80` or `1.80eur`.
pub(super) fn meant_money(text: &str) -> Option<String> {
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
                say!("`{}` is not a currency", written.value),
            )
            .help(say!("write three capital letters, such as `EUR`"));
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
            Some(_) if text.contains(',') => say!("write a point: `{}%`", bare),
            Some(_) => say!("write the per cent sign: `{}%`", bare),
            None => {
                say!("write a number with at most two decimals and the per cent sign, such as `20%`")
            }
        };
        findings
            .error(
                code::PERCENT,
                written.span,
                say!("`{}` is not a percentage", text),
            )
            .help(help);
    }
    read
}

pub(super) fn basis_points(number: &str) -> Option<BasisPoints> {
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
        let help = if text.contains("month") || text.contains("year") {
            say!("months and years differ in length: write days, such as `50 conversions in 30 days`")
        } else {
            say!("write how many of what in which time, such as `50 conversions in 30 days`")
        };
        findings
            .error(
                code::EVIDENCE,
                written.span,
                say!("`{}` is not an amount of evidence", text),
            )
            .help(help);
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
            say!("months and years differ in length: write days, such as `30 days`")
        } else {
            say!("write a whole number and a unit (`s`, `min`, `h`, `days`, `weeks`), such as `30 days`")
        };
        findings
            .error(
                code::DURATION,
                written.span,
                say!("`{}` is not a length of time", written.value),
            )
            .help(help);
    }
    read
}

/// The units of time by their names, and how many seconds each has.
pub const UNITS: [(&[&str], i64); 5] = [
    (&["s", "sec", "second", "seconds"], 1),
    (&["min", "minute", "minutes"], 60),
    (&["h", "hour", "hours"], 3_600),
    (&["d", "day", "days"], 86_400),
    (&["week", "weeks"], 7 * 86_400),
];

pub(super) fn length_of_time(text: &str) -> Option<Duration> {
    let text = text.trim();
    let unit_at = text.find(|c: char| !c.is_ascii_digit())?;
    let (count, unit) = text.split_at_checked(unit_at)?;
    let count: i64 = count
        .parse()
        .ok()
        .filter(|&count| (1..=1_000_000).contains(&count))?;
    let (_, secs) = UNITS.iter().find(|(names, _)| names.contains(&unit.trim()))?;
    Some(Duration::from_secs(count * secs))
}

/// A number from 0, in millionths: `0.9`.
pub fn decimal(written: Spanned<&str>, findings: &mut Findings<'_>) -> Option<Micros> {
    let text = written.value.trim();
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str, most: usize| {
        (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if digits(whole, 6) && digits(decimals, 6) {
        return format!("{whole}{decimals:0<6}").parse().ok().map(Micros::new);
    }
    findings
        .error(
            code::COUNT,
            written.span,
            say!("`{}` is not a number with at most six decimals", text),
        )
        .help(say!("write such as `0.9`"));
    None
}

/// A day: `2026-12-31`.
pub fn date(written: Spanned<&str>, findings: &mut Findings<'_>) -> Option<Date> {
    let read = strict_date(written.value);
    if read.is_none() {
        let shaped = written.value.split('-').map(str::len).eq([4, 2, 2]);
        let help = match meant_date(written.value) {
            Some(meant) => say!("did you mean `{}`?", meant),
            None if shaped => say!("the calendar has no such day: look at the day and the month"),
            None => say!("write year, month and day: `2026-12-31`"),
        };
        findings
            .error(
                code::DATE,
                written.span,
                say!("`{}` is not a date", written.value),
            )
            .help(help);
    }
    read
}

pub(super) fn strict_date(text: &str) -> Option<Date> {
    let shape = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    shape.then(|| text.parse().ok()).flatten()
}

/// The day meant by `31/12/2026` or `2026/12/31`, day before month.
pub(super) fn meant_date(text: &str) -> Option<Date> {
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
                    say!("`{}` is not an instant", written.value),
                )
                .help(say!(
                    "write date, `T`, time and offset: `2026-11-02T10:00:00Z` or `2026-11-02T11:00:00+01:00`"
                ));
            None
        }
    }
}

/// A time zone: `Europe/Rome`. What it means comes with the program: the machine's own tables may be of any year.
pub fn zone(written: Spanned<&str>, findings: &mut Findings<'_>) -> Option<TimeZone> {
    if let Some(zone) = calendar::named(written.value) {
        return Some(zone);
    }
    let names: Vec<String> = calendar::names().collect();
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
            say!("`{}` is not a time zone", written.value),
        )
        .help(match meant {
            Some(meant) => say!("did you mean `{}`?", meant),
            None => say!("write area and city, such as `Europe/Rome`"),
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
                .error(code::NAME, written.span, name_fault(error))
                .help(say!("choose a short name, such as `no-tragedy`"));
            None
        }
    }
}

/// Why a text cannot be a name.
pub fn name_fault(error: InvalidName) -> Message {
    match error {
        InvalidName::Empty => say!("a name must not be empty"),
        InvalidName::TooLong => say!("a name must not be longer than 256 bytes"),
        InvalidName::Control => say!("a name must not hold control characters, such as a tab"),
    }
}

/// The value of one of these words.
pub fn one_of<T: Copy>(
    written: Spanned<&str>,
    what: &Message,
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

fn unknown(written: Spanned<&str>, what: &Message, names: &[&str], findings: &mut Findings<'_>) {
    let allowed = quoted(names);
    findings
        .error(
            code::UNKNOWN_WORD,
            written.span,
            say!("`{}` is not {}", written.value, what),
        )
        .help(match did_you_mean(written.value, names.iter().copied()) {
            Some(meant) => say!("did you mean `{}`? allowed: {}", meant, allowed),
            None => say!("allowed: {}", allowed),
        });
}
