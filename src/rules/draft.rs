//! A rule as data: checked, complete, its dates turned into instants, not yet prepared for speed.

use std::{fmt, sync::Arc};

use jiff::{civil::Time, tz::TimeZone};

use super::{
    band::{Human, StartAt},
    calendar::LocalLimit,
    condition::Condition,
    syntax::{
        Sort,
        ast::{CapDef, IfUnknown, Mode, RangeDef, StepDef},
    },
    vocabulary::Slot,
};
use crate::domain::{BasisPoints, Currency, Kind, Micros, Money, RuleCard, Timestamp, Word};

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
    AtLeast(Amount),
    /// A value is at most this.
    AtMost(Amount),
    /// A contact is reached at most so often.
    Cap(CapDef),
    /// At most so many shown items share the value of a fact.
    AtMostPer(PerFactAction),
    /// A message is sent at certain local times only.
    Times(TimesAction),
    /// An arm's part of the total.
    Share(RangeDef),
    /// How far an arm's part may move from its last one.
    StepAtMost(StepDef),
    /// The value is this.
    Force(Amount),
    /// The message is sent at this local time of the recipient.
    ForceAt(Time),
    /// A person's value leads in a novel market.
    StartAt(StartAt),
    /// The candidate stands in this slot, from 1.
    Pin(u16),
    /// The wish is moved by this share.
    Adjust(BasisPoints),
    /// The candidate's relevance is moved by this share.
    Boost(BasisPoints),
    /// Says something.
    Note(Arc<str>),
}

/// An amount in the unit of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Amount {
    /// A price, CPM.
    Price(In<Micros>),
    /// A probability, or a part of a total.
    Part(BasisPoints),
}

impl fmt::Display for Amount {
    /// As a person writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Price(price) => price.money().fmt(f),
            Self::Part(part) => part.fmt(f),
        }
    }
}

/// `2 per item.category`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerFactAction {
    /// The fact.
    pub fact: Slot,
    /// The most that may share a value.
    pub most: u16,
}

/// A limit on local times, and whose clock shows them.
#[derive(Debug, Clone, PartialEq)]
pub struct TimesAction {
    /// The limit.
    pub limit: LocalLimit,
    /// Whose clock.
    pub clock: LocalClock,
}

/// Whose clock a local time is read on.
#[derive(Debug, Clone, PartialEq)]
pub enum LocalClock {
    /// The recipient's own.
    Recipient,
    /// This zone's, whoever receives.
    Zone(TimeZone),
}

impl Action {
    /// What sort of effect it has.
    #[must_use]
    pub const fn sort(&self) -> Sort {
        match self {
            Self::Block
            | Self::Exclude
            | Self::Hold(_)
            | Self::AtLeast(_)
            | Self::AtMost(_)
            | Self::Cap(_)
            | Self::AtMostPer(_)
            | Self::Times(_)
            | Self::Share(_)
            | Self::StepAtMost(_) => Sort::Restriction,
            Self::Force(_) | Self::ForceAt(_) | Self::StartAt(_) | Self::Pin(_) => Sort::Directive,
            Self::Adjust(_) | Self::Boost(_) => Sort::Adjustment,
            Self::Note(_) => Sort::Tag,
        }
    }

    /// Whether it only tightens.
    #[must_use]
    pub fn is_restriction(&self) -> bool {
        self.sort() == Sort::Restriction
    }

    /// Whether it chooses a value.
    #[must_use]
    pub fn is_directive(&self) -> bool {
        self.sort() == Sort::Directive
    }

    /// The currency in which it is meant, if it names money.
    #[must_use]
    pub const fn currency(&self) -> Option<Currency> {
        match self {
            Self::AtLeast(Amount::Price(price))
            | Self::AtMost(Amount::Price(price))
            | Self::Force(Amount::Price(price)) => Some(price.currency),
            Self::StartAt(start) => match &start.human {
                Human::Price(price, _) => Some(price.currency),
                Human::Part(..) | Human::Time(..) | Human::List(..) => None,
            },
            Self::AtLeast(Amount::Part(_))
            | Self::AtMost(Amount::Part(_))
            | Self::Force(Amount::Part(_))
            | Self::Block
            | Self::Exclude
            | Self::Hold(_)
            | Self::Cap(_)
            | Self::AtMostPer(_)
            | Self::Times(_)
            | Self::Share(_)
            | Self::StepAtMost(_)
            | Self::ForceAt(_)
            | Self::Pin(_)
            | Self::Adjust(_)
            | Self::Boost(_)
            | Self::Note(_) => None,
        }
    }
}

/// A value in the one currency in which it is meant; there are no exchange rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct In<T> {
    /// The currency.
    pub currency: Currency,
    /// How much, or what else.
    pub value: T,
}

impl In<Micros> {
    /// As a person writes it.
    #[must_use]
    pub const fn money(self) -> Money {
        Money {
            amount: self.value,
            currency: self.currency,
        }
    }
}

impl RuleDraft {
    /// Whether it is in force at `now`.
    #[must_use]
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= now) && self.until.is_none_or(|until| now < until)
    }
}
