use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::{
    PastView, Stamper, convert,
    decide::Answers,
    identity::caller,
    language::language_of,
    past::{held, simulation, waits},
    refused::Refused,
    wire::{self, rules_service_server::RulesService},
    words,
};
use crate::{
    domain::{BrandScope, Change, Changed, Language, Principal, RuleTable, StopScope, StopSet, Timestamp},
    journal::Journal,
    rehearsal::{HeldTicket, Holds, RollBackError, StopSwitch},
};

/// Whether the files of the rules folder are the ones in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulebookStatus {
    /// Digest of the rulebook in force.
    pub digest: String,
    /// Since when it is in force.
    pub active_since: Timestamp,
    /// Since when files that cannot be taken into force lie in the folder; `None`: they can.
    pub refused_since: Option<Timestamp>,
    /// Why they cannot.
    pub why: Vec<RulebookProblem>,
}

/// One finding of `check`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulebookProblem {
    /// Its code: `R012`.
    pub code: String,
    /// What is wrong and what to do.
    pub message: String,
    /// The file, relative to the rules folder.
    pub file: String,
    /// The line, from 1; 0 where it concerns none.
    pub line: u32,
    /// The column in characters, from 1; 0 where it concerns none.
    pub column: u32,
}

/// Shows the rulebook in force; the reload pipeline stands behind it.
pub trait RulebookView: Send + Sync {
    /// Its state.
    fn status(&self) -> RulebookStatus;

    /// Its rules.
    fn rules(&self) -> Arc<RuleTable>;

    /// Goes back to a rulebook that was in force before; its whole digest.
    ///
    /// # Errors
    /// Why that cannot be.
    fn roll_back(&self, to: &str, hand: &Hand) -> Result<String, RollBackError>;
}

/// Who does something to the rules in force, why and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hand {
    /// Who.
    pub by: String,
    /// Why.
    pub because: String,
    /// When.
    pub at: Timestamp,
}

/// `RulesService` of the contract.
#[derive(Clone)]
pub(super) struct Rulebooks {
    pub(super) view: Arc<dyn RulebookView>,
    pub(super) switch: Arc<StopSwitch>,
    pub(super) journal: Arc<Journal>,
    pub(super) stamper: Arc<Stamper>,
    pub(super) past: Arc<dyn PastView>,
    pub(super) holds: Arc<Holds>,
    /// In which findings are told where the caller does not say.
    pub(super) language: Language,
}

// === impl Rulebooks ===

impl Rulebooks {
    fn rolled_back(&self, message: wire::RollBackRequest) -> Result<String, Refused> {
        let (digest, hand) = convert::roll_back(message, self.stamper.now())?;
        self.view.roll_back(&digest, &hand).map_err(Refused::from)
    }

    fn stopped(
        &self,
        message: wire::StopDecisionsRequest,
        caller: &Principal,
    ) -> Result<Arc<StopSet>, Refused> {
        let stop = convert::stop(message, self.stamper.now())?;
        within(&stop.scope, caller)?;
        let (scope, by, because) = (
            stop.scope.clone(),
            Arc::clone(&stop.by),
            Arc::clone(&stop.because),
        );
        let (at, from) = (stop.since, self.switch.stops().load().digest());
        let stops = self.switch.stop(stop)?;
        tracing::warn!(%scope, %by, %because, "decisions are stopped");
        let to = stops.digest();
        self.journal.note(Change {
            at,
            by,
            because,
            what: Changed::Stopped { scope, from, to },
        });
        Ok(stops)
    }

    /// The tickets that are to be listed.
    async fn held(
        &self,
        is_listed: fn(&HeldTicket, Timestamp) -> bool,
    ) -> Result<Vec<wire::HeldTicket>, Refused> {
        // What was answered a moment ago belongs to the list.
        self.journal.settled().await?;
        let now = self.stamper.now();
        let tickets = self.holds.list()?;
        let listed = tickets.iter().filter(|ticket| is_listed(ticket, now));
        Ok(listed.map(|ticket| held(ticket, now)).collect())
    }

    async fn resolved(&self, message: wire::ResolveHoldRequest) -> Result<wire::HeldTicket, Refused> {
        let now = self.stamper.now();
        let (ticket, change) = convert::resolution(message, now)?;
        let (by, what) = (Arc::clone(&change.by), change.what.name());
        let resolved = self.holds.resolve(ticket, change).await?;
        tracing::warn!(%ticket, %by, what, "a hold was answered");
        Ok(held(&resolved, now))
    }

    fn resumed(
        &self,
        message: wire::ResumeDecisionsRequest,
        caller: &Principal,
    ) -> Result<Arc<StopSet>, Refused> {
        let (scope, hand) = convert::resume(message, self.stamper.now())?;
        within(&scope, caller)?;
        if self.switch.stops().load().iter().all(|stop| stop.scope != scope) {
            return Err(Refused::not_stopped(&scope));
        }
        let from = self.switch.stops().load().digest();
        let stops = self.switch.resume(&scope)?;
        let Hand { by, because, at } = hand;
        tracing::warn!(%scope, by, because, "decisions are resumed");
        let to = stops.digest();
        self.journal.note(Change {
            at,
            by: by.into(),
            because: because.into(),
            what: Changed::Resumed { scope, from, to },
        });
        Ok(stops)
    }
}

