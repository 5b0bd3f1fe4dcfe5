//! Spans of decisions, as a collector gets them.

use std::time::Duration;

use balustrade::{domain::DecisionId, grpc::client::Credentials};
use serde_json::json;
use tokio::{runtime::Runtime, sync::mpsc, time::timeout};
use tokio_stream::{StreamExt as _, wrappers::TcpListenerStream};
use tonic::{Request, Response, Status};

use crate::{
    served::Guarded,
    service::{Place, Service, ended},
};
use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
    common::v1::any_value::Value,
    trace::v1::Span,
};

/// A wait that only a hang exceeds.
const PATIENCE: Duration = Duration::from_secs(20);
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

/// A collector that hands on what it is sent.
struct Collector(mpsc::UnboundedSender<ExportTraceServiceRequest>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        // Nobody listens once the story has ended.
        let _ = self.0.send(request.into_inner());
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

/// A collector on a port of its own, and what it is sent.
struct Collecting {
    runtime: Runtime,
    endpoint: String,
    sent: mpsc::UnboundedReceiver<ExportTraceServiceRequest>,
}

impl Collecting {
    fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let (hand, sent) = mpsc::unbounded_channel();
        let endpoint = runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let server =
                tonic::transport::Server::builder().add_service(TraceServiceServer::new(Collector(hand)));
            tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
            format!("http://{address}")
        });
        Self {
            runtime,
            endpoint,
            sent,
        }
    }

    /// The next so many spans.
    fn spans(&mut self, count: usize) -> Vec<Span> {
        let mut spans = Vec::new();
        while spans.len() < count {
            let sent = &mut self.sent;
            let next = self
                .runtime
                .block_on(async { timeout(PATIENCE, sent.recv()).await });
            for of in next
                .expect("the collector was sent nothing")
                .unwrap()
                .resource_spans
            {
                let service = &of.resource.as_ref().unwrap().attributes[0];
                assert_eq!(service.key, "service.name");
                spans.extend(of.scope_spans.into_iter().flat_map(|scope| scope.spans));
            }
        }
        spans
    }
}

fn served(collecting: &Collecting, one_in: u32) -> Guarded {
    Guarded::open(|settings, _| {
        settings.traces.endpoint = Some(collecting.endpoint.clone());
        settings.traces.one_in = one_in;
    })
}

fn bid(campaign: &str) -> String {
    json!({
        "impression": {"currency": "EUR", "auction_type": "AUCTION_TYPE_FIRST_PRICE"},
        "candidates": [{"campaign_id": campaign}],
    })
    .to_string()
}

