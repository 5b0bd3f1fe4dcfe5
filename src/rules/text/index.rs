use hashbrown::HashMap;
use smallvec::SmallVec;

use super::{
    Plain,
    loose::{self, Guise, collapsed},
    normalise,
    parts::{Parts, PartsDraft},
    percent_decoded,
    plain::forms,
    spellings, undisguised,
};
use crate::rules::syntax::ast::{Evasion, Match, TermDef, WordList};

/// A term of a list, found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hit {
    /// The place of its list among those that the index was built from.
    pub list: u32,
    /// The place of the term in its list.
    pub term: u32,
}

/// A hit, and where it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Found<'i> {
    /// The term.
    pub hit: Hit,
    /// The language of the texts in which it counts (BCP 47, lower case); all of them where there is none.
    pub language: Option<&'i str>,
}

/// More letters of terms that may stand inside of words than [`Parts::MAX_LETTERS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many letters of terms that may stand inside of words")]
pub struct TooManyTerms {
    /// The first term beyond, by its list.
    pub at: Hit,
}

/// What is kept of a term.
#[derive(Debug, Clone, Copy)]
pub(super) struct Posting {
    pub(super) hit: Hit,
    /// A place in [`TextIndex::languages`], from 1; 0 is none.
    language: u16,
    /// The disguises it sees through.
    pub(super) evasion: Evasion,
}

/// Finds the terms of all lists in a text at once.
///
/// The cost of a look-up grows with the length of the text and the number of hits, hardly with the number of terms.
#[derive(Debug, Default)]
pub struct TextIndex {
    /// Every word that a term begins or goes on with, and its number.
    numbers: HashMap<Box<str>, u32>,
    /// Words that read otherwise once look-alikes are levelled, by what they read as then.
    lookalikes: HashMap<Box<str>, SmallVec<[u32; 1]>>,
    /// Words of terms that see through everything, with runs of equal letters made one.
    collapsed: HashMap<Box<str>, SmallVec<[u32; 1]>>,
    /// By number of a word: the terms that are that word.
    alone: Vec<SmallVec<[Posting; 1]>>,
    /// By their first two words.
    phrases: HashMap<(u32, u32), Vec<Phrase>>,
    /// Terms that may stand elsewhere than as whole words.
    parts: Option<Parts>,
    languages: Vec<Box<str>>,
    /// The most that any term sees through.
    evasion: Evasion,
}

#[derive(Debug)]
struct Phrase {
    /// The words after the first two.
    rest: SmallVec<[u32; 4]>,
    posting: Posting,
}

/// The numbers of the words that one word of a text holds, and how much has to be seen through to find them.
type Known = SmallVec<[(u32, Evasion); 2]>;

