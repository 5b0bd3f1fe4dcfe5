use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::{
    ModelsView, Once, PastView, Stamper,
    convert::{self, Calling},
    decide::Answers,
    identity::caller,
    keeping,
    language::language_of,
    past::{listed, one_replay, replays},
    recorded::{decision, outcome},
    refused::Refused,
    wire::{self, audit_service_server::AuditService},
};
use crate::{
    domain::{DecisionId, Language, Principal, Record},
    journal::{Erasure, Journal, JournalError},
};

/// `AuditService` of the contract: what the journal holds. Nothing here can become a decide reply.
#[derive(Clone)]
pub(super) struct Audit {
    pub(super) journal: Arc<Journal>,
    pub(super) models: Arc<dyn ModelsView>,
    pub(super) stamper: Arc<Stamper>,
    pub(super) past: Arc<dyn PastView>,
    pub(super) once: Arc<Once>,
    /// In which sentences are told where the caller does not say.
    pub(super) language: Language,
}

#[tonic::async_trait]
impl AuditService for Audit {
    async fn verify(
        &self,
        request: Request<wire::VerifyRequest>,
    ) -> Result<Response<wire::VerifyResponse>, Status> {
        let verified = self.verified(request.into_inner()).await;
        verified.map(Response::new).map_err(Refused::into_status)
    }

    async fn take_checkpoint(
        &self,
        _: Request<wire::TakeCheckpointRequest>,
    ) -> Result<Response<wire::TakeCheckpointResponse>, Status> {
        let taken = self.journal.checkpoint(self.stamper.now()).await;
        let taken = taken.map_err(|error| Refused::from(error).into_status())?;
        Ok(Response::new(wire::TakeCheckpointResponse {
            checkpoint: Some(keeping::checkpoint(taken)),
        }))
    }

    async fn list_changes(
        &self,
        request: Request<wire::ListChangesRequest>,
    ) -> Result<Response<wire::ListChangesResponse>, Status> {
        let wire::ListChangesRequest { since } = request.into_inner();
        let since = convert::since(since).map_err(|bad| Refused::from(bad).into_status())?;
        let all = self.journal.changes().into_iter().map(|(_, change)| change);
        let asked = all.filter(|change| since.is_none_or(|since| change.at >= since));
        Ok(Response::new(wire::ListChangesResponse {
            changes: asked.map(keeping::change).collect(),
        }))
    }

    async fn erase_subject(
        &self,
        request: Request<wire::EraseSubjectRequest>,
    ) -> Result<Response<wire::EraseSubjectResponse>, Status> {
        let caller = caller(request.extensions());
        let now = self.stamper.now();
        let (this, calling) = (self.clone(), Calling::new(&caller, now));
        let work = move |message| this.erased(message, calling);
        self.once.answer(&caller, now, request.into_inner(), work).await
    }

    async fn get_decision(
        &self,
        request: Request<wire::GetDecisionRequest>,
    ) -> Result<Response<wire::GetDecisionResponse>, Status> {
        let language = language_of(request.metadata(), self.language);
        let reader = caller(request.extensions());
        let wire::GetDecisionRequest { decision_id } = request.into_inner();
        let answer = self
            .decision(decision_id, &reader, language)
            .await
            .map_err(Refused::into_status)?;
        Ok(Response::new(answer))
    }

    async fn list_decisions(
        &self,
        request: Request<wire::ListDecisionsRequest>,
    ) -> Result<Response<wire::ListDecisionsResponse>, Status> {
        // What was answered a moment ago belongs to the list.
        let settled = self.journal.settled().await.map_err(Refused::from);
        settled.map_err(Refused::into_status)?;
        let reader = caller(request.extensions());
        let (journal, message) = (Arc::clone(&self.journal), request.into_inner());
        let page = tokio::task::spawn_blocking(move || listed(&journal, message, &reader)).await;
        let page = page.unwrap_or_else(|error| Err(Refused::broken(error)));
        page.map(Response::new).map_err(Refused::into_status)
    }

