use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Micros, Timestamp};

/// One candidate's answer, or what the model would answer without limits (the wish).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Choice {
    /// Bid this price, CPM.
    Bid(Micros),
    /// Do not bid.
    NoBid(NoBid),
    /// Send the message at this instant.
    Send(Timestamp),
    /// Show the item in this slot, from 1.
    Show(u16),
    /// Do not show the item.
    NotShown,
    /// Give the arm this part of the total, in millionths of the currency's unit (not CPM).
    Share(Micros),
    /// The outcome has this probability, in millionths.
    Score(Micros),
}

impl Choice {
    /// The price, if it is a bid.
    #[must_use]
    pub const fn price(self) -> Option<Micros> {
        match self {
            Self::Bid(price) => Some(price),
            Self::NoBid(_)
            | Self::Send(_)
            | Self::Show(_)
            | Self::NotShown
            | Self::Share(_)
            | Self::Score(_) => None,
        }
    }

    /// The amount, if it is one: a price, a part of a total, a probability.
    #[must_use]
    pub const fn amount(self) -> Option<Micros> {
        match self {
            Self::Bid(amount) | Self::Share(amount) | Self::Score(amount) => Some(amount),
            Self::NoBid(_) | Self::Send(_) | Self::Show(_) | Self::NotShown => None,
        }
    }

    /// The slot, if it is one.
    #[must_use]
    pub const fn slot(self) -> Option<u16> {
        match self {
            Self::Show(slot) => Some(slot),
            Self::Bid(_)
            | Self::NoBid(_)
            | Self::Send(_)
            | Self::NotShown
            | Self::Share(_)
            | Self::Score(_) => None,
        }
    }

    /// The instant, if it is one.
    #[must_use]
    pub const fn instant(self) -> Option<Timestamp> {
        match self {
            Self::Send(at) => Some(at),
            Self::Bid(_)
            | Self::NoBid(_)
            | Self::Show(_)
            | Self::NotShown
            | Self::Share(_)
            | Self::Score(_) => None,
        }
    }
}

/// What a model would do with one candidate without limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// The answer it wishes. Of a slate it follows from the relevances, and is not read.
    pub choice: Choice,
    /// What a slate is ordered by, in millionths; other kinds do not read it.
    pub relevance: Micros,
}

impl From<Choice> for Wish {
    fn from(choice: Choice) -> Self {
        Self {
            choice,
            relevance: Micros::ZERO,
        }
    }
}

/// Why there is no bid although no rule blocked it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum NoBid {
    /// What may be bid does not reach the floor of the auction.
    BelowFloor,
    /// The campaign's budget is spent or reserved.
    Budget,
    /// The floor is in another currency than the campaign.
    Currency,
    /// The publisher blocks the ad's category (`bcat`).
    BlockedCategory,
    /// The publisher blocks the advertiser (`badv`).
    BlockedAdvertiser,
    /// The publisher blocks an attribute of the creative (`battr`).
    BlockedAttribute,
    /// The auction is private and no deal of it fits.
    NoDeal,
    /// The campaign has not begun or has ended.
    OutsidePeriod,
    /// The impression is worth nothing to the campaign.
    NoValue,
    /// The declared safe default.
    SafeDefault,
}

impl NoBid {
    /// The word used in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BelowFloor => "below_floor",
            Self::Budget => "budget",
            Self::Currency => "currency",
            Self::BlockedCategory => "blocked_category",
            Self::BlockedAdvertiser => "blocked_advertiser",
            Self::BlockedAttribute => "blocked_attribute",
            Self::NoDeal => "no_deal",
            Self::OutsidePeriod => "outside_period",
            Self::NoValue => "no_value",
            Self::SafeDefault => "safe_default",
        }
    }
}

impl fmt::Display for NoBid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the limits did to the wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Verdict {
    /// The choice is the wish.
    Allowed,
    /// The choice differs from the wish.
    Changed,
    /// A person has to approve first; there is no value.
    Held,
    /// Forbidden; there is no value.
    Blocked,
}

impl Verdict {
    /// Every verdict, the mildest first.
    pub const ALL: [Self; 4] = [Self::Allowed, Self::Changed, Self::Held, Self::Blocked];

    /// The word used in rule files and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Changed => "changed",
            Self::Held => "held",
            Self::Blocked => "blocked",
        }
    }

    /// The verdict of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.name() == name)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whose value it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Source {
    /// The model's alone.
    Model,
    /// A person's alone: the campaign's baseline, a rule's value.
    Human,
    /// A weighted mean of both.
    Blend,
    /// The declared safe default, or the baseline because the model was silent.
    Fallback,
}

impl Source {
    /// The word used in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Human => "human",
            Self::Blend => "blend",
            Self::Fallback => "fallback",
        }
    }
}

/// Why a declared fallback answered instead of the model's choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FallbackReason {
    /// Too little time was left.
    Deadline,
    /// The model erred or panicked.
    ModelFailed,
    /// The model answered nothing usable for this candidate (not finite, negative, missing).
    NoOpinion,
    /// Rules of the same tier demand different values.
    Conflict,
    /// The restrictions leave no value.
    Contradiction,
    /// The answer did not pass the independent check.
    CheckFailed,
}

impl FallbackReason {
    /// The word used in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deadline => "deadline",
            Self::ModelFailed => "model_failed",
            Self::NoOpinion => "no_opinion",
            Self::Conflict => "conflict",
            Self::Contradiction => "contradiction",
            Self::CheckFailed => "check_failed",
        }
    }
}
