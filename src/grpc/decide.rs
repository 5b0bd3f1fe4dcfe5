use std::{pin::Pin, sync::Arc, time::Instant};

use tokio_stream::{Stream, StreamExt as _};
use tonic::{Extensions, Request, Response, Status, Streaming, metadata::MetadataMap};
use tower::{Service, ServiceExt as _};

use super::{
    Stamper, Tokens, Traces,
    convert::{self, BadInput},
    deadline::{Arrived, deadline},
    identity::caller,
    language::language_of,
    refused::Refused,
    reply::{self, Signed},
    seen::Seen,
    traces::{self, Parent},
    wire::{
        self, decide_request::Question, decide_response::Answer, decision_service_server::DecisionService,
    },
};
use crate::{
    domain::{Language, Principal, Timestamp},
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
    pub(super) seen: Arc<Seen>,
    pub(super) stamper: Arc<Stamper>,
    pub(super) tokens: Arc<Tokens>,
    pub(super) traces: Option<Arc<Traces>>,
    /// The caller's trace, of a stream.
    pub(super) parent: Option<Parent>,
    /// In which sentences are told where the caller does not say.
    pub(super) language: Language,
}

/// A question of one kind: how it is read, and what answers it.
trait Asks {
    /// The message that answers it.
    type Answer;

    /// Reads it; `now` is the instant of the decision.
    fn read(self, now: Timestamp) -> Result<convert::Asked, BadInput>;

    /// The reply: made from a decision, which it consumes, and from nothing else.
    fn reply(decision: Decision, signed: Signed) -> Self::Answer;
}

macro_rules! asks {
    ($($question:ident => $read:ident, $answer:ident;)*) => {$(
        impl Asks for wire::$question {
            type Answer = wire::$answer;

            fn read(self, now: Timestamp) -> Result<convert::Asked, BadInput> {
                convert::$read(self, now)
            }

            fn reply(decision: Decision, signed: Signed) -> wire::$answer {
                reply::$read(decision, signed)
            }
        }
    )*};
}

asks! {
    DecideBidRequest => bid, DecideBidResponse;
    DecideSendTimeRequest => send_time, DecideSendTimeResponse;
    RecommendRequest => recommendation, RecommendResponse;
    AllocateBudgetRequest => budget, AllocateBudgetResponse;
    ScoreRequest => score, ScoreResponse;
}

impl<D: Decider> Decisions<D> {
    /// A question that came in a call of its own.
    async fn unary<Q: Asks>(&self, request: Request<Q>) -> Result<Response<Q::Answer>, Status> {
        let (metadata, extensions, message) = request.into_parts();
        let caller = caller(&extensions);
        let answer = self
            .answered(message, &caller, arrived(&extensions), &metadata)
            .await;
        answer.map(Response::new).map_err(Refused::into_status)
    }

    async fn answered<Q: Asks>(
        &self,
        message: Q,
        caller: &Principal,
        arrived: Instant,
        metadata: &MetadataMap,
    ) -> Result<Q::Answer, Refused> {
        let now = self.stamper.now();
        let asked = message.read(now)?;
        let deadline = deadline(arrived, metadata, asked.tmax_ms);
        let kind = asked.question.kind();
        let (approvals, known_of) = (asked.approvals.clone(), asked.known_of.clone());
        let (query, places) = self.stamper.stamp(asked, caller.name.clone(), now);
        let id = query.decision;
        let asked = guardrail::Asked {
            query,
            deadline,
            brands: caller.brands.clone(),
            approvals,
            known_of,
        };
        let decided = self.decider.clone().oneshot(asked).await;
        self.seen.decided(kind, arrived.elapsed());
        if let Some(traces) = &self.traces {
            let parent = Parent::of(metadata).or(self.parent);
            let asked = traces::Asked {
                id,
                kind,
                arrived,
                parent,
            };
            traces.decided(asked, &decided);
        }
        let decision = decided.map_err(|refusal| Refused::by_guardrail(refusal, &places))?;
        let token = self.tokens.issue(id, now);
        let language = language_of(metadata, self.language);
        Ok(Q::reply(decision, Signed { token, language }))
    }

    /// One question of the stream. `grpc-timeout` spans a whole stream, so only `tmax_ms` counts here; its language
    /// was read when it began.
    async fn answer(&self, message: wire::DecideRequest, caller: &Principal) -> wire::DecideResponse {
        let wire::DecideRequest { tag, question } = message;
        let (now, none) = (Instant::now(), MetadataMap::new());
        let answer = match question {
            Some(Question::Bid(message)) => self.answered(message, caller, now, &none).await.map(Answer::Bid),
            Some(Question::SendTime(message)) => self
                .answered(message, caller, now, &none)
                .await
                .map(Answer::SendTime),
            Some(Question::Recommendation(message)) => self
                .answered(message, caller, now, &none)
                .await
                .map(Answer::Recommendation),
            Some(Question::Budget(message)) => self
                .answered(message, caller, now, &none)
                .await
                .map(Answer::Budget),
            Some(Question::Score(message)) => self
                .answered(message, caller, now, &none)
                .await
                .map(Answer::Score),
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
        self.unary(request).await
    }

    async fn decide_send_time(
        &self,
        request: Request<wire::DecideSendTimeRequest>,
    ) -> Result<Response<wire::DecideSendTimeResponse>, Status> {
        self.unary(request).await
    }

    async fn recommend(
        &self,
        request: Request<wire::RecommendRequest>,
    ) -> Result<Response<wire::RecommendResponse>, Status> {
        self.unary(request).await
    }

    async fn allocate_budget(
        &self,
        request: Request<wire::AllocateBudgetRequest>,
    ) -> Result<Response<wire::AllocateBudgetResponse>, Status> {
        self.unary(request).await
    }

    async fn score(
        &self,
        request: Request<wire::ScoreRequest>,
    ) -> Result<Response<wire::ScoreResponse>, Status> {
        self.unary(request).await
    }

    type DecideStream = Answers<wire::DecideResponse>;

    async fn decide(
        &self,
        request: Request<Streaming<wire::DecideRequest>>,
    ) -> Result<Response<Self::DecideStream>, Status> {
        let mut service = self.clone();
        service.language = language_of(request.metadata(), self.language);
        service.parent = Parent::of(request.metadata());
        let caller = caller(request.extensions());
        let answers = request.into_inner().then(move |message| {
            let (service, caller) = (service.clone(), Arc::clone(&caller));
            async move {
                match message {
                    Ok(message) => Ok(service.answer(message, &caller).await),
                    Err(status) => Err(broken(status)),
                }
            }
        });
        Ok(Response::new(Box::pin(answers)))
    }
}
