use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    BrandId, CampaignId, CandidateId, CandidateLimits, Causes, Choice, Currency, DecisionId, Evidence, Facts,
    FallbackReason, Frequency, Objective, Proposed, Query, Question, RequestId, RuleTable, Spend, Ticket,
    TicketKey, Timestamp, Verdict, Wish,
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

/// What another query took between the reading of the limits and the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Taken {
    /// The rest of the campaign's budget.
    Budget,
    /// The contact that was left under this cap.
    Contact(Frequency),
}

/// What was read from the ledger of one campaign, for the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LedgerView {
    /// Its outcomes in the last [`Bounded::EVIDENCE_DAYS`](super::Bounded::EVIDENCE_DAYS).
    pub evidence: Evidence,
    /// What it had spent and reserved.
    pub spend: Spend,
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
    /// What the model said where it was not followed.
    pub unfollowed: Option<Box<Proposed>>,
    /// What people would do, where the answer hung on it and `explained_by` does not say it.
    pub baseline: Option<Wish>,
    /// What was answered.
    pub verdict: Verdict,
    /// The value that left, if one did.
    pub choice: Option<Choice>,
    /// The rules that made it so, and those that would have too.
    pub causes: Causes,
    /// Why a fallback answered, if one did.
    pub fallback: Option<FallbackReason>,
    /// What was no longer to be had when it was to be reserved.
    pub taken: Option<Taken>,
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
    /// Who asked, as whoever calls is known; `None` where nobody was asked who they are.
    pub caller: Option<Arc<str>>,
    /// The caller's name for it.
    pub request: Option<RequestId>,
    /// What was asked.
    pub question: Question,
    /// What was known, texts by digest.
    pub facts: Facts,
    /// The candidates, in the query's order.
    pub candidates: Vec<CandidateRecord>,
    /// What was read of each campaign, in the order in which the candidates name them.
    pub ledger: Vec<LedgerView>,
    /// The approvals that lifted a hold.
    pub approvals: Vec<TicketKey>,
    /// The rules that the limits speak of.
    pub rules: RuleTable,
    /// Under what it was made.
    pub versions: Versions,
    /// Whether its contact was erased since: the fact is gone from what is read back, and the decision cannot be repeated.
    #[serde(skip)]
    pub erased: bool,
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
            caller: query.caller.clone(),
            request: query.request.clone(),
            question: query.question.clone(),
            facts: query.facts.digested(),
            candidates: Vec::with_capacity(query.candidates.len()),
            ledger: Vec::new(),
            approvals: Vec::new(),
            rules,
            versions,
            erased: false,
        }
    }
}
