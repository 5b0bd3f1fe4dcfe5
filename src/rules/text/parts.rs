use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use hashbrown::HashMap;
use smallvec::SmallVec;

use super::{
    Hit, Plain, TooManyTerms,
    index::Posting,
    loose::{Guise, collapsed},
    undisguised,
};
use crate::rules::syntax::ast::{Evasion, Match};

/// Patterns of more letters than this would make the table of a DFA more than some tens of MiB large.
const MAX_OF_A_DFA: usize = 250_000;

/// Terms that may stand at the beginning of a word or anywhere, found by one automaton.
#[derive(Debug)]
pub(super) struct Parts {
    automaton: AhoCorasick,
    /// By pattern.
    terms: Vec<SmallVec<[Part; 1]>>,
    /// The most that any of them sees through.
    evasion: Evasion,
}

/// A term behind a pattern.
#[derive(Debug, Clone, Copy)]
struct Part {
    posting: Posting,
    place: Place,
    spelling: Spelling,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    Anywhere,
}

/// In which text the pattern is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// As it is written.
    Plain,
    /// Where look-alikes are levelled: plain letters, which may also stand there by themselves.
    Lookalikes,
    /// Where runs of equal letters are made one.
    Collapsed,
}

/// Parts before the automaton is built.
#[derive(Debug, Default)]
pub(super) struct PartsDraft {
    patterns: HashMap<String, SmallVec<[Part; 1]>>,
    letters: usize,
    /// The first term with which there are too many letters.
    beyond: Option<Hit>,
    evasion: Evasion,
}

impl PartsDraft {
    pub(super) fn insert(&mut self, pattern: &str, matching: Match, posting: Posting) {
        let place = match matching {
            Match::Starts => Place::Start,
            Match::Anywhere | Match::Word | Match::Phrase => Place::Anywhere,
        };
        let mut add = |pattern: &str, spelling| {
            let part = Part {
                posting,
                place,
                spelling,
            };
            let parts = self.patterns.entry_ref(pattern).or_default();
            if parts.is_empty() {
                self.letters += pattern.len();
            }
            parts.push(part);
        };
        add(pattern, Spelling::Plain);
        if posting.evasion >= Evasion::Lookalikes
            && let Some(plain) = undisguised(pattern)
        {
            add(&plain, Spelling::Lookalikes);
        }
        if posting.evasion == Evasion::All {
            add(&collapsed(pattern), Spelling::Collapsed);
        }
        self.evasion = self.evasion.max(posting.evasion);
        if self.letters > Parts::MAX_LETTERS {
            self.beyond.get_or_insert(posting.hit);
        }
    }

    /// None where there is no such term.
    pub(super) fn finish(self) -> Result<Option<Parts>, TooManyTerms> {
        if let Some(at) = self.beyond {
            return Err(TooManyTerms { at });
        }
        let (patterns, terms): (Vec<String>, Vec<_>) = self.patterns.into_iter().unzip();
        let Some(first) = terms.first().and_then(|parts| parts.first()) else {
            return Ok(None);
        };
        let at = first.posting.hit;
        // A step of a DFA is one look-up, but it takes a row of a table for each state.
        let kind = (self.letters <= MAX_OF_A_DFA).then_some(AhoCorasickKind::DFA);
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(kind)
            .build(patterns)
            .map_err(|_| TooManyTerms { at })?;
        Ok(Some(Parts {
            automaton,
            terms,
            evasion: self.evasion,
        }))
    }
}

impl Parts {
    /// The most letters, in bytes, of all these terms: an automaton takes some tens of bytes for each.
    pub(super) const MAX_LETTERS: usize = 4_000_000;

    /// The terms that a text holds as it is written.
    pub(super) fn find(&self, plain: &Plain, see: &mut impl FnMut(&Posting)) {
        for found in self.automaton.find_overlapping_iter(plain.as_str()) {
            let parts = self.terms.get(found.pattern().as_usize()).into_iter().flatten();
            parts
                .filter(|part| part.spelling != Spelling::Collapsed)
                .filter(|part| part.place == Place::Anywhere || plain.begins_word(found.start()))
                .for_each(|part| see(&part.posting));
        }
    }

    /// The terms that something holds which a word of the text stands for.
    pub(super) fn find_in_reading(&self, reading: &str, guise: Guise, see: &mut impl FnMut(&Posting)) {
        let evasion = guise.evasion();
        if evasion > self.evasion {
            return;
        }
        for found in self.automaton.find_overlapping_iter(reading) {
            let parts = self.terms.get(found.pattern().as_usize()).into_iter().flatten();
            parts
                .filter(|part| part.is_read_as(guise) && evasion <= part.posting.evasion)
                .filter(|part| part.place == Place::Anywhere || found.start() == 0)
                .for_each(|part| see(&part.posting));
        }
    }
}

impl Part {
    fn is_read_as(&self, guise: Guise) -> bool {
        match self.spelling {
            Spelling::Plain | Spelling::Lookalikes => guise != Guise::Repeated,
            Spelling::Collapsed => guise == Guise::Repeated,
        }
    }
}
