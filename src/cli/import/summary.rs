//! What an import did, counted.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use super::refusal::{Reason, RefusedRow};

/// How many rows there were, and what became of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Summary {
    /// Rows read.
    pub rows: u64,
    /// Rows that became observations.
    pub imported: u64,
    /// Rows refused.
    pub refused: u64,
    /// The same, by reason.
    pub by_reason: BTreeMap<Reason, u64>,
}

impl Summary {
    pub(super) fn imported(&mut self) {
        self.rows += 1;
        self.imported += 1;
    }

    pub(super) fn refused(&mut self, row: &RefusedRow) {
        self.rows += 1;
        self.refused += 1;
        *self.by_reason.entry(row.reason).or_default() += 1;
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} rows read, {} imported, {} refused",
            self.rows, self.imported, self.refused
        )?;
        for (reason, count) in &self.by_reason {
            write!(f, "\n  {}: {count}", reason.name())?;
        }
        Ok(())
    }
}