impl TextIndex {
    /// Prepares lists.
    ///
    /// # Errors
    /// [`TooManyTerms`] where they would take more memory than a rulebook is worth.
    pub fn build<'l>(lists: impl IntoIterator<Item = &'l WordList>) -> Result<Self, TooManyTerms> {
        let mut index = Self::default();
        let mut parts = PartsDraft::default();
        for (list, words) in (0..).zip(lists) {
            for (term, def) in (0..).zip(&words.terms) {
                index.insert(def, Hit { list, term }, &mut parts);
            }
        }
        index.parts = parts.finish()?;
        Ok(index)
    }

    fn insert(&mut self, def: &TermDef, hit: Hit, parts: &mut PartsDraft) {
        let posting = Posting {
            hit,
            language: self.language(def),
            evasion: def.evasion,
        };
        self.evasion = self.evasion.max(def.evasion);
        for plain in spellings(def) {
            match def.matching {
                Match::Word | Match::Phrase => self.insert_words(&plain, posting),
                Match::Starts | Match::Anywhere => parts.insert(plain.as_str(), def.matching, posting),
            }
        }
    }

    /// There are some hundred languages; beyond 65,535 a term counts in every text.
    fn language(&mut self, def: &TermDef) -> u16 {
        let Some(tag) = def.language.as_ref().map(|tag| tag.value.as_str()) else {
            return 0;
        };
        let known = self.languages.iter().position(|known| **known == *tag);
        let place = known.unwrap_or_else(|| {
            self.languages.push(tag.into());
            self.languages.len() - 1
        });
        u16::try_from(place + 1).unwrap_or(0)
    }

    fn insert_words(&mut self, plain: &Plain, posting: Posting) {
        let words = plain.words().map(|(_, word)| self.number(word, posting.evasion));
        let numbers: SmallVec<[u32; 4]> = words.collect();
        match numbers.as_slice() {
            [] => {}
            [only] => {
                if let Some(alone) = self.alone.get_mut(*only as usize) {
                    alone.push(posting);
                }
            }
            [first, second, rest @ ..] => {
                let rest = SmallVec::from_slice(rest);
                self.phrases
                    .entry((*first, *second))
                    .or_default()
                    .push(Phrase { rest, posting });
            }
        }
    }

    fn number(&mut self, word: &str, evasion: Evasion) -> u32 {
        let next = u32::try_from(self.alone.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry_ref(word).or_insert(next);
        if number == next {
            self.alone.push(SmallVec::new());
        }
        if evasion >= Evasion::Lookalikes
            && let Some(plain) = undisguised(word)
        {
            add(&mut self.lookalikes, &plain, number);
        }
        if evasion == Evasion::All {
            add(&mut self.collapsed, &collapsed(word), number);
        }
        number
    }

    /// The terms that a text holds, in whatever language it is, in order, each once.
    #[must_use]
    pub fn hits(&self, text: &str) -> Vec<Hit> {
        let mut hits = Vec::new();
        self.search(text, &mut |found| hits.push(found.hit));
        hits.sort_unstable();
        hits.dedup();
        hits
    }

    /// The terms that a web address holds.
    #[must_use]
    pub fn hits_in_address(&self, address: &str) -> Vec<Hit> {
        self.hits(&percent_decoded(address))
    }

    /// Tells every term that a text holds, in no order, some more than once.
    pub fn search<'i>(&'i self, text: &str, see: &mut impl FnMut(Found<'i>)) {
        let level = normalise(text);
        let plain = Plain::of_level(&level);
        let mut see = |posting: &Posting| see(self.found(posting));
        self.find_words(&plain, &mut see);
        if let Some(parts) = &self.parts {
            parts.find(&plain, &mut see);
        }
        if self.evasion == Evasion::All {
            loose::tokens(&level, &mut |token| self.find_token(token, &mut see));
        }
    }

    fn found(&self, posting: &Posting) -> Found<'_> {
        let place = usize::from(posting.language).checked_sub(1);
        Found {
            hit: posting.hit,
            language: place
                .and_then(|place| self.languages.get(place))
                .map(AsRef::as_ref),
        }
    }

    fn find_words(&self, plain: &Plain, see: &mut impl FnMut(&Posting)) {
        let known: Vec<Known> = plain.words().map(|(_, word)| self.known(word, see)).collect();
        for (number, evasion) in known.iter().flatten() {
            self.tell_alone(*number, *evasion, see);
        }
        if !self.phrases.is_empty() {
            self.find_phrases(&known, see);
        }
    }

    fn tell_alone(&self, number: u32, evasion: Evasion, see: &mut impl FnMut(&Posting)) {
        let postings = self.alone.get(number as usize).into_iter().flatten();
        postings
            .filter(|posting| evasion <= posting.evasion)
            .for_each(see);
    }

    fn find_phrases(&self, known: &[Known], see: &mut impl FnMut(&Posting)) {
        let mut left = known;
        while let [firsts, after @ ..] = left {
            left = after;
            let [seconds, later @ ..] = after else {
                return;
            };
            for (first, first_evasion) in firsts {
                for (second, second_evasion) in seconds {
                    let phrases = self.phrases.get(&(*first, *second)).into_iter().flatten();
                    let evasion = (*first_evasion).max(*second_evasion);
                    phrases
                        .filter(|phrase| phrase.goes_on(later, evasion))
                        .for_each(|phrase| see(&phrase.posting));
                }
            }
        }
    }

    /// The words that a word of a text holds or stands for; parts of what it stands for are told at once.
    fn known(&self, word: &str, see: &mut impl FnMut(&Posting)) -> Known {
        let number = |form: &str| Some((*self.numbers.get(form)?, Evasion::Off));
        let mut known: Known = if word.contains('\'') {
            forms(word).filter_map(number).collect()
        } else {
            number(word).into_iter().collect()
        };
        if !self.lookalikes.is_empty() {
            // Plain letters may stand for those of another script.
            let numbers = forms(word).filter_map(|form| self.lookalikes.get(form)).flatten();
            known.extend(numbers.map(|number| (*number, Evasion::Lookalikes)));
        }
        match self.evasion {
            Evasion::Off => {}
            Evasion::Lookalikes => loose::lookalikes(word, &mut |reading, guise| {
                self.read(reading, guise, &mut known, see);
            }),
            Evasion::All => loose::readings(word, &mut |reading, guise| {
                self.read(reading, guise, &mut known, see);
            }),
        }
        known
    }

    /// What a token that is no word of the plain form stands for.
    fn find_token(&self, token: &str, see: &mut impl FnMut(&Posting)) {
        let mut known = Known::new();
        self.read(token, Guise::Loose, &mut known, see);
        loose::loose(token, &mut |reading, guise| {
            self.read(reading, guise, &mut known, see)
        });
        for (number, evasion) in known {
            self.tell_alone(number, evasion, see);
        }
    }

    fn read(&self, reading: &str, guise: Guise, known: &mut Known, see: &mut impl FnMut(&Posting)) {
        let evasion = guise.evasion();
        if guise == Guise::Repeated {
            let numbers = self.collapsed.get(reading).into_iter().flatten();
            known.extend(numbers.map(|number| (*number, evasion)));
        } else {
            let lookalikes = self.lookalikes.get(reading).into_iter().flatten();
            let numbers = self.numbers.get(reading).into_iter().chain(lookalikes);
            known.extend(numbers.map(|number| (*number, evasion)));
        }
        if let Some(parts) = &self.parts {
            parts.find_in_reading(reading, guise, see);
        }
    }
}

fn add(words: &mut HashMap<Box<str>, SmallVec<[u32; 1]>>, word: &str, number: u32) {
    let numbers = words.entry_ref(word).or_default();
    if !numbers.contains(&number) {
        numbers.push(number);
    }
}

impl Phrase {
    /// Whether the words after the first two follow, and no more is seen through than the term allows.
    fn goes_on(&self, after: &[Known], evasion: Evasion) -> bool {
        let allowed = self.posting.evasion;
        evasion <= allowed
            && after.len() >= self.rest.len()
            && self.rest.iter().zip(after).all(|(number, known)| {
                known
                    .iter()
                    .any(|(seen, evasion)| seen == number && *evasion <= allowed)
            })
    }
}
