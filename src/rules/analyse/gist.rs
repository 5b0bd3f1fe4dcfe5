//! Which rules can apply at once, seen at a glance.
//!
//! Of ten thousand rules most never meet: they speak of other brands, countries, sites. A gist is what a rule
//! demands for certain, taken from its conditions as far as they are plainly joined by "and". Rules whose gists
//! are apart never meet, and a register of gists finds those that are not without looking at every pair.

use hashbrown::{HashMap, HashSet};

use super::{
    solve::{Tree, Wants},
    terms::{Ask, Members, Symbol, Term, Terms, Variable},
};
use crate::{
    domain::Timestamp,
    rules::vocabulary::{Multiplicity, Slot},
};

/// What a rule demands for certain.
#[derive(Debug)]
pub(super) struct Gist<'t> {
    campaigns: Members,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    /// By fact of one value: the words of which it must be one.
    words: Vec<(Slot, &'t [Symbol])>,
}

impl<'t> Gist<'t> {
    pub(super) fn of(tree: &Tree, terms: &'t Terms<'_>) -> Self {
        let mut gist = Self {
            campaigns: Members::all(terms.campaigns().len()),
            from: None,
            until: None,
            words: Vec::new(),
        };
        let mut open = vec![(tree, Wants::True)];
        while let Some((tree, wants)) = open.pop() {
            match tree {
                Tree::Term(ix) => {
                    if let Some(term) = terms.get(*ix) {
                        gist.add(term, wants, terms);
                    }
                }
                Tree::All(parts) if !wants.is_denied() || parts.len() == 1 => {
                    open.extend(parts.iter().map(|part| (part, wants)));
                }
                Tree::Any(parts) if wants.is_denied() || parts.len() == 1 => {
                    open.extend(parts.iter().map(|part| (part, wants)));
                }
                Tree::All(_) | Tree::Any(_) => {}
                Tree::Not(inner) => open.push((inner, wants.of_the_opposite())),
            }
        }
        gist
    }

    fn add(&mut self, term: &'t Term, wants: Wants, terms: &Terms<'_>) {
        let denied = wants.is_denied();
        match (&term.ask, term.variable) {
            (Ask::Campaigns(asked), _) if denied => self.campaigns.remove(asked),
            (Ask::Campaigns(asked), _) => self.campaigns.keep(asked),
            (Ask::Since(instant), _) if denied => {
                self.until = Some(self.until.map_or(*instant, |until| until.min(*instant)));
            }
            (Ask::Since(instant), _) => self.from = self.from.max(Some(*instant)),
            (Ask::Words(set), Variable::Fact(slot)) => {
                let entry = terms.vocabulary().entry(slot);
                let one = entry.is_some_and(|entry| entry.multiplicity == Multiplicity::One);
                if one && !denied && self.words.iter().all(|(known, _)| *known != slot) {
                    self.words.push((slot, set));
                }
            }
            (Ask::Words(_), Variable::Campaign | Variable::Now)
            | (
                Ask::Label(..)
                | Ask::Is(_)
                | Ask::Between(..)
                | Ask::Mentions(_)
                | Ask::Matches(_)
                | Ask::Clock(_),
                _,
            ) => {}
        }
    }

    /// Whether nothing at a glance keeps them apart.
    pub(super) fn meets(&self, other: &Self, terms: &Terms<'_>) -> bool {
        let before = |from: Option<Timestamp>, until: Option<Timestamp>| {
            from.zip(until).is_none_or(|(from, until)| from < until)
        };
        let shared = |(slot, ours): &(Slot, &[Symbol])| {
            let theirs = other.words.iter().find(|(theirs, _)| theirs == slot);
            theirs.is_none_or(|(_, theirs)| touch(ours, theirs, terms))
        };
        self.campaigns.meets(&other.campaigns)
            && before(self.from.max(other.from), self.until)
            && before(self.from.max(other.from), other.until)
            && self.words.iter().all(shared)
    }
}

/// Whether a word of one set is, or is above or below, one of the other.
fn touch(ours: &[Symbol], theirs: &[Symbol], terms: &Terms<'_>) -> bool {
    let (few, many) = if ours.len() <= theirs.len() {
        (ours, theirs)
    } else {
        (theirs, ours)
    };
    let among = |set: &[Symbol], word: &Symbol| {
        let mut above = terms.above(*word).iter();
        above.any(|above| set.binary_search(above).is_ok())
    };
    few.iter().any(|word| among(many, word))
        || few.iter().any(|word| terms.has_below(*word)) && many.iter().any(|word| among(few, word))
}

/// Finds, among some rules, those that may meet another.
pub(super) struct Register<'g, 't> {
    gists: Vec<&'g Gist<'t>>,
    by_slot: Vec<(Slot, Entries)>,
}

#[derive(Default)]
struct Entries {
    /// By word: those that demand it or a word below it.
    at_or_below: HashMap<Symbol, Vec<usize>>,
    /// By word: those that demand exactly it.
    at: HashMap<Symbol, Vec<usize>>,
    /// Those that demand nothing of this fact.
    free: Vec<usize>,
}

impl<'g, 't> Register<'g, 't> {
    pub(super) fn new(gists: Vec<&'g Gist<'t>>, terms: &Terms<'_>) -> Self {
        let slots: HashSet<Slot> = gists
            .iter()
            .flat_map(|gist| gist.words.iter().map(|(slot, _)| *slot))
            .collect();
        let mut slots: Vec<Slot> = slots.into_iter().collect();
        slots.sort_unstable();
        let by_slot = slots.into_iter().map(|slot| {
            let mut entries = Entries::default();
            for (at, gist) in gists.iter().enumerate() {
                match gist.words.iter().find(|(known, _)| *known == slot) {
                    Some((_, words)) => entries.add(at, words, terms),
                    None => entries.free.push(at),
                }
            }
            (slot, entries)
        });
        Self {
            by_slot: by_slot.collect(),
            gists,
        }
    }

    /// The places of all that may meet this gist, and perhaps of others.
    pub(super) fn near(&self, gist: &Gist<'_>, terms: &Terms<'_>) -> Vec<usize> {
        let mut found: Option<Vec<usize>> = None;
        for (slot, words) in &gist.words {
            if let Some((_, entries)) = self.by_slot.iter().find(|(known, _)| known == slot) {
                let near = entries.near(words, terms);
                if found.as_ref().is_none_or(|found| near.len() < found.len()) {
                    found = Some(near);
                }
            }
        }
        let mut found = found.unwrap_or_else(|| (0..self.gists.len()).collect());
        found.retain(|at| self.gists.get(*at).is_some_and(|other| gist.meets(other, terms)));
        found
    }
}

impl Entries {
    fn add(&mut self, at: usize, words: &[Symbol], terms: &Terms<'_>) {
        for word in words {
            self.at.entry(*word).or_default().push(at);
            for above in terms.above(*word) {
                self.at_or_below.entry(*above).or_default().push(at);
            }
        }
    }

    fn near(&self, words: &[Symbol], terms: &Terms<'_>) -> Vec<usize> {
        let mut near = self.free.clone();
        for word in words {
            near.extend(self.at_or_below.get(word).into_iter().flatten());
            let above = terms.above(*word).iter().filter(|above| *above != word);
            near.extend(above.filter_map(|above| self.at.get(above)).flatten());
        }
        near.sort_unstable();
        near.dedup();
        near
    }
}
