use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use hashbrown::{HashMap, HashSet};
use smallvec::SmallVec;

use super::clocks::Hours;
use crate::{
    domain::{Attribute, Campaign, FactValue, Risk, Timestamp},
    rules::{
        canonical::{each_holder, named},
        condition::{Atom, Reading, Test},
        countries,
        vocabulary::{Entry, FactType, Slot, Vocabulary},
    },
};

/// What a term asks about: things that can be chosen apart from each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Variable {
    /// The candidate's campaign, and with it brand, product, objective and currency.
    Campaign,
    /// The instant.
    Now,
    /// Any other fact.
    Fact(Slot),
}

/// A word of one fact that some rule names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Symbol(u32);

/// A place among the terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TermIx(u32);

/// One question about one variable; equal questions are one term.
#[derive(Debug)]
pub(super) struct Term {
    pub(super) variable: Variable,
    pub(super) reading: Reading,
    pub(super) ask: Ask,
}

/// What is asked.
#[derive(Debug)]
pub(super) enum Ask {
    /// One of these campaigns.
    Campaigns(Members),
    /// This instant or a later one.
    Since(Timestamp),
    /// One of these words, or below one; in order.
    Words(Vec<Symbol>),
    /// A label of one of these topics and one of these risks.
    Label(Option<Vec<Symbol>>, Option<Vec<Risk>>),
    /// A flag that is this.
    Is(bool),
    /// A number in this closed interval.
    Between(i64, i64),
    /// A text in which one of these lists has a hit.
    Mentions(Vec<usize>),
    /// A text in which one of these regular expressions is found.
    Matches(Vec<usize>),
    /// An instant at which a clock shows one of some hours.
    Clock(Hours),
}

/// A set of declared campaigns, by place; one more place stands for a campaign yet to be declared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Members(SmallVec<[u64; 2]>);

impl Members {
    pub(super) fn all(count: usize) -> Self {
        let mut all = Self::default();
        (0..count).for_each(|place| all.insert(place));
        all
    }

    /// The places of which this holds.
    pub(super) fn of(holds: impl Iterator<Item = bool>) -> Self {
        let mut members = Self::default();
        for (place, holds) in holds.enumerate() {
            if holds {
                members.insert(place);
            }
        }
        members
    }

    fn insert(&mut self, place: usize) {
        let block = place / 64;
        if self.0.len() <= block {
            self.0.resize(block + 1, 0);
        }
        if let Some(bits) = self.0.get_mut(block) {
            *bits |= 1 << (place % 64);
        }
    }

    pub(super) fn keep(&mut self, only: &Self) {
        for (at, bits) in self.0.iter_mut().enumerate() {
            *bits &= only.0.get(at).copied().unwrap_or(0);
        }
    }

    pub(super) fn remove(&mut self, gone: &Self) {
        for (bits, gone) in self.0.iter_mut().zip(&gone.0) {
            *bits &= !gone;
        }
    }

    /// The least place in it.
    pub(super) fn first(&self) -> Option<usize> {
        let (block, bits) = self.0.iter().enumerate().find(|(_, bits)| **bits != 0)?;
        Some(block * 64 + bits.trailing_zeros() as usize)
    }

    /// Whether a place is in both.
    pub(super) fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }
}

/// Every question that the rules of a rulebook ask, each once.
#[derive(Debug)]
pub(super) struct Terms<'r> {
    vocabulary: &'r Vocabulary,
    campaigns: Vec<&'r Arc<Campaign>>,
    /// By fact and canonical word: the campaigns of which it is true.
    of_campaigns: HashMap<(Slot, String), Members>,
    terms: Vec<Term>,
    known: BTreeMap<&'r Atom, TermIx>,
    instants: BTreeMap<Timestamp, TermIx>,
    words: HashMap<(Slot, Box<str>), Symbol>,
    /// By symbol: its fact, its text, itself and the words above it.
    texts: Vec<(Slot, Box<str>)>,
    above: Vec<SmallVec<[Symbol; 2]>>,
    /// The words that stand above another.
    topped: HashSet<Symbol>,
    /// Of a fact whose words are a closed set: all of them.
    closed: HashMap<Slot, Vec<Symbol>>,
}

/// The facts that a campaign decides.
pub(super) const OF_CAMPAIGN: [Attribute; 5] = [
    Attribute::Brand,
    Attribute::Campaign,
    Attribute::Product,
    Attribute::Objective,
    Attribute::Currency,
];

