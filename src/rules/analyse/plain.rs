use super::{
    book::Book,
    solve::Chosen,
    values::Element,
    witness::{Witness, value},
};
use crate::{
    domain::{Attribute, Facts},
    rules::vocabulary::{FactType, Multiplicity, Scope},
};

/// A plain value of every fact that some rule asks for, of the query and of its candidate.
///
/// Where a fact is missing, every rule that reads it may count. So an example in which nothing is missing meets
/// far fewer rules; and whatever covers a rule meets that one too.
pub(super) struct Plain {
    query: Facts,
    candidate: Facts,
}

impl Plain {
    pub(super) fn of(book: &Book<'_>) -> Self {
        let mut plain = Self {
            query: Facts::new(),
            candidate: Facts::new(),
        };
        for slot in book.terms.slots() {
            let entry = book.terms.vocabulary().entry(slot);
            let Some(entry) = entry.filter(|entry| entry.attribute != Attribute::Evidence) else {
                continue;
            };
            let chosen = match (entry.fact_type, entry.multiplicity) {
                (_, Multiplicity::Many) => Chosen::Elements(Vec::new()),
                (FactType::Text, _) => Chosen::Text("calcio".to_owned()),
                (FactType::Number | FactType::Price(_) | FactType::Instant, _) => {
                    Chosen::Elements(vec![Element::Number(30)])
                }
                (FactType::Flag, _) => Chosen::Elements(vec![Element::Flag(true)]),
                (
                    FactType::Country
                    | FactType::OneOf(_)
                    | FactType::Name
                    | FactType::Declared
                    | FactType::Word
                    | FactType::Prefix
                    | FactType::Chosen
                    | FactType::Topics(_)
                    | FactType::Site
                    | FactType::Labels
                    | FactType::Clock,
                    _,
                ) => Chosen::Elements(vec![Element::Other]),
            };
            if let Some(value) = value(book, slot, entry, &chosen) {
                let facts = match entry.scope {
                    Scope::Query => &mut plain.query,
                    Scope::Candidate => &mut plain.candidate,
                };
                facts.set(entry.attribute.clone(), value);
            }
        }
        plain
    }

    /// The example with a plain value for every fact that it leaves open.
    pub(super) fn filled(&self, example: &Witness) -> Witness {
        let mut filled = example.clone();
        filled.query.facts = over(&self.query, &example.query.facts);
        for candidate in &mut filled.query.candidates {
            candidate.facts = over(&self.candidate, &candidate.facts);
        }
        filled
    }
}

fn over(plain: &Facts, own: &Facts) -> Facts {
    let both = plain.iter().chain(own.iter());
    both.map(|(attribute, value)| (attribute.clone(), value.clone()))
        .collect()
}
