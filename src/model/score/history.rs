use std::collections::{HashMap, VecDeque};

use smol_str::SmolStr;

use super::row::{Cell, Row};
use crate::domain::Timestamp;

/// What a cell says, without how much: a number of that name, or that the name is that word.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Term {
    /// The attribute.
    pub name: SmolStr,
    /// The word; `None` is a number.
    pub word: Option<SmolStr>,
}

/// A subject as it was when it was asked about, and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// When it was asked about.
    pub at: Timestamp,
    /// Whether the outcome followed.
    pub outcome: bool,
    /// Places of terms, with the number (1 for a word).
    pub cells: Box<[(u32, f64)]>,
}

/// The latest subjects whose window has closed, in the order in which it did.
///
/// Memory is bounded twice: at most so many subjects as the caller says ([`History::CAPACITY`]), the most recent ones, because what customers did
/// long ago says less; and at most [`History::TERMS`] different terms, later ones are not read. With 20 facts a
/// subject that is 20 megabytes.
#[derive(Debug, Clone, Default)]
pub struct History {
    terms: Vec<Term>,
    places: HashMap<SmolStr, Places>,
    rows: VecDeque<Seen>,
    heard: u64,
}

#[derive(Debug, Clone, Default)]
struct Places {
    number: Option<u32>,
    words: HashMap<SmolStr, u32>,
}

impl History {
    /// The most subjects that are kept.
    pub const CAPACITY: usize = 50_000;
    /// The most terms that are told apart.
    pub const TERMS: usize = 20_000;

    /// Nobody was seen.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps a subject and what came of it; the oldest make room, so that at most `capacity` are kept.
    pub fn push(&mut self, row: &Row<'_>, outcome: bool, at: Timestamp, capacity: usize) {
        let cells = self.interned(row);
        while self.rows.len() >= capacity.max(1) {
            self.rows.pop_front();
        }
        self.rows.push_back(Seen { at, outcome, cells });
        self.heard += 1;
    }

    /// Takes the latest equal subject out again, if it is still kept: its outcome was corrected.
    pub fn take_back(&mut self, row: &Row<'_>, outcome: bool, at: Timestamp) {
        let cells = self.interned(row);
        let seen = Seen { at, outcome, cells };
        if let Some(place) = self.rows.iter().rposition(|known| *known == seen) {
            self.rows.remove(place);
        }
    }

    /// How many subjects were ever kept: says how much is new since a fit.
    #[must_use]
    pub const fn heard(&self) -> u64 {
        self.heard
    }

    /// How many are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether nobody is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Those kept, the oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Seen> + ExactSizeIterator {
        self.rows.iter()
    }

    /// Every term that was seen; cells name them by place.
    #[must_use]
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    fn interned(&mut self, row: &Row<'_>) -> Box<[(u32, f64)]> {
        row.iter()
            .filter_map(|(name, cell)| match cell {
                Cell::Number(number) => Some((self.place(name, None)?, number)),
                Cell::Is(word) => Some((self.place(name, Some(word))?, 1.0)),
            })
            .collect()
    }

    fn place(&mut self, name: &str, word: Option<&str>) -> Option<u32> {
        let known = self.places.get(name).and_then(|places| match word {
            None => places.number,
            Some(word) => places.words.get(word).copied(),
        });
        if known.is_some() {
            return known;
        }
        if self.terms.len() >= Self::TERMS {
            return None;
        }
        let place = u32::try_from(self.terms.len()).ok()?;
        let (name, word) = (SmolStr::new(name), word.map(SmolStr::new));
        let places = self.places.entry(name.clone()).or_default();
        match &word {
            None => places.number = Some(place),
            Some(word) => {
                places.words.insert(word.clone(), place);
            }
        }
        self.terms.push(Term { name, word });
        Some(place)
    }
}