impl<'r> Terms<'r> {
    pub(super) fn new(
        vocabulary: &'r Vocabulary,
        campaigns: impl Iterator<Item = &'r Arc<Campaign>>,
    ) -> Self {
        let mut terms = Self {
            vocabulary,
            campaigns: campaigns.collect(),
            of_campaigns: HashMap::new(),
            terms: Vec::new(),
            known: BTreeMap::new(),
            instants: BTreeMap::new(),
            words: HashMap::new(),
            texts: Vec::new(),
            above: Vec::new(),
            topped: HashSet::new(),
            closed: HashMap::new(),
        };
        terms.learn_campaigns();
        terms
    }

    fn learn_campaigns(&mut self) {
        for attribute in &OF_CAMPAIGN {
            let Some(slot) = self.vocabulary.slot(attribute) else {
                continue;
            };
            let Some(entry) = self.vocabulary.entry(slot) else {
                continue;
            };
            for (place, campaign) in self.campaigns.iter().enumerate() {
                if let Some(FactValue::Word(word)) = campaign.facts.get(attribute) {
                    let words = named(self.vocabulary.taxonomies(), entry.fact_type, word.as_str());
                    for word in words {
                        self.of_campaigns.entry((slot, word)).or_default().insert(place);
                    }
                }
            }
        }
    }

