//! The tests that people write beside their rules, ready to be run.
//!
//! A test states a query, what the model wishes and the evidence there is, and says what must come out. Running
//! it takes the guardrail, which this room may not know; so a [`RuleTest`] carries everything that a run needs.

use std::sync::Arc;

use crate::domain::{
    Budget, Campaign, CampaignId, CapKey, Choice, Contacts, Evidence, EvidenceKey, Frequency, Ledger, Micros,
    Query, RuleId, Span, Spend, Timestamp, Verdict,
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
    /// What is asked; its `now` is the file's `tests_at`.
    pub query: Query,
    /// The campaign of each candidate.
    pub campaigns: Vec<Arc<Campaign>>,
    /// The counts that the test states.
    pub ledger: StatedLedger,
    /// What the model says.
    pub wish: Wish,
    /// What must come out.
    pub expect: Expectation,
}

/// What the model is taken to say in a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// This.
    Says(Choice),
    /// It gives no opinion.
    Nothing,
}

/// What a test expects; what it does not state may be anything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expectation {
    /// The verdict.
    pub verdict: Option<Verdict>,
    /// The answer.
    pub answer: Option<Answer>,
    /// Exactly the rules that made it so, in order of id.
    pub because_of: Option<Vec<RuleId>>,
}

/// An answer that a test expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// This bid, CPM in the campaign's currency.
    Bid(Micros),
    /// No bid, for whatever reason.
    NoBid,
}

/// A ledger that holds exactly what a test states: so much evidence under every key, nothing spent,
/// nobody reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StatedLedger {
    /// Outcomes counted, whatever is asked for.
    pub evidence: u32,
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
        Some(Contacts::new())
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
