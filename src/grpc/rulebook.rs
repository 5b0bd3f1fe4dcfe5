use std::sync::Arc;

use tokio::task::spawn_blocking;
use tonic::{Request, Response, Status};

use super::{
    Health, PastView, RulesFolder, Stamper,
    convert::{self, Calling},
    decide::Answers,
    identity::caller,
    language::language_of,
    once::Once,
    past::{held, simulation, waits},
    refused::Refused,
    rulebook_view::{CheckedRules, RulebookProblem, RulebookStatus, RulebookView},
    wire::{self, rules_service_server::RulesService},
    words,
};
use crate::{
    domain::{BrandScope, Changed, Language, Principal, StopScope, StopSet, Timestamp},
    journal::Journal,
    rehearsal::{HeldTicket, Holds, Proposal, StopSwitch},
};

/// `RulesService` of the contract.
#[derive(Clone)]
pub(super) struct Rulebooks {
    pub(super) view: Arc<dyn RulebookView>,
    pub(super) switch: Arc<StopSwitch>,
    pub(super) journal: Arc<Journal>,
    pub(super) stamper: Arc<Stamper>,
    pub(super) past: Arc<dyn PastView>,
    pub(super) holds: Arc<Holds>,
    pub(super) once: Arc<Once>,
    pub(super) health: Health,
    /// In which findings are told where the caller does not say.
    pub(super) language: Language,
}

// === impl Rulebooks ===

impl Rulebooks {
    fn calling(&self, caller: &Principal) -> Calling {
        Calling::new(caller, self.stamper.now())
    }

    /// Rules are compiled and tested, which takes a while: not on a thread that answers decisions.
    async fn rolled_back(
        self,
        message: wire::RollBackRequest,
        calling: Calling,
    ) -> Result<wire::RollBackResponse, Refused> {
        let (digest, hand) = convert::roll_back(message, &calling)?;
        let view = Arc::clone(&self.view);
        let digest = aside(move || view.roll_back(&digest, &hand)).await??;
        self.tell_health().await;
        Ok(wire::RollBackResponse { digest })
    }

    async fn checked(
        self,
        message: wire::CheckRulesRequest,
        language: Language,
    ) -> Result<wire::CheckRulesResponse, Refused> {
        let wire::CheckRulesRequest { files } = message;
        let (files, now) = (convert::rule_files(files)?, self.stamper.now());
        let checked = aside(move || self.view.check(files, language, now)).await?;
        let CheckedRules {
            digest,
            rules,
            tests,
            findings,
        } = checked;
        Ok(wire::CheckRulesResponse {
            digest,
            sound: rules.is_some(),
            findings: findings.into_iter().map(problem).collect(),
            rules: counted(rules.unwrap_or_default()),
            tests: counted(tests),
        })
    }

    async fn put(
        self,
        message: wire::PutRulebookRequest,
        calling: Calling,
        language: Language,
    ) -> Result<wire::PutRulebookResponse, Refused> {
        let (files, author) = convert::put(message, &calling)?;
        let (checked, standing) = aside(move || self.view.put(files, &author, language)).await??;
        let CheckedRules {
            digest,
            rules,
            tests,
            findings,
        } = checked;
        Ok(wire::PutRulebookResponse {
            digest,
            state: standing.name().to_owned(),
            findings: findings.into_iter().map(problem).collect(),
            rules: counted(rules.unwrap_or_default()),
            tests: counted(tests),
        })
    }

    async fn activated(
        self,
        message: wire::ActivateRulebookRequest,
        calling: Calling,
    ) -> Result<wire::ActivateRulebookResponse, Refused> {
        let (digest, hand) = convert::activation(message, &calling)?;
        let view = Arc::clone(&self.view);
        let Proposal { digest, author } = aside(move || view.approve(&digest, &hand)).await??;
        self.tell_health().await;
        Ok(wire::ActivateRulebookResponse {
            digest,
            author: author.by.to_string(),
        })
    }

    /// What is in force was changed by hand: whether the folder is that shows at once.
    async fn tell_health(&self) {
        let folder = match self.view.status().refused_since {
            None => RulesFolder::InForce,
            Some(_) => RulesFolder::Refused,
        };
        self.health.rules(folder).await;
    }

