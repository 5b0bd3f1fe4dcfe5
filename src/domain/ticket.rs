use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{Attribute, Bounded, FactValue, Facts, Question, RuleCard, RuleIx, Word};

/// Names what a person has to approve: the same things held for the same reason have the same key.
///
/// Of a bid that is one rule, campaign, creative and market, so that one approval serves every impression; of all other
/// kinds it is one rule and the whole question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TicketKey([u8; 16]);

/// A hold that somebody has to lift.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// Its name.
    pub key: TicketKey,
    /// The rule that holds.
    pub rule: RuleIx,
    /// Who has to approve.
    pub role: Word,
}

/// A text that is no ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a ticket is 32 hexadecimal digits, such as `5b7f0c1e9a2d4e6f8091a2b3c4d5e6f7`")]
pub struct InvalidTicket;

impl FromStr for TicketKey {
    type Err = InvalidTicket;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(InvalidTicket);
        }
        let number = u128::from_str_radix(text, 16).map_err(|_| InvalidTicket)?;
        Ok(Self(number.to_be_bytes()))
    }
}

impl TicketKey {
    /// Of a rule that holds the candidate at that place; `None` where there is none.
    ///
    /// A text counts as its digest and a campaign's facts as the candidate's own, so that the record of a decision has
    /// the keys that its answer had.
    #[must_use]
    pub fn of(rule: &RuleCard, bounded: &Bounded, place: usize) -> Option<Self> {
        let query = &bounded.query;
        let candidate = query.candidates.get(place)?;
        let mut key = Parts::new();
        key.add("rule", rule.id.as_str().as_bytes());
        key.add("kind", query.question.kind().name().as_bytes());
        key.add("campaign", candidate.campaign.as_str().as_bytes());
        match &query.question {
            Question::Bid(_) => {
                for attribute in [Attribute::MarketCountry, Attribute::MarketChannel] {
                    key.word(&attribute, &query.facts);
                }
                key.word(&Attribute::Creative, &candidate.facts);
            }
            Question::SendTime(_) | Question::Score => key.whole(bounded),
            Question::Recommendation { slots, .. } => {
                key.add("slots", &slots.to_le_bytes());
                key.whole(bounded);
            }
            Question::Budget(total) => {
                key.add("total", &total.amount.get().to_le_bytes());
                key.whole(bounded);
            }
        }
        Some(key.finish())
    }
}

impl fmt::Display for TicketKey {
    /// 32 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What a key is made of: named parts, each with its length before it, so that no two readings are alike.
struct Parts(blake3::Hasher);

impl Parts {
    fn new() -> Self {
        Self(blake3::Hasher::new_derive_key(
            "balustrade 2026-11-22 hold ticket",
        ))
    }

    fn add(&mut self, name: &str, part: &[u8]) {
        for bytes in [name.as_bytes(), part] {
            self.0.update(&(bytes.len() as u64).to_le_bytes());
            self.0.update(bytes);
        }
    }

    fn word(&mut self, attribute: &Attribute, facts: &Facts) {
        let word = facts.word(attribute).map_or("", Word::as_str);
        self.add(attribute.name(), word.as_bytes());
    }

    /// Every fact of the question and its candidates. The instants between which a message can be sent move with the
    /// clock, and are left out.
    fn whole(&mut self, bounded: &Bounded) {
        self.facts(&bounded.query.facts.digested());
        for (candidate, campaign) in bounded.query.candidates.iter().zip(&bounded.campaigns) {
            self.add("candidate", candidate.id.as_str().as_bytes());
            self.facts(&candidate.facts_of(campaign));
        }
    }

    fn facts(&mut self, facts: &Facts) {
        for (attribute, value) in facts.iter() {
            self.add(attribute.name(), b"");
            self.value(value);
        }
    }

    fn value(&mut self, value: &FactValue) {
        match value {
            FactValue::Word(word) => self.add("word", word.as_str().as_bytes()),
            FactValue::Words(words) => {
                self.add("words", &(words.len() as u64).to_le_bytes());
                words
                    .iter()
                    .for_each(|word| self.add("word", word.as_str().as_bytes()));
            }
            FactValue::Text(text) => self.add("text", text.as_bytes()),
            FactValue::Number(number) => self.add("number", &number.to_le_bytes()),
            FactValue::Price(price) => self.add("price", &price.get().to_le_bytes()),
            FactValue::Labels(labels) => {
                self.add("labels", &(labels.len() as u64).to_le_bytes());
                for label in labels {
                    self.add("topic", label.topic.as_str().as_bytes());
                    self.add("risk", label.risk.map_or("", super::Risk::name).as_bytes());
                }
            }
            FactValue::Flag(flag) => self.add("flag", &[u8::from(*flag)]),
            FactValue::Instant(at) => self.add("instant", &at.as_millis().to_le_bytes()),
            FactValue::Digest(digest) => self.add("digest", digest),
        }
    }

    fn finish(self) -> TicketKey {
        let mut key = [0; 16];
        self.0.finalize_xof().fill(&mut key);
        TicketKey(key)
    }
}
