//! The one form in which words are compared, for rules and for queries alike.

use std::borrow::Cow;

use super::{topics, vocabulary::FactType};

/// The canonical form of a word of a fact.
#[must_use]
pub(super) fn canonical(fact_type: FactType, word: &str) -> Cow<'_, str> {
    match fact_type {
        FactType::Name
        | FactType::Declared
        | FactType::Text
        | FactType::Number
        | FactType::Flag
        | FactType::Clock => Cow::Borrowed(word),
        FactType::Country | FactType::OneOf(_) | FactType::Word | FactType::Prefix => lower(word),
        FactType::Site => lower(word.strip_suffix('.').unwrap_or(word)),
        // A topic that is not sensitive cannot be named by a rule, so that any form of it will do.
        FactType::Labels => Cow::Borrowed(topics::find(word).map_or(word, |topic| topic.id)),
    }
}

fn lower(word: &str) -> Cow<'_, str> {
    let is_lower = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    if word.bytes().all(is_lower) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(word.to_lowercase())
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
