//! From a score to a probability that means what it says.
//!
//! The calibration is fitted on progressive predictions: each example is scored before it is learnt from, so
//! the fit never sees a score of an example that the model was trained on. Scores are kept as a histogram over
//! the log-odds. With few positives the fit is Platt's (a line through the log-odds: Platt 1999, with a prior
//! that pulls it to the identity), with many it is isotonic (pool adjacent violators: Ayer et al. 1955),
//! interpolated between the pools so that better scores stay better. Without data it is the identity.

use serde::{Deserialize, Serialize};

use super::ftrl::sigmoid;

/// How many examples the calibration remembers: older ones fade, so that it follows a drifting base rate.
const MEMORY: f64 = 20_000.0;
/// Below this many positives the scores are left as they are.
const PLATT_FROM: f64 = 10.0;
/// From this many positives on the fit is isotonic.
const ISOTONIC_FROM: f64 = 1_000.0;

const CELLS: usize = 200;
const REACH: f64 = 10.0;

#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Cell {
    weight: f64,
    positive: f64,
    logit: f64,
}

/// Collects progressive predictions.
#[derive(Debug, Clone)]
pub struct Scores {
    cells: Vec<Cell>,
    scale: f64,
    memory: f64,
}

impl Default for Scores {
    fn default() -> Self {
        Self::remembering(MEMORY)
    }
}

impl Scores {
    /// Forgets nothing: every note weighs the same, as for a model that is fitted to all of its examples alike.
    #[must_use]
    pub fn of_all() -> Self {
        Self::remembering(f64::INFINITY)
    }

    /// Follows what comes: a note weighs 1/e once so many later ones have come.
    #[must_use]
    pub fn remembering(memory: f64) -> Self {
        Self {
            cells: vec![Cell::default(); CELLS],
            scale: 1.0,
            memory,
        }
    }

    /// Notes that an example scored `logit` before it was learnt from, and what came of it. A negative
    /// `importance` takes a note back.
    pub fn note(&mut self, logit: f64, label: f64, importance: f64) {
        if !(logit.is_finite() && label.is_finite() && importance.is_finite()) {
            return;
        }
        // Instead of fading every cell, each newer note weighs more.
        self.scale *= 1.0 + importance.max(0.0) / self.memory;
        let added = importance * self.scale;
        if let Some(cell) = self.cells.get_mut(cell_of(logit)) {
            cell.weight = (cell.weight + added).max(0.0);
            cell.positive = (cell.positive + added * label).max(0.0);
            cell.logit += added * logit;
        }
        if self.scale > 1e9 {
            self.rescale();
        }
    }

    fn rescale(&mut self) {
        for cell in &mut self.cells {
            cell.weight /= self.scale;
            cell.positive /= self.scale;
            cell.logit /= self.scale;
        }
        self.scale = 1.0;
    }

    /// Whether so few had the outcome that the scores are left as they are.
    #[must_use]
    pub fn is_thin(&self) -> bool {
        let positives: f64 = self.cells.iter().map(|cell| cell.positive).sum();
        positives / self.scale < PLATT_FROM
    }

    /// The calibration that these scores call for.
    #[must_use]
    pub fn fit(&self) -> Calibration {
        let cells: Vec<Cell> = self
            .cells
            .iter()
            .filter(|cell| cell.weight > 1e-9 * self.scale)
            .map(|cell| Cell {
                weight: cell.weight / self.scale,
                positive: (cell.positive / self.scale).min(cell.weight / self.scale),
                logit: cell.logit / cell.weight,
            })
            .collect();
        let positives: f64 = cells.iter().map(|cell| cell.positive).sum();
        if positives < PLATT_FROM {
            Calibration::Identity
        } else if positives < ISOTONIC_FROM {
            platt(&cells)
        } else {
            isotonic(&cells)
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the cells"
)]
fn cell_of(logit: f64) -> usize {
    let share = (logit.clamp(-REACH, REACH) + REACH) / (2.0 * REACH);
    ((share * CELLS as f64) as usize).min(CELLS - 1)
}

/// A monotone map from log-odds to probability.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub enum Calibration {
    /// The score as it is.
    #[default]
    Identity,
    /// sigmoid(slope x logit + offset); the slope is not negative.
    Platt {
        /// Of the line.
        slope: f64,
        /// Of the line.
        offset: f64,
    },
    /// Straight lines between (log-odds, probability) points, both ascending.
    Isotonic(Vec<(f64, f64)>),
}

