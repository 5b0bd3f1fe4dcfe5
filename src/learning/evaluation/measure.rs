use std::fmt;

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

/// How many times a test set is drawn again, with replacement, for an interval.
const RESAMPLES: usize = 1_000;

/// A figure and the interval that holds it in 95 of 100 resamples of the test rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// On the test rows as they are.
    pub value: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// A figure with the interval of its resamples; those that are no number are left out.
    #[must_use]
    pub fn of_resamples(value: f64, mut resamples: Vec<f64>) -> Self {
        resamples.retain(|figure| figure.is_finite());
        resamples.sort_by(f64::total_cmp);
        let at = |index: usize| {
            let last = resamples.len().saturating_sub(1);
            resamples.get(index.min(last)).copied().unwrap_or(value)
        };
        Self {
            value,
            low: at(resamples.len() / 40),
            high: at(resamples.len() - resamples.len() / 40),
        }
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.4} [{:.4}, {:.4}]", self.value, self.low, self.high)
    }
}

/// How good probabilities are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// Test rows.
    pub rows: usize,
    /// Those with the outcome.
    pub positives: usize,
    /// Mean negative log-likelihood; smaller is better.
    pub logloss: Interval,
    /// Chance that a positive scores above a negative; greater is better.
    pub auc: Interval,
    /// Expected calibration error over ten equally wide bins of probability; smaller is better.
    pub ece: f64,
    /// What that error stays below in 95 of 100 draws of outcomes from these very probabilities: chance alone gives a
    /// perfect model of this size as much.
    pub ece_by_chance: f64,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            rows,
            positives,
            logloss,
            auc,
            ece,
            ece_by_chance,
        } = self;
        write!(
            f,
            "{rows} rows, {positives} positive: logloss {logloss}, AUC {auc}, ECE {ece:.4} (by chance {ece_by_chance:.4})"
        )
    }
}

/// Measures (probability, outcome) pairs; the resamples are drawn from `seed`.
#[must_use]
pub fn measure(pairs: &[(f64, bool)], seed: u64) -> Measured {
    let mut sorted = pairs.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let once = vec![1_u32; sorted.len()];
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    let (mut losses, mut areas) = (Vec::new(), Vec::new());
    for _ in 0..RESAMPLES {
        let times = resampled(sorted.len(), &mut generator);
        losses.push(logloss(&sorted, &times));
        areas.push(auc(&sorted, &times));
    }
    Measured {
        rows: pairs.len(),
        positives: pairs.iter().filter(|(_, outcome)| *outcome).count(),
        logloss: Interval::of_resamples(logloss(&sorted, &once), losses),
        auc: Interval::of_resamples(auc(&sorted, &once), areas),
        ece: ece(pairs),
        ece_by_chance: ece_by_chance(pairs, &mut generator),
    }
}

/// The mean gap between what was expected and what happened, over ten equally wide bins.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a probability times ten"
)]
fn ece(pairs: &[(f64, bool)]) -> f64 {
    let mut gaps = [0.0; 10];
    for (p, outcome) in pairs {
        let bin = ((p.clamp(0.0, 1.0) * 10.0) as usize).min(9);
        if let Some(gap) = gaps.get_mut(bin) {
            *gap += p - f64::from(u8::from(*outcome));
        }
    }
    gaps.iter().map(|gap| gap.abs()).sum::<f64>() / pairs.len().max(1) as f64
}

fn ece_by_chance(pairs: &[(f64, bool)], generator: &mut ChaCha8Rng) -> f64 {
    const DRAWS: usize = 200;
    let mut draws: Vec<f64> = (0..DRAWS)
        .map(|_| {
            let drawn: Vec<(f64, bool)> = pairs
                .iter()
                .map(|(p, _)| {
                    (
                        *p,
                        (generator.next_u64() >> 11) as f64 / (1_u64 << 53) as f64 <= *p,
                    )
                })
                .collect();
            ece(&drawn)
        })
        .collect();
    draws.sort_by(f64::total_cmp);
    draws.get(DRAWS * 19 / 20).copied().unwrap_or_default()
}

/// How often each row comes in one resample, drawn with replacement.
#[expect(clippy::cast_possible_truncation, reason = "a remainder of a length")]
pub(super) fn resampled(rows: usize, generator: &mut ChaCha8Rng) -> Vec<u32> {
    let mut times = vec![0; rows];
    for _ in 0..rows {
        let at = (generator.next_u64() % rows as u64) as usize;
        if let Some(times) = times.get_mut(at) {
            *times += 1;
        }
    }
    times
}

/// The mean of differences, one a test row, and the interval that holds it in 95 of 100 resamples of the rows.
pub(super) fn paired(differences: &[f64], seed: u64) -> Interval {
    let mean = |times: &[u32]| {
        let pairs = differences.iter().zip(times);
        let sum: f64 = pairs.map(|(value, times)| value * f64::from(*times)).sum();
        sum / times.iter().map(|times| f64::from(*times)).sum::<f64>().max(1.0)
    };
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    let resamples = (0..RESAMPLES).map(|_| mean(&resampled(differences.len(), &mut generator)));
    Interval::of_resamples(mean(&vec![1; differences.len()]), resamples.collect())
}

fn logloss(rows: &[(f64, bool)], times: &[u32]) -> f64 {
    let loss = |&(p, outcome): &(f64, bool)| {
        let p = p.clamp(1e-9, 1.0 - 1e-9);
        if outcome { -p.ln() } else { -(1.0 - p).ln() }
    };
    let sum: f64 = rows
        .iter()
        .zip(times)
        .map(|(row, times)| loss(row) * f64::from(*times))
        .sum();
    let count: f64 = times.iter().map(|times| f64::from(*times)).sum();
    sum / count.max(1.0)
}

/// By ranks, ties counted half; the rows ascend.
fn auc(rows: &[(f64, bool)], times: &[u32]) -> f64 {
    let (mut below, mut area, mut positives) = (0.0, 0.0, 0.0);
    let (mut tied_negatives, mut tied_positives, mut last) = (0.0, 0.0, f64::NEG_INFINITY);
    let closing = (f64::INFINITY, false);
    for (&(p, outcome), times) in rows.iter().zip(times).chain([(&closing, &0)]) {
        if p > last {
            area += tied_positives * (below + tied_negatives / 2.0);
            below += tied_negatives;
            positives += tied_positives;
            (tied_negatives, tied_positives, last) = (0.0, 0.0, p);
        }
        let slot = if outcome {
            &mut tied_positives
        } else {
            &mut tied_negatives
        };
        *slot += f64::from(*times);
    }
    area / (below * positives)
}
