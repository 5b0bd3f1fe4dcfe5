//! What another way of choosing would have been worth, told from what was logged.
//!
//! Each logged choice weighs w = p(target) / p(logged), how much more often the target would have chosen it. The
//! estimators are those of Dudík, Langford and Li (ICML 2011) and Swaminathan and Joachims (NIPS 2015):
//!
//! ```text
//! IPS          mean of w r
//! clipped IPS  mean of min(w, limit) r            less noise, and never too much
//! SNIPS        sum of w r / sum of w              cannot leave the range of r
//! DR           mean of q(target) + w (r - q)      q a model of r; right if either q or the propensities are
//! ```
//!
//! None of them can see where the log did not go. So each comes with its effective sample size (sum of w)² / (sum of w²) and
//! its largest weight, and where the support is too thin there is no number at all: a wild figure with a warning
//! beside it is still read as a figure.

use std::fmt;

use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use super::measure::{Interval, resampled};

/// One logged choice, and what the target makes of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Logged {
    /// What it brought.
    pub reward: f64,
    /// The probability with which it was chosen: above 0, at most 1.
    pub propensity: f64,
    /// The probability with which the target would have chosen it: 0 to 1.
    pub target: f64,
    /// What a model expects of it, for the doubly robust estimate.
    pub expected: f64,
    /// What the model expects of the target's choices here.
    pub expected_of_target: f64,
}

impl Logged {
    /// How much more often the target would have chosen it.
    #[must_use]
    pub fn weight(&self) -> f64 {
        self.target / self.propensity
    }

    fn is_sound(&self) -> bool {
        let finite = [self.reward, self.target, self.expected, self.expected_of_target];
        self.propensity > 0.0
            && self.propensity <= 1.0
            && (0.0..=1.0).contains(&self.target)
            && finite.iter().all(|number| number.is_finite())
    }
}

/// What carries an estimate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Support {
    /// Logged choices.
    pub rows: usize,
    /// Those with a reward that the target could have chosen.
    pub rewarded: usize,
    /// As many equally weighted choices would tell as much.
    pub effective: f64,
    /// The largest weight.
    pub largest: f64,
    /// The mean weight: 1 where the logged propensities are right and cover the target.
    pub mean: f64,
}

/// Below this effective sample size there is no number.
const FEWEST_EFFECTIVE: f64 = 100.0;
/// Below so many rewarded choices there is no number.
const FEWEST_REWARDED: usize = 10;
/// One choice that carries more of the total weight than this leaves no number.
const LARGEST_PART: f64 = 0.1;
/// A mean weight further from 1 than this is worth a warning.
const MEAN_OFF: f64 = 0.1;
/// How often an interval draws the log anew.
const RESAMPLES: usize = 1_000;

/// Why there is no number.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum Thin {
    /// A row is impossible: a propensity outside (0, 1], a probability outside [0, 1], something not finite.
    #[error("row {0} is impossible: a propensity must be above 0 and at most 1, and every number finite")]
    Impossible(usize),
    /// The log says too little about the target.
    #[error(
        "{rows} logged choices say as much about the target as {effective:.1} of its own would; at least {FEWEST_EFFECTIVE} are needed"
    )]
    Effective {
        /// Logged choices.
        rows: usize,
        /// Effective ones.
        effective: f64,
    },
    /// Too few rewards.
    #[error(
        "only {0} rewarded choices are among those that the target could make; at least {FEWEST_REWARDED} are needed"
    )]
    Rewarded(usize),
    /// One choice decides everything.
    #[error("one logged choice carries {:.0} % of all weight (its weight is {largest:.0}); at most {:.0} % may rest on one", part * 100.0, LARGEST_PART * 100.0)]
    OneChoice {
        /// Its weight.
        largest: f64,
        /// Its part of all weight.
        part: f64,
    },
}

/// What the target would have been worth a choice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimates {
    /// Inverse propensities.
    pub ips: Interval,
    /// With every weight at most the limit.
    pub clipped: Interval,
    /// Self-normalised.
    pub snips: Interval,
    /// Doubly robust.
    pub doubly_robust: Interval,
    /// What carries them.
    pub support: Support,
}