/// Whoever speaks of some brands stops and resumes these alone.
fn within(scope: &StopScope, caller: &Principal) -> Result<(), Refused> {
    let theirs = match scope {
        StopScope::Brand(brand) => caller.brands.covers(brand),
        StopScope::All | StopScope::Kind(_) | StopScope::Market(_) => caller.brands == BrandScope::Every,
    };
    theirs.then_some(()).ok_or_else(|| Refused::other_brand(scope))
}

#[tonic::async_trait]
impl RulesService for Rulebooks {
    async fn get_rulebook_status(
        &self,
        _: Request<wire::GetRulebookStatusRequest>,
    ) -> Result<Response<wire::GetRulebookStatusResponse>, Status> {
        let RulebookStatus {
            digest,
            active_since,
            refused_since,
            why,
        } = self.view.status();
        Ok(Response::new(wire::GetRulebookStatusResponse {
            digest,
            active_since: Some(words::instant(active_since)),
            refused_since: refused_since.map(words::instant),
            why: why.into_iter().map(problem).collect(),
            stops: self.switch.stops().load().iter().map(words::stop).collect(),
            stops_digest: words::stops_digest(&self.switch.stops().load()),
        }))
    }

    async fn roll_back(
        &self,
        request: Request<wire::RollBackRequest>,
    ) -> Result<Response<wire::RollBackResponse>, Status> {
        let digest = self
            .rolled_back(request.into_inner())
            .map_err(Refused::into_status)?;
        Ok(Response::new(wire::RollBackResponse { digest }))
    }

    async fn stop_decisions(
        &self,
        request: Request<wire::StopDecisionsRequest>,
    ) -> Result<Response<wire::StopDecisionsResponse>, Status> {
        let caller = caller(request.extensions());
        let stops = self
            .stopped(request.into_inner(), &caller)
            .map_err(Refused::into_status)?;
        Ok(Response::new(wire::StopDecisionsResponse {
            stops: stops.iter().map(words::stop).collect(),
            digest: words::stops_digest(&stops),
        }))
    }

    async fn resume_decisions(
        &self,
        request: Request<wire::ResumeDecisionsRequest>,
    ) -> Result<Response<wire::ResumeDecisionsResponse>, Status> {
        let caller = caller(request.extensions());
        let stops = self
            .resumed(request.into_inner(), &caller)
            .map_err(Refused::into_status)?;
        Ok(Response::new(wire::ResumeDecisionsResponse {
            stops: stops.iter().map(words::stop).collect(),
            digest: words::stops_digest(&stops),
        }))
    }

    async fn list_holds(
        &self,
        request: Request<wire::ListHoldsRequest>,
    ) -> Result<Response<wire::ListHoldsResponse>, Status> {
        let wire::ListHoldsRequest { all } = request.into_inner();
        let is_listed: fn(&HeldTicket, Timestamp) -> bool = if all { |_, _| true } else { waits };
        let holds = self.held(is_listed).await.map_err(Refused::into_status)?;
        Ok(Response::new(wire::ListHoldsResponse { holds }))
    }

    async fn resolve_hold(
        &self,
        request: Request<wire::ResolveHoldRequest>,
    ) -> Result<Response<wire::ResolveHoldResponse>, Status> {
        let hold = self
            .resolved(request.into_inner())
            .await
            .map_err(Refused::into_status)?;
        Ok(Response::new(wire::ResolveHoldResponse { hold: Some(hold) }))
    }

    type SimulateRulesStream = Answers<wire::SimulateRulesResponse>;

    async fn simulate_rules(
        &self,
        request: Request<wire::SimulateRulesRequest>,
    ) -> Result<Response<Self::SimulateRulesStream>, Status> {
        let language = language_of(request.metadata(), self.language);
        let message = request.into_inner();
        // Compiling thousands of rules takes a while.
        let read = tokio::task::spawn_blocking(move || convert::trial(message, language)).await;
        let read = read.map_err(|error| Status::internal(error.to_string()))?;
        let (trial, scope) = read.map_err(Refused::from).map_err(Refused::into_status)?;
        let journal = Arc::clone(&self.journal);
        Ok(Response::new(simulation(journal, &*self.past, trial, scope)))
    }

    async fn get_rulebook(
        &self,
        _: Request<wire::GetRulebookRequest>,
    ) -> Result<Response<wire::GetRulebookResponse>, Status> {
        Ok(Response::new(wire::GetRulebookResponse {
            digest: self.view.status().digest,
            rules: self.view.rules().iter().map(words::rule_card).collect(),
        }))
    }
}

fn problem(problem: RulebookProblem) -> wire::RulebookProblem {
    let RulebookProblem {
        code,
        message,
        file,
        line,
        column,
    } = problem;
    wire::RulebookProblem {
        code,
        message,
        file,
        line,
        column,
    }
}
