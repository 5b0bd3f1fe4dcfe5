use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::mpsc;
use tokio_stream::{StreamExt as _, wrappers::ReceiverStream};
use tonic::{Request, Response, Status, Streaming};

use super::{
    BadToken, Stamper, Tokens, convert,
    convert::Report,
    decide::{Answers, broken},
    refused::Refused,
    wire::{self, outcome_service_server::OutcomeService, stream_outcomes_response::Answer},
    words,
};
use crate::{
    domain::{Outcome, OutcomeReply},
    journal::Journal,
};

/// How many reports of one stream may wait for the journal. Above it the stream is read no further.
const WAITING: usize = 256;

/// What came in that was not recorded, since the start.
#[derive(Debug, Default)]
pub struct OutcomeCounts {
    /// Outcomes whose token was missing, forged or expired.
    pub bad_tokens: AtomicU64,
    /// Outcomes that were reported before.
    pub duplicates: AtomicU64,
    /// Outcomes of other content than an earlier report of the same name.
    pub conflicts: AtomicU64,
    /// Outcomes of a candidate that the decision has not.
    pub unknown_candidates: AtomicU64,
    /// Outcomes of a decision that is past its retention.
    pub expired: AtomicU64,
}

impl OutcomeCounts {
    /// The answer to a report, counted where nothing was recorded.
    fn answered(&self, reply: OutcomeReply) -> wire::OutcomeResult {
        let counter = match reply {
            OutcomeReply::Duplicate => Some(&self.duplicates),
            OutcomeReply::Conflict => Some(&self.conflicts),
            OutcomeReply::UnknownCandidate => Some(&self.unknown_candidates),
            OutcomeReply::Accepted
            | OutcomeReply::Late
            | OutcomeReply::Corrected
            | OutcomeReply::Quarantined(_) => None,
            OutcomeReply::Expired => Some(&self.expired),
        };
        if let Some(counter) = counter {
            counter.fetch_add(1, Ordering::Relaxed);
        }
        words::outcome(reply)
    }
}

/// `OutcomeService` of the contract.
#[derive(Clone)]
pub(super) struct Outcomes {
    pub(super) journal: Arc<Journal>,
    pub(super) stamper: Arc<Stamper>,
    pub(super) tokens: Arc<Tokens>,
    pub(super) counts: Arc<OutcomeCounts>,
}

impl Outcomes {
    /// The outcome, if its token is genuine; else what to answer.
    fn genuine(&self, report: Report) -> Result<Outcome, wire::OutcomeResult> {
        let Report { outcome, token } = report;
        match self.tokens.verify(&token, outcome.decision, self.stamper.now()) {
            Ok(()) => Ok(outcome),
            Err(problem) => {
                self.counts.bad_tokens.fetch_add(1, Ordering::Relaxed);
                Err(refused(problem))
            }
        }
    }

    async fn batch(&self, message: wire::RecordOutcomesRequest) -> Result<Vec<wire::OutcomeResult>, Refused> {
        let reports = convert::reports(message)?;
        let mut outcomes = Vec::with_capacity(reports.len());
        // Refused reports keep their place; `None` waits for the journal.
        let mut results = Vec::with_capacity(reports.len());
        for report in reports {
            match self.genuine(report) {
                Ok(outcome) => {
                    outcomes.push(outcome);
                    results.push(None);
                }
                Err(refused) => results.push(Some(refused)),
            }
        }
        if outcomes.is_empty() {
            return Ok(results.into_iter().flatten().collect());
        }
        let replies = self.journal.outcomes(outcomes, self.stamper.now()).await?;
        let mut replies = replies.into_iter().map(|reply| self.counts.answered(reply));
        let each = results.into_iter();
        Ok(each
            .filter_map(|result| result.or_else(|| replies.next()))
            .collect())
    }

    /// Hands one report over at once; what is returned waits for the write.
    fn handed_over(&self, message: wire::StreamOutcomesRequest) -> Waiting {
        let wire::StreamOutcomesRequest { tag, outcome } = message;
        let respond = move |answer| wire::StreamOutcomesResponse {
            tag,
            answer: Some(answer),
        };
        let report = match convert::report(outcome) {
            Ok(report) => report,
            Err(bad) => {
                let refusal = Refused::from(bad).into_message();
                return Box::pin(std::future::ready(respond(Answer::Refusal(refusal))));
            }
        };
        match self.genuine(report) {
            Err(refused) => Box::pin(std::future::ready(respond(Answer::Result(refused)))),
            Ok(outcome) => {
                let written = self.journal.outcome(outcome, self.stamper.now());
                let counts = Arc::clone(&self.counts);
                Box::pin(async move {
                    respond(match written.await {
                        Ok(reply) => Answer::Result(counts.answered(reply)),
                        Err(error) => Answer::Refusal(Refused::from(error).into_message()),
                    })
                })
            }
        }
    }
}

type Waiting = Pin<Box<dyn Future<Output = wire::StreamOutcomesResponse> + Send>>;

fn refused(problem: BadToken) -> wire::OutcomeResult {
    wire::OutcomeResult {
        status: wire::OutcomeStatus::BadToken.into(),
        reason: problem.to_string(),
    }
}

#[tonic::async_trait]
impl OutcomeService for Outcomes {
    async fn record_outcomes(
        &self,
        request: Request<wire::RecordOutcomesRequest>,
    ) -> Result<Response<wire::RecordOutcomesResponse>, Status> {
        let results = self.batch(request.into_inner()).await;
        let results = results.map_err(Refused::into_status)?;
        Ok(Response::new(wire::RecordOutcomesResponse { results }))
    }

    type StreamOutcomesStream = Answers<wire::StreamOutcomesResponse>;

    async fn stream_outcomes(
        &self,
        request: Request<Streaming<wire::StreamOutcomesRequest>>,
    ) -> Result<Response<Self::StreamOutcomesStream>, Status> {
        let (hand, waiting) = mpsc::channel::<Result<Waiting, Status>>(WAITING);
        let (service, mut reports) = (self.clone(), request.into_inner());
        // Reading goes on while earlier reports wait for their write, so that one group commit serves many.
        tokio::spawn(async move {
            while let Some(message) = reports.next().await {
                let next = message
                    .map(|message| service.handed_over(message))
                    .map_err(broken);
                if hand.send(next).await.is_err() {
                    return;
                }
            }
        });
        let answers = ReceiverStream::new(waiting).then(|next| async move {
            match next {
                Ok(written) => Ok(written.await),
                Err(status) => Err(status),
            }
        });
        Ok(Response::new(Box::pin(answers)))
    }
}
