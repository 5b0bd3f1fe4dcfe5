//! One fact that is asked several things at once: is there a value that answers them all?
//!
//! A value is one element or many. Whatever a rule can ask of an element is decided by the few that rules name,
//! and by one more that none names; so a handful of elements stand for all. The answer is exact.

use super::{
    solve::Wants,
    terms::{Ask, Symbol, Term, Terms},
};
use crate::{
    domain::{Attribute, Risk},
    rules::{
        condition::{Reading, Truth},
        vocabulary::{Entry, FactType, Multiplicity, Slot},
    },
};

/// One value of a fact, or one of its many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    /// A word that rules name, or a word of a closed set.
    Word(Symbol),
    /// A word that no rule names.
    Other,
    /// A topic, of which `None` is one that no rule names, and its risk.
    Label(Option<Symbol>, Option<Risk>),
    Number(i64),
    Flag(bool),
}

/// What a fact is demanded to answer.
pub(super) type Demands<'d> = [(&'d Term, Wants)];

/// The elements of a value that meets every demand; `None` where there is none.
pub(super) fn meet(
    terms: &Terms<'_>,
    slot: Slot,
    entry: &Entry,
    demands: &Demands<'_>,
    unknown_risks: UnknownRisks,
) -> Option<Vec<Element>> {
    let elements = elements(terms, slot, entry, demands, unknown_risks);
    match entry.multiplicity {
        Multiplicity::One => {
            let fits = |element: &Element| {
                let mut demands = demands.iter();
                demands.all(|(term, wants)| wants.is_met_by(truth(terms, *element, &term.ask)))
            };
            elements.into_iter().find(fits).map(|element| vec![element])
        }
        Multiplicity::Many => several(terms, elements, demands),
    }
}

/// Whether labels without a risk are looked at: a witness has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UnknownRisks {
    Allowed,
    None,
}

/// What an element answers.
fn truth(terms: &Terms<'_>, element: Element, ask: &Ask) -> Truth {
    let held = |set: &[Symbol], symbol: Symbol| {
        let mut above = terms.above(symbol).iter();
        above.any(|word| set.binary_search(word).is_ok())
    };
    match (ask, element) {
        (Ask::Words(set), Element::Word(symbol)) => Truth::from(held(set, symbol)),
        (Ask::Words(_), Element::Other) => Truth::False,
        (Ask::Label(topics, risks), Element::Label(topic, risk)) => {
            let topics = topics.as_ref();
            let topic = topics.is_none_or(|set| topic.is_some_and(|topic| held(set, topic)));
            let risk = match (risks, risk) {
                (None, _) => Truth::True,
                (Some(_), None) => Truth::Unknown,
                (Some(set), Some(risk)) => Truth::from(set.contains(&risk)),
            };
            Truth::from(topic).and(risk)
        }
        (Ask::Between(from, to), Element::Number(number)) => Truth::from((*from..=*to).contains(&number)),
        (Ask::Is(wanted), Element::Flag(flag)) => Truth::from(*wanted == flag),
        (
            Ask::Words(_)
            | Ask::Label(..)
            | Ask::Is(_)
            | Ask::Between(..)
            | Ask::Campaigns(_)
            | Ask::Since(_)
            | Ask::Mentions(_)
            | Ask::Matches(_)
            | Ask::Clock(_),
            Element::Word(_) | Element::Other | Element::Label(..) | Element::Number(_) | Element::Flag(_),
        ) => Truth::Unknown,
    }
}

/// Many elements that together meet every demand, as few as will do.
///
/// Some demands bar elements, the others need one that is left. Each of these may take its own: one more element
/// never spoils another's. What only asks that not every element be such is content with none at all.
fn several(terms: &Terms<'_>, elements: Vec<Element>, demands: &Demands<'_>) -> Option<Vec<Element>> {
    let answer = |element: Element, term: &Term| truth(terms, element, &term.ask);
    let bars = |(term, wants): &(&Term, Wants)| {
        matches!(
            (term.reading, wants),
            (Reading::Any, Wants::False | Wants::NotTrue) | (Reading::Every, Wants::True | Wants::NotFalse)
        )
    };
    let mut left = elements;
    for (term, wants) in demands.iter().filter(|demand| bars(demand)) {
        left.retain(|element| wants.is_met_by(answer(*element, term)));
    }
    // No element at all answers everything with no.
    if demands.iter().all(|(_, wants)| wants.is_met_by(Truth::False)) {
        return Some(Vec::new());
    }
    let bars_alone = |demand: &&(&Term, Wants)| bars(demand) && demand.0.reading == Reading::Any;
    let needs = demands.iter().filter(|demand| !bars_alone(demand));
    let mut chosen: Vec<Element> = Vec::new();
    for (term, wants) in needs {
        let meets = |element: &&Element| wants.is_met_by(answer(**element, term));
        if !chosen.iter().any(|element| meets(&element)) {
            chosen.push(*left.iter().find(meets)?);
        }
    }
    Some(chosen)
}

