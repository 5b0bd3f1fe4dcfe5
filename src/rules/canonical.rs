//! The one form in which words are compared, for rules and for queries alike.

use smallvec::SmallVec;

use super::{
    topics::{Family, Taxonomies},
    vocabulary::FactType,
};

/// A short text in the making, on the stack as far as words usually go.
pub(super) struct Letters(SmallVec<[u8; 96]>);

impl Letters {
    /// These characters.
    pub(super) fn of(chars: impl Iterator<Item = char>) -> Self {
        let mut bytes = SmallVec::new();
        for c in chars {
            bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Self(bytes)
    }

    /// The text without capitals.
    fn lower(text: &str) -> Self {
        if text.is_ascii() {
            return Self(text.bytes().map(|byte| byte.to_ascii_lowercase()).collect());
        }
        Self::of(text.chars().flat_map(char::to_lowercase))
    }

    /// A name without case and punctuation.
    pub(super) fn folded(name: &str) -> Self {
        if name.is_ascii() {
            let letters = name.bytes().filter(u8::is_ascii_alphanumeric);
            return Self(letters.map(|byte| byte.to_ascii_lowercase()).collect());
        }
        Self::of(
            name.chars()
                .filter(|c| c.is_alphanumeric())
                .flat_map(char::to_lowercase),
        )
    }

    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// The words that a rule has to name to hold what is written: for a topic its ids, else its canonical form.
pub(super) fn named(taxonomies: &Taxonomies, fact_type: FactType, written: &str) -> Vec<String> {
    if let Some(family) = family(fact_type) {
        let found = taxonomies.of(family).find(written);
        if !found.is_empty() {
            return found.into_iter().map(str::to_owned).collect();
        }
    }
    let mut first = Vec::new();
    each_holder(taxonomies, fact_type, written, &mut |word| {
        if first.is_empty() {
            first.push(word.to_owned());
        }
    });
    first
}

/// Calls `see` with the canonical form of a word and of every word that holds it: `www.ansa.it`, `ansa.it`, `it`.
pub(super) fn each_holder(
    taxonomies: &Taxonomies,
    fact_type: FactType,
    word: &str,
    see: &mut impl FnMut(&str),
) {
    match fact_type {
        FactType::Name | FactType::Declared => see(word),
        FactType::Country | FactType::OneOf(_) | FactType::Chosen | FactType::Word => {
            with_lower(word, see);
        }
        FactType::Prefix => with_lower(word, |word| each_prefix(word, see)),
        FactType::Site => with_site(word, |site| each_domain(site, see)),
        FactType::Labels => each_topic(taxonomies, Family::Content, word, see),
        FactType::Topics(family) => each_topic(taxonomies, family, word, see),
        FactType::Text
        | FactType::Number
        | FactType::Price(_)
        | FactType::Flag
        | FactType::Instant
        | FactType::Clock => {}
    }
}

const fn family(fact_type: FactType) -> Option<Family> {
    match fact_type {
        FactType::Labels => Some(Family::Content),
        FactType::Topics(family) => Some(family),
        FactType::Country
        | FactType::OneOf(_)
        | FactType::Chosen
        | FactType::Name
        | FactType::Declared
        | FactType::Word
        | FactType::Prefix
        | FactType::Site
        | FactType::Text
        | FactType::Number
        | FactType::Price(_)
        | FactType::Flag
        | FactType::Instant
        | FactType::Clock => None,
    }
}

fn with_lower(word: &str, see: impl FnOnce(&str)) {
    if word
        .bytes()
        .all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase())
    {
        see(word);
    } else {
        see(Letters::lower(word).as_str());
    }
}

/// `iab8-5`, `iab8`
fn each_prefix(word: &str, see: &mut impl FnMut(&str)) {
    let mut rest = Some(word);
    while let Some(this) = rest {
        see(this);
        rest = this.rsplit_once('-').map(|(shorter, _)| shorter);
    }
}

fn each_domain(site: &str, see: &mut impl FnMut(&str)) {
    let mut rest = Some(site);
    while let Some(this) = rest {
        see(this);
        rest = this.split_once('.').map(|(_, parent)| parent);
    }
}

/// A topic that no table knows is compared as a word: of ads by the parts between hyphens, else by its letters.
fn each_topic(taxonomies: &Taxonomies, family: Family, word: &str, see: &mut impl FnMut(&str)) {
    let mut known = false;
    for holder in taxonomies.of(family).holders(word) {
        known = true;
        see(holder);
    }
    if known {
        return;
    }
    match family {
        Family::Content => see(Letters::folded(word).as_str()),
        Family::Product => with_lower(word, |word| each_prefix(word, see)),
    }
}

/// A domain as it is compared: lower case, without a closing point, `città.example` as `xn--citt-3na.example`.
fn with_site(domain: &str, see: impl FnOnce(&str)) {
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    if domain.is_ascii() {
        return with_lower(domain, see);
    }
    match idna::domain_to_ascii(domain) {
        Ok(ascii) => see(&ascii),
        Err(_) => with_lower(domain, see),
    }
}
