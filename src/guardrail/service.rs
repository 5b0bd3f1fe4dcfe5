//! The one live road from a query to a decision.

use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use tower::{Service, ServiceExt};

use super::{
    Approvals, Decision, Recording, Recordings, Refusal, approval,
    bound::Reading,
    counts::Counts,
    enforce::{enforce, without_model},
    reservation, stop,
};
use crate::{
    domain::{
        Assortment, Bounded, BrandScope, CampaignId, CandidateLimits, FallbackReason, Ledger, Proposal,
        Query, Recorder, StopSet, TicketKey, Versions,
    },
    rules::Rulebook,
};

/// The rulebook in force; replaced whole, never edited.
pub type Rules = Arc<ArcSwap<Rulebook>>;

/// What is stopped; replaced whole.
pub type Stops = Arc<ArcSwap<StopSet>>;

/// A query and the instant by which its caller wants the answer.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What is asked.
    pub query: Query,
    /// When the answer is of no more use; `None` where the caller can wait.
    pub deadline: Option<Instant>,
    /// Of which brands the caller may speak: no campaign of another one is looked at for it.
    pub brands: BrandScope,
    /// Tickets of holds that were approved, as the caller names them.
    pub approvals: Vec<TicketKey>,
    /// Where the query names no candidates: those that are known of this campaign.
    pub known_of: Option<CampaignId>,
}

/// What a guardrail stands between.
pub struct Parts {
    /// The rulebook in force.
    pub rules: Rules,
    /// What is stopped.
    pub stops: Stops,
    /// The live counts.
    pub ledger: Arc<dyn Ledger>,
    /// Where decisions are written.
    pub recorder: Arc<dyn Recorder>,
    /// What happens to a decision that cannot be written, by its kind.
    pub recordings: Recordings,
    /// Names the simulated market, where the world is one; every answer then says so.
    pub simulation: Option<Arc<str>>,
}

struct Shared {
    parts: Parts,
    build: Arc<str>,
    counts: Arc<Counts>,
}

/// Bounds a model, a `tower` service over [`Asked`] queries.
///
/// There is none without a rulebook. The model is any service from [`Bounded`] to [`Proposal`]: one in this
/// process answers at once, a remote one may take its place.
pub struct Guardrail<M> {
    shared: Arc<Shared>,
    heeded: Heeded,
    model: M,
}

/// What is asked beside the rules, the ledger and the model.
#[derive(Clone, Default)]
struct Heeded {
    approvals: Option<Arc<dyn Approvals>>,
    assortment: Option<Arc<dyn Assortment>>,
}

impl<M: Clone> Clone for Guardrail<M> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            heeded: self.heeded.clone(),
            model: self.model.clone(),
        }
    }
}

// === impl Guardrail ===

impl<M> Guardrail<M> {
    /// Bounds `model` by the rules and the ledger, and writes each decision to the recorder.
    pub fn new(model: M, parts: Parts) -> Self {
        let shared = Shared {
            parts,
            build: Arc::from(env!("CARGO_PKG_VERSION")),
            counts: Arc::default(),
        };
        Self {
            shared: Arc::new(shared),
            heeded: Heeded::default(),
            model,
        }
    }

    /// The same, where approved holds are lifted; without it none is.
    #[must_use]
    pub fn heeding(self, approvals: Arc<dyn Approvals>) -> Self {
        let heeded = Heeded {
            approvals: Some(approvals),
            ..self.heeded
        };
        Self { heeded, ..self }
    }

    /// The same, where a question that names nothing to show is answered from what is known, and one over very many
    /// items by those that come first; without it the one is refused and the other takes its time.
    #[must_use]
    pub fn choosing_from(self, assortment: Arc<dyn Assortment>) -> Self {
        let heeded = Heeded {
            assortment: Some(assortment),
            ..self.heeded
        };
        Self { heeded, ..self }
    }

    /// What happened since the start.
    #[must_use]
    pub fn counts(&self) -> Arc<Counts> {
        Arc::clone(&self.shared.counts)
    }
}

impl<M> Service<Asked> for Guardrail<M>
where
    M: Service<Arc<Bounded>, Response = Proposal> + Clone + Send + 'static,
    M::Future: Send,
    M::Error: std::fmt::Display,
{
    type Response = Decision;
    type Error = Refusal;
    type Future = Pin<Box<dyn Future<Output = Result<Decision, Refusal>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Refusal>> {
        // A model that is not ready is a silent model: it has a declared answer, so it is asked in the call.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, asked: Asked) -> Self::Future {
        Box::pin(decide(
            Arc::clone(&self.shared),
            self.heeded.clone(),
            self.model.clone(),
            asked,
        ))
    }
}

