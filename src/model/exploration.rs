//! A little variety, so that there is something to learn from, with the probability of each choice known exactly.
//!
//! Around the price that the model would bid stand five points: 0.8, 0.9, 1, 1.1 and 1.2 times it. The middle
//! one is drawn most often, how often is the maturity's business; while the model is cold, always. Limits act on
//! every point before the draw: points that they make equal add their mass, and a point below the floor is the
//! no-bid point. During a hand-over (a rule's band is in force) one decision in ten is the person's
//! value instead. The propensity of a choice is the sum of the masses that lead to it: computed, never
//! counted. The draw is seeded by the query, one stream a candidate, so it can be repeated.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use smallvec::SmallVec;

use crate::domain::{CandidateLimits, Choice, Directive, Effect, Merged, Micros, NoBid, Stage, apply};

/// The points, as factors of the price.
pub const FACTORS: [f64; 5] = [0.8, 0.9, 1.0, 1.1, 1.2];

/// The share of decisions that use the person's value exactly while a market is handed over.
pub const HUMAN_SHARE: f64 = 0.1;

/// How often a stage leaves the middle point.
#[must_use]
pub const fn epsilon(stage: Stage) -> f64 {
    match stage {
        Stage::Cold => 0.0,
        Stage::Learning => 0.2,
        Stage::Mature => 0.1,
        Stage::Stale => 0.15,
    }
}

/// Whose value a point is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The model's, or the blend's.
    Proposed,
    /// The person's, exactly, during a hand-over.
    Human,
}

/// One thing that may be drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// What would be done without limits.
    pub wish: Choice,
    /// What the limits make of it.
    pub choice: Choice,
    /// How often it is drawn: the masses of all points sum to 1.
    pub mass: f64,
    /// Whose value it is.
    pub whose: Whose,
}

/// What was drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drawn {
    /// The point.
    pub point: Point,
    /// The probability of its choice, over every point that leads to it.
    pub propensity: f64,
    /// Whether the limits leave one choice only, whatever the wish.
    pub forced: bool,
}

/// The points around a price, after the limits acted on them.
#[derive(Debug, Clone, PartialEq)]
pub struct Points(SmallVec<[Point; 6]>);

impl Points {
    /// Around `price_micros`, leaving the middle with probability `epsilon`. `None` if the price is not a
    /// finite number, or the limits let no value leave.
    #[must_use]
    pub fn around(limits: &CandidateLimits, price_micros: f64, epsilon: f64) -> Option<Self> {
        let human = handed_over(limits);
        let rest = if human.is_some() { 1.0 - HUMAN_SHARE } else { 1.0 };
        let mut points = SmallVec::new();
        for factor in FACTORS {
            let middle = (factor - 1.0).abs() < 1e-9;
            let mass = rest * if middle { 1.0 - epsilon } else { epsilon / 4.0 };
            let wish = wish_of(Micros::from_f64(price_micros * factor)?);
            let choice = apply(limits, wish).choice?;
            points.push(Point {
                wish,
                choice,
                mass,
                whose: Whose::Proposed,
            });
        }
        if let Some(human) = human {
            let wish = wish_of(human);
            let choice = apply(limits, wish).choice?;
            points.push(Point {
                wish,
                choice,
                mass: HUMAN_SHARE,
                whose: Whose::Human,
            });
        }
        Some(Self(points))
    }

    /// Every point.
    pub fn iter(&self) -> impl Iterator<Item = &Point> {
        self.0.iter()
    }

    /// The probability of a choice.
    #[must_use]
    pub fn propensity(&self, choice: Choice) -> f64 {
        let same = self.0.iter().filter(|point| point.choice == choice);
        same.map(|point| point.mass).sum::<f64>().min(1.0)
    }

    /// Draws one point, with the stream of the candidate at `index`.
    #[must_use]
    pub fn draw(&self, seed: u64, index: usize) -> Option<Drawn> {
        let mut left = uniform(seed, index);
        let likely = self.0.iter().filter(|point| point.mass > 0.0);
        let mut drawn = None;
        for point in likely {
            drawn = Some(*point);
            left -= point.mass;
            if left < 0.0 {
                break;
            }
        }
        let first = self.0.first()?.choice;
        drawn.map(|point| Drawn {
            point,
            propensity: self.propensity(point.choice),
            forced: self.0.iter().all(|other| other.choice == first),
        })
    }
}

/// The person's value, where a band of a rule decides between it and the model's.
fn handed_over(limits: &CandidateLimits) -> Option<Micros> {
    let bands = || {
        limits
            .effects
            .iter()
            .filter(|active| matches!(active.effect, Effect::Band { .. }))
    };
    bands().next()?;
    let Directive::Within { human, band, .. } = Merged::of(limits.effects.iter()).directive? else {
        return None;
    };
    (band.at_least < band.at_most).then_some(human)
}

const fn wish_of(price: Micros) -> Choice {
    if price.get() <= 0 {
        Choice::NoBid(NoBid::NoValue)
    } else {
        Choice::Bid(price)
    }
}

/// Uniform in [0, 1), 53 bits, the same for a seed and an index in every build.
#[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
fn uniform(seed: u64, index: usize) -> f64 {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(index as u64);
    (generator.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}
