use hashbrown::HashMap;

use crate::rules::vocabulary::{SLOTS, Slot};

/// A word of one attribute that some rule names, as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Symbol(pub(super) u32);

/// Every word that some rule names, by attribute. A word that no rule names has no symbol and needs none.
#[derive(Debug)]
pub(super) struct Symbols {
    by_slot: [HashMap<Box<str>, Symbol>; SLOTS],
    count: u32,
}

impl Symbols {
    pub(super) fn new() -> Self {
        Self {
            by_slot: std::array::from_fn(|_| HashMap::new()),
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