    pub(super) const fn vocabulary(&self) -> &'r Vocabulary {
        self.vocabulary
    }

    pub(super) fn campaigns(&self) -> &[&'r Arc<Campaign>] {
        &self.campaigns
    }

    /// The term of an atom.
    pub(super) fn term(&mut self, atom: &'r Atom) -> TermIx {
        if let Some(known) = self.known.get(atom) {
            return *known;
        }
        let term = self.read(atom);
        let ix = self.push(term);
        self.known.insert(atom, ix);
        ix
    }

    /// The term "at that instant or later".
    pub(super) fn since(&mut self, instant: Timestamp) -> TermIx {
        if let Some(known) = self.instants.get(&instant) {
            return *known;
        }
        let ix = self.push(Term {
            variable: Variable::Now,
            reading: Reading::Any,
            ask: Ask::Since(instant),
        });
        self.instants.insert(instant, ix);
        ix
    }

    /// The term "at that instant or later", if it is there.
    pub(super) fn instant(&self, instant: Timestamp) -> Option<TermIx> {
        self.instants.get(&instant).copied()
    }

    fn push(&mut self, term: Term) -> TermIx {
        let ix = TermIx(u32::try_from(self.terms.len()).unwrap_or(u32::MAX));
        self.terms.push(term);
        ix
    }

    fn read(&mut self, atom: &Atom) -> Term {
        let slot = atom.slot;
        let entry = self.vocabulary.entry(slot);
        let of_campaign = entry.is_some_and(|entry| OF_CAMPAIGN.contains(&entry.attribute));
        let (variable, ask) = match &atom.test {
            Test::Words(words) if of_campaign => (Variable::Campaign, self.of_campaigns(slot, words)),
            Test::Words(words) => (Variable::Fact(slot), Ask::Words(self.symbols(slot, words))),
            Test::Label { topics, risks } => {
                let topics = topics.as_ref().map(|topics| self.symbols(slot, topics));
                (Variable::Fact(slot), Ask::Label(topics, risks.clone()))
            }
            Test::Is(flag) => (Variable::Fact(slot), Ask::Is(*flag)),
            Test::Between(from, to) => (Variable::Fact(slot), Ask::Between(*from, *to)),
            Test::Mentions(lists) => (Variable::Fact(slot), Ask::Mentions(lists.clone())),
            Test::Matches(patterns) => (Variable::Fact(slot), Ask::Matches(patterns.clone())),
            Test::Clock(times) => (Variable::Now, Ask::Clock(Hours::of(times))),
        };
        Term {
            variable,
            reading: atom.reading,
            ask,
        }
    }

    fn of_campaigns(&self, slot: Slot, words: &[String]) -> Ask {
        let mut members = Members::default();
        for word in words {
            if let Some(more) = self.of_campaigns.get(&(slot, word.clone())) {
                members.0.resize(members.0.len().max(more.0.len()), 0);
                members
                    .0
                    .iter_mut()
                    .zip(&more.0)
                    .for_each(|(bits, more)| *bits |= more);
            }
        }
        Ask::Campaigns(members)
    }

    fn symbols(&mut self, slot: Slot, words: &[String]) -> Vec<Symbol> {
        self.learn_closed(slot);
        let mut symbols: Vec<Symbol> = words.iter().map(|word| self.intern(slot, word)).collect();
        symbols.sort_unstable();
        symbols.dedup();
        symbols
    }

    fn learn_closed(&mut self, slot: Slot) {
        if self.closed.contains_key(&slot) {
            return;
        }
        if let Some(words) = self.vocabulary.entry(slot).and_then(closed) {
            let all = words.iter().map(|word| self.intern(slot, word)).collect();
            self.closed.insert(slot, all);
        }
    }

    fn intern(&mut self, slot: Slot, word: &str) -> Symbol {
        let next = Symbol(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        let symbol = *self.words.entry((slot, word.into())).or_insert(next);
        if symbol == next {
            self.texts.push((slot, word.into()));
        }
        symbol
    }

    /// To be called once every term is there: finds which words stand above which.
    pub(super) fn complete(&mut self) {
        self.above = self
            .texts
            .iter()
            .map(|(slot, text)| {
                let mut above = SmallVec::new();
                if let Some(entry) = self.vocabulary.entry(*slot) {
                    let taxonomies = self.vocabulary.taxonomies();
                    each_holder(taxonomies, entry.fact_type, text, &mut |word| {
                        above.extend(self.words.get(&(*slot, word.into())).copied());
                    });
                }
                above
            })
            .collect();
        let above = self.above.iter().flat_map(|above| above.iter().skip(1));
        self.topped = above.copied().collect();
    }

    /// The facts that are asked for, but for those of campaigns.
    pub(super) fn slots(&self) -> BTreeSet<Slot> {
        let slots = self.terms.iter().filter_map(|term| match term.variable {
            Variable::Fact(slot) => Some(slot),
            Variable::Campaign | Variable::Now => None,
        });
        slots.collect()
    }

    /// The words of a fact that rules name, as far as they are not those of a closed set.
    pub(super) fn named(&self, attribute: &Attribute) -> impl Iterator<Item = &str> {
        let slot = self.vocabulary.slot(attribute);
        let of_fact = self.texts.iter().filter(move |(of, _)| Some(*of) == slot);
        of_fact.map(|(_, text)| text.as_ref())
    }

    pub(super) fn get(&self, ix: TermIx) -> Option<&Term> {
        self.terms.get(ix.0 as usize)
    }

    /// A word and the words above it that rules name.
    pub(super) fn above(&self, symbol: Symbol) -> &[Symbol] {
        self.above.get(symbol.0 as usize).map_or(&[], SmallVec::as_slice)
    }

    /// Whether rules name a word below this one.
    pub(super) fn has_below(&self, symbol: Symbol) -> bool {
        self.topped.contains(&symbol)
    }

    pub(super) fn text(&self, symbol: Symbol) -> &str {
        self.texts.get(symbol.0 as usize).map_or("", |(_, text)| text)
    }

    /// Whether a rule names this word of a fact, or one above it.
    pub(super) fn names(&self, slot: Slot, fact_type: FactType, word: &str) -> bool {
        let mut is_named = false;
        each_holder(self.vocabulary.taxonomies(), fact_type, word, &mut |word| {
            is_named |= self.words.contains_key(&(slot, word.into()));
        });
        is_named
    }

    /// Every word of a fact whose words are a closed set; `None` for an open one.
    pub(super) fn closed(&self, slot: Slot) -> Option<&[Symbol]> {
        self.closed.get(&slot).map(Vec::as_slice)
    }
}

fn closed(entry: &Entry) -> Option<Vec<String>> {
    match entry.fact_type {
        FactType::Chosen => Some(entry.values.iter().map(|word| word.to_lowercase()).collect()),
        FactType::Country => Some(countries::codes().map(str::to_lowercase).collect()),
        FactType::OneOf(words) => Some(words.iter().map(|word| (*word).to_owned()).collect()),
        FactType::Name
        | FactType::Declared
        | FactType::Word
        | FactType::Prefix
        | FactType::Topics(_)
        | FactType::Site
        | FactType::Text
        | FactType::Number
        | FactType::Price(_)
        | FactType::Flag
        | FactType::Instant
        | FactType::Labels
        | FactType::Clock => None,
    }
}
