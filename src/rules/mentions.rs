//! The word lists of a rulebook, and which of them have a hit in a text.
//!
//! A term with a language counts in texts of that language. Where the language of a text is not known the term
//! *may* count, and missing knowledge never loosens: in a condition that restricts, a hit that may count is one; in
//! one that exempts (`unless`, an exception, below a `not`) it is unknown.

use smallvec::SmallVec;

use super::{
    condition::{Reading, Truth},
    syntax::ast::WordList,
    text::{Found, TextIndex, TooManyTerms, percent_decoded},
};
use crate::domain::{Attribute, FactValue, Facts};

/// The longest text that is searched, in bytes; as the contract has it.
const MAX_TEXT_BYTES: usize = 64 * 1024;

/// Every word list of a rulebook, in the order of their paths.
#[derive(Debug, Default)]
pub struct Lists(TextIndex);

impl Lists {
    /// Prepares lists for matching.
    ///
    /// # Errors
    /// [`TooManyTerms`] where they would take more memory than a rulebook is worth.
    pub fn new(lists: &[WordList]) -> Result<Self, TooManyTerms> {
        TextIndex::build(lists).map(Self)
    }

    /// Tells every term that a text holds, whatever the language.
    pub(super) fn search<'i>(&'i self, text: &str, see: &mut impl FnMut(Found<'i>)) {
        self.0.search(text, see);
    }

    /// The lists that have a hit in the text of that attribute, in that language.
    ///
    /// Of a text beyond 64 KiB that much is searched; whether the rest holds a term is unknown.
    #[must_use]
    pub fn hits(&self, attribute: &Attribute, text: &str, language: Option<&str>) -> Mentions {
        let decoded = (*attribute == Attribute::PageUrl).then(|| percent_decoded(text));
        let whole = decoded.as_deref().unwrap_or(text);
        let searched = beginning(whole);
        let mut mentions = Mentions {
            is_cut: searched.len() < whole.len(),
            ..Mentions::default()
        };
        // Of a text that has no language to be known of, every term counts.
        let has_language = language_of(attribute).is_some();
        self.0.search(searched, &mut |found| {
            let counts = match (found.language, language) {
                (None, _) => Truth::True,
                (Some(term), Some(text)) => fits(term, text),
                (Some(_), None) if has_language => Truth::Unknown,
                (Some(_), None) => Truth::True,
            };
            match counts {
                Truth::True => mentions.certain.insert(found.hit.list as usize),
                Truth::Unknown => mentions.possible.insert(found.hit.list as usize),
                Truth::False => {}
            }
        });
        mentions
    }
}

/// The attribute that tells the language of the text of another.
#[must_use]
pub const fn language_of(attribute: &Attribute) -> Option<Attribute> {
    if matches!(attribute, Attribute::PageText | Attribute::PageUrl) {
        return Some(Attribute::PageLanguage);
    }
    None
}

/// As much of a text as is searched.
fn beginning(text: &str) -> &str {
    let end = (0..=MAX_TEXT_BYTES).rev().find(|end| text.is_char_boundary(*end));
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

/// The language of the page, where it is known.
#[must_use]
pub fn page_language(facts: &Facts) -> Option<&str> {
    match facts.get(&Attribute::PageLanguage) {
        Some(FactValue::Word(word)) => Some(word.as_str()),
        _ => None,
    }
}

/// Whether a term of one language counts in a text of another: `it` does in `it-CH`. A text of `pt` may be one of
/// `pt-BR`.
#[must_use]
pub fn fits(term: &str, text: &str) -> Truth {
    let mut parts = text.split('-');
    for wanted in term.split('-') {
        match parts.next() {
            Some(part) if part.eq_ignore_ascii_case(wanted) => {}
            Some(_) => return Truth::False,
            None => return Truth::Unknown,
        }
    }
    Truth::True
}

/// The lists that a text mentions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mentions {
    certain: ListSet,
    /// By terms of which it is not known whether they count.
    possible: ListSet,
    is_cut: bool,
}

impl Mentions {
    /// Whether one of these lists has a hit.
    #[must_use]
    pub fn truth(&self, wanted: &[usize], reading: Reading) -> Truth {
        if wanted.iter().any(|list| self.certain.contains(*list)) {
            return Truth::True;
        }
        let possible = wanted.iter().any(|list| self.possible.contains(*list));
        match reading {
            Reading::Any if possible => Truth::True,
            Reading::Any | Reading::Every if possible || self.is_cut => Truth::Unknown,
            Reading::Any | Reading::Every => Truth::False,
        }
    }
}

/// Places of lists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct ListSet(SmallVec<[u64; 2]>);

impl ListSet {
    fn insert(&mut self, list: usize) {
        let word = list / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(bits) = self.0.get_mut(word) {
            *bits |= 1 << (list % 64);
        }
    }

    fn contains(&self, list: usize) -> bool {
        self.0
            .get(list / 64)
            .is_some_and(|bits| bits & (1 << (list % 64)) != 0)
    }
}
