//! What to propose: from a bounded query to a choice inside its limits, with its propensity and its evidence.
//!
//! Knowledge lives in an immutable, numbered [`Snapshot`]; [`Models`] holds the one in force and answers through
//! [`tower::Service`], so that a remote model can stand in its place later. An answer is a pure function of
//! the bounded query and the snapshot. Learning, which makes new snapshots, is another room; the arithmetic it
//! needs is here: [`ftrl`], [`calibration`], [`win_curve`], [`pacing`].

pub mod bid;
pub mod budget;
pub mod calibration;
mod cells;
pub mod contacts;
pub mod exploration;
pub mod features;
pub mod ftrl;
pub mod goal;
pub mod hand_over;
pub mod maturity;
pub mod pacing;
pub mod recommendation;
pub mod score;
pub mod send_time;
mod snapshot;
pub mod thompson;
pub mod win_curve;

use std::{
    convert::Infallible,
    future::{Ready, ready},
    sync::Arc,
    task::{Context, Poll},
};

use arc_swap::ArcSwap;

pub use snapshot::{CampaignKnowledge, FEWEST_POSITIVES, Knowledge, Snapshot};

use crate::domain::{Assortment, Bounded, Campaign, Candidate, CandidateId, Proposal, Query, Question};

/// The snapshot in force, answering. Clones share it.
#[derive(Debug, Clone)]
pub struct Models(Arc<ArcSwap<Snapshot>>);

impl Default for Models {
    fn default() -> Self {
        Self::new(Snapshot::cold())
    }
}

impl Models {
    /// Answers from `snapshot` until another is published.
    #[must_use]
    pub fn new(snapshot: Snapshot) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(snapshot)))
    }

    /// The snapshot in force.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.0.load_full()
    }

    /// Puts a snapshot in force, for every clone. Answers under way keep theirs.
    pub fn publish(&self, snapshot: Arc<Snapshot>) {
        self.0.store(snapshot);
    }
}

impl Assortment for Models {
    fn items(&self, campaign: &Campaign) -> Vec<CandidateId> {
        recommendation::known(&self.0.load(), campaign)
    }

    fn candidates(&self, campaign: &Campaign, items: &[CandidateId]) -> Vec<Candidate> {
        recommendation::candidates(&self.0.load(), campaign, items)
    }

    fn relevances_of(
        &self,
        query: &Query,
        campaign: &Arc<Campaign>,
        items: &[CandidateId],
    ) -> Vec<Option<f64>> {
        recommendation::relevances_of(&self.0.load(), query, campaign, items)
    }

    fn relevances(&self, bounded: &Bounded) -> Vec<Option<f64>> {
        recommendation::relevances(&self.0.load(), bounded)
    }
}

impl tower::Service<Arc<Bounded>> for Models {
    type Response = Proposal;
    type Error = Infallible;
    type Future = Ready<Result<Proposal, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, bounded: Arc<Bounded>) -> Self::Future {
        ready(Ok(propose(&self.0.load(), bounded)))
    }
}

impl tower::Service<Bounded> for Models {
    type Response = Proposal;
    type Error = Infallible;
    type Future = Ready<Result<Proposal, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, bounded: Bounded) -> Self::Future {
        ready(Ok(propose(&self.0.load(), Arc::new(bounded))))
    }
}

/// One opinion a candidate, of whatever kind is asked for.
#[must_use]
pub fn propose(snapshot: &Snapshot, bounded: Arc<Bounded>) -> Proposal {
    let candidates = match &bounded.query.question {
        Question::Bid(auction) => bid::propose(snapshot, &bounded, auction),
        Question::SendTime(_) => send_time::propose(snapshot, &bounded),
        Question::Recommendation { .. } => recommendation::propose(snapshot, &bounded),
        Question::Budget(_) => budget::propose(snapshot, &bounded),
        Question::Score => score::propose(snapshot, &bounded),
    };
    Proposal {
        candidates,
        snapshot: snapshot.number(),
        bounded,
    }
}
