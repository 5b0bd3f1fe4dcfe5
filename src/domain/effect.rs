use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::{Attribute, BasisPoints, Duration, Micros, RuleIx, Spans, Tier, Word};

/// What a matching rule does to one candidate, with everything it needed already read.
///
/// Amounts are in the unit of the kind: the price of a bid, the part of an arm in millionths of the currency's
/// unit, a probability in millionths of one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Effect {
    /// Restriction: no value may leave.
    Block,
    /// Restriction: this candidate is out (`exclude` named it, or `only` did not).
    Exclude,
    /// Restriction: no value may leave before somebody of this role approves.
    Hold(Word),
    /// Restriction: a bid or a probability is at least this.
    AtLeast(Micros),
    /// Restriction: a bid or a probability is at most this.
    AtMost(Micros),
    /// Restriction: a contact is reached at most so often in any window of that length.
    Cap(Cap),
    /// Restriction: a message is sent at one of these instants.
    Times {
        /// As it is written.
        limit: TimeLimit,
        /// The instants.
        allowed: Spans,
    },
    /// Restriction: a slate holds at most so many items that share a fact.
    AtMostPer(Box<PerFact>),
    /// Restriction: an arm's part of the total.
    Share {
        /// The least.
        at_least: Micros,
        /// The most.
        at_most: Micros,
    },
    /// Restriction: how far an arm's part may move from its last one.
    Step {
        /// The least.
        at_least: Micros,
        /// The most.
        at_most: Micros,
    },
    /// Directive: the value is this.
    Force(Micros),
    /// Directive: the value stays in a band around a person's value while evidence is thin.
    Band {
        /// The person's value.
        human: Micros,
        /// The lower end, inclusive.
        low: Micros,
        /// The upper end, inclusive.
        high: Micros,
        /// Outcomes counted so far.
        have: u32,
        /// Outcomes at which the band is gone.
        need: u32,
    },
    /// Directive: a message is sent at this local time.
    ForceAt(Spans),
    /// Directive: a message is sent near a person's local time while evidence is thin.
    BandAt(Box<NearTime>),
    /// Directive: a slate begins with a person's list while evidence is thin.
    StartList {
        /// This candidate's place in the list, from 1; `None` where it is not in it.
        place: Option<u16>,
        /// How many slots, from the last up, the model fills.
        model_slots: u16,
        /// Outcomes counted so far.
        have: u32,
        /// Outcomes at which the list is gone.
        need: u32,
    },
    /// Directive: this candidate stands in that slot, from 1.
    Pin(u16),
    /// Adjustment: the wish is moved by this share.
    Adjust(BasisPoints),
    /// Adjustment: a candidate's relevance is moved by this share.
    Boost(BasisPoints),
    /// Tag: says something, changes nothing.
    Note(Arc<str>),
}

/// How often a contact may be reached.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cap {
    /// At most so many times,
    pub most: u32,
    /// in any window of this length.
    pub window: Duration,
    /// What is counted together.
    pub reach: Reach,
    /// The instants at which one more is not too many; nothing where the count is unknown. Of a bid it is looked at
    /// now only.
    pub allowed: Spans,
}

/// What a cap counts together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Reach {
    /// A brand on one channel.
    Channel,
    /// A brand across channels.
    AcrossChannels,
}

/// A limit of times, as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TimeLimit {
    /// Not in these windows.
    QuietHours,
    /// Not earlier.
    NotBefore,
    /// Not later.
    NotAfter,
    /// In these windows only.
    OnlyOn,
}

impl TimeLimit {
    /// The word used in rule files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::QuietHours => "quiet_hours",
            Self::NotBefore => "not_before",
            Self::NotAfter => "not_after",
            Self::OnlyOn => "only_on",
        }
    }
}

