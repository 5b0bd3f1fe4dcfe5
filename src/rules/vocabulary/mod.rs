//! The closed table of what a rule may ask about.
//!
//! One row an attribute: how its values are compared, whether it has one value or many, whether it belongs to
//! the query or to a candidate, which kinds of decision have it, and for which of them it is always known.
//! Conditions, tests, matching and the reference page all read this one table, so that a key means the same
//! everywhere. A key that is not here is an error, and the nearest name is suggested.

mod kinds;
mod stated;
mod table;

use std::borrow::Cow;

pub use self::{
    kinds::Kinds,
    stated::{Fault, Misstated},
    table::{TABLE, slot},
};
use super::topics::{Family, Taxonomies};
use crate::domain::{Attribute, Currency};

/// How the values of an attribute are written and compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactType {
    /// ISO 3166-1 alpha-2, in capitals or not.
    Country,
    /// A word of a closed set, compared without case.
    OneOf(&'static [&'static str]),
    /// A word of a set that the deployment closed, compared without case; [`Entry::values`] has the set.
    Chosen,
    /// A name that the deployment gives, compared exactly.
    Name,
    /// A name declared in `campaigns.yaml` or `objectives.yaml`, compared exactly.
    Declared,
    /// A word of an open set, compared without case.
    Word,
    /// A word whose parts stand between hyphens; the shorter holds the longer: `it` holds `it-CH`.
    Prefix,
    /// A topic of an IAB taxonomy, by id or by name; it holds the topics below it.
    Topics(Family),
    /// A domain; it holds its subdomains: `ansa.it` holds `www.ansa.it`.
    Site,
    /// Prose, searched for the terms of a list.
    Text,
    /// A whole number.
    Number,
    /// An amount of money in this currency.
    Price(Currency),
    /// Yes or no.
    Flag,
    /// Content labels: pairs of topic and risk.
    Labels,
    /// An instant, compared with days of the file's time zone.
    Instant,
    /// An instant, read on the clock and calendar of the file's time zone.
    Clock,
}

/// How many values an attribute has at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Multiplicity {
    /// One.
    One,
    /// Any number, known to be none included.
    Many,
}

/// What an attribute belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The whole query.
    Query,
    /// One candidate; a rule that reads it is judged per candidate.
    Candidate,
}

/// Whether an attribute may be unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Presence {
    /// Every query states it.
    Always,
    /// It may be unknown, so a rule that reads it says what then.
    Optional,
}

/// One row of the vocabulary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The attribute.
    pub attribute: Attribute,
    /// How its values are compared.
    pub fact_type: FactType,
    /// One value or many.
    pub multiplicity: Multiplicity,
    /// Of the query or of a candidate.
    pub scope: Scope,
    /// Which kinds have it, and whether it may be unknown there.
    pub kinds: Kinds,
    /// The allowed words, where [`FactType::Chosen`] says so.
    pub values: Vec<String>,
    /// What it is, in a line.
    pub doc: Cow<'static, str>,
}

/// An attribute's place in a [`Vocabulary`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(u16);

impl Slot {
    /// The place as an index.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The part of an attribute that a key of a condition reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aspect {
    /// All of it.
    Whole,
    /// The topics of content labels.
    Topic,
    /// The risks of content labels.
    Risk,
}

/// A key of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Its place in its vocabulary.
    pub slot: Slot,
    /// What it reads there.
    pub aspect: Aspect,
}

/// What a rulebook may ask about: every built-in attribute, the deployment's own, and the topics there are.
#[derive(Debug, Clone)]
pub struct Vocabulary {
    /// Sorted by attribute.
    own: Vec<Entry>,
    taxonomies: Taxonomies,
}

impl Vocabulary {
    /// The built-in attributes and these, each of another name.
    #[must_use]
    pub fn new(mut own: Vec<Entry>, taxonomies: Taxonomies) -> Self {
        own.sort_by(|a, b| a.attribute.cmp(&b.attribute));
        own.dedup_by(|later, first| later.attribute == first.attribute);
        Self { own, taxonomies }
    }

    /// The built-in attributes alone, and no topics but the sensitive ones.
    #[must_use]
    pub fn built_in() -> Self {
        Self::new(Vec::new(), Taxonomies::default())
    }

    /// How many attributes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        TABLE.len() + self.own.len()
    }

    /// Whether there is none; there always is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The topics there are.
    #[must_use]
    pub const fn taxonomies(&self) -> &Taxonomies {
        &self.taxonomies
    }

    /// Every row, the built-in ones first.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        TABLE.iter().chain(&self.own)
    }

    /// The rows of the deployment's own attributes.
    #[must_use]
    pub fn own(&self) -> &[Entry] {
        &self.own
    }

    /// The row at a place.
    #[must_use]
    pub fn entry(&self, slot: Slot) -> Option<&Entry> {
        TABLE
            .get(slot.index())
            .or_else(|| self.own.get(slot.index().checked_sub(TABLE.len())?))
    }

    /// The place of an attribute; `None` for an own one that is not declared.
    #[must_use]
    pub fn slot(&self, attribute: &Attribute) -> Option<Slot> {
        if let Some(slot) = slot(attribute) {
            return Some(slot);
        }
        let at = self
            .own
            .binary_search_by(|entry| entry.attribute.cmp(attribute))
            .ok()?;
        u16::try_from(TABLE.len() + at).ok().map(Slot)
    }

    /// The row of an attribute; `None` for an own one that is not declared.
    #[must_use]
    pub fn row(&self, attribute: &Attribute) -> Option<&Entry> {
        self.entry(self.slot(attribute)?)
    }

    /// The key of that name, such as `market.country` or `content.topic`.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<Key> {
        let whole = |slot| Key {
            slot,
            aspect: Aspect::Whole,
        };
        let content = |aspect| {
            let slot = self.slot(&Attribute::Content)?;
            Some(Key { slot, aspect })
        };
        match name {
            "content.topic" => content(Aspect::Topic),
            "content.risk" => content(Aspect::Risk),
            "content" => None,
            other => {
                let own = || self.own.iter().find(|entry| entry.attribute.name() == other);
                let attribute =
                    Attribute::built_in(other).or_else(|| own().map(|entry| entry.attribute.clone()))?;
                self.slot(&attribute).map(whole)
            }
        }
    }

    /// The names of every key of a condition.
    pub fn key_names(&self) -> impl Iterator<Item = &str> + Clone {
        TABLE
            .iter()
            .chain(&self.own)
            .map(|entry| entry.attribute.name())
            .filter(|name| *name != "content")
            .chain(["content.topic", "content.risk"])
    }
}