impl fmt::Display for Estimates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |at: &Interval| format!("{:.5} [{:.5}, {:.5}]", at.value, at.low, at.high);
        write!(
            f,
            "IPS {}, clipped {}, SNIPS {}, DR {}; {}",
            shown(&self.ips),
            shown(&self.clipped),
            shown(&self.snips),
            shown(&self.doubly_robust),
            self.support
        )
    }
}

impl fmt::Display for Support {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            rows,
            rewarded,
            effective,
            largest,
            mean,
        } = self;
        write!(
            f,
            "{rows} choices, {rewarded} rewarded; effective sample size {effective:.1}, largest weight {largest:.1}"
        )?;
        if (mean - 1.0).abs() > MEAN_OFF {
            write!(f, "; warning: the mean weight is {mean:.2} and ought to be 1")?;
        }
        Ok(())
    }
}

/// What carries an estimate, whether or not that is enough.
#[must_use]
pub fn support(log: &[Logged]) -> Support {
    let weights = || log.iter().map(Logged::weight);
    let sum: f64 = weights().sum();
    let squares: f64 = weights().map(|weight| weight * weight).sum();
    Support {
        rows: log.len(),
        rewarded: log
            .iter()
            .filter(|row| row.reward != 0.0 && row.target > 0.0)
            .count(),
        effective: if squares > 0.0 { sum * sum / squares } else { 0.0 },
        largest: weights().fold(0.0, f64::max),
        mean: sum / log.len().max(1) as f64,
    }
}

/// The four point estimates, whatever carries them: IPS, clipped at `limit`, SNIPS, doubly robust.
///
/// For comparing arithmetic. For a decision, ask [`estimate`], which refuses where the support is too thin.
#[must_use]
pub fn points(log: &[Logged], limit: f64) -> [f64; 4] {
    weighted(log, &vec![1; log.len()], limit)
}

/// What the target would have been worth a choice, with intervals that hold it in 95 of 100 resamples of the log.
/// `limit` clips the weights of the clipped estimate; the resamples are drawn from `seed`.
///
/// # Errors
/// [`Thin`] says why the log cannot tell.
pub fn estimate(log: &[Logged], limit: f64, seed: u64) -> Result<Estimates, Thin> {
    if let Some(row) = log.iter().position(|row| !row.is_sound()) {
        return Err(Thin::Impossible(row + 1));
    }
    let support = enough(log)?;
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    let drawn: Vec<[f64; 4]> = (0..RESAMPLES)
        .map(|_| weighted(log, &resampled(log.len(), &mut generator), limit))
        .collect();
    let [ips, clipped, snips, doubly_robust] = points(log, limit);
    let interval =
        |value: f64, of: fn(&[f64; 4]) -> f64| Interval::of_resamples(value, drawn.iter().map(of).collect());
    Ok(Estimates {
        ips: interval(ips, |[ips, _, _, _]| *ips),
        clipped: interval(clipped, |[_, clipped, _, _]| *clipped),
        snips: interval(snips, |[_, _, snips, _]| *snips),
        doubly_robust: interval(doubly_robust, |[_, _, _, robust]| *robust),
        support,
    })
}

fn enough(log: &[Logged]) -> Result<Support, Thin> {
    let support = support(log);
    let part = support.largest / (support.mean * support.rows as f64).max(f64::MIN_POSITIVE);
    if part > LARGEST_PART {
        Err(Thin::OneChoice {
            largest: support.largest,
            part,
        })
    } else if support.effective < FEWEST_EFFECTIVE {
        Err(Thin::Effective {
            rows: support.rows,
            effective: support.effective,
        })
    } else if support.rewarded < FEWEST_REWARDED {
        Err(Thin::Rewarded(support.rewarded))
    } else {
        Ok(support)
    }
}

/// The point estimates with each row counted so many times.
fn weighted(log: &[Logged], times: &[u32], limit: f64) -> [f64; 4] {
    let (mut count, mut weights) = (0.0, 0.0);
    let (mut ips, mut clipped, mut robust) = (0.0, 0.0, 0.0);
    for (row, times) in log.iter().zip(times) {
        let (times, weight) = (f64::from(*times), row.weight());
        count += times;
        weights += times * weight;
        ips += times * weight * row.reward;
        clipped += times * weight.min(limit) * row.reward;
        robust += times * (row.expected_of_target + weight * (row.reward - row.expected));
    }
    [ips / count, clipped / count, ips / weights, robust / count]
}
