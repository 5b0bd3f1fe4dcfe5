use serde::{Deserialize, Serialize};

use super::layout::Layout;

/// A linear model of log-odds over scaled columns, as flat numbers.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Linear {
    /// The log-odds of the mean subject.
    base: f64,
    /// One weight a column.
    weights: Vec<f64>,
    /// What the columns hold on average, scaled.
    means: Vec<f64>,
}

impl Linear {
    /// With the log-odds at zero everywhere, one weight a column and the columns' scaled means. `None` unless every number is finite
    /// and the widths agree.
    #[must_use]
    pub fn new(intercept: f64, weights: Vec<f64>, means: Vec<f64>) -> Option<Self> {
        let products = weights.iter().zip(&means).map(|(weight, mean)| weight * mean);
        let base = intercept + products.sum::<f64>();
        let whole = weights.len() == means.len() && base.is_finite();
        let finite = weights.iter().chain(&means).all(|number| number.is_finite());
        (whole && finite).then_some(Self { base, weights, means })
    }

    /// The log-odds before any column is read: those of the mean subject.
    #[must_use]
    pub const fn base(&self) -> f64 {
        self.base
    }

    /// What each column adds to the base for a row of raw values: exact, the sum is the log-odds.
    pub fn contributions<'a>(
        &'a self,
        layout: &'a Layout,
        values: &'a [f64],
    ) -> impl Iterator<Item = f64> + 'a {
        let scaled = layout
            .columns()
            .iter()
            .zip(values)
            .map(|(column, value)| column.scale.scaled(*value));
        scaled
            .zip(&self.means)
            .zip(&self.weights)
            .map(|((scaled, mean), weight)| weight * (scaled - mean))
    }

    /// The log-odds of a row of raw values.
    #[must_use]
    pub fn log_odds(&self, layout: &Layout, values: &[f64]) -> f64 {
        self.base + self.contributions(layout, values).sum::<f64>()
    }

    pub(super) fn numbers(&self) -> impl Iterator<Item = f64> + '_ {
        [self.base]
            .into_iter()
            .chain(self.weights.iter().chain(&self.means).copied())
    }
}
