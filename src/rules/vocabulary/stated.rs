//! What a query states of the deployment's own attributes, held against their declarations.
//!
//! The wire checks built-in facts as it reads them. Own attributes are known to the rulebook alone, so they are
//! checked against the one that will judge the query. What is wrong refuses the query: a required fact that is
//! missing would otherwise be a condition that nobody settled, and one of another type a fact that is known and
//! counts as unknown. An attribute that is not declared is left to models; no rule can ask for it.
//!
//! So is the one built-in fact whose values only a table tells: the zone of a contact. Quiet hours would else be kept
//! by the clock of anywhere in the country, and nobody would know why.

use super::{Entry, FactType, Multiplicity, Presence, Scope, Vocabulary};
use crate::{
    domain::{Attribute, FactValue, Facts, Kind, Query},
    rules::calendar,
};

/// One attribute that is not stated as `attributes.yaml` declares it, or as it can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misstated {
    /// The place of the candidate; `None` for the query's own facts.
    pub candidate: Option<usize>,
    /// The attribute.
    pub attribute: Attribute,
    /// What is wrong.
    pub fault: Fault,
}

impl Misstated {
    /// What to tell the caller, to stand behind the name of the field.
    #[must_use]
    pub fn told(&self) -> String {
        match &self.fault {
            Fault::Missing => "must be set: `attributes.yaml` declares it as required".to_owned(),
            Fault::OtherType(wanted) => format!("must be a `{wanted}`: so `attributes.yaml` declares it"),
            Fault::OtherWord(allowed) => {
                format!("must be one of the words that `attributes.yaml` lists: {allowed}")
            }
            Fault::NoZone(zone) => {
                format!(
                    "`{zone}` is not a time zone; send its IANA name, such as `Europe/Rome`, or leave it out"
                )
            }
            Fault::OtherPlace(Scope::Query) => {
                "belongs to the facts of the query, not to a candidate".to_owned()
            }
            Fault::OtherPlace(Scope::Candidate) => {
                "belongs to each candidate, not to the facts of the query".to_owned()
            }
        }
    }
}

/// What is wrong with a stated attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It is required and not there.
    Missing,
    /// It is declared as this.
    OtherType(&'static str),
    /// It may have these words only.
    OtherWord(String),
    /// It belongs to each candidate, or to the query.
    OtherPlace(Scope),
    /// No time zone is called so.
    NoZone(String),
}

impl Vocabulary {
    /// Every own attribute that a query does not state as declared, and a contact's zone that is none.
    #[must_use]
    pub fn misstated(&self, query: &Query) -> Vec<Misstated> {
        let kind = query.question.kind();
        let mut found = Vec::new();
        found.extend(no_zone(&query.facts));
        for entry in self.own() {
            let mut see = |candidate, facts: &Facts, of: Scope| {
                let fault = fault(entry, facts.get(&entry.attribute), kind, of);
                found.extend(fault.map(|fault| Misstated {
                    candidate,
                    attribute: entry.attribute.clone(),
                    fault,
                }));
            };
            see(None, &query.facts, Scope::Query);
            for (place, candidate) in query.candidates.iter().enumerate() {
                see(Some(place), &candidate.facts, Scope::Candidate);
            }
        }
        found
    }
}

fn no_zone(facts: &Facts) -> Option<Misstated> {
    let zone = facts.word(&Attribute::ContactZone)?;
    calendar::named(zone.as_str()).is_none().then(|| Misstated {
        candidate: None,
        attribute: Attribute::ContactZone,
        fault: Fault::NoZone(zone.as_str().to_owned()),
    })
}

fn fault(entry: &Entry, value: Option<&FactValue>, kind: Kind, of: Scope) -> Option<Fault> {
    let Some(value) = value else {
        let required = entry.kinds.presence(kind) == Some(Presence::Always);
        return (required && entry.scope == of).then_some(Fault::Missing);
    };
    if entry.scope != of {
        return Some(Fault::OtherPlace(entry.scope));
    }
    if !is_of_type(entry, value) {
        return Some(Fault::OtherType(type_of(entry)));
    }
    let words = match value {
        FactValue::Word(word) => std::slice::from_ref(word),
        FactValue::Words(words) => words,
        FactValue::Text(_)
        | FactValue::Number(_)
        | FactValue::Price(_)
        | FactValue::Labels(_)
        | FactValue::Flag(_)
        | FactValue::Instant(_)
        | FactValue::Digest(_) => &[],
    };
    let is_allowed = |word: &str| {
        entry.fact_type != FactType::Chosen
            || entry
                .values
                .iter()
                .any(|known| known.to_lowercase() == word.to_lowercase())
    };
    let all = words.iter().all(|word| is_allowed(word.as_str()));
    (!all).then(|| Fault::OtherWord(entry.values.join(", ")))
}

fn is_of_type(entry: &Entry, value: &FactValue) -> bool {
    match value {
        FactValue::Word(_) => is_word(entry) && entry.multiplicity == Multiplicity::One,
        FactValue::Words(_) => is_word(entry) && entry.multiplicity == Multiplicity::Many,
        FactValue::Text(_) => entry.fact_type == FactType::Text,
        FactValue::Number(_) => entry.fact_type == FactType::Number,
        FactValue::Price(_) => matches!(entry.fact_type, FactType::Price(_)),
        FactValue::Flag(_) => entry.fact_type == FactType::Flag,
        FactValue::Instant(_) => entry.fact_type == FactType::Instant,
        // A text is kept by its digest; replayed, it is as good as the text was.
        FactValue::Digest(_) => entry.fact_type == FactType::Text,
        FactValue::Labels(_) => false,
    }
}

fn is_word(entry: &Entry) -> bool {
    matches!(entry.fact_type, FactType::Word | FactType::Chosen)
}

/// The type as `attributes.yaml` and the contract name it.
fn type_of(entry: &Entry) -> &'static str {
    match (entry.fact_type, entry.multiplicity) {
        (FactType::Text, _) => "text",
        (FactType::Number, _) => "number",
        (FactType::Price(_), _) => "price_micros",
        (FactType::Flag, _) => "flag",
        (FactType::Instant, _) => "instant",
        (_, Multiplicity::One) => "word",
        (_, Multiplicity::Many) => "words",
    }
}