    async fn replay_decision(
        &self,
        request: Request<wire::ReplayDecisionRequest>,
    ) -> Result<Response<wire::ReplayDecisionResponse>, Status> {
        let reader = caller(request.extensions());
        let wire::ReplayDecisionRequest { decision_id } = request.into_inner();
        let replay = self.replay(decision_id, &reader).await;
        replay.map(Response::new).map_err(Refused::into_status)
    }

    type ReplayDecisionsStream = Answers<wire::ReplayDecisionsResponse>;

    async fn replay_decisions(
        &self,
        request: Request<wire::ReplayDecisionsRequest>,
    ) -> Result<Response<Self::ReplayDecisionsStream>, Status> {
        let wire::ReplayDecisionsRequest {
            since,
            until,
            ask_model,
        } = request.into_inner();
        let within = convert::within(since, until).map_err(Refused::from);
        let within = within.map_err(Refused::into_status)?;
        let journal = Arc::clone(&self.journal);
        Ok(Response::new(replays(journal, &*self.past, within, ask_model)))
    }
}

impl Audit {
    /// Reading all of the journal takes a while: not on a thread that answers decisions.
    async fn verified(&self, message: wire::VerifyRequest) -> Result<wire::VerifyResponse, Refused> {
        let against = keeping::checkpoints(message);
        self.journal.settled().await?;
        let journal = Arc::clone(&self.journal);
        let verified = tokio::task::spawn_blocking(move || journal.verify(&against));
        let verified = verified
            .await
            .unwrap_or_else(|stopped| Err(JournalError::Broken(stopped.to_string())))?;
        Ok(keeping::verified(verified))
    }

    async fn erased(
        self,
        message: wire::EraseSubjectRequest,
        calling: Calling,
    ) -> Result<wire::EraseSubjectResponse, Refused> {
        let (contact, hand) = convert::erasure(message, &calling)?;
        let (by, because) = (Arc::clone(&hand.by), Arc::clone(&hand.because));
        let erasure = self.journal.erase(contact.clone(), hand).await?;
        let Some(Erasure { subject, checkpoint }) = erasure else {
            return Ok(wire::EraseSubjectResponse::default());
        };
        let models = Arc::clone(&self.models);
        // Learning takes a lock that a lesson may hold for a while.
        let forgotten = tokio::task::spawn_blocking(move || models.forget(&contact)).await;
        forgotten.map_err(|stopped| JournalError::Broken(stopped.to_string()))?;
        tracing::warn!(subject, %by, %because, "a contact was erased");
        Ok(wire::EraseSubjectResponse {
            erased: true,
            subject: format!("{subject:016x}"),
            checkpoint: Some(keeping::checkpoint(checkpoint)),
        })
    }

    async fn decision(
        &self,
        id: Option<String>,
        reader: &Principal,
        language: Language,
    ) -> Result<wire::GetDecisionResponse, Refused> {
        let id = convert::decision_id(id)?;
        let record = self.record(id, reader).await?;
        let outcomes = self.journal.outcomes_of(id)?;
        Ok(wire::GetDecisionResponse {
            decision: Some(decision(&record, language)),
            outcomes: outcomes.into_iter().map(outcome).collect(),
        })
    }

    async fn replay(
        &self,
        id: Option<String>,
        reader: &Principal,
    ) -> Result<wire::ReplayDecisionResponse, Refused> {
        let record = self.record(convert::decision_id(id)?, reader).await?;
        Ok(one_replay(&record, &*self.past))
    }

    /// A decision that was answered a moment ago may still wait to be written. That one of other brands exists is not
    /// told.
    async fn record(&self, id: DecisionId, reader: &Principal) -> Result<Record, Refused> {
        let mut record = self.journal.decision(id)?;
        if record.is_none() {
            self.journal.settled().await?;
            record = self.journal.decision(id)?;
        }
        let theirs = record.filter(|record| may_read(reader, record));
        theirs.ok_or_else(|| Refused::not_held(&self.journal, id))
    }
}

/// A decision is told whole, so to whom may speak of all its brands.
fn may_read(reader: &Principal, record: &Record) -> bool {
    reader.speaks_for(record.candidates.iter().map(|candidate| &candidate.brand))
}
