//! Who took what and when: MovieLens ratings, and a grocer's baskets.

use std::path::Path;

use super::{EvaluationError, read_text};
use crate::domain::Timestamp;

/// One row: a person took an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Purchase {
    pub(super) person: String,
    pub(super) item: String,
    /// What was taken together, where told.
    pub(super) basket: String,
    /// Local time, written as if it were UTC where the file has no zone.
    pub(super) at: Timestamp,
}

/// Columns by name, and how their time is written.
pub(super) struct Format {
    pub(super) delimiter: u8,
    pub(super) person: &'static str,
    pub(super) item: &'static str,
    pub(super) basket: &'static str,
    pub(super) at: &'static str,
}

/// MovieLens 100k as the package recbole has it.
pub(super) const MOVIELENS: Format = Format {
    delimiter: b'\t',
    person: "user_id:token",
    item: "item_id:token",
    basket: "item_id:token",
    at: "timestamp:float",
};

/// A sample of the purchases of 2,469 households.
pub(super) const COMPLETE_JOURNEY: Format = Format {
    delimiter: b',',
    person: "household_id",
    item: "product_id",
    basket: "basket_id",
    at: "transaction_timestamp",
};

/// Every row, in the order of time; of one instant, in the order of the file.
pub(super) fn read(path: &Path, format: &Format) -> Result<Vec<Purchase>, EvaluationError> {
    let text = read_text(path)?;
    let malformed = |row: usize, what: String| EvaluationError::Malformed {
        path: path.to_owned(),
        row,
        what,
    };
    let mut table = csv::ReaderBuilder::new()
        .delimiter(format.delimiter)
        .from_reader(text.as_bytes());
    let header = table
        .headers()
        .map_err(|error| malformed(1, error.to_string()))?
        .clone();
    let column = |name: &str| {
        let found = header.iter().position(|known| known == name);
        found.ok_or_else(|| malformed(1, format!("there is no column `{name}`")))
    };
    let columns = (
        column(format.person)?,
        column(format.item)?,
        column(format.basket)?,
        column(format.at)?,
    );
    let mut rows = Vec::new();
    for (place, record) in table.records().enumerate() {
        let record = record.map_err(|error| malformed(place + 2, error.to_string()))?;
        let cell = |column: usize| record.get(column).unwrap_or_default();
        let at = instant(cell(columns.3))
            .ok_or_else(|| malformed(place + 2, format!("`{}` is no time", cell(columns.3))))?;
        rows.push(Purchase {
            person: cell(columns.0).to_owned(),
            item: cell(columns.1).to_owned(),
            basket: cell(columns.2).to_owned(),
            at,
        });
    }
    rows.sort_by_key(|row| row.at);
    Ok(rows)
}

/// Seconds since the epoch, or a civil time.
fn instant(text: &str) -> Option<Timestamp> {
    if let Ok(seconds) = text.parse::<i64>() {
        return Some(Timestamp::from_millis(seconds.checked_mul(1_000)?));
    }
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    let zoned = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(zoned.timestamp().into())
}
