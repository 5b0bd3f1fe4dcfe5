use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use super::measure::Interval;

/// How many times the pairs are drawn again, with replacement.
const RESAMPLES: usize = 1_000;

/// The mean of `ours` less the mean of `theirs`, each pair of one user, household or seed, with its paired bootstrap
/// interval.
#[must_use]
pub fn difference(ours: &[f64], theirs: &[f64], seed: u64) -> Interval {
    let gains: Vec<f64> = ours
        .iter()
        .zip(theirs)
        .map(|(ours, theirs)| ours - theirs)
        .collect();
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|_| resampled_mean(&gains, &mut generator))
        .collect();
    means.sort_by(f64::total_cmp);
    let value = mean(&gains);
    let at = |place: usize| means.get(place).copied().unwrap_or(value);
    Interval {
        value,
        low: at(RESAMPLES / 40),
        high: at(RESAMPLES - 1 - RESAMPLES / 40),
    }
}

/// The mean; 0 of nothing.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / (values.len().max(1) as f64)
}

#[expect(clippy::cast_possible_truncation, reason = "a remainder of a length")]
fn resampled_mean(values: &[f64], generator: &mut ChaCha8Rng) -> f64 {
    let count = values.len().max(1);
    let drawn = (0..count).map(|_| {
        let at = (generator.next_u64() % count as u64) as usize;
        values.get(at).copied().unwrap_or_default()
    });
    drawn.sum::<f64>() / count as f64
}