async fn decide<M>(shared: Arc<Shared>, heeded: Heeded, model: M, asked: Asked) -> Result<Decision, Refusal>
where
    M: Service<Arc<Bounded>, Response = Proposal>,
    M::Error: std::fmt::Display,
{
    let Asked {
        query,
        deadline,
        brands,
        approvals,
        known_of,
    } = asked;
    let rulebook = shared.parts.rules.load_full();
    let Heeded {
        approvals: approved,
        assortment,
    } = &heeded;
    let reading = Reading {
        rulebook: &rulebook,
        ledger: &*shared.parts.ledger,
        brands: &brands,
        assortment: assortment.as_deref(),
        is_late: is_late(deadline),
    };
    let bounded = match known_of.filter(|_| query.candidates.is_empty()) {
        Some(campaign) => reading.known(query, campaign)?,
        None => reading.sent(query)?,
    };
    let stops = shared.parts.stops.load_full();
    let (bounded, lifted) = approval::lifted(bounded, &approvals, approved.as_ref());
    let bounded = Arc::new(stop::stopped(bounded, &stops));
    let mut enforced = match propose(model, &bounded, deadline).await {
        Ok(proposal) => enforce(proposal),
        Err(reason) => without_model(bounded, reason),
    };
    reservation::reserve(&*shared.parts.ledger, &mut enforced);
    let versions = Versions {
        rulebook: Arc::clone(rulebook.name()),
        stops: stops.digest(),
        snapshot: enforced.snapshot(),
        build: Arc::clone(&shared.build),
        simulation: shared.parts.simulation.clone(),
    };
    shared
        .written(Decision::live(enforced, versions, lifted), &rulebook)
        .await
}

// === impl Shared ===

impl Shared {
    async fn written(&self, decision: Decision, rulebook: &Rulebook) -> Result<Decision, Refusal> {
        self.count(&decision, rulebook);
        let written = match self.parts.recorder.record(decision.record()) {
            Ok(Some(durable)) => durable.await,
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        let kind = decision.bounded().query.question.kind();
        match (written, self.parts.recordings.of(kind)) {
            (Ok(()), _) => Ok(decision),
            (Err(error), Recording::Required) => Err(Refusal::NotRecorded(error)),
            (Err(_), Recording::BestEffort) => {
                self.counts.gaps.fetch_add(1, Ordering::Relaxed);
                Ok(decision.not_recorded())
            }
        }
    }

    fn count(&self, decision: &Decision, rulebook: &Rulebook) {
        self.counts.count(decision, rulebook.table());
        for answer in decision.answers() {
            if let Some(alarm) = &answer.alarm {
                tracing::error!(decision = %decision.id(), alarm, "an answer did not pass the independent check");
            }
        }
    }
}

/// The least time that must be left for reading texts, and for asking a model: one in this process takes tens of
/// microseconds, a page of text and its lists not many more.
const LEAST_TIME: Duration = Duration::from_micros(300);

/// Whether too little time is left for anything but the declared answer.
fn is_late(deadline: Option<Instant>) -> bool {
    deadline.is_some_and(|deadline| deadline.saturating_duration_since(Instant::now()) < LEAST_TIME)
}

/// Asks the model, unless no candidate is free or too little time is left.
async fn propose<M>(
    model: M,
    bounded: &Arc<Bounded>,
    deadline: Option<Instant>,
) -> Result<Proposal, FallbackReason>
where
    M: Service<Arc<Bounded>, Response = Proposal>,
    M::Error: std::fmt::Display,
{
    if !bounded.limits.iter().any(CandidateLimits::is_free) {
        let candidates = vec![None; bounded.limits.len()];
        return Ok(Proposal {
            bounded: Arc::clone(bounded),
            candidates,
            snapshot: 0,
        });
    }
    if is_late(deadline) {
        return Err(FallbackReason::Deadline);
    }
    let asked = unwound(model.oneshot(Arc::clone(bounded)));
    let answered = match deadline {
        None => asked.await,
        // One in this process has answered at its first poll; this ends the wait for a remote one.
        Some(deadline) => match tokio::time::timeout_at(deadline.into(), asked).await {
            Ok(answered) => answered,
            Err(_) => return Err(FallbackReason::Deadline),
        },
    };
    match answered {
        Some(Ok(proposal)) if Arc::ptr_eq(&proposal.bounded, bounded) => Ok(proposal),
        Some(Ok(_)) => Err(failed("it answered another query")),
        Some(Err(error)) => Err(failed(&error.to_string())),
        None => Err(failed("it panicked")),
    }
}

fn failed(why: &str) -> FallbackReason {
    tracing::error!(why, "the model failed");
    FallbackReason::ModelFailed
}

/// The future's output, or `None` if it panicked: a fault in a model must not cost the answer.
async fn unwound<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(
        |context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(poll) => poll.map(Some),
            Err(_) => Poll::Ready(None),
        },
    )
    .await
}
