//! The tests that people write beside their rules, ready to be run.
//!
//! A test states a query, what the model wishes and the evidence there is, and says what must come out. Running
//! it takes the guardrail, which this room may not know; so a [`RuleTest`] carries everything that a run needs.

use std::sync::Arc;

use crate::domain::{
    Budget, Campaign, CampaignId, CapKey, Contacts, Evidence, EvidenceKey, Frequency, Ledger, Micros, Query,
    RuleId, Span, Spend, Timestamp, Verdict, Wish,
};

/// One test of a rule file.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleTest {
    /// What it shows, as a sentence.
    pub name: Arc<str>,
    /// The file it stands in, relative to the rules folder.
    pub file: Arc<str>,
    /// Its line in that file, from 1.
    pub line: u32,
    /// What is asked; its `now` is that of the test, or the file's `tests_at`.
    pub query: Query,
    /// The campaign of each candidate.
    pub campaigns: Vec<Arc<Campaign>>,
    /// The counts that the test states.
    pub ledger: StatedLedger,
    /// What the model says of each candidate; `None` is no opinion.
    pub wishes: Vec<Option<Wish>>,
    /// What must come out.
    pub expect: Expectation,
}

/// What a test expects; what it does not state may be anything. The lists have one entry a candidate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expectation {
    /// The verdicts.
    pub verdicts: Vec<Option<Verdict>>,
    /// The answers.
    pub answers: Vec<Option<Answer>>,
    /// Exactly the rules that made the answers so, of all candidates together, in order of id.
    pub because_of: Option<Vec<RuleId>>,
    /// Exactly the rules that made the answer of each candidate so, in order of id.
    pub causes_of: Vec<Option<Vec<RuleId>>>,
}

/// An answer that a test expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// This bid, CPM in the campaign's currency.
    Bid(Micros),
    /// No bid, for whatever reason.
    NoBid,
    /// The message is sent at this instant.
    SendAt(Timestamp),
    /// The item stands in this slot, from 1.
    Slot(u16),
    /// The item is not shown.
    NotShown,
    /// The arm gets this part of the total.
    Share(Micros),
    /// This probability, in millionths.
    Probability(Micros),
}

/// A ledger that holds exactly what a test states: so much evidence under every key, nothing spent,
/// whoever is asked about reached at these instants.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatedLedger {
    /// Outcomes counted, whatever is asked for.
    pub evidence: u32,
    /// When the contact was reached, in order of time.
    pub contacts: Contacts,
}

impl Ledger for StatedLedger {
    fn evidence(&self, _: &EvidenceKey, _: u32, _: Timestamp) -> Evidence {
        Evidence {
            current: self.evidence,
            peak: self.evidence,
            latest: None,
        }
    }

    fn spend(&self, _: &CampaignId, _: Timestamp) -> Spend {
        Spend::default()
    }

    fn reserve(&self, _: &Query, _: usize, _: Budget, _: Micros) -> Result<(), Spend> {
        Ok(())
    }

    fn contacts(&self, _: &Query, _: usize, _: &CapKey, _: Span) -> Option<Contacts> {
        Some(self.contacts.clone())
    }

    fn reserve_contact(
        &self,
        _: &Query,
        _: usize,
        _: Timestamp,
        _: &[(CapKey, Frequency)],
    ) -> Result<(), Frequency> {
        Ok(())
    }
}