impl Calibration {
    /// The probability of an outcome whose score is `logit`: between 0 and 1, never falling in `logit`.
    #[must_use]
    pub fn probability(&self, logit: f64) -> f64 {
        match self {
            Self::Identity => sigmoid(logit),
            Self::Platt { slope, offset } => sigmoid(slope * logit + offset),
            Self::Isotonic(points) => interpolated(points, logit),
        }
    }

    pub(super) fn digest(&self, hasher: &mut blake3::Hasher) {
        let mut number = |number: f64| {
            hasher.update(&number.to_le_bytes());
        };
        match self {
            Self::Identity => number(0.0),
            Self::Platt { slope, offset } => [1.0, *slope, *offset].into_iter().for_each(number),
            Self::Isotonic(points) => points.iter().flat_map(|&(x, y)| [x, y]).for_each(number),
        }
    }
}

/// Newton's steps on the penalised likelihood, from the identity.
fn platt(cells: &[Cell]) -> Calibration {
    // The prior of the line: slope 1, offset 0, each with this precision (as many pseudo-outcomes).
    const PRIOR: f64 = 2.0;
    let (mut slope, mut offset) = (1.0, 0.0);
    for _ in 0..25 {
        let (mut gs, mut go) = (PRIOR * (slope - 1.0), PRIOR * 0.1 * offset);
        let (mut hss, mut hso, mut hoo) = (PRIOR, 0.0, PRIOR * 0.1);
        for cell in cells {
            let p = sigmoid(slope * cell.logit + offset);
            let (error, curve) = (cell.weight * p - cell.positive, cell.weight * p * (1.0 - p));
            gs += error * cell.logit;
            go += error;
            hss += curve * cell.logit * cell.logit;
            hso += curve * cell.logit;
            hoo += curve;
        }
        let determinant = hss * hoo - hso * hso;
        if determinant <= 1e-12 {
            break;
        }
        slope = (slope - ((hoo * gs - hso * go) / determinant).clamp(-0.5, 0.5)).max(0.0);
        offset -= ((hss * go - hso * gs) / determinant).clamp(-1.0, 1.0);
    }
    Calibration::Platt { slope, offset }
}

/// Pools adjacent violators, then joins the centres of the pools.
fn isotonic(cells: &[Cell]) -> Calibration {
    let mut pools: Vec<Cell> = Vec::with_capacity(cells.len());
    for cell in cells {
        let mut pool = *cell;
        while let Some(last) = pools.last() {
            if last.positive / last.weight < pool.positive / pool.weight {
                break;
            }
            let weight = last.weight + pool.weight;
            pool = Cell {
                weight,
                positive: last.positive + pool.positive,
                logit: (last.logit * last.weight + pool.logit * pool.weight) / weight,
            };
            pools.pop();
        }
        pools.push(pool);
    }
    // Half an outcome each way keeps a pool without positives from promising zero.
    let point = |pool: &Cell| (pool.logit, (pool.positive + 0.05) / (pool.weight + 0.1));
    let mut points: Vec<(f64, f64)> = pools.iter().map(point).collect();
    let mut least = 0.0_f64;
    for (_, probability) in &mut points {
        least = least.max(*probability);
        *probability = least;
    }
    Calibration::Isotonic(points)
}

fn interpolated(points: &[(f64, f64)], logit: f64) -> f64 {
    let after = points.partition_point(|&(x, _)| x <= logit);
    let right = points.get(after);
    let left = after.checked_sub(1).and_then(|before| points.get(before));
    match (left, right) {
        (Some(&(x0, y0)), Some(&(x1, y1))) => y0 + (y1 - y0) * (logit - x0) / (x1 - x0),
        (Some(&(_, y)), None) | (None, Some(&(_, y))) => y,
        (None, None) => sigmoid(logit),
    }
}
