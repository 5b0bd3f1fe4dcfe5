//! What an arm's past says about its curve, and how sure that is.
//!
//! The observations are pairs of spend and outcomes, one a period. A curve is a shape (straight, or Hill's with one of thirteen
//! half-spends and one of two exponents) times a height; the height is what the arm brings at its usual spend. Given
//! the shape the height is a Bayesian regression through the origin with a conjugate prior (normal-inverse-gamma), whose variance grows
//! with the spend as that of a count does; so the posterior is exact: a weight a shape, a mean and a deviation a height. Drawing a shape by its weight
//! and a height by its deviation is Thompson sampling (Thompson 1933).
//!
//! Which family speaks is decided by held-out error: every period of the later two thirds is predicted from those before
//! it, by either family; the one that was nearer speaks. With too few periods to tell, it is Hill's, because of the two errors
//! that of spreading is the smaller one. An arm without a past has the prior: the return of all arms of its objective, uncertain by
//! its own size.

use rand_chacha::{ChaCha8Rng, rand_core::Rng};

use serde::{Deserialize, Serialize};

use super::curve::{Bend, Curve};

/// One period of one arm.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Period {
    /// What was spent in it, in micros of the currency, at least 0.
    pub spend_micros: f64,
    /// How many outcomes it brought, at least 0.
    pub outcomes: f64,
}

/// The families of curves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Family {
    /// Every micro brings the same.
    Linear,
    /// The more is spent, the less the next micro brings.
    Hill,
}

/// Where a Hill curve reaches half its height, as multiples of the arm's usual spend.
const HALVES: [f64; 13] = [
    0.125, 0.177, 0.25, 0.354, 0.5, 0.707, 1.0, 1.41, 2.0, 2.83, 4.0, 5.66, 8.0,
];
const BENDS: [Bend; 2] = [Bend::One, Bend::Half];
/// The fewest predicted periods by which a family is chosen.
const FEWEST_HELD_OUT: u32 = 6;
/// Shape of the prior of the noise; its mean is that of a count.
const NOISE_SHAPE: f64 = 2.0;
/// Where the curve nearest to the posterior mean is sought, as multiples of the usual spend.
const PROBES: [f64; 6] = [0.25, 0.5, 1.0, 1.5, 2.0, 3.0];

/// A shape of height 1 at the usual spend.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
enum Shape {
    Linear,
    /// Its height at the usual spend is `ceiling x share(1 / half)`, which is 1.
    Hill {
        half: f64,
        ceiling: f64,
        bend: Bend,
    },
}

impl Shape {
    fn hill(half: f64, bend: Bend) -> Self {
        let ceiling = 1.0 / bend.share(1.0 / half);
        Self::Hill { half, ceiling, bend }
    }

    const fn family(self) -> Family {
        match self {
            Self::Linear => Family::Linear,
            Self::Hill { .. } => Family::Hill,
        }
    }

    fn at(self, spend: f64) -> f64 {
        match self {
            Self::Linear => spend,
            Self::Hill { half, ceiling, bend } => ceiling * bend.share(spend / half),
        }
    }

    fn curve(self, height: f64, usual_micros: f64) -> Curve {
        match self {
            Self::Linear => Curve::Linear {
                slope: height / usual_micros,
            },
            Self::Hill { half, ceiling, bend } => Curve::Hill {
                ceiling: height * ceiling,
                half_micros: half * usual_micros,
                bend,
            },
        }
    }
}

/// One shape with what is known of its height.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Cell {
    shape: Shape,
    /// The posterior weight of the shape inside its family.
    weight: f64,
    mean: f64,
    deviation: f64,
}

/// Sums of a regression through the origin, weighted.
#[derive(Debug, Clone, Copy)]
struct Sums {
    shape: Shape,
    shape_shape: f64,
    shape_outcomes: f64,
}

/// What is believed of an arm before it was tried.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prior {
    /// Outcomes a micro of arms like it, above 0.
    pub rate: f64,
    /// The spend a period at which the arm without a past is thought of, in micros, above 0.
    pub usual_micros: f64,
}

/// What is believed of an arm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Posterior {
    usual_micros: f64,
    family: Family,
    cells: Vec<Cell>,
    mean: Curve,
    held_out: HeldOut,
}

