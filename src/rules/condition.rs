//! Conditions as plain data: what a rule says, before anything is prepared for speed.
//!
//! They are decidable on purpose: sets, intervals, subtrees, list hits; no arithmetic and no comparison of two
//! facts. Truth is three-valued (Kleene's strong logic), because a fact may be unknown.

use std::ops::Not;

use super::{clock::LocalTimes, vocabulary::Slot};
use crate::domain::Risk;

/// True, false, or not known. The order is that of "and": the least wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Truth {
    /// Known not to hold.
    False,
    /// A fact is missing that would decide it.
    Unknown,
    /// Known to hold.
    True,
}

impl Truth {
    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// At least one.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }
}

impl From<bool> for Truth {
    fn from(known: bool) -> Self {
        if known { Self::True } else { Self::False }
    }
}

impl Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
            Self::True => Self::False,
        }
    }
}

/// How an atom reads a fact of many values, or prose in which hits may be uncertain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reading {
    /// One of the values is enough: where a match restricts.
    Any,
    /// Every value has to match, and there is one: where a match exempts.
    Every,
}

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// One fact.
    Fact(Atom),
    /// Every one of these; none holds.
    All(Vec<Self>),
    /// At least one of these.
    Any(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
}

impl Condition {
    /// Calls `see` with every atom in it.
    pub fn each_atom<'c>(&'c self, see: &mut impl FnMut(&'c Atom)) {
        match self {
            Self::Fact(atom) => see(atom),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.each_atom(see)),
            Self::Not(part) => part.each_atom(see),
        }
    }

    /// Turns round how it reads prose: what restricted exempts, and what exempted restricts.
    pub(super) fn turn_mentions(&mut self) {
        match self {
            Self::Fact(atom) => {
                if matches!(atom.test, Test::Mentions(_)) {
                    atom.reading = match atom.reading {
                        Reading::Any => Reading::Every,
                        Reading::Every => Reading::Any,
                    };
                }
            }
            Self::All(parts) | Self::Any(parts) => parts.iter_mut().for_each(Self::turn_mentions),
            Self::Not(part) => part.turn_mentions(),
        }
    }
}

/// One fact and what it must be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Atom {
    /// The fact.
    pub slot: Slot,
    /// How many of its values have to match.
    pub reading: Reading,
    /// What it must be.
    pub test: Test,
}

/// What a fact must be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Test {
    /// One of these words, or in the subtree of one; in canonical form.
    Words(Vec<String>),
    /// A label with one of these topics (canonical; `None` is any) and one of these risks (`None` is any).
    Label {
        /// The topics.
        topics: Option<Vec<String>>,
        /// The risks.
        risks: Option<Vec<Risk>>,
    },
    /// A number from here to there, both inclusive; so too micros of a price, and milliseconds of an instant.
    Between(i64, i64),
    /// A flag that is this.
    Is(bool),
    /// An instant in one of these windows.
    Clock(LocalTimes),
    /// A text in which one of these lists has a hit; places in the rulebook's lists.
    Mentions(Vec<usize>),
    /// A text in which one of these regular expressions is found; places in the rulebook's patterns.
    Matches(Vec<usize>),
}
