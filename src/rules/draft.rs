//! A rule as data: checked, complete, its dates turned into instants, not yet prepared for speed.

use std::sync::Arc;

use super::{
    band::Band,
    condition::Condition,
    syntax::ast::{IfUnknown, Mode},
};
use crate::domain::{BasisPoints, Currency, Kind, Micros, RuleCard, Timestamp, Word};

/// One rule.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleDraft {
    /// What answers say of it.
    pub card: RuleCard,
    /// The kinds of decision that it speaks of.
    pub kinds: Vec<Kind>,
    /// Whether it counts.
    pub mode: Mode,
    /// The instant from which it is in force, inclusive.
    pub from: Option<Timestamp>,
    /// The instant until which it is in force, exclusive.
    pub until: Option<Timestamp>,
    /// What must all hold: `applies_to` and `when`.
    pub when: Vec<Condition>,
    /// What must not hold: `unless` and the exceptions.
    pub unless: Vec<Exemption>,
    /// What to do when the condition is unknown.
    pub if_unknown: IfUnknown,
    /// What it does.
    pub effects: Vec<EffectDraft>,
}

/// What takes a query out of a rule's reach.
#[derive(Debug, Clone, PartialEq)]
pub struct Exemption {
    /// When.
    pub condition: Condition,
    /// The instant until which it counts, exclusive; `None` is for good.
    pub until: Option<Timestamp>,
}

/// One effect of a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectDraft {
    /// What else must hold of the candidate: from `exclude` and `only`.
    pub guard: Option<Condition>,
    /// What it does.
    pub action: Action,
}

/// What a rule does to a candidate.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// No value may leave.
    Block,
    /// This candidate is out.
    Exclude,
    /// Somebody of this role must approve first.
    Hold(Word),
    /// A value is at least this.
    AtLeast(In<Micros>),
    /// A value is at most this.
    AtMost(In<Micros>),
    /// The value is this.
    Force(In<Micros>),
    /// A person's value leads in a novel market.
    Band(In<Band>),
    /// The wish is moved by this share.
    Adjust(BasisPoints),
    /// Says something.
    Note(Arc<str>),
}

impl Action {
    /// Whether it only tightens.
    #[must_use]
    pub const fn is_restriction(&self) -> bool {
        match self {
            Self::Block | Self::Exclude | Self::Hold(_) | Self::AtLeast(_) | Self::AtMost(_) => true,
            Self::Force(_) | Self::Band(_) | Self::Adjust(_) | Self::Note(_) => false,
        }
    }

    /// The currency in which it is meant, if it names money.
    #[must_use]
    pub const fn currency(&self) -> Option<Currency> {
        match self {
            Self::AtLeast(money) | Self::AtMost(money) | Self::Force(money) => Some(money.currency),
            Self::Band(band) => Some(band.currency),
            Self::Block | Self::Exclude | Self::Hold(_) | Self::Adjust(_) | Self::Note(_) => None,
        }
    }

    /// Whether it chooses a value.
    #[must_use]
    pub const fn is_directive(&self) -> bool {
        match self {
            Self::Force(_) | Self::Band(_) => true,
            Self::Block
            | Self::Exclude
            | Self::Hold(_)
            | Self::AtLeast(_)
            | Self::AtMost(_)
            | Self::Adjust(_)
            | Self::Note(_) => false,
        }
    }
}

/// A value in the one currency in which it is meant; there are no exchange rates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct In<T> {
    /// The currency.
    pub currency: Currency,
    /// How much, or what else.
    pub value: T,
}

impl RuleDraft {
    /// Whether it is in force at `now`.
    #[must_use]
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= now) && self.until.is_none_or(|until| now < until)
    }
}