/// The weighted squared error of each family over the periods it predicted.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct HeldOut {
    /// Periods predicted.
    pub periods: u32,
    /// Of the straight line.
    pub linear: f64,
    /// Of Hill's curve.
    pub hill: f64,
}

impl HeldOut {
    /// The family that predicted better.
    #[must_use]
    pub fn family(self) -> Family {
        if self.periods >= FEWEST_HELD_OUT && self.linear < self.hill {
            Family::Linear
        } else {
            Family::Hill
        }
    }
}

impl Posterior {
    /// From an arm's periods in their order; those without spend say nothing. `None` if a number is not finite or the
    /// prior is not above 0.
    #[must_use]
    pub fn fit(periods: &[Period], prior: Prior) -> Option<Self> {
        let spent: Vec<Period> = periods
            .iter()
            .filter(|period| period.spend_micros > 0.0)
            .copied()
            .collect();
        let usual_micros = if spent.is_empty() {
            prior.usual_micros
        } else {
            spent.iter().map(|period| period.spend_micros).sum::<f64>() / count(spent.len())
        };
        let height = prior.rate * usual_micros;
        if !(usual_micros.is_finite() && usual_micros > 0.0 && height.is_finite() && height > 0.0) {
            return None;
        }
        let mut regression = Regression::new(height);
        let held_out_from = spent.len().div_ceil(3);
        let mut held_out = HeldOut::default();
        for (at, period) in spent.iter().enumerate() {
            let spend = period.spend_micros / usual_micros;
            if at >= held_out_from {
                regression.predict(spend, period.outcomes, &mut held_out);
            }
            regression.add(spend, period.outcomes);
        }
        Self::of(&regression, usual_micros, held_out)
    }

    fn of(regression: &Regression, usual_micros: f64, held_out: HeldOut) -> Option<Self> {
        let family = held_out.family();
        let cells = regression.cells(family);
        let sound =
            |cell: &Cell| cell.weight.is_finite() && cell.mean.is_finite() && cell.deviation.is_finite();
        if cells.is_empty() || !cells.iter().all(sound) {
            return None;
        }
        let mean = nearest(&cells, usual_micros)?;
        Some(Self {
            usual_micros,
            family,
            cells,
            mean,
            held_out,
        })
    }

    /// The one curve nearest to the posterior mean.
    #[must_use]
    pub const fn mean(&self) -> Curve {
        self.mean
    }

    /// A curve drawn from the posterior.
    pub fn draw(&self, generator: &mut ChaCha8Rng) -> Curve {
        let mut left = uniform(generator);
        let deviate = normal(generator);
        for cell in &self.cells {
            left -= cell.weight;
            if left < 0.0 {
                let height = (cell.mean + cell.deviation * deviate).max(0.0);
                return cell.shape.curve(height, self.usual_micros);
            }
        }
        self.mean
    }

    /// The family that speaks.
    #[must_use]
    pub const fn family(&self) -> Family {
        self.family
    }

    /// How well each family predicted.
    #[must_use]
    pub const fn held_out(&self) -> HeldOut {
        self.held_out
    }

    /// The mean spend of a period, in micros.
    #[must_use]
    pub const fn usual_micros(&self) -> f64 {
        self.usual_micros
    }

    /// Feeds everything it decides by.
    pub fn digest(&self, hasher: &mut blake3::Hasher) {
        hasher.update(&self.usual_micros.to_le_bytes());
        hasher.update(&[u8::from(self.family == Family::Linear)]);
        for cell in &self.cells {
            for number in [cell.weight, cell.mean, cell.deviation] {
                hasher.update(&number.to_le_bytes());
            }
        }
    }
}

// === the regression ===

struct Regression {
    height: f64,
    sums: Vec<Sums>,
    periods: f64,
    outcomes_outcomes: f64,
}

impl Regression {
    /// Nothing seen; the height is believed to be `height`, give or take as much.
    fn new(height: f64) -> Self {
        let hills = BENDS
            .into_iter()
            .flat_map(|bend| HALVES.map(|half| Shape::hill(half, bend)));
        let sums = std::iter::once(Shape::Linear).chain(hills).map(|shape| Sums {
            shape,
            shape_shape: 0.0,
            shape_outcomes: 0.0,
        });
        Self {
            height,
            sums: sums.collect(),
            periods: 0.0,
            outcomes_outcomes: 0.0,
        }
    }

