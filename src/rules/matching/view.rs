use std::{cell::OnceCell, ops::Range};

use smallvec::SmallVec;

use super::symbols::{Symbol, Symbols};
use crate::{
    domain::{FactValue, Facts, Label, Risk, Word},
    rules::{
        canonical::{ancestors, canonical},
        mentions::{Lists, Mentions, page_language},
        vocabulary::{self, FactType, SLOTS, Scope, Slot, TABLE},
    },
};

/// Which attributes some rule reads; the others are not looked at.
pub(super) type Read = [bool; SLOTS];

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
    /// A place in [`View::texts`].
    Text(usize),
}

/// A label as matching sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct SeenLabel {
    /// Its topic, if some rule names it.
    pub(super) topic: Option<Symbol>,
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
    Text,
}

/// The facts of a query, or of a candidate, looked up once: every word that some rule names is a symbol.
#[derive(Debug)]
pub(super) struct View<'q> {
    states: [State; SLOTS],
    values: SmallVec<[(u32, u32); 16]>,
    symbols: SmallVec<[Symbol; 32]>,
    labels: SmallVec<[SeenLabel; 8]>,
    texts: SmallVec<[(&'q str, OnceCell<Mentions>); 2]>,
    /// Of the texts of the page, where it is known.
    language: Option<&'q str>,
}

impl<'q> View<'q> {
    /// The facts of that scope among `facts`; of two sources of one attribute the earlier counts.
    pub(super) fn new(symbols: &Symbols, read: &Read, scope: Scope, facts: &[&'q Facts]) -> Self {
        let mut view = Self {
            states: std::array::from_fn(|_| State::Unknown),
            values: SmallVec::new(),
            symbols: SmallVec::new(),
            labels: SmallVec::new(),
            texts: SmallVec::new(),
            language: facts.iter().find_map(|facts| page_language(facts)),
        };
        for (attribute, value) in facts.iter().rev().flat_map(|facts| facts.iter()) {
            let Some(slot) = vocabulary::slot(attribute) else {
                continue;
            };
            let Some(entry) = TABLE.get(slot.index()) else {
                continue;
            };
            if entry.scope == scope && read.get(slot.index()) == Some(&true) {
                view.state(symbols, slot, entry.fact_type, value);
            }
        }
        view
    }

    fn state(&mut self, symbols: &Symbols, slot: Slot, fact_type: FactType, value: &'q FactValue) {
        let state = match value {
            FactValue::Word(word) => self.words(symbols, slot, fact_type, std::slice::from_ref(word)),
            FactValue::Words(words) => self.words(symbols, slot, fact_type, words),
            FactValue::Labels(labels) => self.labels(symbols, slot, labels),
            FactValue::Number(number) => State::Number(*number),
            FactValue::Text(text) => {
                self.texts.push((text, OnceCell::new()));
                State::Text(self.texts.len() - 1)
            }
            FactValue::Flag(flag) => State::Flag(*flag),
            // No attribute has these types yet; a digest says nothing of its text.
            FactValue::Price(_) | FactValue::Instant(_) | FactValue::Digest(_) => State::Unknown,
        };
        if let Some(known) = self.states.get_mut(slot.index()) {
            *known = state;
        }
    }

    fn words(&mut self, symbols: &Symbols, slot: Slot, fact_type: FactType, words: &[Word]) -> State {
        let from = place(self.values.len());
        for word in words {
            let start = place(self.symbols.len());
            let word = canonical(fact_type, word.as_str());
            let named = ancestors(fact_type, &word).filter_map(|word| symbols.find(slot, word));
            self.symbols.extend(named);
            self.values.push((start, place(self.symbols.len())));
        }
        State::Words(from..place(self.values.len()))
    }

    fn labels(&mut self, symbols: &Symbols, slot: Slot, labels: &[Label]) -> State {
        let from = place(self.labels.len());
        for label in labels {
            let topic = symbols.find(slot, &canonical(FactType::Labels, label.topic.as_str()));
            self.symbols.extend(topic);
            self.labels.push(SeenLabel {
                topic,
                risk: label.risk,
            });
        }
        State::Labels(from..place(self.labels.len()))
    }

    /// States a number that no caller tells.
    pub(super) fn counted(&mut self, slot: Slot, number: i64) {
        if let Some(known) = self.states.get_mut(slot.index()) {
            *known = State::Number(number);
        }
    }

    /// What is known of an attribute.
    pub(super) fn known(&self, slot: Slot) -> Known<'_> {
        match self.states.get(slot.index()) {
            None | Some(State::Unknown) => Known::Unknown,
            Some(State::Words(at)) => Known::Words(part(&self.values, at)),
            Some(State::Labels(at)) => Known::Labels(part(&self.labels, at)),
            Some(State::Number(number)) => Known::Number(*number),
            Some(State::Flag(flag)) => Known::Flag(*flag),
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
    pub(super) fn hits(&self, lists: &Lists, slot: Slot) -> Option<&Mentions> {
        let Some(State::Text(at)) = self.states.get(slot.index()) else {
            return None;
        };
        let (text, hits) = self.texts.get(*at)?;
        let entry = TABLE.get(slot.index())?;
        Some(hits.get_or_init(|| lists.hits(&entry.attribute, text, self.language)))
    }
}

fn part<'v, T>(all: &'v [T], at: &Range<u32>) -> &'v [T] {
    all.get(at.start as usize..at.end as usize).unwrap_or_default()
}

/// A place. A message is bounded far below what 32 bits count.
fn place(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
