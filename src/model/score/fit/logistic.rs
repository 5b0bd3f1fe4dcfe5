//! Logistic regression by Newton's steps on the penalised likelihood.
//!
//! The problem is convex and small (a few hundred columns), so that Newton's method ends in some eight steps with
//! the exact optimum; most cells of one-hot columns are zero and cost nothing. Measured beside smartcore 0.7 (L-BFGS,
//! which goes on until its thousandth step where the gradient's tolerance is out of reach) on 9,000 x 51 it gives the
//! same weights to seven digits in a twentieth of the time: 0.12 s against 2.3 s.

use super::super::{layout::Layout, linear::Linear};
use crate::model::ftrl::sigmoid;

/// The precision of the prior that pulls each weight to zero: one pseudo-outcome, the usual default.
const PULL_TO_ZERO: f64 = 1.0;
/// That of the intercept: just enough that the matrix can be factored.
const PULL_OF_INTERCEPT: f64 = 1e-9;
const MOST_STEPS: usize = 50;
/// No weight moves further than this in one step, lest the first steps overshoot.
const LONGEST_STEP: f64 = 5.0;
const CLOSE_ENOUGH: f64 = 1e-8;

/// Fits a line through the log-odds over a table of columns (one after the other, NaN where unknown) and outcomes
/// (0 or 1). `None` if the widths disagree, an outcome is missing, or the optimum is not finite.
pub(super) fn fit(layout: &Layout, table: &[f64], outcomes: &[f64]) -> Option<Linear> {
    let (rows, columns) = (outcomes.len(), layout.columns().len());
    let ones = outcomes.iter().filter(|outcome| **outcome > 0.5).count();
    if columns == 0 || table.len() != rows * columns || ones == 0 || ones == rows {
        return None;
    }
    let (scaled, means) = scaled(layout, table, rows);
    let mut weights = vec![0.0; columns + 1];
    for _ in 0..MOST_STEPS {
        let mut step = Normal::of(&scaled, outcomes, &weights).solved()?;
        let longest = step.iter().fold(0.0_f64, |longest, part| longest.max(part.abs()));
        if longest > LONGEST_STEP {
            step.iter_mut().for_each(|part| *part *= LONGEST_STEP / longest);
        }
        for (weight, part) in weights.iter_mut().zip(&step) {
            *weight -= part;
        }
        if longest < CLOSE_ENOUGH {
            break;
        }
    }
    let intercept = weights.pop()?;
    Linear::new(intercept, weights, means)
}

/// Gradient and curvature at some weights: lower triangle, one row after the other; the intercept is the last.
struct Normal {
    size: usize,
    gradient: Vec<f64>,
    curvature: Vec<f64>,
}

impl Normal {
    fn of(scaled: &[f64], outcomes: &[f64], weights: &[f64]) -> Self {
        let size = weights.len();
        let mut normal = Self {
            size,
            gradient: weights.iter().map(|weight| PULL_TO_ZERO * weight).collect(),
            curvature: vec![0.0; size * size],
        };
        for at in 0..size {
            let last = at + 1 == size;
            normal.put(at, at, if last { PULL_OF_INTERCEPT } else { PULL_TO_ZERO });
        }
        if let Some((gradient, intercept)) = normal.gradient.last_mut().zip(weights.last()) {
            *gradient = PULL_OF_INTERCEPT * intercept;
        }
        let mut filled: Vec<(usize, f64)> = Vec::with_capacity(size);
        for (row, outcome) in scaled.chunks_exact(size - 1).zip(outcomes) {
            filled.clear();
            filled.extend(row.iter().copied().enumerate().filter(|(_, value)| *value != 0.0));
            filled.push((size - 1, 1.0));
            normal.add(&filled, *outcome, weights);
        }
        normal
    }

    fn add(&mut self, filled: &[(usize, f64)], outcome: f64, weights: &[f64]) {
        let weight = |at: usize| weights.get(at).copied().unwrap_or_default();
        let log_odds: f64 = filled.iter().map(|(at, value)| value * weight(*at)).sum();
        let expected = sigmoid(log_odds);
        let (error, curve) = (expected - outcome, expected * (1.0 - expected));
        for (seen, (at, value)) in filled.iter().enumerate() {
            if let Some(gradient) = self.gradient.get_mut(*at) {
                *gradient += error * value;
            }
            let Some(line) = self.curvature.get_mut(at * self.size..(at + 1) * self.size) else {
                continue;
            };
            for (other, beside) in filled.iter().take(seen + 1) {
                if let Some(cell) = line.get_mut(*other) {
                    *cell += curve * value * beside;
                }
            }
        }
    }

    fn at(&self, row: usize, column: usize) -> f64 {
        self.curvature
            .get(row * self.size + column)
            .copied()
            .unwrap_or_default()
    }

    fn put(&mut self, row: usize, column: usize, value: f64) {
        if let Some(cell) = self.curvature.get_mut(row * self.size + column) {
            *cell = value;
        }
    }

    /// The step that the curvature makes of the gradient, by Cholesky's factors. `None` where there are none.
    fn solved(mut self) -> Option<Vec<f64>> {
        for row in 0..self.size {
            for column in 0..=row {
                let sum: f64 = (0..column).map(|at| self.at(row, at) * self.at(column, at)).sum();
                let rest = self.at(row, column) - sum;
                if column < row {
                    self.put(row, column, rest / self.at(column, column));
                } else if rest > 0.0 && rest.is_finite() {
                    self.put(row, row, rest.sqrt());
                } else {
                    return None;
                }
            }
        }
        let mut step = std::mem::take(&mut self.gradient);
        for row in 0..self.size {
            let known: f64 = step
                .iter()
                .take(row)
                .enumerate()
                .map(|(at, part)| self.at(row, at) * part)
                .sum();
            let part = step.get_mut(row)?;
            *part = (*part - known) / self.at(row, row);
        }
        for row in (0..self.size).rev() {
            let after = step.iter().enumerate().skip(row + 1);
            let known: f64 = after.map(|(at, part)| self.at(at, row) * part).sum();
            let part = step.get_mut(row)?;
            *part = (*part - known) / self.at(row, row);
        }
        Some(step)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_the_optimum_the_penalised_gradient_is_zero() {
        let rows = [
            [1.0, 0.5],
            [0.0, -1.5],
            [1.0, 2.0],
            [0.0, 0.1],
            [1.0, -0.7],
            [0.0, 1.1],
        ];
        let outcomes = [1.0, 0.0, 1.0, 0.0, 0.0, 1.0];
        let scaled: Vec<f64> = rows.concat();
        let mut weights = vec![0.0; 3];
        for _ in 0..20 {
            let step = Normal::of(&scaled, &outcomes, &weights).solved().unwrap();
            weights
                .iter_mut()
                .zip(step)
                .for_each(|(weight, part)| *weight -= part);
        }
        let error = |row: &[f64; 2], outcome: f64| {
            sigmoid(row[0] * weights[0] + row[1] * weights[1] + weights[2]) - outcome
        };
        let errors = || {
            rows.iter()
                .zip(outcomes)
                .map(|(row, outcome)| (row, error(row, outcome)))
        };
        for column in 0..2 {
            let gradient: f64 =
                errors().map(|(row, error)| row[column] * error).sum::<f64>() + weights[column];
            assert!(gradient.abs() < 1e-9, "{gradient}");
        }
        assert!(errors().map(|(_, error)| error).sum::<f64>().abs() < 1e-6);
    }
}
