//! The one form in which words are compared, for rules and for queries alike.

use std::ops::Deref;

use smol_str::{SmolStr, StrExt};

use super::{topics, vocabulary::FactType};

/// A word in its canonical form. Most words have it already, and the others are short: neither takes the heap.
#[derive(Debug)]
pub(super) enum Canonical<'w> {
    Same(&'w str),
    Lowered(SmolStr),
}

impl Deref for Canonical<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Same(word) => word,
            Self::Lowered(word) => word,
        }
    }
}

/// The canonical form of a word of a fact.
#[must_use]
pub(super) fn canonical(fact_type: FactType, word: &str) -> Canonical<'_> {
    match fact_type {
        FactType::Name
        | FactType::Declared
        | FactType::Text
        | FactType::Number
        | FactType::Flag
        | FactType::Clock => Canonical::Same(word),
        FactType::Country | FactType::OneOf(_) | FactType::Word | FactType::Prefix => lower(word),
        FactType::Site => lower(word.strip_suffix('.').unwrap_or(word)),
        // A topic that is not sensitive cannot be named by a rule, so that any form of it will do.
        FactType::Labels => Canonical::Same(topics::find(word).map_or(word, |topic| topic.id)),
    }
}

fn lower(word: &str) -> Canonical<'_> {
    let is_lower = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    if word.bytes().all(is_lower) {
        return Canonical::Same(word);
    }
    Canonical::Lowered(word.to_lowercase_smolstr())
}

/// The word and every shorter one that holds it, the longest first: `www.ansa.it`, `ansa.it`, `it`.
pub(super) fn ancestors(fact_type: FactType, word: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(word);
    std::iter::from_fn(move || {
        let this = rest?;
        rest = match fact_type {
            FactType::Site => this.split_once('.').map(|(_, parent)| parent),
            FactType::Prefix => this.rsplit_once('-').map(|(parent, _)| parent),
            FactType::Country
            | FactType::OneOf(_)
            | FactType::Name
            | FactType::Declared
            | FactType::Word
            | FactType::Text
            | FactType::Number
            | FactType::Flag
            | FactType::Labels
            | FactType::Clock => None,
        };
        Some(this)
    })
}
