//! The word lists of a rulebook, and which of them have a hit in a text.

use smallvec::SmallVec;

use super::{
    syntax::ast::WordList,
    text::{TextIndex, TooManyTerms},
};
use crate::domain::Attribute;

/// Every word list of a rulebook, in the order of their paths.
#[derive(Debug, Default)]
pub struct Lists(TextIndex);

impl Lists {
    /// Prepares lists for matching.
    ///
    /// # Errors
    /// [`TooManyTerms`] where the lists are beyond all bounds.
    pub fn new(lists: &[WordList]) -> Result<Self, TooManyTerms> {
        TextIndex::build(lists).map(Self)
    }

    /// The lists that have a hit in the text of that attribute.
    #[must_use]
    pub fn hits(&self, attribute: &Attribute, text: &str) -> ListSet {
        let hits = if *attribute == Attribute::PageUrl {
            self.0.hits_in_address(text)
        } else {
            self.0.hits(text)
        };
        let mut found = ListSet::default();
        for hit in hits {
            found.insert(hit.list as usize);
        }
        found
    }
}

/// Places of lists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListSet(SmallVec<[u64; 2]>);

impl ListSet {
    /// Adds a place.
    pub fn insert(&mut self, list: usize) {
        let word = list / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(bits) = self.0.get_mut(word) {
            *bits |= 1 << (list % 64);
        }
    }

    /// Whether a place is in it.
    #[must_use]
    pub fn contains(&self, list: usize) -> bool {
        self.0
            .get(list / 64)
            .is_some_and(|bits| bits & (1 << (list % 64)) != 0)
    }
}
