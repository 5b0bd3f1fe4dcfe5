//! Random numbers that depend on the seed and on what they are for, never on when they are asked for.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What a stream of draws decides. Each purpose has streams of its own, so that none disturbs another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// When an impression comes, and what it is.
    Impression = 0,
    /// What rivals bid for it.
    Rivals = 1,
    /// What people do with one candidate's ad.
    People = 2,
    /// What is true of a campaign.
    Campaign = 3,
    /// What the person bid who made the history.
    Human = 4,
}

/// The streams of one seed.
#[derive(Debug, Clone)]
pub(super) struct Seed(ChaCha8Rng);

impl Seed {
    pub(super) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// The draws for `purpose` of the thing numbered `number`, below 2^53, and `part` of it.
    pub(super) fn draws(&self, purpose: Purpose, number: u64, part: u8) -> Draws {
        let mut generator = self.0.clone();
        generator.set_stream((number << 11) | (u64::from(part) << 3) | purpose as u64);
        Draws(generator)
    }
}

/// One stream of draws.
#[derive(Debug)]
pub(super) struct Draws(ChaCha8Rng);

impl Draws {
    /// Uniform in [0, 1).
    pub(super) fn unit(&mut self) -> f64 {
        self.0.random()
    }

    /// 64 random bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.0.random()
    }

    /// Whether something of this probability happens.
    pub(super) fn happens(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Uniform between the two.
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Exponential with this mean.
    pub(super) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }

    /// Standard normal (Box and Muller, 1958).
    pub(super) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// A place in a list of that length; 0 if it is empty.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the remainder is smaller than a usize"
    )]
    pub(super) fn place(&mut self, length: usize) -> usize {
        (self.bits() % (length.max(1) as u64)) as usize
    }

    /// A place in a list of shares that sum to one; the last if rounding left a rest.
    pub(super) fn share(&mut self, shares: impl ExactSizeIterator<Item = f64>) -> usize {
        let last = shares.len().saturating_sub(1);
        let mut left = self.unit();
        for (at, share) in shares.enumerate() {
            if left < share {
                return at;
            }
            left -= share;
        }
        last
    }
}
