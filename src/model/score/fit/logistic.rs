//! Logistic regression, fitted by smartcore (L-BFGS), read out as flat numbers.

use smartcore::{
    linalg::basic::{arrays::Array, matrix::DenseMatrix},
    linear::logistic_regression::{LogisticRegression, LogisticRegressionParameters},
};

use super::super::{layout::Layout, linear::Linear};

/// The precision of the prior that pulls each weight to zero: one pseudo-outcome, the usual default.
const PULL_TO_ZERO: f64 = 1.0;

/// Fits a line through the log-odds over a table of columns (one after the other, NaN where unknown) and outcomes
/// (0 or 1). `None` if the library refuses or answers anything that is not finite.
///
/// The library panics on a row of another width and passes NaN on: the table's width is checked and every
/// unknown number is the mean before it sees one.
pub(super) fn fit(layout: &Layout, table: &[f64], outcomes: &[f64]) -> Option<Linear> {
    let (rows, columns) = (outcomes.len(), layout.columns().len());
    let ones = outcomes.iter().filter(|outcome| **outcome > 0.5).count();
    if columns == 0 || table.len() != rows * columns || ones == 0 || ones == rows {
        return None;
    }
    let (scaled, means) = scaled(layout, table, rows);
    let matrix = DenseMatrix::new(rows, columns, scaled, false).ok()?;
    let labels: Vec<u32> = outcomes.iter().map(|outcome| u32::from(*outcome > 0.5)).collect();
    let parameters = LogisticRegressionParameters::default().with_alpha(PULL_TO_ZERO);
    let fitted = LogisticRegression::fit(&matrix, &labels, parameters).ok()?;
    // The library's positive class is the one it met second.
    let sign = if fitted.classes().first() == Some(&0) {
        1.0
    } else {
        -1.0
    };
    let weights: Vec<f64> = fitted
        .coefficients()
        .iterator(0)
        .map(|weight| sign * weight)
        .collect();
    let intercept = fitted.intercept().iterator(0).next().copied()? * sign;
    (weights.len() == columns)
        .then(|| Linear::new(intercept, weights, means))
        .flatten()
}

/// The table scaled, one row after the other, and each column's mean.
fn scaled(layout: &Layout, table: &[f64], rows: usize) -> (Vec<f64>, Vec<f64>) {
    let columns = layout.columns().len();
    let mut scaled = vec![0.0; table.len()];
    let mut means = Vec::with_capacity(columns);
    for (place, (column, values)) in layout.columns().iter().zip(table.chunks_exact(rows)).enumerate() {
        let mut sum = 0.0;
        let slots = scaled.iter_mut().skip(place).step_by(columns);
        for (slot, value) in slots.zip(values) {
            *slot = column.scale.scaled(*value);
            sum += *slot;
        }
        means.push(sum / rows as f64);
    }
    (scaled, means)
}
