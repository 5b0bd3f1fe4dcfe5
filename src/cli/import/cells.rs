//! One cell becomes a value: times, prices, counts, facts.

use std::{borrow::Cow, collections::BTreeMap};

use jiff::{civil, fmt::strtime, tz::TimeZone};
use serde_json::Value;

use super::{
    mapping::{Decimal, Prices},
    refusal::{Fault, Reason},
    rows::{Cells, Place, Row},
};
use crate::{
    domain::{Attribute, FactValue, Label, Micros, Risk, Timestamp, Word, reaches_a_person},
    rules::vocabulary::{Entry, FactType, Multiplicity},
};

/// What a cell holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell<'a> {
    /// Nothing, or a text that means it.
    Unknown,
    One(Cow<'a, str>),
    /// A JSON array.
    Many(Vec<String>),
}

impl<'a> Cell<'a> {
    pub(super) fn of(row: &'a Row, place: &Place, unknown: &[String]) -> Result<Self, Fault> {
        let cell = match (&row.cells, place) {
            (Cells::Record(record), Place::Index(index)) => match record.get(*index) {
                Some(text) => Self::One(Cow::Borrowed(text.trim())),
                None => return Err(Fault::new(Reason::Shape, "the row has no such column")),
            },
            (Cells::Object(object), Place::Key(key)) => of_json(found(object, key))?,
            (Cells::Record(_), Place::Key(_)) | (Cells::Object(_), Place::Index(_)) => Self::Unknown,
        };
        Ok(match cell {
            Self::One(text) if text.is_empty() || unknown.iter().any(|known| *known == text) => Self::Unknown,
            known @ (Self::Unknown | Self::One(_) | Self::Many(_)) => known,
        })
    }

    /// Its one text; `None` if unknown.
    pub(super) fn one(self) -> Result<Option<Cow<'a, str>>, Fault> {
        match self {
            Self::Unknown => Ok(None),
            Self::One(text) => Ok(Some(text)),
            Self::Many(_) => Err(Fault::new(
                Reason::Shape,
                "one value is needed here, and this is a list",
            )),
        }
    }
}

/// What stands at a key, or at a path of keys with points between them.
fn found<'a>(object: &'a serde_json::Map<String, Value>, key: &str) -> Option<&'a Value> {
    if let Some(value) = object.get(key) {
        return Some(value);
    }
    let (head, rest) = key.split_once('.')?;
    found(object.get(head)?.as_object()?, rest)
}

fn of_json(value: Option<&Value>) -> Result<Cell<'_>, Fault> {
    Ok(match value {
        None | Some(Value::Null) => Cell::Unknown,
        Some(Value::String(text)) => Cell::One(Cow::Borrowed(text.trim())),
        Some(Value::Array(items)) => Cell::Many(items.iter().map(plain).collect::<Result<_, _>>()?),
        Some(value) => Cell::One(Cow::Owned(plain(value)?)),
    })
}

fn plain(value: &Value) -> Result<String, Fault> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(Fault::new(
            Reason::Shape,
            format!("`{value}` is neither text nor number"),
        )),
    }
}

/// How times are written.
#[derive(Debug, Clone)]
pub(super) enum TimeFormat {
    Rfc3339,
    EpochSeconds,
    EpochMillis,
    /// Directives, and the zone of times that name none.
    Directives {
        text: String,
        zone: TimeZone,
    },
}

impl TimeFormat {
    pub(super) fn new(format: &str, zone: Option<&str>) -> Result<Self, String> {
        Ok(match format {
            "rfc3339" => Self::Rfc3339,
            "epoch_s" => Self::EpochSeconds,
            "epoch_ms" => Self::EpochMillis,
            other if !other.contains('%') || strtime::format(other, &jiff::Zoned::default()).is_err() => {
                return Err(format!(
                    "`{other}` is no time format: write `rfc3339`, `epoch_s`, `epoch_ms` or directives such as `%Y-%m-%d %H:%M:%S`"
                ));
            }
            directives => Self::Directives {
                text: directives.to_owned(),
                zone: match zone {
                    None => TimeZone::UTC,
                    Some(name) => TimeZone::get(name).map_err(|_| {
                        format!("`{name}` is no time zone; write an IANA name such as `Europe/Rome`")
                    })?,
                },
            },
        })
    }

