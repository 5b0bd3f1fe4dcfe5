//! How much the model may lead: cold, learning, mature, stale.
//!
//! The evidence is counted elsewhere, of the campaign's declared objective, over [`Bounded::EVIDENCE_DAYS`].
//! Below the first threshold people lead alone; between the two, the bid is a weighted mean; from the second
//! on the model leads. A campaign that was mature and whose latest outcome is older than the window is stale:
//! it is stepped back to the weight it had on the way up.
//!
//! [`Bounded::EVIDENCE_DAYS`]: crate::domain::Bounded::EVIDENCE_DAYS

use crate::domain::{Bounded, Duration, Evidence, Goal, Maturity, Stage, Timestamp};

/// From how many outcomes a campaign is learning, and from how many it is mature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// Cold below this.
    pub cold_below: u32,
    /// Mature from this on.
    pub mature_at: u32,
}

impl Thresholds {
    /// The defaults of a goal: 15 and 50 for a target return, 15 and 30 for the others.
    #[must_use]
    pub const fn of(goal: Goal) -> Self {
        match goal {
            Goal::TargetReturn(_) => Self {
                cold_below: 15,
                mature_at: 50,
            },
            Goal::TargetCost(_) | Goal::MaximiseConversions { .. } | Goal::Manual => Self {
                cold_below: 15,
                mature_at: 30,
            },
        }
    }

    /// How far a campaign with this evidence is at `now`.
    #[must_use]
    pub fn judge(self, evidence: Evidence, now: Timestamp) -> Maturity {
        Maturity {
            stage: self.stage(evidence, now),
            have: evidence.current,
            need: self.mature_at,
            window_days: Bounded::EVIDENCE_DAYS,
        }
    }

    fn stage(self, evidence: Evidence, now: Timestamp) -> Stage {
        let window = Duration::from_days(i64::from(Bounded::EVIDENCE_DAYS));
        let old = evidence.latest.is_none_or(|latest| now.since(latest) > window);
        if evidence.peak >= self.mature_at && old {
            Stage::Stale
        } else if evidence.current >= self.mature_at {
            Stage::Mature
        } else if evidence.current < self.cold_below {
            Stage::Cold
        } else {
            Stage::Learning
        }
    }

    /// The model's weight in the blend, 0 to 1: n / (n + k) while learning, with k the first threshold.
    #[must_use]
    pub fn weight(self, maturity: Maturity) -> f64 {
        let blend = |have: u32| f64::from(have) / f64::from(have + self.cold_below);
        match maturity.stage {
            Stage::Cold => 0.0,
            Stage::Learning => blend(maturity.have),
            Stage::Mature => 1.0,
            Stage::Stale => blend(self.cold_below),
        }
    }
}
