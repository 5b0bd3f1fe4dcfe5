//! Whether one condition holds wherever another does, where that can be seen from their shape.
//!
//! The answer "yes" is always right, for three-valued truth too: then the first is never truer than the second.
//! The answer "no" only means that nothing was found.

use std::collections::BTreeSet;

use crate::rules::{
    Rulebook,
    canonical::each_holder,
    condition::{Atom, Condition, Test},
    vocabulary::{Entry, Vocabulary},
};

/// What places in the conditions of a rulebook stand for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Side<'s> {
    pub(super) rulebook: &'s Rulebook,
    /// What is in its word lists.
    pub(super) lists: &'s [BTreeSet<String>],
}

/// Whose condition is asked whether it implies, and whose is asked whether it is implied.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sides<'s> {
    pub(super) left: Side<'s>,
    pub(super) right: Side<'s>,
}

impl Sides<'_> {
    pub(super) const fn swapped(self) -> Self {
        Self {
            left: self.right,
            right: self.left,
        }
    }

    /// Whether a word list on the right holds every term of one on the left.
    fn has_terms(self, left: usize, right: usize) -> bool {
        match (self.left.lists.get(left), self.right.lists.get(right)) {
            (Some(left), Some(right)) => left.is_subset(right),
            (None, _) | (_, None) => false,
        }
    }

    fn is_same_pattern(self, left: usize, right: usize) -> bool {
        let text = |side: Side<'_>, place| side.rulebook.lexicon().patterns.text(place).map(str::to_owned);
        let left = text(self.left, left);
        left.is_some() && left == text(self.right, right)
    }
}

/// Whether `b`, on the right, holds wherever `a`, on the left, does.
pub(super) fn implies(a: &Condition, b: &Condition, sides: Sides<'_>) -> bool {
    if let Condition::All(parts) = b {
        return parts.iter().all(|part| implies(a, part, sides));
    }
    if let Condition::Any(parts) = a {
        return parts.iter().all(|part| implies(part, b, sides));
    }
    if let Condition::All(parts) = a
        && parts.iter().any(|part| implies(part, b, sides))
    {
        return true;
    }
    if let Condition::Any(parts) = b {
        return parts.iter().any(|part| implies(a, part, sides));
    }
    if let (Condition::Not(a), Condition::Not(b)) = (a, b) {
        return implies(b, a, sides.swapped());
    }
    if let (Condition::Fact(a), Condition::Fact(b)) = (a, b) {
        return is_within(a, b, sides);
    }
    false
}

fn is_within(a: &Atom, b: &Atom, sides: Sides<'_>) -> bool {
    let (left, right) = (
        sides.left.rulebook.vocabulary(),
        sides.right.rulebook.vocabulary(),
    );
    let (Some(entry), Some(other)) = (left.entry(a.slot), right.entry(b.slot)) else {
        return false;
    };
    if entry.attribute != other.attribute || entry.fact_type != other.fact_type || a.reading != b.reading {
        return false;
    }
    match (&a.test, &b.test) {
        (Test::Words(narrow), Test::Words(wide)) => are_held(narrow, wide, entry, right),
        (Test::Between(from, to), Test::Between(wide_from, wide_to)) => wide_from <= from && to <= wide_to,
        (Test::Is(flag), Test::Is(other)) => flag == other,
        (Test::Clock(times), Test::Clock(others)) => times == others,
        (Test::Mentions(narrow), Test::Mentions(wide)) => {
            is_each_in(narrow, wide, |a, b| sides.has_terms(a, b))
        }
        (Test::Matches(narrow), Test::Matches(wide)) => {
            is_each_in(narrow, wide, |a, b| sides.is_same_pattern(a, b))
        }
        (
            Test::Label { topics, risks },
            Test::Label {
                topics: wide,
                risks: wide_risks,
            },
        ) => {
            let topics = match (topics, wide) {
                (_, None) => true,
                (None, Some(_)) => false,
                (Some(narrow), Some(wide)) => are_held(narrow, wide, entry, right),
            };
            topics && is_subset(risks.as_deref(), wide_risks.as_deref())
        }
        (
            Test::Words(_)
            | Test::Between(..)
            | Test::Is(_)
            | Test::Clock(_)
            | Test::Mentions(_)
            | Test::Matches(_)
            | Test::Label { .. },
            _,
        ) => false,
    }
}

/// Whether each word is one of the others, or below one of them.
fn are_held(narrow: &[String], wide: &[String], entry: &Entry, vocabulary: &Vocabulary) -> bool {
    let wide: BTreeSet<&str> = wide.iter().map(String::as_str).collect();
    narrow.iter().all(|word| {
        let mut is_held = wide.contains(word.as_str());
        each_holder(vocabulary.taxonomies(), entry.fact_type, word, &mut |holder| {
            is_held |= wide.contains(holder);
        });
        is_held
    })
}

fn is_each_in(narrow: &[usize], wide: &[usize], is_in: impl Fn(usize, usize) -> bool) -> bool {
    narrow.iter().all(|a| wide.iter().any(|b| is_in(*a, *b)))
}

/// Of sets of which "none said" is all.
fn is_subset<T: PartialEq>(narrow: Option<&[T]>, wide: Option<&[T]>) -> bool {
    match (narrow, wide) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(narrow), Some(wide)) => narrow.iter().all(|one| wide.contains(one)),
    }
}