/// A person's local time, and the instants near it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NearTime {
    /// The person's local time, on each day.
    pub human: Spans,
    /// The instants near it.
    pub near: Spans,
    /// Outcomes counted so far.
    pub have: u32,
    /// Outcomes at which the band is gone.
    pub need: u32,
}

/// At most so many items of a slate share the value of a fact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PerFact {
    /// The fact.
    pub attribute: Attribute,
    /// This candidate's values of it; `None` is unknown and counts against every value.
    pub values: Option<Vec<Word>>,
    /// The most that may share one.
    pub most: u16,
}

/// The three sorts of effect, and the tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sort {
    /// Only tightens; those of all tiers add up.
    Restriction,
    /// Chooses a value; the highest tier wins.
    Directive,
    /// Moves the wish.
    Adjustment,
    /// Says something.
    Tag,
}

impl Effect {
    /// The word used in rule files.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Exclude => "exclude",
            Self::Hold(_) => "hold",
            Self::AtLeast(_) => "at_least",
            Self::AtMost(_) | Self::AtMostPer(_) | Self::Cap(_) => "at_most",
            Self::Times { limit, .. } => limit.name(),
            Self::Share { .. } => "share",
            Self::Step { .. } => "step_at_most",
            Self::Force(_) | Self::ForceAt(_) => "force",
            Self::Band { .. } | Self::BandAt(_) | Self::StartList { .. } => "start_at",
            Self::Pin(_) => "pin",
            Self::Adjust(_) => "adjust",
            Self::Boost(_) => "boost",
            Self::Note(_) => "note",
        }
    }

    /// What sort of effect it is.
    #[must_use]
    pub const fn sort(&self) -> Sort {
        match self {
            Self::Block
            | Self::Exclude
            | Self::Hold(_)
            | Self::AtLeast(_)
            | Self::AtMost(_)
            | Self::Cap(_)
            | Self::Times { .. }
            | Self::AtMostPer(_)
            | Self::Share { .. }
            | Self::Step { .. } => Sort::Restriction,
            Self::Force(_)
            | Self::Band { .. }
            | Self::ForceAt(_)
            | Self::BandAt(_)
            | Self::StartList { .. }
            | Self::Pin(_) => Sort::Directive,
            Self::Adjust(_) | Self::Boost(_) => Sort::Adjustment,
            Self::Note(_) => Sort::Tag,
        }
    }
}

/// Whether a rule matched, or was applied because a fact it reads is unknown (`if_unknown`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Certainty {
    /// Its condition is true.
    Certain,
    /// Its condition is unknown, and the rule says what then.
    Unknown,
}

/// One effect in force for one candidate.
///
/// The order is the order of preference among causes: certain before unknown, higher tier first, then rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Active {
    /// Whether its condition is true or unknown.
    pub certainty: Certainty,
    /// The rule.
    pub rule: RuleIx,
    /// The rule's tier.
    pub tier: Tier,
    /// What it does.
    pub effect: Effect,
}

/// A set of effects in force. Merging is set union: commutative, associative, idempotent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Bounds(SmallVec<[Active; 4]>);

impl Bounds {
    /// No effect: everything is allowed.
    #[must_use]
    pub fn new() -> Self {
        Self(SmallVec::new())
    }

    /// Adds one effect; one that is already there changes nothing.
    pub fn insert(&mut self, active: Active) {
        if let Err(at) = self.0.binary_search(&active) {
            self.0.insert(at, active);
        }
    }

    /// Adds every effect of `other`.
    pub fn merge(&mut self, other: &Self) {
        for active in other.iter() {
            self.insert(active.clone());
        }
    }

    /// Takes every effect out and keeps the room for as many.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The effects, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Active> {
        self.0.iter()
    }

    /// Whether nothing is in force.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many effects are in force.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl FromIterator<Active> for Bounds {
    fn from_iter<T: IntoIterator<Item = Active>>(effects: T) -> Self {
        let mut bounds = Self::new();
        for active in effects {
            bounds.insert(active);
        }
        bounds
    }
}
