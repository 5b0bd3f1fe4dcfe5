//! FTRL-Proximal logistic regression over hashed, binary features.
//!
//! McMahan et al., "Ad Click Prediction: a View from the Trenches", KDD 2013, algorithm 1. Each coordinate i
//! keeps z_i and n_i (the sum of squared gradients). Its weight is never stored, but read from them:
//!
//! ```text
//! w_i = 0                                                       if |z_i| <= l1
//!     = -(z_i - sign(z_i) l1) / ((beta + sqrt(n_i)) / alpha + l2)   otherwise
//! ```
//!
//! and an example (x, y) of importance c moves each coordinate of x by
//!
//! ```text
//! g = c (p - y);  sigma = (sqrt(n_i + g^2) - sqrt(n_i)) / alpha;  z_i += g - sigma w_i;  n_i += g^2
//! ```
//!
//! The importance may be negative: that is how a correction takes an example back. Coordinates live in
//! blocks behind `Arc`s: a clone shares all of them, and learning copies only the blocks it touches, so a
//! published snapshot costs no more than what changed since the last.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::features::{BUCKETS, Features};

/// Rates and penalties of the learner.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    /// Scale of the per-coordinate learning rate.
    pub alpha: f32,
    /// Softens the rate of rarely seen coordinates.
    pub beta: f32,
    /// L1 penalty: a coordinate speaks only once its evidence exceeds it.
    pub l1: f32,
    /// L2 penalty.
    pub l2: f32,
    /// `alpha` of the bias, which learns faster so that the base rate is not spread over every feature.
    pub bias_alpha: f32,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            alpha: 0.1,
            beta: 1.0,
            l1: 0.1,
            l2: 1.0,
            bias_alpha: 0.5,
        }
    }
}

impl Rates {
    const fn alpha_of(self, at: u32) -> f32 {
        if at == 0 { self.bias_alpha } else { self.alpha }
    }
}

/// What is expected of an example.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// Log-odds of the outcome.
    pub logit: f64,
    /// Standard deviation of the log-odds, from the counters: the inverse root of the information that the
    /// example's features have gathered, each taken as independent.
    pub deviation: f64,
}

impl Prediction {
    /// Probability of the outcome, before calibration.
    #[must_use]
    pub fn probability(self) -> f64 {
        sigmoid(self.logit)
    }
}

/// The logistic function.
#[must_use]
pub fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Coordinate {
    z: f32,
    n: f32,
}

const BLOCK: usize = 256;
type Block = [Coordinate; BLOCK];

/// The learner and its weights. Cloning shares every block.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Ftrl {
    rates: Rates,
    blocks: Vec<Arc<Block>>,
}

impl Ftrl {
    /// A learner that has seen nothing.
    #[must_use]
    pub fn new(rates: Rates) -> Self {
        let empty = Arc::new([Coordinate::default(); BLOCK]);
        Self {
            rates,
            blocks: vec![empty; BUCKETS / BLOCK],
        }
    }

    /// What is expected of an example with these features. Never NaN while every importance was finite.
    #[must_use]
    pub fn predict(&self, features: &Features) -> Prediction {
        let (mut logit, mut variance) = (0.0, 0.0);
        for at in features.iter() {
            let coordinate = self.coordinate(at);
            logit += f64::from(self.weight(at, coordinate));
            variance += 1.0 / (1.0 + f64::from(coordinate.n));
        }
        Prediction {
            logit: logit.clamp(-MOST_LOGIT, MOST_LOGIT),
            deviation: variance.sqrt(),
        }
    }

    /// Learns that an example had the outcome (`label` 1) or not (0). A negative `importance` takes it back.
    pub fn learn(&mut self, features: &Features, label: f64, importance: f64) {
        let error = (self.predict(features).probability() - label) * importance;
        if !error.is_finite() {
            return;
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the state is kept in single precision"
        )]
        let gradient = error as f32;
        for at in features.iter() {
            let alpha = self.rates.alpha_of(at);
            let weight = self.weight(at, self.coordinate(at));
            if let Some(coordinate) = self.coordinate_mut(at) {
                let n = coordinate.n + gradient * gradient;
                let sigma = (n.sqrt() - coordinate.n.sqrt()) / alpha;
                coordinate.z += gradient - sigma * weight;
                coordinate.n = n;
            }
        }
    }

    /// Feeds every coordinate to a digest.
    pub(super) fn digest(&self, hasher: &mut blake3::Hasher) {
        for coordinate in self.blocks.iter().flat_map(|block| block.iter()) {
            hasher.update(&coordinate.z.to_le_bytes());
            hasher.update(&coordinate.n.to_le_bytes());
        }
    }

    /// The bias (bucket 0) carries no penalty: the base rate is not a surprise.
    fn weight(&self, at: u32, coordinate: Coordinate) -> f32 {
        let Rates { beta, l1, l2, .. } = self.rates;
        let alpha = self.rates.alpha_of(at);
        let (l1, l2) = if at == 0 { (0.0, 0.0) } else { (l1, l2) };
        if coordinate.z.abs() <= l1 {
            return 0.0;
        }
        let beyond = coordinate.z - coordinate.z.signum() * l1;
        -beyond / ((beta + coordinate.n.sqrt()) / alpha + l2)
    }

    fn coordinate(&self, at: u32) -> Coordinate {
        let at = at as usize;
        let block = self.blocks.get(at / BLOCK);
        block
            .and_then(|block| block.get(at % BLOCK))
            .copied()
            .unwrap_or_default()
    }

    fn coordinate_mut(&mut self, at: u32) -> Option<&mut Coordinate> {
        let at = at as usize;
        Arc::make_mut(self.blocks.get_mut(at / BLOCK)?).get_mut(at % BLOCK)
    }
}

/// Log-odds beyond this say no more than it does.
const MOST_LOGIT: f64 = 20.0;

/// How the learner is written down: of the blocks that nothing was learnt in, nothing.
#[derive(Serialize, Deserialize)]
struct Stored {
    rates: Rates,
    blocks: Vec<Option<Vec<Coordinate>>>,
}

impl From<Ftrl> for Stored {
    fn from(learner: Ftrl) -> Self {
        let empty = [Coordinate::default(); BLOCK];
        let blocks = learner.blocks.iter();
        let blocks = blocks.map(|block| (**block != empty).then(|| block.to_vec()));
        Self {
            rates: learner.rates,
            blocks: blocks.collect(),
        }
    }
}

impl TryFrom<Stored> for Ftrl {
    type Error = String;

    fn try_from(stored: Stored) -> Result<Self, String> {
        let mut learner = Self::new(stored.rates);
        if stored.blocks.len() != learner.blocks.len() {
            return Err("another number of blocks".to_owned());
        }
        for (block, stored) in learner.blocks.iter_mut().zip(stored.blocks) {
            if let Some(cells) = stored {
                let cells: Block = cells.try_into().map_err(|_| "a block of another length")?;
                *block = Arc::new(cells);
            }
        }
        Ok(learner)
    }
}
