//! How much the model may lead: cold, learning, mature, stale. One gate for every kind.
//!
//! The evidence is counted elsewhere: outcomes of the campaign's declared objective, or what else the kind learns
//! from. Below the first threshold people lead alone; between the two, the answer is a blend; from the second on the model
//! leads. What was mature and whose latest evidence is older than the window is stale: it is stepped back to the
//! weight it had on the way up.
//!
//! The defaults are those at which the services that do one of these kinds let their models lead; each names its
//! [source](Thresholds::source), and a campaign may declare others (`maturity` in `rules/campaigns.yaml`).

use crate::domain::{
    Campaign, Counted, Duration, Evidence, Goal, Kind, Maturity, Stage, ThresholdSource, Timestamp,
};

/// Which evidence is asked for: that of the window that ends now, or of the fullest there was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// The one that ends now.
    Latest,
    /// The fullest. For what the model itself may have cut: a small part brings few outcomes, and is known as well
    /// as before.
    Fullest,
}

/// From how much evidence a model is learning, and from how much it is mature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// What is counted.
    pub counted: Counted,
    /// Cold below this.
    pub cold_below: u32,
    /// Mature from this on.
    pub mature_at: u32,
    /// In a window of so many days.
    pub window_days: u32,
    /// Which window.
    pub window: Window,
    /// How old the latest evidence may be, in days, before what was mature is stale.
    pub stale_after_days: u32,
    /// With this much evidence the model has half the weight of a blend.
    pub half_at: u32,
    /// Whose thresholds these are.
    pub source: ThresholdSource,
}

impl Thresholds {
    /// Those of a campaign, for one kind: as it declares, else as usual.
    #[must_use]
    pub fn of(kind: Kind, campaign: &Campaign) -> Self {
        let usual = Self::usual(kind, campaign.goal);
        match campaign.maturity.get(&kind) {
            None => usual,
            Some(declared) => Self {
                cold_below: declared.learning_from,
                mature_at: declared.mature_at,
                window_days: declared.days,
                stale_after_days: usual.stale_after_days.max(declared.days),
                half_at: declared.learning_from.max(1),
                source: ThresholdSource::Declared,
                ..usual
            },
        }
    }

    /// The defaults.
    #[must_use]
    pub const fn usual(kind: Kind, goal: Goal) -> Self {
        match (kind, goal) {
            (Kind::Bid, Goal::TargetReturn(_)) => Self {
                mature_at: 50,
                source: ThresholdSource::GoogleTargetReturn,
                ..Self::BID
            },
            (Kind::Bid, Goal::TargetCost(_) | Goal::MaximiseConversions { .. } | Goal::Manual) => Self::BID,
            (Kind::SendTime, _) => Self::SEND_TIME,
            (Kind::Recommendation, _) => Self::RECOMMENDATION,
            (Kind::Budget, _) => Self::BUDGET,
            (Kind::Score, _) => Self::SCORE,
        }
    }

    const BID: Self = Self {
        counted: Counted::Outcomes,
        cold_below: 15,
        mature_at: 30,
        window_days: 30,
        window: Window::Latest,
        stale_after_days: 30,
        half_at: 15,
        source: ThresholdSource::GoogleTargetCost,
    };

    const BUDGET: Self = Self {
        counted: Counted::Outcomes,
        cold_below: 1,
        mature_at: 50,
        window_days: 7,
        window: Window::Fullest,
        stale_after_days: 28,
        half_at: 15,
        source: ThresholdSource::MetaLearningPhase,
    };

    const SCORE: Self = Self {
        counted: Counted::Outcomes,
        cold_below: 120,
        mature_at: 120,
        window_days: 200,
        window: Window::Latest,
        stale_after_days: 200,
        half_at: 120,
        source: ThresholdSource::SalesforceLeadScoring,
    };

    const SEND_TIME: Self = Self {
        counted: Counted::Recipients,
        cold_below: 12_000,
        mature_at: 12_000,
        window_days: 90,
        window: Window::Latest,
        stale_after_days: 90,
        half_at: 12_000,
        source: ThresholdSource::KlaviyoSendTimes,
    };

    const RECOMMENDATION: Self = Self {
        counted: Counted::Days,
        cold_below: 1,
        mature_at: 30,
        window_days: 30,
        window: Window::Fullest,
        stale_after_days: 30,
        half_at: 15,
        source: ThresholdSource::MonthOfBehaviour,
    };

    /// How far a model with this evidence is at `now`.
    #[must_use]
    pub fn judge(self, evidence: Evidence, now: Timestamp) -> Maturity {
        Maturity {
            stage: self.stage(evidence, now),
            have: self.counted_of(evidence),
            need: self.mature_at,
            window_days: self.window_days,
        }
    }

    fn counted_of(self, evidence: Evidence) -> u32 {
        match self.window {
            Window::Latest => evidence.current,
            Window::Fullest => evidence.peak.max(evidence.current),
        }
    }

    fn stage(self, evidence: Evidence, now: Timestamp) -> Stage {
        let lasting = Duration::from_days(i64::from(self.stale_after_days));
        let old = evidence.latest.is_none_or(|latest| now.since(latest) > lasting);
        let have = self.counted_of(evidence);
        if evidence.peak >= self.mature_at && old {
            Stage::Stale
        } else if have >= self.mature_at {
            Stage::Mature
        } else if have < self.cold_below {
            Stage::Cold
        } else {
            Stage::Learning
        }
    }

    /// The model's weight in the blend, 0 to 1: n / (n + k) while learning.
    #[must_use]
    pub fn weight(self, maturity: Maturity) -> f64 {
        let blend = |have: u32| f64::from(have) / (f64::from(have) + f64::from(self.half_at.max(1)));
        match maturity.stage {
            Stage::Cold => 0.0,
            Stage::Learning => blend(maturity.have),
            Stage::Mature => 1.0,
            Stage::Stale => blend(self.half_at.max(1)),
        }
    }
}
