//! What an arm gives for what is spent on it.
//!
//! Two families, both concave, so that equal marginal returns are the optimum and not a trap: the straight line, and
//! Hill's curve `ceiling x u^s / (1 + u^s)` with `u = spend / half` and the exponent `s` at most 1 (Hill 1910; with an exponent above 1
//! it is S-shaped, and dividing a budget by S-shaped curves has optima that only a search over subsets finds). Two
//! exponents are kept, 1 and 1/2: of these the marginal return can be turned around in closed form, and between them they bend as gently
//! or as sharply as a few weeks of spend can tell apart.

use serde::{Deserialize, Serialize};

/// A concave response: outcomes of one period, by the spend in it, in micros of the currency.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Curve {
    /// Every micro brings the same.
    Linear {
        /// Outcomes a micro.
        slope: f64,
    },
    /// The more is spent, the less the next micro brings.
    Hill {
        /// What no spend exceeds.
        ceiling: f64,
        /// The spend that brings half of it, in micros, above 0.
        half_micros: f64,
        /// How it bends.
        bend: Bend,
    },
}

/// The exponent of a Hill curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Bend {
    /// The exponent 1: starts at a finite slope.
    One,
    /// The exponent 1/2: steep at first, and never quite flat.
    Half,
}

impl Bend {
    /// `u^s / (1 + u^s)`, for `u` of at least 0.
    #[must_use]
    pub fn share(self, u: f64) -> f64 {
        let power = self.power(u);
        power / (1.0 + power)
    }

    fn power(self, u: f64) -> f64 {
        match self {
            Self::One => u,
            Self::Half => u.sqrt(),
        }
    }

    /// The derivative of [`Bend::share`]; infinite at 0 for the exponent 1/2.
    fn slope(self, u: f64) -> f64 {
        let power = self.power(u);
        let rest = (1.0 + power) * (1.0 + power);
        match self {
            Self::One => 1.0 / rest,
            Self::Half => 0.5 / (power * rest),
        }
    }

    /// Where the derivative is `slope`; 0 where it is smaller everywhere.
    fn at_slope(self, slope: f64) -> f64 {
        match self {
            Self::One => (slope.sqrt().recip() - 1.0).max(0.0),
            Self::Half => {
                let root = cubic(0.5 / slope);
                root * root
            }
        }
    }
}

/// The `r` of at least 0 with `r (1 + r)^2 = c`, by Newton's method: the left side is convex and ascends, so from the first
/// step on every step lands between the root and the one before, and doubles the digits.
fn cubic(c: f64) -> f64 {
    let mut r = if c < 1.0 {
        c / (1.0 + 2.0 * c)
    } else {
        c.cbrt() - 2.0 / 3.0
    };
    for _ in 0..12 {
        let step = (r * (1.0 + r) * (1.0 + r) - c) / ((1.0 + r) * (1.0 + 3.0 * r));
        r -= step;
        if step.abs() <= r * 1e-7 {
            break;
        }
    }
    r.max(0.0)
}

impl Curve {
    /// Outcomes for that spend.
    #[must_use]
    pub fn value(self, spend_micros: f64) -> f64 {
        let spend = spend_micros.max(0.0);
        match self {
            Self::Linear { slope } => slope * spend,
            Self::Hill {
                ceiling,
                half_micros,
                bend,
            } => ceiling * bend.share(spend / half_micros),
        }
    }

    /// Outcomes that the next micro brings.
    #[must_use]
    pub fn marginal(self, spend_micros: f64) -> f64 {
        let spend = spend_micros.max(0.0);
        match self {
            Self::Linear { slope } => slope,
            // Nothing times an infinite slope is nothing.
            Self::Hill { ceiling, .. } if ceiling <= 0.0 => 0.0,
            Self::Hill {
                ceiling,
                half_micros,
                bend,
            } => ceiling / half_micros * bend.slope(spend / half_micros),
        }
    }

    /// The spend between the bounds up to which every micro brings at least `marginal` (above 0). Of a straight line that is one of
    /// the bounds.
    #[must_use]
    pub fn spend_at(self, marginal: f64, at_least: f64, at_most: f64) -> f64 {
        let spend = match self {
            Self::Linear { slope } if slope > marginal => at_most,
            Self::Linear { .. } => at_least,
            Self::Hill { ceiling, .. } if ceiling <= 0.0 => at_least,
            Self::Hill {
                ceiling,
                half_micros,
                bend,
            } => half_micros * bend.at_slope(marginal * half_micros / ceiling),
        };
        spend.clamp(at_least, at_most.max(at_least))
    }

    /// The same arm over so many periods, evenly spent; and each outcome worth that much.
    #[must_use]
    pub fn over(self, periods: f64, worth: f64) -> Self {
        match self {
            Self::Linear { slope } => Self::Linear { slope: slope * worth },
            Self::Hill {
                ceiling,
                half_micros,
                bend,
            } => Self::Hill {
                ceiling: ceiling * periods * worth,
                half_micros: half_micros * periods,
                bend,
            },
        }
    }

    /// Whether every number in it is one, and none is below 0.
    #[must_use]
    pub fn is_sound(self) -> bool {
        match self {
            Self::Linear { slope } => slope.is_finite() && slope >= 0.0,
            Self::Hill {
                ceiling, half_micros, ..
            } => ceiling.is_finite() && ceiling >= 0.0 && half_micros.is_finite() && half_micros > 0.0,
        }
    }
}
