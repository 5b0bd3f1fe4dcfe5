use std::{
    cell::{Cell, OnceCell},
    ops::Range,
};

use smallvec::SmallVec;

use super::symbols::{Read, Symbol, Symbols};
use crate::{
    domain::{FactValue, Facts, Label, Risk, Timestamp, Word},
    rules::{
        Lexicon,
        canonical::each_holder,
        mentions::{Mentions, page_language},
        patterns::Patterns,
        topics::Taxonomies,
        vocabulary::{FactType, Scope, Slot, Vocabulary},
    },
};

/// What is known of one attribute.
#[derive(Debug, Clone, Default)]
enum State {
    #[default]
    Unknown,
    /// Places in [`View::values`].
    Words(Range<u32>),
    /// Places in [`View::labels`].
    Labels(Range<u32>),
    Number(i64),
    Flag(bool),
    Instant(Timestamp),
    /// A place in [`View::texts`].
    Text(usize),
}

/// A label as matching sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct SeenLabel {
    /// The symbols that stand for its topic or hold it.
    pub(super) topic: (u32, u32),
    /// Its risk, if known.
    pub(super) risk: Option<Risk>,
}

/// What an atom finds.
#[derive(Debug)]
pub(super) enum Known<'v> {
    Unknown,
    /// For each value, the symbols that stand for it or hold it.
    Words(&'v [(u32, u32)]),
    Labels(&'v [SeenLabel]),
    Number(i64),
    Flag(bool),
    Instant(Timestamp),
    Text,
}

/// The facts of a query, or of a candidate, looked up once: every word that some rule names is a symbol.
#[derive(Debug)]
pub(super) struct View<'q> {
    states: SmallVec<[State; 64]>,
    values: SmallVec<[(u32, u32); 16]>,
    symbols: SmallVec<[Symbol; 32]>,
    labels: SmallVec<[SeenLabel; 8]>,
    texts: SmallVec<[SeenText<'q>; 2]>,
    /// Of the texts of the page, where it is known.
    language: Option<&'q str>,
}

/// A text, and what was found in it so far.
#[derive(Debug)]
struct SeenText<'q> {
    text: &'q str,
    hits: OnceCell<Mentions>,
    /// The patterns that were looked for, a bit each.
    asked: Cell<u128>,
    /// Those that were found.
    found: Cell<u128>,
}

// Each pattern has its bit.
const _: () = assert!(Patterns::MOST <= 128);

/// Where words are looked up.
#[derive(Clone, Copy)]
pub(super) struct Index<'q> {
    pub(super) vocabulary: &'q Vocabulary,
    pub(super) symbols: &'q Symbols,
    pub(super) read: &'q Read,
}

