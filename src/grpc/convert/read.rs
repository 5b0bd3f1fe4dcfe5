use std::fmt::Display;

use jiff::tz::TimeZone;

use super::{excerpt, path::At};
use crate::{
    domain::{Currency, InvalidName, Micros, Timestamp, Word},
    grpc::wire,
};

/// One field that cannot be accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::grpc) struct Violation {
    /// Its path.
    pub(in crate::grpc) field: String,
    /// What is wrong and what to do.
    pub(in crate::grpc) description: String,
}

/// Everything that is wrong with one request; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::grpc) struct BadInput(pub(in crate::grpc) Vec<Violation>);

/// Reads fields and remembers what is wrong with them.
///
/// A field that cannot be read counts as absent, so that reading goes on and finds the rest.
#[derive(Default)]
pub(super) struct Reader(Vec<Violation>);

impl Reader {
    /// The highest price that is accepted: 1,000 units CPM. Dearer impressions are not sold; a figure above it is
    /// a mistaken unit, such as micros of micros.
    pub(super) const DEAREST: Micros = Micros::new(1_000_000_000);
    /// The most items of a list of words or codes.
    pub(super) const MOST_WORDS: usize = 1_024;
    /// The greatest amount of plain money: a thousand million units.
    pub(super) const MOST_MONEY: i64 = 1_000_000_000_000_000;
    /// The longest prose, in bytes.
    const LONGEST_TEXT: usize = 65_536;

    /// Notes a problem.
    pub(super) fn refuse(&mut self, at: &At<'_>, description: impl Display) {
        self.0.push(Violation {
            field: at.to_string(),
            description: description.to_string(),
        });
    }

    /// What was read, if nothing was wrong.
    pub(super) fn finish<T>(self, read: Option<T>) -> Result<T, BadInput> {
        match read {
            Some(value) if self.0.is_empty() => Ok(value),
            Some(_) | None => Err(BadInput(self.0)),
        }
    }