fn said(span: &Span, key: &str) -> String {
    let found = span.attributes.iter().find(|attribute| attribute.key == key);
    match found.and_then(|found| found.value.clone()?.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::ArrayValue(values)) => format!("{:?}", values.values),
        other => panic!("{key} is {other:?}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_decision_is_a_span_of_its_callers_trace() {
    let mut collecting = Collecting::start();
    let server = served(&collecting, 1_000_000);
    let client = server.client(&Credentials::default());
    let asked = |flags: &str| {
        let parent = format!("00-{TRACE}-{SPAN}-{flags}");
        let client = client.clone().within_trace(&parent).unwrap();
        let reply = server
            .runtime
            .block_on(client.json("DecisionService/DecideBid", &bid("spring")));
        serde_json::from_str::<serde_json::Value>(&reply.unwrap()).unwrap()
    };
    asked("00");
    let reply = asked("01");
    let [span] = collecting.spans(1).try_into().unwrap();
    assert_eq!(
        (hex(&span.trace_id), hex(&span.parent_span_id)),
        (TRACE.to_owned(), SPAN.to_owned())
    );
    assert_eq!((span.span_id.len(), span.name.as_str()), (8, "decide bid"));
    let stamp = &reply["stamp"];
    assert_eq!(
        said(&span, "balustrade.decision_id"),
        stamp["decision_id"],
        "the one that was not sampled is not sent"
    );
    assert_eq!(said(&span, "balustrade.rulebook"), stamp["versions"]["rulebook"]);
    assert_eq!(said(&span, "balustrade.kind"), "bid");
    let verdict = reply["answers"][0]["why"]["verdict"].as_str().unwrap();
    let verdict = verdict.trim_start_matches("VERDICT_").to_lowercase();
    assert!(said(&span, "balustrade.verdicts").contains(&verdict));
    assert!(span.start_time_unix_nano > 0 && span.start_time_unix_nano <= span.end_time_unix_nano);
}

#[test]
fn a_decision_without_a_trace_begins_one_that_its_id_names_and_a_refusal_is_an_error() {
    let mut collecting = Collecting::start();
    let server = served(&collecting, 1);
    let client = server.client(&Credentials::default());
    let decided = |campaign: &str| {
        server
            .runtime
            .block_on(client.json("DecisionService/DecideBid", &bid(campaign)))
    };
    let reply: serde_json::Value = serde_json::from_str(&decided("spring").unwrap()).unwrap();
    decided("nobody").unwrap_err();
    let [span, refused] = collecting.spans(2).try_into().unwrap();
    let id: DecisionId = reply["stamp"]["decision_id"].as_str().unwrap().parse().unwrap();
    assert_eq!(span.trace_id, id.to_bytes());
    assert!(span.parent_span_id.is_empty());
    let status = refused.status.unwrap();
    assert_eq!(status.code, 2);
    assert!(status.message.contains("unknown campaign"), "{}", status.message);
}

#[test]
fn questions_of_a_stream_are_spans_of_its_trace() {
    let mut collecting = Collecting::start();
    let server = served(&collecting, 1_000_000);
    let parent = format!("00-{TRACE}-{SPAN}-01");
    let client = server
        .client(&Credentials::default())
        .within_trace(&parent)
        .unwrap();
    let question = |tag: u32| {
        let question = format!(r#"{{"tag": {tag}, "bid": {}}}"#, bid("spring"));
        client.encode("DecisionService/Decide", &question).unwrap()
    };
    let questions = tokio_stream::iter([question(1), question(2)]);
    server.runtime.block_on(async {
        let mut answers = client.stream("DecisionService/Decide", questions).await.unwrap();
        while let Some(answer) = answers.next().await {
            answer.unwrap();
        }
    });
    let spans = collecting.spans(2);
    assert!(spans.iter().all(|span| hex(&span.trace_id) == TRACE), "{spans:?}");
    assert_ne!(spans[0].span_id, spans[1].span_id);
}

#[test]
fn what_waits_is_sent_before_the_server_ends_and_a_collector_that_is_not_there_holds_up_nobody() {
    let mut collecting = Collecting::start();
    let place = Place::with_cap("1.00 EUR");
    let decide_and_stop = |endpoint: &str| {
        let service = Service::start_with(&place, [("BALUSTRADE__TRACES__ENDPOINT", endpoint)]);
        Runtime::new().unwrap().block_on(async {
            crate::service::decide(&service.client().await).await.unwrap();
        });
        service.terminate();
        assert_eq!(service.code(), Some(0));
    };
    decide_and_stop(&collecting.endpoint);
    assert_eq!(collecting.spans(1).len(), 1);
    // Nobody listens on port 1.
    decide_and_stop("http://127.0.0.1:1");
    assert!(place.log().contains("does not take spans"), "{}", place.log());
}

#[test]
fn an_endpoint_that_is_none_stops_the_start_with_what_to_write() {
    let place = Place::with_cap("1.00 EUR");
    for endpoint in ["https://collector.example:4317", "not an address"] {
        let mut command = Service::command(&place.rules(), &place.data(), "127.0.0.1:0");
        let output = ended(command.env("BALUSTRADE__TRACES__ENDPOINT", endpoint));
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("http://127.0.0.1:4317"), "{said}");
    }
}
