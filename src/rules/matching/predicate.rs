use smallvec::SmallVec;

use super::{
    symbols::{Preparing, Symbol},
    view::{Known, SeenLabel, View},
};
use crate::{
    domain::Risk,
    rules::{
        Lexicon,
        clock::Clock,
        condition::{Atom, Condition, Reading, Test, Truth},
        vocabulary::{Scope, Slot},
    },
};

/// The facts that a predicate is judged on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sight<'v, 'q> {
    pub(super) lexicon: &'v Lexicon,
    pub(super) query: &'v View<'q>,
    /// `None` while the query is judged alone: then every candidate fact is unknown.
    pub(super) candidate: Option<&'v View<'q>>,
}

/// A condition over symbols.
#[derive(Debug)]
pub(super) enum Predicate {
    Fact(Scope, Slot, Check),
    All(Box<[Self]>),
    Any(Box<[Self]>),
    Not(Box<Self>),
}

/// An atom over symbols.
#[derive(Debug)]
pub(super) enum Check {
    Words(Reading, Box<[Symbol]>),
    Label(Reading, Option<Box<[Symbol]>>, Option<SmallVec<[Risk; 4]>>),
    Between(i64, i64),
    Is(bool),
    Clock(Clock),
    Mentions(Reading, Box<[usize]>),
    Matches(Box<[usize]>),
}

impl Predicate {
    /// Prepares a condition; notes which attributes it reads.
    pub(super) fn of(condition: &Condition, preparing: &mut Preparing<'_>) -> Self {
        let mut parts = |parts: &[Condition]| parts.iter().map(|part| Self::of(part, preparing)).collect();
        match condition {
            Condition::Fact(atom) => Self::atom(atom, preparing),
            Condition::All(all) => Self::All(parts(all)),
            Condition::Any(any) => Self::Any(parts(any)),
            Condition::Not(part) => Self::Not(Box::new(Self::of(part, preparing))),
        }
    }

    fn atom(atom: &Atom, preparing: &mut Preparing<'_>) -> Self {
        let slot = atom.slot;
        preparing.read.note(slot);
        let mut set = |words: &[String]| {
            let mut set: Vec<Symbol> = words
                .iter()
                .map(|word| preparing.symbols.intern(slot, word))
                .collect();
            set.sort_unstable();
            set.dedup();
            set.into_boxed_slice()
        };
        let check = match &atom.test {
            Test::Words(words) => Check::Words(atom.reading, set(words)),
            Test::Label { topics, risks } => Check::Label(
                atom.reading,
                topics.as_deref().map(&mut set),
                risks.as_ref().map(|risks| risks.iter().copied().collect()),
            ),
            Test::Between(from, to) => Check::Between(*from, *to),
            Test::Is(wanted) => Check::Is(*wanted),
            Test::Clock(times) => Check::Clock(Clock::new(times)),
            Test::Matches(patterns) => Check::Matches(patterns.as_slice().into()),
            Test::Mentions(lists) => Check::Mentions(atom.reading, lists.as_slice().into()),
        };
        let entry = preparing.vocabulary.entry(slot);
        let scope = entry.map_or(Scope::Query, |entry| entry.scope);
        Self::Fact(scope, slot, check)
    }

    /// Whether it holds.
    pub(super) fn truth(&self, sight: Sight<'_, '_>) -> Truth {
        match self {
            Self::Fact(scope, slot, check) => {
                let view = match scope {
                    Scope::Query => Some(sight.query),
                    Scope::Candidate => sight.candidate,
                };
                view.map_or(Truth::Unknown, |view| check.truth(*slot, view, sight.lexicon))
            }
            Self::All(parts) => all(parts.iter().map(|part| part.truth(sight))),
            Self::Any(parts) => any(parts.iter().map(|part| part.truth(sight))),
            Self::Not(part) => !part.truth(sight),
        }
    }
}

/// "And", which stops at the first that is false.
pub(super) fn all(mut truths: impl Iterator<Item = Truth>) -> Truth {
    let mut so_far = Truth::True;
    while so_far != Truth::False {
        match truths.next() {
            Some(truth) => so_far = so_far.and(truth),
            None => break,
        }
    }
    so_far
}

/// "Or", which stops at the first that is true.
fn any(mut truths: impl Iterator<Item = Truth>) -> Truth {
    let mut so_far = Truth::False;
    while so_far != Truth::True {
        match truths.next() {
            Some(truth) => so_far = so_far.or(truth),
            None => break,
        }
    }
    so_far
}

impl Check {
    fn truth(&self, slot: Slot, view: &View<'_>, lexicon: &Lexicon) -> Truth {
        match (self, view.known(slot)) {
            (Self::Words(reading, set), Known::Words(values)) => {
                let held = |value: &(u32, u32)| {
                    Truth::from(view.symbols_of(*value).iter().any(|symbol| holds(set, symbol)))
                };
                read(*reading, values.iter().map(held))
            }
            (Self::Label(reading, topics, risks), Known::Labels(labels)) => {
                let fits = |label: &SeenLabel| label.fits(view, topics.as_deref(), risks.as_deref());
                read(*reading, labels.iter().map(fits))
            }
            (Self::Between(from, to), Known::Number(number)) => Truth::from(*from <= number && number <= *to),
            (Self::Between(from, to), Known::Instant(instant)) => {
                let millis = instant.as_millis();
                Truth::from(*from <= millis && millis <= *to)
            }
            (Self::Is(wanted), Known::Flag(flag)) => Truth::from(*wanted == flag),
            (Self::Clock(clock), Known::Instant(now)) => Truth::from(clock.holds(now)),
            (Self::Mentions(reading, wanted), Known::Text) => view
                .hits(lexicon, slot)
                .map_or(Truth::Unknown, |mentions| mentions.truth(wanted, *reading)),
            (Self::Matches(wanted), Known::Text) => Truth::from(
                wanted
                    .iter()
                    .any(|pattern| view.is_found(&lexicon.patterns, *pattern, slot)),
            ),
            // A value of another type than the attribute's says nothing.
            (
                Self::Words(..)
                | Self::Label(..)
                | Self::Between(..)
                | Self::Is(_)
                | Self::Clock(_)
                | Self::Mentions(..)
                | Self::Matches(_),
                Known::Unknown
                | Known::Words(_)
                | Known::Labels(_)
                | Known::Number(_)
                | Known::Flag(_)
                | Known::Instant(_)
                | Known::Text,
            ) => Truth::Unknown,
        }
    }
}

/// One of the values, or every one; of no values neither holds.
fn read(reading: Reading, values: impl ExactSizeIterator<Item = Truth>) -> Truth {
    match reading {
        Reading::Any => any(values),
        Reading::Every if values.len() == 0 => Truth::False,
        Reading::Every => all(values),
    }
}

impl SeenLabel {
    /// Topic and risk of the same label.
    fn fits(&self, view: &View<'_>, topics: Option<&[Symbol]>, risks: Option<&[Risk]>) -> Truth {
        let held = |set: &[Symbol]| view.symbols_of(self.topic).iter().any(|topic| holds(set, topic));
        let topic = topics.is_none_or(held);
        let risk = match (risks, self.risk) {
            (None, _) => Truth::True,
            (Some(_), None) => Truth::Unknown,
            (Some(set), Some(risk)) => Truth::from(set.contains(&risk)),
        };
        Truth::from(topic).and(risk)
    }
}

fn holds(set: &[Symbol], symbol: &Symbol) -> bool {
    set.binary_search(symbol).is_ok()
}