    /// A field that must be there.
    pub(super) fn required<T>(&mut self, at: &At<'_>, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.refuse(at, "must be set");
        }
        value
    }

    /// A name, by its constructor.
    pub(super) fn name<T>(
        &mut self,
        at: &At<'_>,
        text: &str,
        new: fn(&str) -> Result<T, InvalidName>,
    ) -> Option<T> {
        new(text).map_err(|problem| self.refuse(at, problem)).ok()
    }

    /// A name that must be there.
    pub(super) fn required_name<T>(
        &mut self,
        at: &At<'_>,
        text: Option<&str>,
        new: fn(&str) -> Result<T, InvalidName>,
    ) -> Option<T> {
        let text = self.required(at, text)?;
        self.name(at, text, new)
    }

    /// A word.
    pub(super) fn word(&mut self, at: &At<'_>, text: &str) -> Option<Word> {
        self.name(at, text, Word::new)
    }

    /// Words, each named where it is wrong.
    pub(super) fn words(&mut self, at: &At<'_>, words: wire::Words) -> Vec<Word> {
        let wire::Words { values } = words;
        self.listed(at, "values", &values)
    }

    /// The words of the list field `name`.
    pub(super) fn listed(&mut self, at: &At<'_>, name: &'static str, values: &[String]) -> Vec<Word> {
        if !self.at_most(&at.field(name), values.len(), Self::MOST_WORDS) {
            return Vec::new();
        }
        let each = values.iter().enumerate();
        each.filter_map(|(index, text)| self.word(&at.item(name, index), text))
            .collect()
    }

    /// Codes, as words.
    pub(super) fn codes(&mut self, at: &At<'_>, codes: &[u32]) -> Vec<Word> {
        if !self.at_most(at, codes.len(), Self::MOST_WORDS) {
            return Vec::new();
        }
        codes
            .iter()
            .filter_map(|code| Word::new(&code.to_string()).ok())
            .collect()
    }

    /// A domain: without scheme, path or port; in lower case, without the root's dot.
    pub(super) fn domain(&mut self, at: &At<'_>, text: &str) -> Option<Word> {
        let name = text.trim_end_matches('.').to_lowercase();
        if name.contains(['/', ':', '@']) || name.contains(char::is_whitespace) {
            self.refuse(
                at,
                format_args!(
                    "`{}` is not a domain; write it without scheme, path and port, such as `ansa.it`",
                    excerpt(text)
                ),
            );
            return None;
        }
        self.word(at, &name)
    }

    /// Prose.
    pub(super) fn text(&mut self, at: &At<'_>, text: &str) -> Option<std::sync::Arc<str>> {
        if text.is_empty() {
            self.refuse(at, "must not be empty; leave out what is not known");
            return None;
        }
        if text.len() > Self::LONGEST_TEXT {
            self.refuse(
                at,
                format_args!("must not be longer than {} bytes", Self::LONGEST_TEXT),
            );
            return None;
        }
        Some(text.into())
    }

    /// A price, CPM micros.
    pub(super) fn price(&mut self, at: &At<'_>, micros: i64) -> Option<Micros> {
        let price = Micros::new(micros);
        if price < Micros::ZERO {
            self.refuse(at, format_args!("`{micros}` is negative"));
            return None;
        }
        if price > Self::DEAREST {
            self.refuse(
                at,
                format_args!(
                    "`{micros}` is above 1,000 units CPM; prices are millionths of the unit, 1.80 EUR is 1800000"
                ),
            );
            return None;
        }
        Some(price)
    }

    /// A price as OpenRTB carries it: units, CPM. Rounded up to a whole micro, because it is a floor.
    pub(super) fn units(&mut self, at: &At<'_>, units: f64) -> Option<Micros> {
        let floor = Micros::from_f64((units * 1_000_000.0).ceil());
        match floor {
            Some(floor) if floor <= Self::DEAREST => Some(floor),
            Some(_) | None => {
                self.refuse(
                    at,
                    format_args!("`{units}` is not a price; write units CPM from 0 to 1000, such as 0.5"),
                );
                None
            }
        }
    }

    /// Plain money, not CPM: whole micros of the unit.
    pub(super) fn money(&mut self, at: &At<'_>, micros: i64, least: i64) -> Option<Micros> {
        if (least..=Self::MOST_MONEY).contains(&micros) {
            return Some(Micros::new(micros));
        }
        self.refuse(
            at,
            format_args!(
                "`{micros}` is not within {least} to {}; amounts are millionths of the unit, 1.80 EUR is 1800000",
                Self::MOST_MONEY
            ),
        );
        None
    }

    /// A zone of the IANA data base.
    pub(super) fn zone(&mut self, at: &At<'_>, name: &str) -> Option<Word> {
        let word = self.word(at, name)?;
        if TimeZone::get(name).is_err() {
            self.refuse(
                at,
                format_args!(
                    "`{}` is no time zone of the IANA data base; write one such as `Europe/Rome`, or leave out what is \
                     not known",
                    excerpt(name)
                ),
            );
            return None;
        }
        Some(word)
    }

    /// A currency.
    pub(super) fn currency(&mut self, at: &At<'_>, text: &str) -> Option<Currency> {
        text.parse()
            .map_err(|problem| self.refuse(at, format_args!("`{}`: {problem}", excerpt(text))))
            .ok()
    }

    /// An instant.
    pub(super) fn instant(&mut self, at: &At<'_>, instant: prost_types::Timestamp) -> Option<Timestamp> {
        let prost_types::Timestamp { seconds, nanos } = instant;
        // 0001-01-01 to 9999-12-31, the range of the well-known type.
        let within =
            (-62_135_596_800..=253_402_300_799).contains(&seconds) && (0..1_000_000_000).contains(&nanos);
        if !within {
            self.refuse(at, "is not an instant; seconds and nanoseconds since 1970 in UTC");
            return None;
        }
        Some(Timestamp::from_millis(
            seconds * 1_000 + i64::from(nanos / 1_000_000),
        ))
    }

    /// A whole number within bounds.
    pub(super) fn within(&mut self, at: &At<'_>, number: u32, least: u32, most: u32) -> Option<u32> {
        if (least..=most).contains(&number) {
            return Some(number);
        }
        self.refuse(at, format_args!("`{number}` is not within {least} to {most}"));
        None
    }

    /// Whether a list is short enough.
    pub(super) fn at_most(&mut self, at: &At<'_>, len: usize, most: usize) -> bool {
        if len > most {
            self.refuse(at, format_args!("holds {len} items, and may hold at most {most}"));
        }
        len <= most
    }
}
