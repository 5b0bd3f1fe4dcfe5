use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{layout::Layout, linear::Linear, row::Row, trees::Trees};
use crate::{domain::Timestamp, model::calibration::Calibration};

/// Which model answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Form {
    /// The line alone.
    Linear,
    /// The trees alone.
    Trees,
    /// The mean of both log-odds.
    Both,
}

impl Form {
    /// Each, the simplest first.
    pub const ALL: [Self; 3] = [Self::Linear, Self::Trees, Self::Both];

    /// The words used in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Linear => "logistic regression",
            Self::Trees => "boosted trees",
            Self::Both => "the mean of both",
        }
    }

    /// How much of the line's and of the trees' log-odds it takes.
    const fn shares(self) -> (f64, f64) {
        match self {
            Self::Linear => (1.0, 0.0),
            Self::Trees => (0.0, 1.0),
            Self::Both => (0.5, 0.5),
        }
    }

    /// Of both log-odds, what it answers.
    #[must_use]
    pub fn mixed(self, linear: f64, trees: f64) -> f64 {
        let (of_linear, of_trees) = self.shares();
        of_linear * linear + of_trees * trees
    }
}

/// What a form reached on subjects that it was not fitted to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// Which.
    pub form: Form,
    /// Mean log loss over interleaved thirds: does it describe the customers that were seen?
    pub interleaved: f64,
    /// Mean log loss over steps forward in time, its level aligned: does it order those that come?
    pub forward: f64,
}

/// From what a model was fitted.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Origin {
    /// How many subjects.
    pub rows: u32,
    /// How many of them had the outcome.
    pub positives: u32,
    /// When the first of them was asked about.
    pub from: Timestamp,
    /// When the last of them was.
    pub until: Timestamp,
    /// What each form reached, and so why this one answers.
    pub tried: Vec<Tried>,
}

/// A fitted model: immutable, in flat arrays, of no library.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fitted {
    pub(super) layout: Layout,
    pub(super) linear: Linear,
    pub(super) trees: Trees,
    pub(super) form: Form,
    pub(super) calibration: Calibration,
    pub(super) origin: Origin,
}

/// Why a score is what it is: what each fact added to the log-odds.
#[derive(Debug, Clone, PartialEq)]
pub struct Reasons<'a> {
    /// The log-odds before any fact was read.
    pub base: f64,
    /// Each fact that was read with what it added, the greatest rise first. With the base their sum is the log-odds
    /// before calibration, exactly.
    pub facts: Vec<(&'a SmolStr, f64)>,
}

impl Fitted {
    /// The calibrated probability of the outcome; `None` unless it is a number.
    #[must_use]
    pub fn probability(&self, row: &Row<'_>) -> Option<f64> {
        calibrated(&self.calibration, self.log_odds(&self.layout.values(row)))
    }

    /// The log-odds of a row of the layout's values, before calibration.
    #[must_use]
    pub fn log_odds(&self, values: &[f64]) -> f64 {
        match self.form {
            Form::Linear => self.linear.log_odds(&self.layout, values),
            Form::Trees => self.trees.log_odds(values),
            Form::Both => self.form.mixed(
                self.linear.log_odds(&self.layout, values),
                self.trees.log_odds(values),
            ),
        }
    }

    /// What each fact added. A line's part is against the mean subject; a tree's is along its path.
    #[must_use]
    pub fn reasons(&self, row: &Row<'_>) -> Reasons<'_> {
        let values = self.layout.values(row);
        let (of_linear, of_trees) = self.form.shares();
        let mut added = vec![0.0; self.layout.names().len()];
        let mut add = |column: usize, part: f64| {
            let fact = self.layout.columns().get(column).map(|column| column.fact);
            if let Some(sum) = fact.and_then(|fact| added.get_mut(fact as usize)) {
                *sum += part;
            }
        };
        if of_linear > 0.0 {
            for (column, part) in self.linear.contributions(&self.layout, &values).enumerate() {
                add(column, of_linear * part);
            }
        }
        if of_trees > 0.0 {
            self.trees
                .contributions(&values, |column, part| add(column as usize, of_trees * part));
        }
        let mut facts: Vec<(&SmolStr, f64)> = self.layout.names().iter().zip(added).collect();
        facts.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        Reasons {
            base: self.form.mixed(self.linear.base(), self.trees.base()),
            facts,
        }
    }

    /// What its log-odds meant on the subjects that it was fitted to.
    #[must_use]
    pub const fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    /// Which model answers.
    #[must_use]
    pub const fn form(&self) -> Form {
        self.form
    }

    /// From what it was fitted.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// What its columns read.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Feeds everything that an answer depends on to a digest.
    pub fn digest(&self, hasher: &mut blake3::Hasher) {
        for column in self.layout.columns() {
            hasher.update(column.name.as_bytes());
            hasher.update(&[0]);
            hasher.update(column.word.as_deref().unwrap_or_default().as_bytes());
            hasher.update(&[u8::from(column.word.is_some())]);
            for number in column.scale.numbers() {
                hasher.update(&number.to_le_bytes());
            }
        }
        hasher.update(self.form.name().as_bytes());
        for number in self.linear.numbers().chain(self.trees.numbers()) {
            hasher.update(&number.to_le_bytes());
        }
        self.calibration.digest(hasher);
    }

    /// The BLAKE3 digest of everything that an answer depends on: the name of this version.
    #[must_use]
    pub fn version(&self) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new();
        self.digest(&mut hasher);
        hasher.finalize()
    }
}

/// The probability that log-odds mean; `None` unless it is a number.
#[must_use]
pub fn calibrated(calibration: &Calibration, log_odds: f64) -> Option<f64> {
    let probability = calibration.probability(log_odds);
    (log_odds.is_finite() && probability.is_finite()).then_some(probability.clamp(0.0, 1.0))
}