    fn stopped(
        &self,
        message: wire::StopDecisionsRequest,
        caller: &Principal,
        calling: &Calling,
    ) -> Result<Arc<StopSet>, Refused> {
        let (stop, hand) = convert::stop(message, calling)?;
        within(&stop.scope, caller)?;
        let scope = stop.scope.clone();
        let from = self.switch.stops().load().digest();
        let stops = self.switch.stop(stop)?;
        let (by, because) = (&hand.by, &hand.because);
        tracing::warn!(%scope, %by, %because, "decisions are stopped");
        let to = stops.digest();
        self.journal.note(hand.did(Changed::Stopped { scope, from, to }));
        Ok(stops)
    }

    /// The tickets that are to be listed, of the brands that the caller may speak of.
    async fn held(
        &self,
        caller: &Principal,
        is_listed: fn(&HeldTicket, Timestamp) -> bool,
    ) -> Result<Vec<wire::HeldTicket>, Refused> {
        // What was answered a moment ago belongs to the list.
        self.journal.settled().await?;
        let now = self.stamper.now();
        let tickets = self.holds.list()?;
        let theirs = tickets
            .iter()
            .filter(|ticket| caller.brands.covers(&ticket.brand));
        let listed = theirs.filter(|ticket| is_listed(ticket, now));
        Ok(listed.map(|ticket| held(ticket, now)).collect())
    }

    async fn resolved(
        self,
        message: wire::ResolveHoldRequest,
        caller: Arc<Principal>,
        calling: Calling,
    ) -> Result<wire::ResolveHoldResponse, Refused> {
        let (ticket, change) = convert::resolution(message, &calling)?;
        let (by, what) = (Arc::clone(&change.by), change.what.name());
        let resolved = self.holds.resolve(ticket, change, &caller.brands).await?;
        tracing::warn!(%ticket, %by, what, "a hold was answered");
        Ok(wire::ResolveHoldResponse {
            hold: Some(held(&resolved, calling.at)),
        })
    }

    fn resumed(
        &self,
        message: wire::ResumeDecisionsRequest,
        caller: &Principal,
        calling: &Calling,
    ) -> Result<Arc<StopSet>, Refused> {
        let (scope, hand) = convert::resume(message, calling)?;
        within(&scope, caller)?;
        if self.switch.stops().load().iter().all(|stop| stop.scope != scope) {
            return Err(Refused::not_stopped(&scope));
        }
        let from = self.switch.stops().load().digest();
        let stops = self.switch.resume(&scope)?;
        let (by, because) = (&hand.by, &hand.because);
        tracing::warn!(%scope, %by, %because, "decisions are resumed");
        let to = stops.digest();
        self.journal.note(hand.did(Changed::Resumed { scope, from, to }));
        Ok(stops)
    }

    fn status(&self) -> wire::GetRulebookStatusResponse {
        let RulebookStatus {
            digest,
            active_since,
            refused_since,
            why,
            activating,
            proposals,
        } = self.view.status();
        wire::GetRulebookStatusResponse {
            digest,
            active_since: Some(words::instant(active_since)),
            refused_since: refused_since.map(words::instant),
            why: why.into_iter().map(problem).collect(),
            stops: self.switch.stops().load().iter().map(words::stop).collect(),
            stops_digest: words::stops_digest(&self.switch.stops().load()),
            activation: activating.name().to_owned(),
            proposals: proposals.into_iter().map(proposed).collect(),
        }
    }
}

/// Work that takes a while, on a thread that answers nothing else.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refused> {
    spawn_blocking(work).await.map_err(Refused::broken)
}

