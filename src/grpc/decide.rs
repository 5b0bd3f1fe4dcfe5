use std::{pin::Pin, sync::Arc, time::Instant};

use tokio_stream::{Stream, StreamExt as _};
use tonic::{Extensions, Request, Response, Status, Streaming, metadata::MetadataMap};
use tower::{Service, ServiceExt as _};

use super::{
    Stamper, Tokens, convert,
    deadline::{Arrived, deadline},
    language::language_of,
    refused::Refused,
    reply,
    wire::{
        self, decide_request::Question, decide_response::Answer, decision_service_server::DecisionService,
    },
};
use crate::{
    domain::{Kind, Language},
    guardrail::{self, Decision},
};

/// What decides: the guardrail over some model.
pub trait Decider:
    Service<guardrail::Asked, Response = Decision, Error = guardrail::Refusal, Future: Send>
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<S> Decider for S where
    S: Service<guardrail::Asked, Response = Decision, Error = guardrail::Refusal, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static
{
}

/// `DecisionService` of the contract.
#[derive(Debug, Clone)]
pub(super) struct Decisions<D> {
    pub(super) decider: D,
    pub(super) stamper: Arc<Stamper>,
    pub(super) tokens: Arc<Tokens>,
    /// In which sentences are told where the caller does not say.
    pub(super) language: Language,
}

impl<D: Decider> Decisions<D> {
    async fn bid(
        &self,
        message: wire::DecideBidRequest,
        arrived: Instant,
        metadata: &MetadataMap,
    ) -> Result<wire::DecideBidResponse, Refused> {
        let asked = convert::bid(message)?;
        let deadline = deadline(arrived, metadata, asked.tmax_ms);
        let query = self.stamper.stamp(asked);
        let (id, now) = (query.decision, query.now);
        let asked = guardrail::Asked { query, deadline };
        let decision = self.decider.clone().oneshot(asked).await?;
        let language = language_of(metadata, self.language);
        Ok(reply::bid(decision, self.tokens.issue(id, now), language))
    }

    /// One question of the stream. `grpc-timeout` spans a whole stream, so only `tmax_ms` counts here; its language
    /// was read when it began.
    async fn answer(&self, message: wire::DecideRequest) -> wire::DecideResponse {
        let wire::DecideRequest { tag, question } = message;
        let answer = match question {
            Some(Question::Bid(message)) => self
                .bid(message, Instant::now(), &MetadataMap::new())
                .await
                .map(Answer::Bid),
            Some(Question::SendTime(_)) => Err(Refused::not_built(Kind::SendTime)),
            Some(Question::Recommendation(_)) => Err(Refused::not_built(Kind::Recommendation)),
            Some(Question::Budget(_)) => Err(Refused::not_built(Kind::Budget)),
            Some(Question::Score(_)) => Err(Refused::not_built(Kind::Score)),
            None => Err(Refused::from(convert::missing("question"))),
        };
        wire::DecideResponse {
            tag,
            answer: Some(answer.unwrap_or_else(|refused| Answer::Refusal(refused.into_message()))),
        }
    }
}

fn arrived(extensions: &Extensions) -> Instant {
    extensions
        .get::<Arrived>()
        .map_or_else(Instant::now, |Arrived(at)| *at)
}

/// What ends a stream, in the caller's terms.
pub(super) fn broken(status: Status) -> Status {
    Refused::by_transport(&status).map_or(status, Refused::into_status)
}

/// Answers, in the order of the questions.
pub(super) type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl<D: Decider> DecisionService for Decisions<D> {
    async fn decide_bid(
        &self,
        request: Request<wire::DecideBidRequest>,
    ) -> Result<Response<wire::DecideBidResponse>, Status> {
        let (metadata, extensions, message) = request.into_parts();
        let answer = self.bid(message, arrived(&extensions), &metadata).await;
        answer.map(Response::new).map_err(Refused::into_status)
    }

    async fn decide_send_time(
        &self,
        _: Request<wire::DecideSendTimeRequest>,
    ) -> Result<Response<wire::DecideSendTimeResponse>, Status> {
        Err(Refused::not_built(Kind::SendTime).into_status())
    }

    async fn recommend(
        &self,
        _: Request<wire::RecommendRequest>,
    ) -> Result<Response<wire::RecommendResponse>, Status> {
        Err(Refused::not_built(Kind::Recommendation).into_status())
    }

    async fn allocate_budget(
        &self,
        _: Request<wire::AllocateBudgetRequest>,
    ) -> Result<Response<wire::AllocateBudgetResponse>, Status> {
        Err(Refused::not_built(Kind::Budget).into_status())
    }

    async fn score(&self, _: Request<wire::ScoreRequest>) -> Result<Response<wire::ScoreResponse>, Status> {
        Err(Refused::not_built(Kind::Score).into_status())
    }

    type DecideStream = Answers<wire::DecideResponse>;

    async fn decide(
        &self,
        request: Request<Streaming<wire::DecideRequest>>,
    ) -> Result<Response<Self::DecideStream>, Status> {
        let mut service = self.clone();
        service.language = language_of(request.metadata(), self.language);
        let answers = request.into_inner().then(move |message| {
            let service = service.clone();
            async move {
                match message {
                    Ok(message) => Ok(service.answer(message).await),
                    Err(status) => Err(broken(status)),
                }
            }
        });
        Ok(Response::new(Box::pin(answers)))
    }
}