/// The elements that stand for all, those first that are best shown to a person.
fn elements(
    terms: &Terms<'_>,
    slot: Slot,
    entry: &Entry,
    demands: &Demands<'_>,
    unknown_risks: UnknownRisks,
) -> Vec<Element> {
    match entry.fact_type {
        FactType::Labels => labels(demands, unknown_risks),
        FactType::Number | FactType::Price(_) | FactType::Instant => numbers(entry, demands),
        FactType::Flag => vec![Element::Flag(true), Element::Flag(false)],
        FactType::Country
        | FactType::OneOf(_)
        | FactType::Chosen
        | FactType::Topics(_)
        | FactType::Name
        | FactType::Declared
        | FactType::Word
        | FactType::Prefix
        | FactType::Site => words(terms, slot, entry, demands),
        FactType::Text | FactType::Clock => Vec::new(),
    }
}

fn words(terms: &Terms<'_>, slot: Slot, entry: &Entry, demands: &Demands<'_>) -> Vec<Element> {
    let sets = demands.iter().filter_map(|(term, wants)| match &term.ask {
        Ask::Words(set) if matches!(wants, Wants::True | Wants::NotFalse) => Some(set),
        Ask::Words(_)
        | Ask::Campaigns(_)
        | Ask::Since(_)
        | Ask::Label(..)
        | Ask::Is(_)
        | Ask::Between(..)
        | Ask::Mentions(_)
        | Ask::Matches(_)
        | Ask::Clock(_) => None,
    });
    let mut named: Vec<Symbol> = sets.flatten().copied().collect();
    named.sort_unstable();
    named.dedup();
    if named.is_empty() {
        named.extend(terms.closed(slot).unwrap_or_default());
    }
    let named = named.into_iter().map(Element::Word);
    match (terms.closed(slot), entry.multiplicity) {
        // What no rule names is the plainest to show, where any word will do.
        (None, Multiplicity::One) => std::iter::once(Element::Other).chain(named).collect(),
        (None, Multiplicity::Many) | (Some(_), _) => named.chain([Element::Other]).collect(),
    }
}

fn labels(demands: &Demands<'_>, unknown_risks: UnknownRisks) -> Vec<Element> {
    let mut topics: Vec<Option<Symbol>> = demands
        .iter()
        .filter_map(|(term, _)| match &term.ask {
            Ask::Label(topics, _) => topics.as_deref(),
            Ask::Words(_)
            | Ask::Campaigns(_)
            | Ask::Since(_)
            | Ask::Is(_)
            | Ask::Between(..)
            | Ask::Mentions(_)
            | Ask::Matches(_)
            | Ask::Clock(_) => None,
        })
        .flatten()
        .map(|topic| Some(*topic))
        .collect();
    topics.push(None);
    topics.sort_unstable();
    topics.dedup();
    let risks = Risk::ALL.into_iter().map(Some);
    let risks: Vec<_> = match unknown_risks {
        UnknownRisks::Allowed => risks.chain([None]).collect(),
        UnknownRisks::None => risks.collect(),
    };
    let labels = topics.iter().flat_map(|topic| {
        let risks = risks.iter();
        risks.map(|risk| Element::Label(*topic, *risk))
    });
    labels.collect()
}

/// Numbers at and beside every end of every interval; a plain one before all.
fn numbers(entry: &Entry, demands: &Demands<'_>) -> Vec<Element> {
    let mut numbers = vec![30];
    for (term, _) in demands {
        if let Ask::Between(from, to) = term.ask {
            numbers.extend([from, to, from.saturating_sub(1), to.saturating_add(1)]);
        }
    }
    // What can be counted comes first.
    numbers.sort_by_key(|number| (*number != 30, *number < 0, number.unsigned_abs()));
    numbers.dedup();
    if entry.attribute == Attribute::Evidence {
        numbers.retain(|number| u32::try_from(*number).is_ok());
    }
    if matches!(entry.fact_type, FactType::Price(_)) {
        numbers.retain(|number| *number >= 0);
    }
    numbers.into_iter().map(Element::Number).collect()
}
