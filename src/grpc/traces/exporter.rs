//! Sends spans to a collector, from a thread of its own.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::{ExportTraceServiceRequest, trace_service_client::TraceServiceClient},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};
use tonic::transport::{Channel, Endpoint};

use super::{Traces, WAITING, text};

/// Spans in one message, at most.
const TOGETHER: usize = 512;
/// How long a span waits for others.
const GATHER: Duration = Duration::from_secs(1);
/// How long a collector may take for one message.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where spans go, and which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracing {
    /// The collector's gRPC endpoint: `http://127.0.0.1:4317`.
    pub endpoint: String,
    /// Of decisions whose callers have no trace, one in so many begins one.
    pub one_in: u32,
}

/// Why spans cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// It is no endpoint, or not one of plain text.
    #[error(
        "`traces.endpoint` `{0}` is no address of a collector in plain text; write `http://127.0.0.1:4317`, and let a \
         collector beside this server speak TLS to others"
    )]
    Endpoint(String),
    /// The thread cannot be started.
    #[error("spans cannot be sent: {0}")]
    Io(#[from] io::Error),
}

/// The thread that sends; it ends once nothing makes spans any more.
#[derive(Debug)]
pub struct Exporting(JoinHandle<()>);

impl Exporting {
    /// Waits until what is left was sent, or could not be.
    pub fn ended(self) {
        if self.0.join().is_err() {
            tracing::error!("the thread that sends spans panicked");
        }
    }
}

impl Traces {
    /// Takes spans from now on, and sends them.
    ///
    /// # Errors
    /// [`TraceError`]. A collector that does not answer is none: it is told in the log, and tried again.
    pub fn open(tracing: &Tracing) -> Result<(Self, Exporting), TraceError> {
        let Tracing { endpoint, one_in } = tracing;
        let unfit = || TraceError::Endpoint(endpoint.clone());
        let collector = Endpoint::from_shared(endpoint.clone()).map_err(|_| unfit())?;
        if collector.uri().scheme_str() != Some("http") {
            return Err(unfit());
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (spans, waiting) = mpsc::channel(WAITING);
        let dropped = Arc::new(AtomicU64::new(0));
        let lost = Arc::clone(&dropped);
        let thread = thread::Builder::new()
            .name("traces".to_owned())
            .spawn(move || runtime.block_on(sent(collector, waiting, &lost)))?;
        let traces = Self {
            spans,
            one_in: u64::from((*one_in).max(1)),
            seen: AtomicU64::new(0),
            dropped,
        };
        Ok((traces, Exporting(thread)))
    }
}

async fn sent(collector: Endpoint, mut waiting: mpsc::Receiver<Span>, dropped: &AtomicU64) {
    let channel = collector
        .timeout(PATIENCE)
        .connect_timeout(PATIENCE)
        .connect_lazy();
    let mut client = TraceServiceClient::new(channel);
    let mut is_well = true;
    while let Some(spans) = gathered(&mut waiting).await {
        let count = spans.len();
        let sent = export(&mut client, spans).await;
        let lost = dropped.swap(0, Ordering::Relaxed);
        if lost > 0 {
            tracing::warn!(lost, "spans were dropped, because more came than could be sent");
        }
        match sent {
            Ok(()) => is_well = true,
            Err(why) if is_well => {
                is_well = false;
                tracing::warn!(%why, lost = count, "the collector does not take spans; this is said once until it does");
            }
            Err(_) => {}
        }
    }
}

/// The next spans, as many as came within a while of the first; `None` once there are no more to come.
async fn gathered(waiting: &mut mpsc::Receiver<Span>) -> Option<Vec<Span>> {
    let mut spans = vec![waiting.recv().await?];
    let until = Instant::now() + GATHER;
    while spans.len() < TOGETHER {
        let room = TOGETHER - spans.len();
        match timeout_at(until, waiting.recv_many(&mut spans, room)).await {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
    }
    Some(spans)
}

async fn export(client: &mut TraceServiceClient<Channel>, spans: Vec<Span>) -> Result<(), String> {
    let resource = Resource {
        attributes: vec![
            text("service.name", "balustrade"),
            text("service.version", env!("CARGO_PKG_VERSION")),
        ],
        ..Resource::default()
    };
    let request = ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(resource),
            scope_spans: vec![ScopeSpans {
                spans,
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        }],
    };
    let answer = client
        .export(request)
        .await
        .map_err(|status| status.to_string())?;
    match answer.into_inner().partial_success {
        Some(partial) if partial.rejected_spans > 0 => Err(partial.error_message),
        Some(_) | None => Ok(()),
    }
}