impl<'q> View<'q> {
    /// The facts of that scope among `facts`; of two sources of one attribute the earlier counts.
    pub(super) fn new(known: Index<'_>, scope: Scope, facts: &[&'q Facts]) -> Self {
        let mut view = Self {
            states: smallvec::smallvec![State::Unknown; known.read.len()],
            values: SmallVec::new(),
            symbols: SmallVec::new(),
            labels: SmallVec::new(),
            texts: SmallVec::new(),
            language: facts.iter().find_map(|facts| page_language(facts)),
        };
        for (attribute, value) in facts.iter().rev().flat_map(|facts| facts.iter()) {
            let Some(slot) = known.vocabulary.slot(attribute) else {
                continue;
            };
            let Some(entry) = known.vocabulary.entry(slot) else {
                continue;
            };
            if entry.scope == scope && known.read.has(slot) {
                view.state(known, slot, entry.fact_type, value);
            }
        }
        view
    }

    fn state(&mut self, known: Index<'_>, slot: Slot, fact_type: FactType, value: &'q FactValue) {
        let taxonomies = known.vocabulary.taxonomies();
        let of = Named {
            taxonomies,
            symbols: known.symbols,
            slot,
            fact_type,
        };
        let state = match value {
            // A rule is filed under words: a number in their place must lead to it as not knowing does.
            value if !is_of(fact_type, value) => State::Unknown,
            FactValue::Word(word) => self.words(of, std::slice::from_ref(word)),
            FactValue::Words(words) => self.words(of, words),
            FactValue::Labels(labels) => self.labels(of, labels),
            FactValue::Number(number) => State::Number(*number),
            FactValue::Price(price) => State::Number(price.get()),
            FactValue::Flag(flag) => State::Flag(*flag),
            FactValue::Instant(instant) => State::Instant(*instant),
            FactValue::Text(text) => {
                self.texts.push(SeenText {
                    text,
                    hits: OnceCell::new(),
                    asked: Cell::new(0),
                    found: Cell::new(0),
                });
                State::Text(self.texts.len() - 1)
            }
            // A digest says nothing of its text.
            FactValue::Digest(_) => State::Unknown,
        };
        self.set(slot, state);
    }

    fn set(&mut self, slot: Slot, state: State) {
        if let Some(known) = self.states.get_mut(slot.index()) {
            *known = state;
        }
    }

    fn words(&mut self, of: Named<'_>, words: &[Word]) -> State {
        let from = place(self.values.len());
        for word in words {
            let held = self.held(of, word.as_str());
            self.values.push(held);
        }
        State::Words(from..place(self.values.len()))
    }

    fn labels(&mut self, of: Named<'_>, labels: &[Label]) -> State {
        let from = place(self.labels.len());
        for label in labels {
            let topic = self.held(of, label.topic.as_str());
            self.labels.push(SeenLabel {
                topic,
                risk: label.risk,
            });
        }
        State::Labels(from..place(self.labels.len()))
    }

    /// Notes the symbols that stand for a word or hold it.
    fn held(&mut self, of: Named<'_>, word: &str) -> (u32, u32) {
        let start = place(self.symbols.len());
        each_holder(of.taxonomies, of.fact_type, word, &mut |holder| {
            self.symbols.extend(of.symbols.find(of.slot, holder));
        });
        (start, place(self.symbols.len()))
    }

    /// States an instant that no caller tells.
    pub(super) fn stamped(&mut self, slot: Slot, now: Timestamp) {
        self.set(slot, State::Instant(now));
    }

    /// States a number that no caller tells.
    pub(super) fn counted(&mut self, slot: Slot, number: i64) {
        self.set(slot, State::Number(number));
    }

    /// What is known of an attribute.
    pub(super) fn known(&self, slot: Slot) -> Known<'_> {
        match self.states.get(slot.index()) {
            None | Some(State::Unknown) => Known::Unknown,
            Some(State::Words(at)) => Known::Words(part(&self.values, at)),
            Some(State::Labels(at)) => Known::Labels(part(&self.labels, at)),
            Some(State::Number(number)) => Known::Number(*number),
            Some(State::Flag(flag)) => Known::Flag(*flag),
            Some(State::Instant(instant)) => Known::Instant(*instant),
            Some(State::Text(_)) => Known::Text,
        }
    }

    /// Whether nothing is known of it.
    pub(super) fn is_unknown(&self, slot: Slot) -> bool {
        matches!(self.states.get(slot.index()), None | Some(State::Unknown))
    }

    /// Every symbol of every value.
    pub(super) fn symbols(&self) -> &[Symbol] {
        &self.symbols
    }

    /// The symbols of one value.
    pub(super) fn symbols_of(&self, (start, end): (u32, u32)) -> &[Symbol] {
        part(&self.symbols, &(start..end))
    }

    /// The lists that have a hit in a text. The first call searches, later ones remember.
    pub(super) fn hits(&self, lexicon: &Lexicon, slot: Slot) -> Option<&Mentions> {
        let seen = self.text(slot)?;
        let entry = lexicon.vocabulary.entry(slot)?;
        Some(
            seen.hits
                .get_or_init(|| lexicon.lists.hits(&entry.attribute, seen.text, self.language)),
        )
    }

    /// Whether a pattern is found in a text. Each is looked for once.
    pub(super) fn is_found(&self, patterns: &Patterns, pattern: usize, slot: Slot) -> bool {
        let Some(seen) = self.text(slot) else {
            return false;
        };
        let bit = 1 << pattern;
        if seen.asked.get() & bit == 0 {
            seen.asked.set(seen.asked.get() | bit);
            if patterns.is_found(pattern, seen.text) {
                seen.found.set(seen.found.get() | bit);
            }
        }
        seen.found.get() & bit != 0
    }

    fn text(&self, slot: Slot) -> Option<&SeenText<'q>> {
        match self.states.get(slot.index()) {
            Some(State::Text(at)) => self.texts.get(*at),
            None
            | Some(
                State::Unknown
                | State::Words(_)
                | State::Labels(_)
                | State::Number(_)
                | State::Flag(_)
                | State::Instant(_),
            ) => None,
        }
    }
}

/// What a word is a word of.
#[derive(Clone, Copy)]
struct Named<'q> {
    taxonomies: &'q Taxonomies,
    symbols: &'q Symbols,
    slot: Slot,
    fact_type: FactType,
}

/// Whether a value is of the type of its attribute.
const fn is_of(fact_type: FactType, value: &FactValue) -> bool {
    match fact_type {
        FactType::Country
        | FactType::OneOf(_)
        | FactType::Chosen
        | FactType::Name
        | FactType::Declared
        | FactType::Word
        | FactType::Prefix
        | FactType::Topics(_)
        | FactType::Site => matches!(value, FactValue::Word(_) | FactValue::Words(_)),
        FactType::Text => matches!(value, FactValue::Text(_)),
        FactType::Number | FactType::Price(_) | FactType::Instant | FactType::Clock => {
            matches!(
                value,
                FactValue::Number(_) | FactValue::Price(_) | FactValue::Instant(_)
            )
        }
        FactType::Flag => matches!(value, FactValue::Flag(_)),
        FactType::Labels => matches!(value, FactValue::Labels(_)),
    }
}

fn part<'v, T>(all: &'v [T], at: &Range<u32>) -> &'v [T] {
    all.get(at.start as usize..at.end as usize).unwrap_or_default()
}

/// A place. A message is bounded far below what 32 bits count.
fn place(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
