use std::{fmt, path::Path};

use super::{
    EvaluationError,
    measure::{Measured, measure},
    read_text,
};
use crate::{
    domain::{FactValue, Word},
    learning::Response,
    model::{features::Features, ftrl::Rates},
};

/// Which rows are kept back for the test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// The last fifth of the file, in time.
    Last20,
    /// Every fifth row.
    Mod5,
}

impl Split {
    /// The word used in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Last20 => "last20",
            Self::Mod5 => "mod5",
        }
    }

    const fn tests(self, row: usize, rows: usize) -> bool {
        match self {
            Self::Last20 => row >= rows - rows / 5,
            Self::Mod5 => row.is_multiple_of(5),
        }
    }

    /// AUC and logloss of scikit-learn's logistic regression (one-hot, scaled) on the same split.
    const fn reference(self) -> (f64, f64) {
        match self {
            Self::Last20 => (0.683, 0.717),
            Self::Mod5 => (0.758, 0.305),
        }
    }
}

/// The response model on the bank's telephone leads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BankEvaluation {
    /// Which rows were kept back.
    pub split: Split,
    /// On them, trained once on the others and frozen.
    pub measured: Measured,
    /// On the training rows, each scored before it was learnt from.
    pub progressive: Measured,
}

impl fmt::Display for BankEvaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (auc, logloss) = self.split.reference();
        writeln!(
            f,
            "bank-full without `duration`, {}: {}",
            self.split.name(),
            self.measured
        )?;
        write!(
            f,
            "  scikit-learn logistic regression on the same rows: logloss {logloss:.3}, AUC {auc:.3}"
        )
    }
}

/// Trains the response model once, in the order of the file, on the rows that `split` leaves, freezes it, and
/// measures it on the others. `path` is the bank-full table (`;` separated, gzipped or not); the column
/// `duration` is known only after the call and is left out.
///
/// # Errors
/// The file is missing, unreadable or of another format.
pub fn evaluate_bank(path: &Path, split: Split, rates: Rates) -> Result<BankEvaluation, EvaluationError> {
    let rows = read(path)?;
    let mut response = Response::new(rates);
    let mut progressive = Vec::new();
    let training = rows
        .iter()
        .enumerate()
        .filter(|(at, _)| !split.tests(*at, rows.len()));
    for (_, (features, outcome)) in training {
        let before = response.train(features, f64::from(u8::from(*outcome)), 1.0);
        progressive.push((before, *outcome));
    }
    let calibration = response.calibration();
    let frozen = |features| calibration.probability(response.weights().predict(features).logit);
    let tests = rows
        .iter()
        .enumerate()
        .filter(|(at, _)| split.tests(*at, rows.len()));
    let pairs: Vec<(f64, bool)> = tests
        .map(|(_, (features, outcome))| (frozen(features), *outcome))
        .collect();
    Ok(BankEvaluation {
        split,
        measured: measure(&pairs, 7),
        progressive: measure(&progressive, 7),
    })
}

fn read(path: &Path) -> Result<Vec<(Features, bool)>, EvaluationError> {
    let text = read_text(path)?;
    let malformed = |row: usize, what: String| EvaluationError::Malformed {
        path: path.to_owned(),
        row,
        what,
    };
    let mut table = csv::ReaderBuilder::new()
        .delimiter(b';')
        .from_reader(text.as_bytes());
    let header = table
        .headers()
        .map_err(|error| malformed(1, error.to_string()))?
        .clone();
    let mut rows = Vec::new();
    for (at, record) in table.records().enumerate() {
        let record = record.map_err(|error| malformed(at + 2, error.to_string()))?;
        let outcome = header
            .iter()
            .position(|name| name == "y")
            .and_then(|y| record.get(y));
        let outcome = outcome.ok_or_else(|| malformed(at + 2, "there is no column `y`".to_owned()))?;
        let facts: Vec<(&str, FactValue)> = header
            .iter()
            .zip(&record)
            .filter(|(name, _)| *name != "y" && *name != "duration")
            .filter_map(|(name, text)| Some((name, value(text)?)))
            .collect();
        let features = Features::of_columns(facts.iter().map(|(name, value)| (*name, value)));
        rows.push((features, outcome == "yes"));
    }
    Ok(rows)
}

fn value(text: &str) -> Option<FactValue> {
    match text.parse() {
        Ok(number) => Some(FactValue::Number(number)),
        Err(_) => Word::new(text).ok().map(FactValue::Word),
    }
}
