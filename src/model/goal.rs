//! What an outcome is worth to a campaign, and so what a thousand impressions are.
//!
//! Probabilities speak of one impression and prices of a thousand, so every product here is taken a thousand
//! times: an impression with one chance in a hundred of an outcome worth 2.00 EUR is worth 0.02 EUR, and a
//! thousand of them 20.00 EUR CPM.

use crate::domain::Goal;

use super::pacing::Target;

/// What a thousand impressions with outcome probability `probability` are worth to the campaign, in CPM micros, and
/// what may be bid for them unpaced. `mean_value_micros` is what an outcome of it was worth so far, where values
/// are told.
///
/// `None` where the goal names no value (`Manual`), or needs one that nobody has reported yet (a target return).
#[must_use]
pub fn worth(goal: Goal, probability: f64, mean_value_micros: Option<f64>) -> Option<Worth> {
    let thousand = |micros: f64| probability * micros * 1_000.0;
    match goal {
        Goal::MaximiseConversions { value_per_outcome } => {
            Some(Worth::plain(thousand(value_per_outcome.to_f64())))
        }
        Goal::TargetCost(cost) => Some(Worth::plain(thousand(cost.to_f64()))),
        Goal::TargetReturn(basis_points) => {
            let value_micros = thousand(mean_value_micros?);
            let bid_micros = value_micros * 10_000.0 / f64::from(basis_points.max(1));
            Some(Worth {
                value_micros,
                bid_micros,
            })
        }
        Goal::Manual => None,
    }
}

/// Both in CPM micros.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Worth {
    /// What the outcomes are worth.
    pub value_micros: f64,
    /// The unpaced bid: the price at which the goal is exactly met.
    pub bid_micros: f64,
}

impl Worth {
    const fn plain(micros: f64) -> Self {
        Self {
            value_micros: micros,
            bid_micros: micros,
        }
    }
}

/// Whether a goal names a target that a controller holds.
#[must_use]
pub const fn target_of(goal: Goal) -> Target {
    match goal {
        Goal::TargetCost(_) | Goal::TargetReturn(_) => Target::Held,
        Goal::MaximiseConversions { .. } | Goal::Manual => Target::None,
    }
}