    pub(super) fn read(&self, text: &str) -> Result<Timestamp, Fault> {
        let unreadable = |form: &str| {
            Fault::new(
                Reason::Time,
                format!("`{text}` is not a time of the form `{form}`"),
            )
        };
        let from_epoch = |per_unit: i64, form| {
            let units: i64 = text.parse().map_err(|_| unreadable(form))?;
            let millis = units.checked_mul(per_unit).ok_or_else(|| unreadable(form))?;
            jiff::Timestamp::from_millisecond(millis).map_err(|_| unreadable(form))
        };
        let instant = match self {
            Self::Rfc3339 => text.parse().map_err(|_| unreadable("2026-11-02T10:00:00Z"))?,
            Self::EpochSeconds => from_epoch(1_000, "seconds since 1970")?,
            Self::EpochMillis => from_epoch(1, "milliseconds since 1970")?,
            Self::Directives { text: format, zone } => {
                directed(format, zone, text).ok_or_else(|| unreadable(format))?
            }
        };
        Ok(instant.into())
    }
}

/// A local time that was skipped moves forward; of a repeated one the first is meant.
fn directed(format: &str, zone: &TimeZone, text: &str) -> Option<jiff::Timestamp> {
    let broken = strtime::parse(format, text).ok()?;
    if broken.offset().is_some() {
        return broken.to_timestamp().ok();
    }
    let local: civil::DateTime = broken
        .to_datetime()
        .or_else(|_| broken.to_date().map(|date| date.at(0, 0, 0, 0)))
        .ok()?;
    zone.to_timestamp(local).ok()
}

/// The most that an amount of money may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Most {
    /// Of a price for a thousand, and of what one event is worth: a million units.
    MillionUnits,
    /// Of what an arm spent in a period: a thousand million units. A real file of ad spend holds a row with 1e50.
    BillionUnits,
}

impl Most {
    const fn micros(self) -> f64 {
        match self {
            Self::MillionUnits => 1e12,
            Self::BillionUnits => 1e15,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::MillionUnits => "a million units",
            Self::BillionUnits => "a thousand million units",
        }
    }
}

/// A price, a worth or what was spent, in micros.
pub(super) fn micros(
    text: &str,
    per_unit: u64,
    decimal: Decimal,
    most: Most,
    reason: Reason,
) -> Result<Micros, Fault> {
    let number =
        number(text, decimal).ok_or_else(|| Fault::new(reason, format!("`{text}` is not a number")))?;
    if number < 0.0 {
        return Err(Fault::new(reason, format!("`{text}` is negative")));
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "a scale is a power of ten far below 2^53"
    )]
    let scaled = (number * per_unit as f64).round();
    Micros::from_f64(scaled)
        .filter(|micros| micros.to_f64() <= most.micros())
        .ok_or_else(|| Fault::new(reason, format!("`{text}` is more than {}", most.words())))
}

/// A price as the mapping's prices are written.
pub(super) fn price(text: &str, prices: &Prices) -> Result<Micros, Fault> {
    let Prices {
        micros_per_unit,
        decimal,
        currency: _,
    } = prices;
    micros(
        text,
        *micros_per_unit,
        *decimal,
        Most::MillionUnits,
        Reason::Price,
    )
}

fn number(text: &str, decimal: Decimal) -> Option<f64> {
    let pointed = match decimal {
        Decimal::Point => Cow::Borrowed(text),
        Decimal::Comma => Cow::Owned(pointed(text)?),
    };
    pointed.parse().ok().filter(|number: &f64| number.is_finite())
}

/// A number with a decimal comma, written with a point. Points may only set apart thousands: `1.80` is refused,
/// because it would silently become 180.
fn pointed(text: &str) -> Option<String> {
    let (whole, rest) = text.split_once(',').unwrap_or((text, ""));
    let mut groups = whole.split('.');
    let first = groups.next().filter(|first| !first.is_empty())?;
    let thousands = groups.clone().count() == 0 || (1..=3).contains(&first.len());
    if rest.contains('.') || !thousands || groups.clone().any(|group| group.len() != 3) {
        return None;
    }
    Some(format!("{first}{}.{rest}0", groups.collect::<String>()))
}

/// How often something happened.
pub(super) fn count(text: &str) -> Result<u32, Fault> {
    let flag = match text {
        "true" => Some(1),
        "false" => Some(0),
        number => number.parse().ok(),
    };
    flag.ok_or_else(|| {
        Fault::new(
            Reason::Event,
            format!("`{text}` is not a count; write 0, 1, 2, …"),
        )
    })
}

