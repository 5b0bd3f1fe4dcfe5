use smallvec::SmallVec;

use crate::domain::{Attribute, FactValue, Facts, Timestamp};

/// One thing that is known of a subject.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// How much of it.
    Number(f64),
    /// Which it is; several cells of one name are several words.
    Is(&'a str),
}

/// What is known of one subject: a customer, a lead, an engagement. What is not there is unknown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row<'a>(SmallVec<[(&'a str, Cell<'a>); 32]>);

impl<'a> Row<'a> {
    /// Nothing is known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// States a number. One that is not finite is not stated.
    pub fn number(&mut self, name: &'a str, number: f64) {
        if number.is_finite() {
            self.0.push((name, Cell::Number(number)));
        }
    }

    /// States a word.
    pub fn word(&mut self, name: &'a str, word: &'a str) {
        self.0.push((name, Cell::Is(word)));
    }

    /// Of facts that hold at `now`. A price is a number of its currency's units; an instant is the days that have
    /// passed since; a topic of the content is a word. Prose is not read, for the journal keeps only its digest, nor is what
    /// names one subject (its pseudonym, an address): that can be remembered, not learnt from.
    #[must_use]
    pub fn of_facts(facts: impl Iterator<Item = (&'a Attribute, &'a FactValue)>, now: Timestamp) -> Self {
        let mut row = Self::new();
        for (attribute, value) in facts.filter(|(attribute, _)| describes(attribute)) {
            row.fact(attribute.name(), value, now);
        }
        row
    }

    /// Of a subject's own facts and those of its candidate. Where both state an attribute, the candidate's hold.
    #[must_use]
    pub fn of_candidate(subject: &'a Facts, candidate: &'a Facts, now: Timestamp) -> Self {
        let own = subject
            .iter()
            .filter(|(attribute, _)| candidate.get(attribute).is_none());
        Self::of_facts(own.chain(candidate.iter()), now)
    }

    fn fact(&mut self, name: &'a str, value: &'a FactValue, now: Timestamp) {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a count of 2^53 is no count of anything"
        )]
        match value {
            FactValue::Word(word) => self.word(name, word.as_str()),
            FactValue::Words(words) => words.iter().for_each(|word| self.word(name, word.as_str())),
            FactValue::Labels(labels) => labels
                .iter()
                .for_each(|label| self.word(name, label.topic.as_str())),
            FactValue::Number(number) => self.number(name, *number as f64),
            FactValue::Price(price) => self.number(name, price.to_f64() / 1e6),
            FactValue::Flag(flag) => self.word(name, if *flag { "yes" } else { "no" }),
            FactValue::Instant(at) => self.number(name, now.since(*at).as_millis() as f64 / 86_400_000.0),
            FactValue::Text(_) | FactValue::Digest(_) => {}
        }
    }

    /// Every cell, in the order in which it was stated.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, Cell<'a>)> + '_ {
        self.0.iter().copied()
    }

    /// What is known under a name, in words, for a person.
    #[must_use]
    pub fn shown(&self, name: &str) -> Option<String> {
        let cells = self.iter().filter(|(known, _)| *known == name);
        let words: Vec<String> = cells
            .map(|(_, cell)| match cell {
                Cell::Number(number) => format!("{}", (number * 1_000.0).round() / 1_000.0),
                Cell::Is(word) => word.to_owned(),
            })
            .collect();
        (!words.is_empty()).then(|| words.join(", "))
    }
}

/// Whether an attribute describes a subject, rather than naming it, the moment of asking or its campaign, of which every
/// subject has the same.
fn describes(attribute: &Attribute) -> bool {
    !matches!(
        attribute,
        Attribute::PageUrl
            | Attribute::Contact
            | Attribute::Now
            | Attribute::Evidence
            | Attribute::Brand
            | Attribute::Campaign
            | Attribute::Product
            | Attribute::Objective
            | Attribute::Currency
            | Attribute::ScorePurpose
    )
}
