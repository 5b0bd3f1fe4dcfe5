//! An interval that may be looked at after every outcome.
//!
//! Whoever looks at an ordinary 95 % interval again and again will, sooner or later, see it miss the truth: with one look an
//! outcome that is nearly certain. What decides by itself here (a version rolled back, a hand-over frozen) looks at every
//! outcome, so it uses an asymptotic confidence sequence, which holds at all of them together (Waudby-Smith, Arbour,
//! Sinha, Kennedy and Ramdas, "Time-uniform central limit theory and asymptotic confidence sequences", 2021, theorem 2.2):
//!
//! ```text
//! mean ± deviation · sqrt( 2 (n r² + 1) / (n² r²) · ln( sqrt(n r² + 1) / alpha ) )
//! ```
//!
//! where r is chosen so that the interval is narrowest at [`NARROWEST_AT`] outcomes.

/// The chance that the interval ever misses the truth.
const ALPHA: f64 = 0.05;
/// At how many outcomes the interval is as narrow as it can be.
const NARROWEST_AT: f64 = 1_000.0;
/// It holds for many outcomes; fewer than this are too few to say anything.
pub(super) const FEWEST: f64 = 100.0;

/// The count, the sum and the sum of the squares of some numbers.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Moments {
    count: f64,
    sum: f64,
    squares: f64,
}

impl Moments {
    /// Adds a number; with `times` -1 takes it back.
    pub(super) fn add(&mut self, number: f64, times: f64) {
        if number.is_finite() {
            self.count += times;
            self.sum += times * number;
            self.squares += times * number * number;
        }
    }

    /// How many.
    pub(super) const fn count(&self) -> f64 {
        self.count
    }

    /// Their mean; 0 of none.
    pub(super) fn mean(&self) -> f64 {
        if self.count > 0.0 {
            self.sum / self.count
        } else {
            0.0
        }
    }

    /// Where the true mean lies, at every look; `None` while there are too few.
    pub(super) fn interval(&self) -> Option<(f64, f64)> {
        let mean = self.mean();
        interval(self.count, mean, self.squares / self.count - mean * mean)
    }
}

/// What two ways of deciding are worth that were drawn at random, from what came of both.
///
/// Each decision was made the first way with a known probability, else the second way. With w the inverse of that
/// probability for the first and minus the inverse for the second, the mean of w times the reward is the difference of
/// what both are worth (inverse propensity scoring). The mean of w is 0, so a constant may be taken from the rewards
/// first: here their mean, which makes the interval much narrower.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Compared {
    count: f64,
    reward: f64,
    weight: f64,
    weight2: f64,
    weighted: f64,
    weighted2: f64,
    squared: f64,
}

impl Compared {
    /// Adds a decision; with `times` -1 takes it back.
    pub(super) fn add(&mut self, weight: f64, reward: f64, times: f64) {
        if !(weight.is_finite() && reward.is_finite()) {
            return;
        }
        self.count += times;
        self.reward += times * reward;
        self.weight += times * weight;
        self.weight2 += times * weight * weight;
        self.weighted += times * weight * reward;
        self.weighted2 += times * weight * weight * reward;
        self.squared += times * (weight * reward).powi(2);
    }

    /// How many.
    pub(super) const fn count(&self) -> f64 {
        self.count
    }

    /// By how much the first way is better, a decision; 0 of none.
    pub(super) fn difference(&self) -> f64 {
        if self.count > 0.0 {
            let centre = self.reward / self.count;
            (self.weighted - centre * self.weight) / self.count
        } else {
            0.0
        }
    }

    /// Where the true difference lies, at every look; `None` while there are too few.
    pub(super) fn interval(&self) -> Option<(f64, f64)> {
        let centre = self.reward / self.count;
        let squares = self.squared - 2.0 * centre * self.weighted2 + centre * centre * self.weight2;
        let difference = self.difference();
        interval(
            self.count,
            difference,
            squares / self.count - difference * difference,
        )
    }
}

fn interval(count: f64, mean: f64, variance: f64) -> Option<(f64, f64)> {
    if count < FEWEST || !(mean.is_finite() && variance.is_finite()) {
        return None;
    }
    let twice = -2.0 * ALPHA.ln();
    let r2 = (twice + twice.ln() + 1.0) / NARROWEST_AT;
    let grown = count.mul_add(r2, 1.0);
    let reach = (2.0 * grown / (count * count * r2) * (grown.sqrt() / ALPHA).ln()).sqrt();
    let reach = reach * variance.max(0.0).sqrt();
    Some((mean - reach, mean + reach))
}

#[cfg(test)]
mod tests {
    use rand_chacha::{
        ChaCha8Rng,
        rand_core::{Rng, SeedableRng},
    };

    use super::{Compared, Moments};

    fn unit(generator: &mut ChaCha8Rng) -> f64 {
        (generator.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    #[test]
    fn looking_after_every_outcome_misses_the_truth_in_at_most_one_run_in_twenty() {
        let runs = 400;
        let missed = (0..runs).filter(|run| {
            let mut generator = ChaCha8Rng::seed_from_u64(*run);
            let mut moments = Moments::default();
            (0..3_000).any(|_| {
                moments.add(f64::from(u8::from(unit(&mut generator) < 0.3)), 1.0);
                moments
                    .interval()
                    .is_some_and(|(low, high)| low > 0.3 || high < 0.3)
            })
        });
        let missed = missed.count();
        assert!(missed * 20 <= runs as usize, "{missed} of {runs}");
    }

    #[test]
    fn a_difference_that_is_there_is_found_and_one_that_is_not_is_not() {
        let interval = |gain: f64| {
            let mut generator = ChaCha8Rng::seed_from_u64(7);
            let mut compared = Compared::default();
            for _ in 0..20_000 {
                let first = unit(&mut generator) < 0.9;
                let chance = if first { 0.05 + gain } else { 0.05 };
                let reward = f64::from(u8::from(unit(&mut generator) < chance));
                compared.add(if first { 1.0 / 0.9 } else { -10.0 }, reward, 1.0);
            }
            compared.interval().unwrap()
        };
        assert!(interval(-0.04).1 < 0.0, "{:?}", interval(-0.04));
        let (low, high) = interval(0.0);
        assert!(low < 0.0 && high > 0.0, "{low} {high}");
    }

    #[test]
    fn what_is_taken_back_leaves_nothing() {
        let mut compared = Compared::default();
        for times in [1.0, -1.0] {
            for n in 0..200 {
                compared.add(if n % 10 == 0 { -10.0 } else { 1.0 / 0.9 }, f64::from(n), times);
            }
        }
        assert!(compared.count().abs() < 1e-9 && compared.interval().is_none());
    }
}