/// The value of a fact, from its one or many texts.
pub(super) fn fact(entry: &Entry, texts: &[String]) -> Result<FactValue, Fault> {
    if let (Attribute::ContactZone, [zone]) = (&entry.attribute, texts) {
        time_zone(zone)?;
    }
    if entry.attribute == Attribute::Contact && texts.iter().any(|text| reaches_a_person(text)) {
        // The id itself is not quoted: it must not reach a log.
        let words = "looks like an e-mail address or a telephone number; import a keyed hash of it";
        return Err(Fault::new(Reason::Fact, words));
    }
    match (entry.fact_type, entry.multiplicity) {
        (FactType::Labels, _) => texts
            .iter()
            .map(|text| label(text))
            .collect::<Result<_, _>>()
            .map(FactValue::Labels),
        (_, Multiplicity::Many) => texts
            .iter()
            .map(|text| chosen(entry, text))
            .collect::<Result<_, _>>()
            .map(FactValue::Words),
        (_, Multiplicity::One) => single(entry, texts),
    }
}

/// A name of the time zone database.
fn time_zone(text: &str) -> Result<(), Fault> {
    let known = TimeZone::get(text).map(|_| ());
    known.map_err(|_| {
        let words = format!("`{text}` is no time zone; write an IANA name such as `Europe/Rome`");
        Fault::new(Reason::Fact, words)
    })
}

/// A word, one of those that the attribute allows.
fn chosen(entry: &Entry, text: &str) -> Result<Word, Fault> {
    if entry.values.is_empty() || entry.values.iter().any(|value| value == text) {
        return word(text);
    }
    let words = format!(
        "`{text}` is none of {}; translate it under `values`",
        entry.values.join(", ")
    );
    Err(Fault::new(Reason::Fact, words))
}

fn flag(text: &str) -> Result<FactValue, Fault> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "1" => Ok(FactValue::Flag(true)),
        "false" | "no" | "0" => Ok(FactValue::Flag(false)),
        _ => Err(Fault::new(
            Reason::Fact,
            format!("`{text}` is neither yes nor no"),
        )),
    }
}

fn single(entry: &Entry, texts: &[String]) -> Result<FactValue, Fault> {
    let [text] = texts else {
        return Err(Fault::new(
            Reason::Fact,
            format!("{} values where there can be one", texts.len()),
        ));
    };
    match entry.fact_type {
        FactType::Text => Ok(FactValue::Text(text.as_str().into())),
        FactType::Number => {
            let number = text.parse().map(FactValue::Number);
            number.map_err(|_| Fault::new(Reason::Fact, format!("`{text}` is not a whole number")))
        }
        FactType::Flag => flag(text),
        FactType::Country => country(text),
        FactType::OneOf(known) => one_of(text, known),
        FactType::Name
        | FactType::Declared
        | FactType::Word
        | FactType::Prefix
        | FactType::Site
        | FactType::Chosen
        | FactType::Topics(_)
        | FactType::Price(_)
        | FactType::Instant
        | FactType::Clock
        | FactType::Labels => chosen(entry, text).map(FactValue::Word),
    }
}

fn word(text: &str) -> Result<Word, Fault> {
    Word::new(text).map_err(|error| Fault::new(Reason::Fact, format!("`{text}` {error}")))
}

fn country(text: &str) -> Result<FactValue, Fault> {
    let code = text.to_ascii_uppercase();
    if code.len() != 2 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(Fault::new(
            Reason::Fact,
            format!("`{text}` is no country code such as `IT`"),
        ));
    }
    word(&code).map(FactValue::Word)
}

fn one_of(text: &str, known: &[&str]) -> Result<FactValue, Fault> {
    let lower = text.to_lowercase();
    if !known.contains(&lower.as_str()) {
        return Err(Fault::new(
            Reason::Fact,
            format!(
                "`{text}` is none of {}; translate it under `values`",
                known.join(", ")
            ),
        ));
    }
    word(&lower).map(FactValue::Word)
}

/// A content label: `topic`, or `topic:risk`.
fn label(text: &str) -> Result<Label, Fault> {
    let (topic, risk) = match text.rsplit_once(':') {
        Some((topic, risk)) => match Risk::from_name(risk.trim()) {
            Some(risk) => (topic, Some(risk)),
            None => (text, None),
        },
        None => (text, None),
    };
    Ok(Label {
        topic: word(topic.trim())?,
        risk,
    })
}

/// What is written, translated.
pub(super) fn translated(text: Cow<'_, str>, values: &BTreeMap<String, String>) -> String {
    values
        .get(text.as_ref())
        .cloned()
        .unwrap_or_else(|| text.into_owned())
}
