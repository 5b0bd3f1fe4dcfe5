//! Tables of people and what became of them, read for the measures of Score.

use std::path::Path;

use super::{EvaluationError, read_text};
use crate::model::score::Row;

/// A table whose rows are people.
#[derive(Debug, Clone, Default)]
pub struct People {
    names: Vec<String>,
    cells: Vec<Vec<Entry>>,
    outcomes: Vec<bool>,
}

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
enum Entry {
    Unknown,
    Number(f64),
    Word(String),
}

/// How a file of comma- or semicolon-separated values is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Format {
    /// Between two cells.
    pub(super) separator: u8,
    /// The column that tells the outcome, and what it says if it followed.
    pub(super) outcome: (&'static str, &'static str),
    /// Columns that are no facts: names, and what is known only afterwards.
    pub(super) without: &'static [&'static str],
    /// Columns whose numbers are codes.
    pub(super) codes: &'static [&'static str],
}

impl People {
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.outcomes.len()
    }

    /// Whether there is nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.outcomes.is_empty()
    }

    /// Each with what is known of it and whether the outcome followed, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = (Row<'_>, bool)> {
        self.cells
            .iter()
            .map(|cells| self.row(cells))
            .zip(self.outcomes.iter().copied())
    }

    fn row<'a>(&'a self, cells: &'a [Entry]) -> Row<'a> {
        let mut row = Row::new();
        for (name, cell) in self.names.iter().zip(cells) {
            match cell {
                Entry::Unknown => {}
                Entry::Number(number) => row.number(name, *number),
                Entry::Word(word) => row.word(name, word),
            }
        }
        row
    }

    /// Reads a file as its format says. A blank cell is unknown.
    pub(super) fn read(path: &Path, format: &Format) -> Result<Self, EvaluationError> {
        let text = read_text(path)?;
        let malformed = |row: usize, what: String| EvaluationError::Malformed {
            path: path.to_owned(),
            row,
            what,
        };
        let mut table = csv::ReaderBuilder::new()
            .delimiter(format.separator)
            .from_reader(text.as_bytes());
        let header = table.headers().map_err(|error| malformed(1, error.to_string()))?;
        let header: Vec<String> = header.iter().map(str::to_owned).collect();
        let (outcome, yes) = format.outcome;
        let tells = header.iter().position(|name| name == outcome);
        let tells = tells.ok_or_else(|| malformed(1, format!("there is no column `{outcome}`")))?;
        let is_fact = |at: usize, name: &str| at != tells && !format.without.contains(&name);
        let mut people = Self::default();
        for (at, name) in header.iter().enumerate() {
            if is_fact(at, name) {
                people.names.push(name.clone());
            }
        }
        for (line, record) in table.records().enumerate() {
            let record = record.map_err(|error| malformed(line + 2, error.to_string()))?;
            let facts = header.iter().zip(&record).enumerate();
            let cells = facts
                .filter(|(at, (name, _))| is_fact(*at, name))
                .map(|(_, (name, text))| entry(text, format.codes, name));
            people.cells.push(cells.collect());
            people.outcomes.push(record.get(tells) == Some(yes));
        }
        Ok(people)
    }

    /// The customers of a file of purchases (id, yyyymmdd, count, value; white space between them) as they were on
    /// a day (since the epoch), each with its purchases before it; lost are those who bought nothing from then on.
    pub(super) fn of_purchases(path: &Path, day: i64) -> Result<Self, EvaluationError> {
        let text = read_text(path)?;
        let mut customers = std::collections::BTreeMap::<String, Vec<(i64, f64, f64)>>::new();
        for (line, text) in text.lines().enumerate() {
            let mut parts = text.split_whitespace();
            let mut part = || parts.next();
            let (Some(id), Some(date), Some(count), Some(value)) = (part(), part(), part(), part()) else {
                continue;
            };
            let read = || Some((day_of(date)?, count.parse().ok()?, value.parse().ok()?));
            match read() {
                Some(purchase) => customers.entry(id.to_owned()).or_default().push(purchase),
                None if line == 0 => {}
                None => {
                    return Err(EvaluationError::Malformed {
                        path: path.to_owned(),
                        row: line + 1,
                        what: "no purchase".to_owned(),
                    });
                }
            }
        }
        let mut people = Self {
            names: PURCHASE_FACTS.map(str::to_owned).to_vec(),
            ..Self::default()
        };
        for purchases in customers.values() {
            let (before, after): (Vec<_>, Vec<_>) = purchases.iter().partition(|(on, _, _)| *on < day);
            if let Some(facts) = bought(&before, day) {
                people.cells.push(facts.map(Entry::Number).to_vec());
                people.outcomes.push(after.is_empty());
            }
        }
        Ok(people)
    }
}

const PURCHASE_FACTS: [&str; 6] = [
    "purchases",
    "items",
    "spent",
    "days since the last",
    "days since the first",
    "spent a purchase",
];

#[expect(clippy::cast_precision_loss, reason = "days and purchases are few")]
fn bought(purchases: &[(i64, f64, f64)], day: i64) -> Option<[f64; 6]> {
    let first = purchases.iter().map(|(on, _, _)| *on).min()?;
    let last = purchases.iter().map(|(on, _, _)| *on).max()?;
    let count = purchases.len() as f64;
    let items: f64 = purchases.iter().map(|(_, items, _)| items).sum();
    let spent: f64 = purchases.iter().map(|(_, _, value)| value).sum();
    Some([
        count,
        items,
        spent,
        (day - last) as f64,
        (day - first) as f64,
        spent / count,
    ])
}

/// The days since the epoch of a date written `yyyymmdd`.
pub(super) fn day_of(date: &str) -> Option<i64> {
    let part = |from: usize, to: usize| date.get(from..to)?.parse::<i16>().ok();
    let (month, day) = (i8::try_from(part(4, 6)?).ok()?, i8::try_from(part(6, 8)?).ok()?);
    let date = jiff::civil::Date::new(part(0, 4)?, month, day).ok()?;
    let epoch = jiff::civil::Date::new(1970, 1, 1).ok()?;
    Some(i64::from(epoch.until(date).ok()?.get_days()))
}

/// A number is a number, anything else a word; of a code, everything is.
fn entry(text: &str, codes: &[&str], name: &str) -> Entry {
    let text = text.trim();
    if text.is_empty() {
        return Entry::Unknown;
    }
    let number = text.parse().ok().filter(|_| !codes.contains(&name));
    number.map_or_else(|| Entry::Word(text.to_owned()), Entry::Number)
}
