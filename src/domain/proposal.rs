use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Bounded, CandidateId, Choice, Micros, Source, Timestamp, Word};

/// How far a model is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Stage {
    /// People lead.
    Cold,
    /// People and the model are blended.
    Learning,
    /// The model leads.
    Mature,
    /// The model led, and its evidence has grown old.
    Stale,
}

impl Stage {
    /// The word used in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Learning => "learning",
            Self::Mature => "mature",
            Self::Stale => "stale",
        }
    }
}

/// How much the model may lead, and what is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Maturity {
    /// How far it is.
    pub stage: Stage,
    /// Outcomes of the objective counted in the window.
    pub have: u32,
    /// Outcomes at which it is mature.
    pub need: u32,
    /// The window, in days.
    pub window_days: u32,
}

/// What speaks for a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Counted {
    /// Outcomes of the declared objective.
    Outcomes,
    /// Contacts that were sent something.
    Recipients,
    /// Days on which something was heard.
    Days,
}

/// Whose thresholds of maturity are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ThresholdSource {
    /// The campaign's own, in `rules/campaigns.yaml`.
    Declared,
    /// Google Ads, for a target cost: 15 conversions in 30 days, 30 to be steady.
    GoogleTargetCost,
    /// Google Ads, for a target return: 15 conversions in 30 days, 50 to be steady.
    GoogleTargetReturn,
    /// The learning phase of an ad set at Meta: 50 events in 7 days.
    MetaLearningPhase,
    /// Salesforce, for lead scoring: 120 conversions and 1,000 leads in 200 days.
    SalesforceLeadScoring,
    /// Klaviyo, for smart send times: 12,000 recipients.
    KlaviyoSendTimes,
    /// Ours: a month shows every weekday four times.
    MonthOfBehaviour,
}

/// What limited the wish before any rule: a goal controller, or what the model did before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LimitedBy {
    /// The pace of the budget.
    Budget,
    /// The target cost or return.
    Target,
    /// A hand-over that is frozen: the model did worse in this market than the person's value, which decides.
    Freeze,
}

impl LimitedBy {
    /// The word used in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Budget => "budget",
            Self::Target => "target",
            Self::Freeze => "freeze",
        }
    }
}

/// What the model expects of a candidate at its chosen price.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Estimate {
    /// Chance of the objective's outcome, given the impression: 0 to 1.
    pub outcome_probability: f64,
    /// What a thousand such impressions are worth to the campaign, CPM micros.
    pub expected_value: Micros,
    /// Chance to win the auction at the chosen price: 0 to 1; `None` where unknown.
    pub win_probability: Option<f64>,
}

/// A further instant at which a message might be sent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Alternative {
    /// The instant.
    pub at: Timestamp,
    /// Chance of the objective's outcome if sent then: 0 to 1; `None` where unknown.
    pub outcome_probability: Option<f64>,
}

/// How far one fact moved a score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contribution {
    /// The fact.
    pub fact: Word,
    /// Its value, as text.
    pub value: Word,
    /// By how much it moved the probability: -1 to 1.
    pub contribution: f64,
}

/// What a model can say of its choice beside the value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Grounds {
    /// Of a send time.
    SendTime {
        /// Further instants inside the limits, the best first.
        alternatives: Vec<Alternative>,
    },
    /// Of an item.
    Item {
        /// The contact's own items that speak for it, the strongest first.
        because_of: Vec<CandidateId>,
    },
    /// Of an arm.
    Arm {
        /// Outcomes that one further unit of money would bring.
        marginal_return: f64,
    },
    /// Of a score.
    Score {
        /// What raised it most, the strongest first.
        up: Vec<Contribution>,
        /// What lowered it most, the strongest first.
        down: Vec<Contribution>,
    },
}

/// A model's opinion of one candidate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proposed {
    /// What it would do without limits.
    pub wish: Choice,
    /// What a slate is ordered by, in millionths; zero where there is no slate.
    pub relevance: Micros,
    /// The best choice inside the limits.
    pub choice: Choice,
    /// The probability with which this choice was drawn, inside the limits: above 0, at most 1.
    pub propensity: f64,
    /// Whether the limits left one choice only.
    pub forced: bool,
    /// Whose value it is.
    pub source: Source,
    /// How far the model is for this campaign.
    pub maturity: Maturity,
    /// What it expects; `None` while there is no model.
    pub estimate: Option<Estimate>,
    /// What limits the wish before any rule.
    pub limited_by: Option<LimitedBy>,
    /// What it can say beside; most opinions have nothing to add.
    pub grounds: Option<Box<Grounds>>,
}

/// What a model answers. It owns its query and can only be given to the guardrail's `enforce`.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// What was asked, and its limits.
    pub bounded: Arc<Bounded>,
    /// One opinion a candidate, in the candidates' order; `None` is no opinion.
    pub candidates: Vec<Option<Proposed>>,
    /// The number of the model snapshot that spoke.
    pub snapshot: u64,
}
