//! The mapping file: which column of somebody's history becomes what. A person writes it, in TOML.

use std::{collections::BTreeMap, fmt, path::Path};

use serde::Deserialize;

use super::{MappingError, rows::Format};
use crate::domain::Kind;

/// A column: its name, or its number counted from 1 where the file has no header.
///
/// In JSON lines a name may lead into objects, with points: `device.type`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "a column is a name, or a number counted from 1")]
pub enum Column {
    /// Counted from 1.
    Number(usize),
    /// As the header or the JSON key spells it.
    Name(String),
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// Whether the first row names the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Header {
    /// It does.
    #[default]
    FirstRow,
    /// It is data.
    None,
}

/// How decimals are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decimal {
    /// `1.80`
    #[default]
    Point,
    /// `1,80`
    Comma,
}

/// When a row happened.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeSource {
    /// Where it stands.
    pub column: Column,
    /// `rfc3339`, `epoch_s`, `epoch_ms`, or directives such as `%Y%m%d%H%M%S%3f`.
    pub format: String,
    /// The IANA zone of times that name none.
    pub zone: Option<String>,
}

/// A value that stands in a column or is the same for every row.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Where it stands.
    pub column: Option<Column>,
    /// Several columns that make one value.
    #[serde(default)]
    pub columns: Vec<Column>,
    /// What stands between them.
    #[serde(default)]
    pub join: String,
    /// The value of every row.
    pub constant: Option<String>,
    /// Texts that mean unknown here, beside the mapping's own.
    #[serde(default)]
    pub unknown: Vec<String>,
    /// What to read for what is written; anything else stays as it is.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
    /// What stands between the values of a fact that may have many.
    pub separator: Option<String>,
    /// Of the parts between separators only this one, counted from 1.
    pub part: Option<usize>,
}

/// What the numbers of price columns mean.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// ISO 4217; the campaigns' currency.
    pub currency: String,
    /// CPM micros of a 1 in the column: 1,000,000 where prices are CPM in whole units, 10,000 where in hundredths,
    /// 1,000,000,000 where they are whole units for a single impression.
    pub micros_per_unit: u64,
    /// How decimals are written.
    #[serde(default)]
    pub decimal: Decimal,
}

/// Whether an auction was won.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WonSource {
    /// Where it stands.
    pub column: Option<Column>,
    /// The same for every row: a log of wins alone.
    pub constant: Option<bool>,
    /// Texts that mean won.
    #[serde(default = "yes")]
    pub yes: Vec<String>,
    /// Texts that mean lost.
    #[serde(default = "no")]
    pub no: Vec<String>,
}

fn yes() -> Vec<String> {
    ["1", "true", "yes", "won"].map(String::from).into()
}

fn no() -> Vec<String> {
    ["0", "false", "no", "lost"].map(String::from).into()
}

/// What an arm spent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpendSource {
    /// Where it stands, in the campaign's currency.
    pub column: Column,
    /// Micros of the currency for a 1 in the column.
    #[serde(default = "whole_units")]
    pub micros_per_unit: u64,
    /// How decimals are written.
    #[serde(default)]
    pub decimal: Decimal,
}

/// An event that followed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventSource {
    /// `impression`, `click`, `open`, `unsubscribe`, or the exact name of a conversion.
    pub event: String,
    /// How many there were; without a column there was one in every row.
    pub column: Option<Column>,
    /// How long after the row's own time it is taken to have happened.
    #[serde(default)]
    pub after_s: u32,
    /// Its own time, where the file has one.
    pub at: Option<TimeSource>,
    /// Where the worth of one conversion stands, in the campaign's currency.
    pub value: Option<Column>,
    /// Micros of the currency for a 1 in that column.
    #[serde(default = "whole_units")]
    pub value_micros_per_unit: u64,
}

fn bid() -> String {
    Kind::Bid.name().to_owned()
}

const fn whole_units() -> u64 {
    1_000_000
}

/// A mapping file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Which kind of decision its rows teach: bid, send_time, recommendation, budget, score.
    #[serde(default = "bid")]
    pub kind: String,
    /// How the file is written, where its name does not say.
    pub format: Option<Format>,
    /// What stands between the cells of a CSV file, where not a comma.
    pub delimiter: Option<char>,
    /// Whether the first row names the columns.
    #[serde(default)]
    pub header: Header,
    /// How many cells a row has, where no header says it.
    pub width: Option<usize>,
    /// Texts that mean unknown in every column. An empty cell always does.
    #[serde(default)]
    pub unknown: Vec<String>,
    /// When a row happened.
    pub time: TimeSource,
    /// Which campaign it belongs to.
    pub campaign: Source,
    /// The item of a recommendation, the arm of a budget.
    pub candidate: Option<Source>,
    /// What an arm spent in the period that begins at the row's time.
    pub spend: Option<SpendSource>,
    /// What prices mean; needed where one is read.
    pub prices: Option<Prices>,
    /// What was bid.
    pub bid: Option<Column>,
    /// The clearing price, or the price that would have won.
    pub market_price: Option<Column>,
    /// Whether it was won.
    pub won: Option<WonSource>,
    /// What followed.
    #[serde(default)]
    pub events: Vec<EventSource>,
    /// What is known, by the attribute's name.
    #[serde(default)]
    pub facts: BTreeMap<String, Source>,
}

impl Mapping {
    /// Reads a mapping.
    ///
    /// # Errors
    /// [`MappingError::Syntax`], with the line.
    pub fn from_toml(text: &str) -> Result<Self, MappingError> {
        toml::from_str(text).map_err(|error| MappingError::Syntax(error.to_string()))
    }

    /// Reads the mapping file.
    ///
    /// # Errors
    /// It cannot be read, or is not a mapping.
    pub fn read(path: &Path) -> Result<Self, MappingError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| MappingError::File(path.display().to_string(), error.to_string()))?;
        Self::from_toml(&text)
    }
}