fn counted(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
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
        // What waits is read from disk.
        let this = self.clone();
        let status = aside(move || this.status()).await;
        status.map(Response::new).map_err(Refused::into_status)
    }

    async fn check_rules(
        &self,
        request: Request<wire::CheckRulesRequest>,
    ) -> Result<Response<wire::CheckRulesResponse>, Status> {
        let language = language_of(request.metadata(), self.language);
        let checked = self.clone().checked(request.into_inner(), language).await;
        checked.map(Response::new).map_err(Refused::into_status)
    }

    async fn put_rulebook(
        &self,
        request: Request<wire::PutRulebookRequest>,
    ) -> Result<Response<wire::PutRulebookResponse>, Status> {
        let language = language_of(request.metadata(), self.language);
        let calling = self.calling(&caller(request.extensions()));
        let put = self.clone().put(request.into_inner(), calling, language).await;
        put.map(Response::new).map_err(Refused::into_status)
    }

    async fn activate_rulebook(
        &self,
        request: Request<wire::ActivateRulebookRequest>,
    ) -> Result<Response<wire::ActivateRulebookResponse>, Status> {
        let caller = caller(request.extensions());
        let (this, calling) = (self.clone(), self.calling(&caller));
        let work = move |message| this.activated(message, calling);
        let now = self.stamper.now();
        self.once.answer(&caller, now, request.into_inner(), work).await
    }

    async fn roll_back(
        &self,
        request: Request<wire::RollBackRequest>,
    ) -> Result<Response<wire::RollBackResponse>, Status> {
        let caller = caller(request.extensions());
        let (this, calling) = (self.clone(), self.calling(&caller));
        let work = move |message| this.rolled_back(message, calling);
        let now = self.stamper.now();
        self.once.answer(&caller, now, request.into_inner(), work).await
    }

    async fn stop_decisions(
        &self,
        request: Request<wire::StopDecisionsRequest>,
    ) -> Result<Response<wire::StopDecisionsResponse>, Status> {
        let caller = caller(request.extensions());
        let (this, theirs, calling) = (self.clone(), Arc::clone(&caller), self.calling(&caller));
        let work = move |message| async move {
            let stops = this.stopped(message, &theirs, &calling)?;
            Ok(wire::StopDecisionsResponse {
                stops: stops.iter().map(words::stop).collect(),
                digest: words::stops_digest(&stops),
            })
        };
        let now = self.stamper.now();
        self.once.answer(&caller, now, request.into_inner(), work).await
    }

    async fn resume_decisions(
        &self,
        request: Request<wire::ResumeDecisionsRequest>,
    ) -> Result<Response<wire::ResumeDecisionsResponse>, Status> {
        let caller = caller(request.extensions());
        let (this, theirs, calling) = (self.clone(), Arc::clone(&caller), self.calling(&caller));
        let work = move |message| async move {
            let stops = this.resumed(message, &theirs, &calling)?;
            Ok(wire::ResumeDecisionsResponse {
                stops: stops.iter().map(words::stop).collect(),
                digest: words::stops_digest(&stops),
            })
        };
        let now = self.stamper.now();
        self.once.answer(&caller, now, request.into_inner(), work).await
    }

    async fn list_holds(
        &self,
        request: Request<wire::ListHoldsRequest>,
    ) -> Result<Response<wire::ListHoldsResponse>, Status> {
        let caller = caller(request.extensions());
        let wire::ListHoldsRequest { all } = request.into_inner();
        let is_listed: fn(&HeldTicket, Timestamp) -> bool = if all { |_, _| true } else { waits };
        let holds = self
            .held(&caller, is_listed)
            .await
            .map_err(Refused::into_status)?;
        Ok(Response::new(wire::ListHoldsResponse { holds }))
    }

    async fn resolve_hold(
        &self,
        request: Request<wire::ResolveHoldRequest>,
    ) -> Result<Response<wire::ResolveHoldResponse>, Status> {
        let caller = caller(request.extensions());
        let (this, theirs, calling) = (self.clone(), Arc::clone(&caller), self.calling(&caller));
        let work = move |message| this.resolved(message, theirs, calling);
        let now = self.stamper.now();
        self.once.answer(&caller, now, request.into_inner(), work).await
    }

    type SimulateRulesStream = Answers<wire::SimulateRulesResponse>;

    async fn simulate_rules(
        &self,
        request: Request<wire::SimulateRulesRequest>,
    ) -> Result<Response<Self::SimulateRulesStream>, Status> {
        let language = language_of(request.metadata(), self.language);
        let message = request.into_inner();
        // Compiling thousands of rules takes a while.
        let read = aside(move || convert::trial(message, language)).await;
        let read = read.and_then(|read| read.map_err(Refused::from));
        let (trial, scope) = read.map_err(Refused::into_status)?;
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
        severity,
        message,
        file,
        line,
        column,
    } = problem;
    wire::RulebookProblem {
        code,
        severity: severity.to_owned(),
        message,
        file,
        line,
        column,
    }
}

fn proposed(proposal: Proposal) -> wire::ProposedRulebook {
    let Proposal { digest, author } = proposal;
    wire::ProposedRulebook {
        digest,
        by: author.by.to_string(),
        principal: author.principal.as_deref().unwrap_or_default().to_owned(),
        because: author.because.to_string(),
        put_at: Some(words::instant(author.at)),
    }
}
