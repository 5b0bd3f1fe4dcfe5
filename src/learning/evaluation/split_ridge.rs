//! Ridge regression on a few dozen columns: the trend and the season beside which media are judged.

/// How strongly weights are pulled to zero, of columns in units of their deviation, per row.
const PULL: f64 = 0.01;

/// Fits a straight sum of columns to the first `learnt` rows and tells its answer for every row. The mean is not
/// pulled; a column that never varies counts for nothing.
pub(super) fn ridge(rows: &[Vec<f64>], wanted: &[f64], learnt: usize) -> Vec<f64> {
    let width = rows.first().map_or(0, Vec::len);
    let scales: Vec<(f64, f64)> = (0..width).map(|at| scale(rows, at, learnt)).collect();
    let scaled = |row: &Vec<f64>| -> Vec<f64> {
        let pairs = row.iter().zip(&scales);
        pairs
            .map(|(value, (mean, factor))| (value - mean) * factor)
            .collect()
    };
    let table: Vec<Vec<f64>> = rows.iter().map(scaled).collect();
    let level = wanted.iter().take(learnt).sum::<f64>() / size(learnt.max(1));
    let mut system: Vec<Vec<f64>> = vec![vec![0.0; width + 1]; width];
    for (row, wanted) in table.iter().zip(wanted).take(learnt) {
        for (equation, a) in system.iter_mut().zip(row) {
            let terms = row.iter().copied().chain([wanted - level]);
            for (sum, b) in equation.iter_mut().zip(terms) {
                *sum += a * b;
            }
        }
    }
    for (at, equation) in system.iter_mut().enumerate() {
        if let Some(diagonal) = equation.get_mut(at) {
            *diagonal += PULL * size(learnt);
        }
    }
    let weights = solved(system);
    let answer = |row: &Vec<f64>| level + row.iter().zip(&weights).map(|(x, w)| x * w).sum::<f64>();
    table.iter().map(answer).collect()
}

/// The mean of a column over the rows learnt from, and what brings its deviation to one.
fn scale(rows: &[Vec<f64>], at: usize, learnt: usize) -> (f64, f64) {
    let column = || rows.iter().take(learnt).filter_map(|row| row.get(at));
    let mean = column().sum::<f64>() / size(learnt.max(1));
    let variance = column().map(|value| (value - mean).powi(2)).sum::<f64>() / size(learnt.max(1));
    let factor = if variance > 1e-12 {
        variance.sqrt().recip()
    } else {
        0.0
    };
    (mean, factor)
}

/// Gauss and Jordan's elimination; the matrix is positive definite, so no pivot is sought.
fn solved(mut system: Vec<Vec<f64>>) -> Vec<f64> {
    for at in 0..system.len() {
        let Some(pivot_row) = system.get(at).cloned() else {
            continue;
        };
        let pivot = pivot_row.get(at).copied().unwrap_or(1.0);
        for (place, equation) in system.iter_mut().enumerate() {
            let factor = equation.get(at).copied().unwrap_or(0.0) / pivot;
            for (value, other) in equation.iter_mut().zip(&pivot_row) {
                if place == at {
                    *value /= pivot;
                } else {
                    *value -= factor * other;
                }
            }
        }
    }
    system
        .iter()
        .map(|equation| equation.last().copied().unwrap_or(0.0))
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "so many rows fit")]
const fn size(rows: usize) -> f64 {
    rows as f64
}
