//! OpenTelemetry traces: a span for each decision, sent to a collector over OTLP. Off unless `traces.endpoint` is set.
//!
//! A span continues the trace of its caller (`traceparent`, W3C Trace Context), whose word on sampling counts; where a
//! caller has none, one decision in `traces.one_in` begins a trace, named by the decision's own id. It carries kind,
//! verdicts, rulebook, model snapshot and decision id; its time is that from arrival to decision. A question that cannot
//! be read makes no decision and no span.
//!
//! No decision waits for a span: a full queue drops it, and how many were dropped is logged.

mod exporter;
mod parent;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, ArrayValue, KeyValue, any_value::Value},
    trace::v1::{Span, Status, span::SpanKind, status::StatusCode},
};
use tokio::sync::mpsc;

pub use exporter::{Exporting, TraceError, Tracing};
pub(super) use parent::Parent;

use crate::{
    domain::{DecisionId, Kind, Verdict},
    guardrail::{Decision, Refusal},
};

/// Spans that wait to be sent, at most.
const WAITING: usize = 8_192;

/// Takes spans of decisions.
#[derive(Debug)]
pub struct Traces {
    spans: mpsc::Sender<Span>,
    one_in: u64,
    seen: AtomicU64,
    dropped: Arc<AtomicU64>,
}

/// A decision that was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    /// Its name.
    pub(super) id: DecisionId,
    /// Its kind.
    pub(super) kind: Kind,
    /// When it arrived.
    pub(super) arrived: Instant,
    /// Its caller's trace.
    pub(super) parent: Option<Parent>,
}

// === impl Traces ===

impl Traces {
    /// Takes what became of a decision, if its trace is sampled.
    pub(super) fn decided(&self, asked: Asked, decided: &Result<Decision, Refusal>) {
        if !self.is_sampled(asked.parent) {
            return;
        }
        if self.spans.try_send(span(asked, decided)).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn is_sampled(&self, parent: Option<Parent>) -> bool {
        match parent {
            Some(parent) => parent.is_sampled(),
            None => self
                .seen
                .fetch_add(1, Ordering::Relaxed)
                .is_multiple_of(self.one_in),
        }
    }
}

fn span(asked: Asked, decided: &Result<Decision, Refusal>) -> Span {
    let Asked {
        id,
        kind,
        arrived,
        parent,
    } = asked;
    let (trace, end) = (id.to_bytes(), SystemTime::now());
    let own = trace.get(8..).unwrap_or_default().to_vec();
    let begun = end.checked_sub(arrived.elapsed()).unwrap_or(end);
    let mut attributes = vec![
        text("rpc.system", "grpc"),
        text("rpc.service", "balustrade.v1.DecisionService"),
        text("balustrade.kind", kind.name()),
        text("balustrade.decision_id", &id.to_string()),
    ];
    let status = match decided {
        Ok(decision) => {
            attributes.extend(of_decision(decision));
            Status::default()
        }
        Err(refusal) => Status {
            message: refusal.to_string(),
            code: StatusCode::Error.into(),
        },
    };
    Span {
        trace_id: parent.map_or(trace, |parent| parent.trace).to_vec(),
        span_id: own,
        parent_span_id: parent.map(|parent| parent.span.to_vec()).unwrap_or_default(),
        flags: 1,
        name: format!("decide {}", kind.name()),
        kind: SpanKind::Server.into(),
        start_time_unix_nano: nanos(begun),
        end_time_unix_nano: nanos(end),
        attributes,
        status: Some(status),
        ..Span::default()
    }
}

fn of_decision(decision: &Decision) -> [KeyValue; 4] {
    let answers = decision.answers();
    let verdicts = Verdict::ALL.into_iter();
    let there = verdicts.filter(|verdict| answers.iter().any(|answer| answer.verdict == *verdict));
    let values = there.map(|verdict| AnyValue {
        value: Some(Value::StringValue(verdict.name().to_owned())),
    });
    let versions = decision.versions();
    [
        attribute(
            "balustrade.verdicts",
            Value::ArrayValue(ArrayValue {
                values: values.collect(),
            }),
        ),
        text("balustrade.rulebook", &versions.rulebook),
        number("balustrade.snapshot", versions.snapshot),
        number("balustrade.candidates", answers.len() as u64),
    ]
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Value::StringValue(value.to_owned()))
}

fn number(key: &str, value: u64) -> KeyValue {
    attribute(key, Value::IntValue(i64::try_from(value).unwrap_or(i64::MAX)))
}

fn nanos(at: SystemTime) -> u64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
