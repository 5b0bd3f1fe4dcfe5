use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    BrandId, CampaignId, CandidateId, CandidateLimits, Choice, Currency, DecisionId, Facts, FallbackReason,
    Objective, Proposed, Query, Question, RequestId, RuleTable, Ticket, Timestamp, Verdict, Wish,
};

/// Under what a decision was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// Digest of every file of the rulebook.
    pub rulebook: Arc<str>,
    /// Digest of the stops in force; `None` where nothing was stopped.
    pub stops: Option<Arc<str>>,
    /// Number of the model snapshot.
    pub snapshot: u64,
    /// Version of this program.
    pub build: Arc<str>,
    /// Names the simulated market that feeds this server; `None` where the world is real.
    pub simulation: Option<Arc<str>>,
}

/// What is kept of one candidate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CandidateRecord {
    /// Its name.
    pub id: CandidateId,
    /// Its campaign.
    pub campaign: CampaignId,
    /// Whose it is.
    pub brand: BrandId,
    /// What it was after, as declared then.
    pub objective: Objective,
    /// The currency of its prices.
    pub currency: Currency,
    /// Its own facts and its campaign's, texts by digest.
    pub facts: Facts,
    /// Its limits, with what was read from the ledger.
    pub limits: CandidateLimits,
    /// What was proposed; `None` where no model was asked or none spoke.
    pub proposed: Option<Proposed>,
    /// The wish that its reasons start from where none was proposed: people's, or a model's that was not followed.
    pub explained_by: Option<Wish>,
    /// What was answered.
    pub verdict: Verdict,
    /// The value that left, if one did.
    pub choice: Option<Choice>,
    /// Why a fallback answered, if one did.
    pub fallback: Option<FallbackReason>,
    /// What a person had to approve, if it was held.
    pub tickets: Vec<Ticket>,
}

/// What the journal keeps of a decision: enough to repeat it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its name.
    pub decision: DecisionId,
    /// When it was made.
    pub now: Timestamp,
    /// What seeded its draws.
    pub seed: u64,
    /// The caller's name for it.
    pub request: Option<RequestId>,
    /// What was asked.
    pub question: Question,
    /// What was known, texts by digest.
    pub facts: Facts,
    /// The candidates, in the query's order.
    pub candidates: Vec<CandidateRecord>,
    /// The rules that the limits speak of.
    pub rules: RuleTable,
    /// Under what it was made.
    pub versions: Versions,
}

impl Record {
    /// The candidate of that name.
    #[must_use]
    pub fn candidate(&self, id: &CandidateId) -> Option<&CandidateRecord> {
        self.candidates.iter().find(|candidate| candidate.id == *id)
    }

    /// The common part of a record of `query`, without its candidates.
    #[must_use]
    pub fn of(query: &Query, rules: RuleTable, versions: Versions) -> Self {
        Self {
            decision: query.decision,
            now: query.now,
            seed: query.seed,
            request: query.request.clone(),
            question: query.question.clone(),
            facts: query.facts.digested(),
            candidates: Vec::with_capacity(query.candidates.len()),
            rules,
            versions,
        }
    }
}