    /// Takes a period; its weight is the inverse of its spend, because a count varies as much as it is large.
    fn add(&mut self, spend: f64, outcomes: f64) {
        let weight = 1.0 / spend;
        for sums in &mut self.sums {
            let shape = sums.shape.at(spend);
            sums.shape_shape += weight * shape * shape;
            sums.shape_outcomes += weight * shape * outcomes;
        }
        self.outcomes_outcomes += weight * outcomes * outcomes;
        self.periods += 1.0;
    }

    fn predict(&self, spend: f64, outcomes: f64, held_out: &mut HeldOut) {
        let error = |family: Family| {
            let cells = self.cells(family);
            let predicted: f64 = cells
                .iter()
                .map(|cell| cell.weight * cell.mean * cell.shape.at(spend))
                .sum();
            (outcomes - predicted).powi(2) / spend
        };
        held_out.linear += error(Family::Linear);
        held_out.hill += error(Family::Hill);
        held_out.periods += 1;
    }

    fn cells(&self, family: Family) -> Vec<Cell> {
        let of_family = self.sums.iter().filter(|sums| sums.shape.family() == family);
        let each: Vec<(Cell, f64)> = of_family.map(|sums| self.cell(sums)).collect();
        let best = each
            .iter()
            .map(|(_, evidence)| *evidence)
            .fold(f64::MIN, f64::max);
        let mass: f64 = each.iter().map(|(_, evidence)| (evidence - best).exp()).sum();
        let weighted = each.into_iter().map(|(cell, evidence)| Cell {
            weight: (evidence - best).exp() / mass,
            ..cell
        });
        weighted.collect()
    }

    /// The posterior of a shape's height, and the logarithm of the shape's evidence up to what all shapes share.
    fn cell(&self, sums: &Sums) -> (Cell, f64) {
        // With this prior variance the height varies as much as it is large, where the noise is that of a count.
        let prior_precision = 1.0 / self.height;
        let precision = prior_precision + sums.shape_shape;
        let mean = (self.height * prior_precision + sums.shape_outcomes) / precision;
        let noise_shape = NOISE_SHAPE + self.periods / 2.0;
        let explained = mean * mean * precision;
        let unexplained = self.outcomes_outcomes + self.height * self.height * prior_precision - explained;
        let noise_scale = self.height * (NOISE_SHAPE - 1.0) + unexplained.max(0.0) / 2.0;
        let noise = noise_scale / (noise_shape - 1.0);
        let evidence = -0.5 * precision.ln() - noise_shape * noise_scale.ln();
        let cell = Cell {
            shape: sums.shape,
            weight: 0.0,
            mean: mean.max(0.0),
            deviation: (noise / precision).sqrt(),
        };
        (cell, evidence)
    }
}

/// The curve of one of the shapes that is nearest, over the probes, to the mean of all.
fn nearest(cells: &[Cell], usual_micros: f64) -> Option<Curve> {
    let mean = |probe: f64| -> f64 {
        cells
            .iter()
            .map(|cell| cell.weight * cell.mean * cell.shape.at(probe))
            .sum()
    };
    let targets = PROBES.map(|probe| (probe, mean(probe)));
    let fitted = cells.iter().map(|cell| {
        let sum = |term: fn(f64, f64) -> f64| -> f64 {
            let terms = targets
                .iter()
                .map(|(probe, target)| term(cell.shape.at(*probe), *target) / probe);
            terms.sum()
        };
        let height = sum(|shape, target| shape * target) / sum(|shape, _| shape * shape);
        let missed = sum(|_, target| target * target) - height * sum(|shape, target| shape * target);
        (cell.shape, height, missed)
    });
    let (shape, height, _) = fitted.min_by(|a, b| a.2.total_cmp(&b.2))?;
    let curve = shape.curve(height.max(0.0), usual_micros);
    curve.is_sound().then_some(curve)
}

// === draws ===

/// Uniform in [0, 1), 53 bits.
#[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
pub(super) fn uniform(generator: &mut ChaCha8Rng) -> f64 {
    (generator.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

/// Standard normal, by the method of Box and Muller (1958).
fn normal(generator: &mut ChaCha8Rng) -> f64 {
    let (radius, angle) = (uniform(generator), uniform(generator));
    (-2.0 * (1.0 - radius).ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

#[expect(clippy::cast_precision_loss, reason = "so many periods fit")]
const fn count(periods: usize) -> f64 {
    periods as f64
}
