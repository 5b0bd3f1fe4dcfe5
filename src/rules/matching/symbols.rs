use hashbrown::HashMap;

use crate::rules::vocabulary::{Slot, Vocabulary};

/// A word of one attribute that some rule names, as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Symbol(pub(super) u32);

/// Every word that some rule names, by attribute. A word that no rule names has no symbol and needs none.
#[derive(Debug)]
pub(super) struct Symbols {
    by_slot: Vec<HashMap<Box<str>, Symbol>>,
    count: u32,
}

impl Symbols {
    fn new(attributes: usize) -> Self {
        Self {
            by_slot: vec![HashMap::new(); attributes],
            count: 0,
        }
    }

    /// The symbol of a canonical word, made if there is none yet.
    pub(super) fn intern(&mut self, slot: Slot, word: &str) -> Symbol {
        let next = Symbol(self.count);
        let Some(words) = self.by_slot.get_mut(slot.index()) else {
            return next;
        };
        let symbol = *words.entry_ref(word).or_insert(next);
        if symbol == next {
            self.count = self.count.saturating_add(1);
        }
        symbol
    }

    /// The symbol of a canonical word, if some rule names it.
    pub(super) fn find(&self, slot: Slot, word: &str) -> Option<Symbol> {
        self.by_slot.get(slot.index())?.get(word).copied()
    }

    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.count as usize
    }
}

/// What rules become symbols with, and what they read.
pub(super) struct Preparing<'p> {
    pub(super) vocabulary: &'p Vocabulary,
    pub(super) symbols: Symbols,
    pub(super) read: Read,
}

impl<'p> Preparing<'p> {
    pub(super) fn new(vocabulary: &'p Vocabulary) -> Self {
        Self {
            vocabulary,
            symbols: Symbols::new(vocabulary.len()),
            read: Read(vec![false; vocabulary.len()]),
        }
    }
}

/// Which attributes some rule reads; the others are not looked at.
#[derive(Debug)]
pub(super) struct Read(Vec<bool>);

impl Read {
    pub(super) fn note(&mut self, slot: Slot) {
        if let Some(flag) = self.0.get_mut(slot.index()) {
            *flag = true;
        }
    }

    pub(super) fn has(&self, slot: Slot) -> bool {
        self.0.get(slot.index()) == Some(&true)
    }

    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }
}
