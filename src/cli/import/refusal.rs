//! Why a row was not imported, in the user's words.

use std::fmt;

use serde::Serialize;

/// What was wrong with a row; one counter each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It is not a row of the file's format, or has too few or too many cells.
    Shape,
    /// A column that it needs is missing or empty.
    Missing,
    /// Its time cannot be read, or has not come yet.
    Time,
    /// It names no campaign that is declared.
    Campaign,
    /// Its prices are in another currency than its campaign.
    Currency,
    /// A price is no number, negative, or above a million units.
    Price,
    /// Whether it won cannot be read.
    Won,
    /// A count or the worth of an event cannot be.
    Event,
    /// A fact cannot be read.
    Fact,
    /// What an arm spent is no number, negative, or more than anybody spends.
    Spend,
    /// The item or the arm has no name that can be one.
    Candidate,
    /// Two of its cells cannot both be true.
    Contradiction,
    /// The same row was there before.
    Duplicate,
}

impl Reason {
    /// The word used in summaries.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Shape => "shape",
            Self::Missing => "missing",
            Self::Time => "time",
            Self::Campaign => "campaign",
            Self::Currency => "currency",
            Self::Price => "price",
            Self::Won => "won",
            Self::Event => "event",
            Self::Fact => "fact",
            Self::Spend => "spend",
            Self::Candidate => "candidate",
            Self::Contradiction => "contradiction",
            Self::Duplicate => "duplicate",
        }
    }
}

/// A row that was not imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusedRow {
    /// Its line in the unpacked file, from 1.
    pub line: u64,
    /// The column, as the mapping names it, where one is to blame.
    pub column: Option<String>,
    /// What was wrong.
    pub reason: Reason,
    /// The same in words.
    pub message: String,
}

impl RefusedRow {
    pub(super) fn new(line: u64, reason: Reason, message: String) -> Self {
        Self {
            line,
            column: None,
            reason,
            message,
        }
    }
}

impl fmt::Display for RefusedRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(column) = &self.column {
            write!(f, ", column `{column}`")?;
        }
        write!(f, ": {} ({})", self.message, self.reason.name())
    }
}

/// What is wrong with one cell, before it is known which row it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) column: Option<String>,
    pub(super) reason: Reason,
    pub(super) message: String,
}

impl Fault {
    pub(super) fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            column: None,
            reason,
            message: message.into(),
        }
    }

    pub(super) fn of(mut self, column: &str) -> Self {
        self.column.get_or_insert_with(|| column.to_owned());
        self
    }

    pub(super) fn at(self, line: u64) -> RefusedRow {
        RefusedRow {
            line,
            column: self.column,
            reason: self.reason,
            message: self.message,
        }
    }
}
