use aho_corasick::{AhoCorasick, MatchKind};
use hashbrown::HashMap;
use smallvec::SmallVec;

use super::{Plain, plain::forms};
use crate::rules::syntax::ast::{Match, TermDef, WordList};

/// A term of a list, found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hit {
    /// The place of its list among those that the index was built from.
    pub list: u32,
    /// The place of the term in its list.
    pub term: u32,
}

/// More terms than an automaton can hold: thousands of millions of letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the word lists hold too many terms to be searched at once")]
pub struct TooManyTerms;

/// Finds the terms of all lists in a text at once.
///
/// The cost of a look-up grows with the length of the text and the number of hits, hardly with the number of terms.
#[derive(Debug, Default)]
pub struct TextIndex {
    /// Every word that a term begins or goes on with, and its number.
    numbers: HashMap<Box<str>, u32>,
    /// By number of a word: the terms that are that word.
    alone: Vec<SmallVec<[Hit; 1]>>,
    /// By their first two words.
    phrases: HashMap<(u32, u32), Vec<Phrase>>,
    /// Terms that may stand elsewhere than as whole words.
    parts: Option<Parts>,
}

#[derive(Debug)]
struct Phrase {
    /// The words after the first two.
    rest: SmallVec<[u32; 4]>,
    hit: Hit,
}

#[derive(Debug)]
struct Parts {
    automaton: AhoCorasick,
    /// By pattern.
    terms: Vec<Part>,
}

#[derive(Debug, Default)]
struct Part {
    anywhere: SmallVec<[Hit; 1]>,
    starts: SmallVec<[Hit; 1]>,
}

/// The numbers of the words that one word of a text holds.
type Known = SmallVec<[u32; 2]>;

impl TextIndex {
    /// Prepares lists.
    ///
    /// # Errors
    /// [`TooManyTerms`] where the lists are beyond all bounds.
    pub fn build<'l>(lists: impl IntoIterator<Item = &'l WordList>) -> Result<Self, TooManyTerms> {
        let mut index = Self::default();
        let mut parts: HashMap<String, Part> = HashMap::new();
        for (list, words) in (0..).zip(lists) {
            for (term, def) in (0..).zip(&words.terms) {
                index.insert(def, Hit { list, term }, &mut parts);
            }
        }
        if !parts.is_empty() {
            let (patterns, terms): (Vec<String>, Vec<Part>) = parts.into_iter().unzip();
            let automaton = AhoCorasick::builder()
                .match_kind(MatchKind::Standard)
                .build(patterns)
                .map_err(|_| TooManyTerms)?;
            index.parts = Some(Parts { automaton, terms });
        }
        Ok(index)
    }

    fn insert(&mut self, def: &TermDef, hit: Hit, parts: &mut HashMap<String, Part>) {
        let plain = Plain::of(&def.term.value);
        match def.matching {
            Match::Word | Match::Phrase => self.insert_words(&plain, hit),
            Match::Starts => parts.entry_ref(plain.as_str()).or_default().starts.push(hit),
            Match::Anywhere => parts.entry_ref(plain.as_str()).or_default().anywhere.push(hit),
        }
    }

    fn insert_words(&mut self, plain: &Plain, hit: Hit) {
        let numbers: SmallVec<[u32; 4]> = plain.words().map(|(_, word)| self.number(word)).collect();
        match numbers.as_slice() {
            [] => {}
            [only] => {
                if let Some(alone) = self.alone.get_mut(*only as usize) {
                    alone.push(hit);
                }
            }
            [first, second, rest @ ..] => {
                let rest = SmallVec::from_slice(rest);
                self.phrases
                    .entry((*first, *second))
                    .or_default()
                    .push(Phrase { rest, hit });
            }
        }
    }

    fn number(&mut self, word: &str) -> u32 {
        let next = u32::try_from(self.alone.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry_ref(word).or_insert(next);
        if number == next {
            self.alone.push(SmallVec::new());
        }
        number
    }

    /// The terms that a text holds, in order, each once.
    #[must_use]
    pub fn hits(&self, text: &str) -> Vec<Hit> {
        self.hits_in(&Plain::of(text))
    }

    /// The terms that a web address holds.
    #[must_use]
    pub fn hits_in_address(&self, address: &str) -> Vec<Hit> {
        self.hits_in(&Plain::of_address(address))
    }

    /// The terms that a text in plain form holds, in order, each once.
    #[must_use]
    pub fn hits_in(&self, plain: &Plain) -> Vec<Hit> {
        let mut hits = Vec::new();
        self.find_words(plain, &mut hits);
        if let Some(parts) = &self.parts {
            parts.find(plain, &mut hits);
        }
        hits.sort_unstable();
        hits.dedup();
        hits
    }

    fn find_words(&self, plain: &Plain, hits: &mut Vec<Hit>) {
        if self.alone.is_empty() {
            return;
        }
        let known: Vec<Known> = plain.words().map(|(_, word)| self.known(word)).collect();
        for numbers in &known {
            let alone = numbers
                .iter()
                .filter_map(|number| self.alone.get(*number as usize));
            hits.extend(alone.flatten().copied());
        }
        if !self.phrases.is_empty() {
            self.find_phrases(&known, hits);
        }
    }

    fn find_phrases(&self, known: &[Known], hits: &mut Vec<Hit>) {
        let mut left = known;
        while let [firsts, after @ ..] = left {
            left = after;
            let [seconds, later @ ..] = after else {
                return;
            };
            for pair in firsts
                .iter()
                .flat_map(|first| seconds.iter().map(|second| (*first, *second)))
            {
                let phrases = self.phrases.get(&pair).into_iter().flatten();
                hits.extend(
                    phrases
                        .filter(|phrase| phrase.goes_on(later))
                        .map(|phrase| phrase.hit),
                );
            }
        }
    }

    fn known(&self, word: &str) -> Known {
        let number = |form: &str| self.numbers.get(form).copied();
        if word.contains('\'') {
            forms(word).filter_map(number).collect()
        } else {
            number(word).into_iter().collect()
        }
    }
}

impl Phrase {
    fn goes_on(&self, after: &[Known]) -> bool {
        after.len() >= self.rest.len()
            && self
                .rest
                .iter()
                .zip(after)
                .all(|(number, known)| known.contains(number))
    }
}

impl Parts {
    fn find(&self, plain: &Plain, hits: &mut Vec<Hit>) {
        for found in self.automaton.find_overlapping_iter(plain.as_str()) {
            let Some(part) = self.terms.get(found.pattern().as_usize()) else {
                continue;
            };
            hits.extend_from_slice(&part.anywhere);
            if !part.starts.is_empty() && plain.begins_word(found.start()) {
                hits.extend_from_slice(&part.starts);
            }
        }
    }
}
