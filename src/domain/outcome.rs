use serde::{Deserialize, Serialize};

use super::{
    BrandId, CampaignId, CandidateId, DecisionId, Facts, Kind, Micros, Objective, Signs, Timestamp, Word,
};

/// What happened after a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The auction was won at this clearing price, CPM.
    Win {
        /// What was paid.
        price: Micros,
    },
    /// The auction was lost.
    Loss {
        /// OpenRTB loss reason code, if told.
        reason: Option<u32>,
        /// The price that would have won, CPM, if told.
        min_to_win: Option<Micros>,
    },
    /// The ad was shown.
    Impression,
    /// The ad was clicked.
    Click,
    /// Something of value happened.
    Conversion {
        /// The exact name of the event, as in `rules/objectives.yaml`.
        name: Word,
        /// What it was worth, in micros of the campaign's currency.
        value: Option<Micros>,
    },
    /// The message went out.
    Sent,
    /// The message will not go out.
    Cancelled,
    /// The message was opened.
    Open,
    /// The contact wants no more messages.
    Unsubscribe,
}

impl Event {
    /// The sort of event, which is a part of an outcome's key.
    #[must_use]
    pub const fn sort(&self) -> &'static str {
        match self {
            Self::Win { .. } => "win",
            Self::Loss { .. } => "loss",
            Self::Impression => "impression",
            Self::Click => "click",
            Self::Conversion { .. } => "conversion",
            Self::Sent => "sent",
            Self::Cancelled => "cancelled",
            Self::Open => "open",
            Self::Unsubscribe => "unsubscribe",
        }
    }

    /// The name under which an objective asks for it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Conversion { name, .. } => name.as_str(),
            Self::Win { .. }
            | Self::Loss { .. }
            | Self::Impression
            | Self::Click
            | Self::Sent
            | Self::Cancelled
            | Self::Open
            | Self::Unsubscribe => self.sort(),
        }
    }

    /// What it was worth: of a conversion, where it was told.
    #[must_use]
    pub const fn value(&self) -> Option<Micros> {
        match self {
            Self::Conversion { value, .. } => *value,
            Self::Win { .. }
            | Self::Loss { .. }
            | Self::Impression
            | Self::Click
            | Self::Sent
            | Self::Cancelled
            | Self::Open
            | Self::Unsubscribe => None,
        }
    }

    /// The amount that it tells, whatever of: a price of the auction, or a value.
    #[must_use]
    pub const fn amount(&self) -> Option<Micros> {
        match self {
            Self::Win { price } => Some(*price),
            Self::Loss { min_to_win, .. } => *min_to_win,
            Self::Conversion { .. }
            | Self::Impression
            | Self::Click
            | Self::Sent
            | Self::Cancelled
            | Self::Open
            | Self::Unsubscribe => self.value(),
        }
    }
}

/// An event reported of one candidate of a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The decision.
    pub decision: DecisionId,
    /// The candidate.
    pub candidate: CandidateId,
    /// The reporter's own name for the event; makes reporting idempotent.
    pub event_id: Word,
    /// A higher revision of the same event replaces a lower one.
    pub revision: u32,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
    /// Whether this revision says that it did not happen after all.
    pub withdrawn: bool,
    /// What speaks against a person having done it.
    pub signs: Signs,
}

/// What makes two reports the same event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OutcomeKey {
    /// The decision.
    pub decision: DecisionId,
    /// The candidate.
    pub candidate: CandidateId,
    /// The sort of event.
    pub sort: std::borrow::Cow<'static, str>,
    /// The reporter's name for it.
    pub event_id: Word,
}

impl Outcome {
    /// The key of this outcome.
    #[must_use]
    pub fn key(&self) -> OutcomeKey {
        OutcomeKey {
            decision: self.decision,
            candidate: self.candidate.clone(),
            sort: self.event.sort().into(),
            event_id: self.event_id.clone(),
        }
    }
}

/// Why an outcome was set aside: kept, counted, not learnt from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Quarantine {
    /// The decision's token is genuine and the journal does not hold the decision.
    DecisionLost,
    /// It happened before the decision.
    BeforeDecision,
    /// Its price or value is impossible: negative, or above a million units.
    ImpossibleValue,
    /// Its contact did more for one campaign in a day than a person does.
    Burst,
}

/// What became of a reported outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OutcomeReply {
    /// New, within its window.
    Accepted,
    /// New; its objective's window, or its auction's time, had already closed. Applied all the same.
    Late,
    /// The same report again; changed nothing.
    Duplicate,
    /// A higher revision; replaced the earlier one.
    Corrected,
    /// Other content under the key and revision of an earlier report; changed nothing.
    Conflict,
    /// The decision has no such candidate; changed nothing.
    UnknownCandidate,
    /// Set aside.
    Quarantined(Quarantine),
    /// The decision is past its retention; changed nothing.
    Expired,
}

/// One row of imported history: what was decided elsewhere, and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// When.
    pub at: Timestamp,
    /// Which kind of decision it teaches.
    pub kind: Kind,
    /// For which campaign.
    pub campaign: CampaignId,
    /// Whose it is.
    pub brand: BrandId,
    /// What the campaign is after, as declared at the import: says which events are evidence.
    pub objective: Objective,
    /// The item or the arm, of a kind that chooses among them.
    pub candidate: Option<CandidateId>,
    /// Everything known of the impression and the ad, of the contact, of the lead.
    pub facts: Facts,
    /// What an arm spent, in micros of the currency (not CPM).
    pub spend: Option<Micros>,
    /// What was bid, CPM.
    pub bid: Option<Micros>,
    /// Whether it won; `None` where unknown.
    pub won: Option<bool>,
    /// The clearing price, or the price that would have won, CPM.
    pub market_price: Option<Micros>,
    /// Events that followed, with their instants.
    pub events: Vec<(Event, Timestamp)>,
}
