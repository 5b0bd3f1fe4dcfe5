use hashbrown::HashMap;

use super::symbols::{Preparing, Symbol};
use crate::{
    domain::Kind,
    rules::{
        condition::{Condition, Reading, Test},
        draft::RuleDraft,
        vocabulary::{Presence, Scope, Slot},
    },
};

/// Which rules can possibly match, by the words that a query or a candidate holds.
///
/// Each rule is filed under one of the facts that it demands: every word that the demand allows leads to the
/// rule, and so does not knowing the fact. A rule that demands no word stands in [`Index::always`].
#[derive(Debug)]
pub(super) struct Index {
    /// Where the rules of a symbol begin in `filed`; one more at the end.
    starts: Vec<u32>,
    filed: Vec<u32>,
    /// By attribute: its scope, and the rules filed under its words.
    unknown: Vec<(Slot, Scope, Vec<u32>)>,
    /// Rules that may match any query.
    pub(super) always: Vec<u32>,
}

/// A fact that a rule demands, as a set of words.
struct Demand {
    slot: Slot,
    presence: Presence,
    words: Vec<Symbol>,
}

impl Index {
    /// Files rules; `drafts` are in the order in which they are numbered.
    pub(super) fn new(drafts: &[&RuleDraft], preparing: &mut Preparing<'_>) -> Self {
        let demands: Vec<Vec<Demand>> = drafts.iter().map(|draft| demands(draft, preparing)).collect();
        let mut uses: HashMap<Symbol, u32> = HashMap::new();
        for word in demands.iter().flatten().flat_map(|demand| &demand.words) {
            *uses.entry(*word).or_default() += 1;
        }
        let mut index = Self {
            starts: Vec::new(),
            filed: Vec::new(),
            unknown: Vec::new(),
            always: Vec::new(),
        };
        let mut pairs = Vec::new();
        for (rule, demands) in (0..).zip(&demands) {
            match demands.iter().min_by_key(|demand| cost(demand, &uses)) {
                None => index.always.push(rule),
                Some(demand) => {
                    pairs.extend(demand.words.iter().map(|word| (*word, rule)));
                    let scope = preparing.vocabulary.entry(demand.slot).map(|entry| entry.scope);
                    index.file_unknown(demand.slot, scope.unwrap_or(Scope::Query), rule);
                }
            }
        }
        index.file(pairs, preparing.symbols.len());
        index
    }

    fn file_unknown(&mut self, slot: Slot, scope: Scope, rule: u32) {
        match self.unknown.iter_mut().find(|(known, ..)| *known == slot) {
            Some((_, _, rules)) => rules.push(rule),
            None => self.unknown.push((slot, scope, vec![rule])),
        }
    }

    fn file(&mut self, mut pairs: Vec<(Symbol, u32)>, symbols: usize) {
        pairs.sort_unstable();
        pairs.dedup();
        let mut next = 0;
        for symbol in 0..=symbols {
            while pairs
                .get(next)
                .is_some_and(|(word, _)| (word.0 as usize) < symbol)
            {
                next += 1;
            }
            self.starts.push(u32::try_from(next).unwrap_or(u32::MAX));
        }
        self.filed = pairs.into_iter().map(|(_, rule)| rule).collect();
    }

    /// The rules filed under a word.
    pub(super) fn under(&self, Symbol(symbol): Symbol) -> &[u32] {
        let start = self.starts.get(symbol as usize);
        let end = self.starts.get(symbol as usize + 1);
        match (start, end) {
            (Some(start), Some(end)) => self.filed.get(*start as usize..*end as usize).unwrap_or_default(),
            _ => &[],
        }
    }

    /// The rules filed under words of attributes of that scope, by attribute: for when it is unknown.
    pub(super) fn if_unknown(&self, scope: Scope) -> impl Iterator<Item = (Slot, &[u32])> {
        self.unknown
            .iter()
            .filter(move |(_, of, _)| *of == scope)
            .map(|(slot, _, rules)| (*slot, rules.as_slice()))
    }
}

/// How many rules share the commonest word of a demand. A fact that may be unknown counts double: without it,
/// every rule that is filed there has to be judged.
fn cost(demand: &Demand, uses: &HashMap<Symbol, u32>) -> (u32, usize) {
    let shared = demand.words.iter().filter_map(|word| uses.get(word)).max();
    let weight = match demand.presence {
        Presence::Always => 1,
        Presence::Optional => 2,
    };
    (
        shared.copied().unwrap_or(0).saturating_mul(weight),
        demand.words.len(),
    )
}

fn demands(draft: &RuleDraft, preparing: &mut Preparing<'_>) -> Vec<Demand> {
    let mut found = Vec::new();
    draft
        .when
        .iter()
        .for_each(|part| collect(part, &draft.kinds, preparing, &mut found));
    found
}

/// The demands that must all be met for the condition to hold or be unknown.
fn collect(condition: &Condition, kinds: &[Kind], preparing: &mut Preparing<'_>, found: &mut Vec<Demand>) {
    let atom = match condition {
        Condition::Fact(atom) => atom,
        Condition::All(parts) => {
            return parts
                .iter()
                .for_each(|part| collect(part, kinds, preparing, found));
        }
        Condition::Any(_) | Condition::Not(_) => return,
    };
    let words = match &atom.test {
        Test::Words(words) => words,
        Test::Label {
            topics: Some(topics), ..
        } => topics,
        Test::Label { topics: None, .. }
        | Test::Between(..)
        | Test::Mentions(_)
        | Test::Matches(_)
        | Test::Clock(_)
        | Test::Is(_) => return,
    };
    if atom.reading == Reading::Any {
        found.push(Demand {
            slot: atom.slot,
            presence: preparing
                .vocabulary
                .entry(atom.slot)
                .and_then(|entry| entry.kinds.presence_in(kinds))
                .unwrap_or(Presence::Optional),
            words: words
                .iter()
                .map(|word| preparing.symbols.intern(atom.slot, word))
                .collect(),
        });
    }
}
