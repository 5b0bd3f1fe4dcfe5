//! Thompson sampling with propensities that are computed, never counted.
//!
//! Each arm has a belief about the logarithm of its rate: a normal distribution. A choice draws once from every
//! belief and takes the greatest draw (Thompson 1933), so an arm is tried as often as it may be the best one. The
//! probability of that is an integral over one variable,
//!
//! ```text
//! P(i) = ∫ φ(z) Π_j≠i Φ((m_i + s_i z − m_j) / s_j) dz
//! ```
//!
//! which the trapezoid rule gives to more digits than anybody asks for, because the integrand and all its
//! derivatives vanish at both ends.
//!
//! Beliefs are sharpened before the draw ([`SHARPENED`]): plain Thompson sampling is right for an endless run, and
//! campaigns end. Chapelle and Li (NIPS 2011, section 3) call it posterior reshaping and found half the deviation
//! better than the whole for display advertising and for news.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

/// By how much a belief's deviation is scaled before a draw.
pub const SHARPENED: f64 = 0.5;

/// The belief about one arm: the logarithm of its rate is normal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arm {
    /// Of the logarithm.
    pub mean: f64,
    /// Of the logarithm; above 0.
    pub deviation: f64,
}

impl Arm {
    /// The belief after counting: a rate relative to what was expected, whose prior is Gamma(`prior`, `prior`), of
    /// which `answers` were seen where `expected` were expected. The logarithm of a Gamma(a, b) has mean ψ(a) − ln b and
    /// variance ψ′(a); the normal distribution with those moments stands in for it.
    #[must_use]
    pub fn counted(prior: f64, answers: f64, expected: f64) -> Self {
        let (shape, rate) = (prior + answers.max(0.0), prior + expected.max(0.0));
        Self::of_gamma(shape, rate)
    }

    /// The normal belief that stands in for a Gamma belief of that shape and rate, both above 0.
    #[must_use]
    pub fn of_gamma(shape: f64, rate: f64) -> Self {
        Self {
            mean: digamma(shape) - rate.ln(),
            deviation: trigamma(shape).sqrt(),
        }
    }

    /// The same belief held more firmly.
    #[must_use]
    pub fn sharpened(self) -> Self {
        Self {
            deviation: self.deviation * SHARPENED,
            ..self
        }
    }

    fn is_usable(self) -> bool {
        self.mean.is_finite() && self.deviation.is_finite() && self.deviation > 0.0
    }
}

/// One draw from each belief, each from its own stream of the seed: leaving an arm out does not move the others, so
/// what is wished without limits and what is chosen inside them come from the same draws.
#[derive(Debug)]
pub struct Draws {
    generator: ChaCha8Rng,
}

impl Draws {
    /// Of a decision's seed, for the purpose that `stream` numbers.
    #[must_use]
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream);
        Self { generator }
    }

    /// Uniform in (0, 1), 53 bits.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    pub fn uniform(&mut self) -> f64 {
        ((self.generator.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Standard normal (Box and Muller 1958).
    pub fn normal(&mut self) -> f64 {
        let (radius, angle) = (self.uniform(), self.uniform());
        (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
    }

    /// A draw from each belief, in order.
    pub fn of(&mut self, arms: &[Arm]) -> Vec<f64> {
        arms.iter()
            .map(|arm| arm.mean + arm.deviation * self.normal())
            .collect()
    }
}

/// The place of the greatest value; the first of two alike. `None` where there is none or one is not a number.
#[must_use]
pub fn greatest(values: &[f64]) -> Option<usize> {
    if values.iter().any(|value| value.is_nan()) {
        return None;
    }
    let better = |best: Option<(usize, f64)>, (at, value): (usize, &f64)| match best {
        Some((_, most)) if most >= *value => best,
        Some(_) | None => Some((at, *value)),
    };
    values.iter().enumerate().fold(None, better).map(|(at, _)| at)
}

/// Half the range of the integral, in standard deviations of the arm: what lies beyond is below 10^-15.
const REACH: f64 = 8.0;
/// Fewest and most steps of one standard deviation.
const STEPS: (f64, f64) = (4.0, 64.0);

/// The probability that the arm at `chosen` draws the greatest value; `None` where a belief is no number.
#[must_use]
pub fn probability(arms: &[Arm], chosen: usize) -> Option<f64> {
    let own = *arms.get(chosen)?;
    if !arms.iter().all(|arm| arm.is_usable()) {
        return None;
    }
    let rivals: Vec<Arm> = arms
        .iter()
        .enumerate()
        .filter(|(at, _)| *at != chosen)
        .map(|(_, arm)| *arm)
        .collect();
    // A narrow rival is a step in the integrand: the grid must be finer than the step is wide.
    let narrowest = rivals
        .iter()
        .map(|arm| arm.deviation)
        .fold(own.deviation, f64::min);
    let a_deviation = (own.deviation / narrowest * 1.5).clamp(STEPS.0, STEPS.1);
    let steps = (2.0 * REACH * a_deviation).ceil();
    let width = 2.0 * REACH / steps;
    let mut sum = 0.0;
    let mut step = 0.0;
    while step <= steps {
        let z = step.mul_add(width, -REACH);
        sum += density(z) * below_all(&rivals, own.deviation.mul_add(z, own.mean));
        step += 1.0;
    }
    Some((sum * width).clamp(f64::MIN_POSITIVE, 1.0))
}

fn below_all(rivals: &[Arm], value: f64) -> f64 {
    let mut product = 1.0;
    for rival in rivals {
        product *= cumulative((value - rival.mean) / rival.deviation);
        if product < 1e-18 {
            return 0.0;
        }
    }
    product
}

fn density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt()
}

/// The distribution function of the standard normal.
fn cumulative(z: f64) -> f64 {
    if z > 8.5 {
        return 1.0;
    }
    0.5 * libm::erfc(-z * std::f64::consts::FRAC_1_SQRT_2)
}

/// ψ(x), x > 0: the recurrence up to 6, then the asymptotic series (Abramowitz and Stegun 6.3.18).
fn digamma(mut x: f64) -> f64 {
    let mut below = 0.0;
    while x < 6.0 {
        below -= 1.0 / x;
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    below + x.ln() - 0.5 / x - square * (1.0 / 12.0 - square * (1.0 / 120.0 - square / 252.0))
}

/// ψ′(x), x > 0: the recurrence up to 6, then the asymptotic series (Abramowitz and Stegun 6.4.12).
fn trigamma(mut x: f64) -> f64 {
    let mut below = 0.0;
    while x < 6.0 {
        below += 1.0 / (x * x);
        x += 1.0;
    }
    let inverse = 1.0 / x;
    let square = inverse * inverse;
    below + inverse + 0.5 * square + inverse * square * (1.0 / 6.0 - square * (1.0 / 30.0 - square / 42.0))
}
