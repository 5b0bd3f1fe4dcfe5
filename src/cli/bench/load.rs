//! Closed loops: every worker asks its next question when its last one is answered. They find the ceiling; their
//! latencies say nothing, so none are taken.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    num::NonZeroUsize,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::{sync::mpsc, task::JoinSet};
use tokio_stream::{StreamExt as _, wrappers::ReceiverStream};

use super::{
    figures::Throughput,
    question::{DECIDE, Questions, is_refusal},
    server::cpu,
};
use crate::grpc::client::{CallError, Client};

/// Questions under way at once on each stream.
const STREAMED_AT_ONCE: usize = 64;
/// How long after its end a phase waits for what is still under way.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// A server, and how it is loaded.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) address: SocketAddr,
    /// Whose CPU is counted, if it is ours.
    pub(super) process: Option<u32>,
    pub(super) questions: Arc<Questions>,
    pub(super) connections: NonZeroUsize,
    /// Questions under way at once on each connection.
    pub(super) each: NonZeroUsize,
    pub(super) warm_up: Duration,
    pub(super) length: Duration,
}

/// What went wrong, by its gRPC status, and how often.
pub(super) type Failures = BTreeMap<String, u64>;

/// What came back so far.
#[derive(Debug, Default)]
pub(super) struct Tally {
    answered: AtomicU64,
    failed: Mutex<Failures>,
    over: AtomicBool,
}

impl Tally {
    pub(super) fn answer(&self) {
        self.answered.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn failure(&self, code: &str) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        *failed.entry(code.to_owned()).or_default() += 1;
    }

    pub(super) fn failures(&self) -> Failures {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

/// The way in which questions are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Unary,
    Stream,
}

/// Asks as fast as answers come.
pub(super) fn ceiling(target: &Target, way: Way) -> anyhow::Result<(Throughput, Failures)> {
    let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let tally = Arc::new(Tally::default());
    let measured = thread::scope(|scope| {
        let generators: Vec<_> = (0..cores.get())
            .map(|number| {
                let connections = (number..target.connections.get()).step_by(cores.get()).count();
                let tally = Arc::clone(&tally);
                scope.spawn(move || generate(target, way, connections, &tally))
            })
            .collect();
        let measured = window(target, &tally);
        tally.over.store(true, Ordering::Relaxed);
        for generator in generators {
            generator
                .join()
                .unwrap_or_else(|_| Err(anyhow::anyhow!("a load generator panicked")))?;
        }
        measured
    })?;
    Ok((measured, tally.failures()))
}

/// Counts answers and CPU between two instants in the midst of the load.
fn window(target: &Target, tally: &Tally) -> anyhow::Result<Throughput> {
    let used = || target.process.map(cpu).transpose();
    thread::sleep(target.warm_up);
    let (begun, before, used_before) = (Instant::now(), tally.answered.load(Ordering::Relaxed), used()?);
    thread::sleep(target.length);
    let (elapsed, after, used_after) = (begun.elapsed(), tally.answered.load(Ordering::Relaxed), used()?);
    let used = used_before
        .zip(used_after)
        .map(|(before, after)| after.saturating_sub(before));
    Ok(Throughput::new(after - before, elapsed, used))
}

/// One thread of the load: a runtime of its own, and its part of the connections.
fn generate(target: &Target, way: Way, connections: usize, tally: &Arc<Tally>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let work = async {
        let mut workers = JoinSet::new();
        for client in connect(target.address, connections).await? {
            match way {
                Way::Unary => {
                    for _ in 0..target.each.get() {
                        workers.spawn(calls(
                            client.clone(),
                            Arc::clone(&target.questions),
                            Arc::clone(tally),
                        ));
                    }
                }
                Way::Stream => {
                    let (questions, tally) = (Arc::clone(&target.questions), Arc::clone(tally));
                    workers.spawn(async move {
                        if let Err(error) = stream(&client, &questions, &tally).await {
                            tally.failure(&error.code);
                        }
                    });
                }
            }
        }
        workers.join_all().await;
        anyhow::Ok(())
    };
    runtime.block_on(async {
        // The connections are inside this time as well.
        match tokio::time::timeout(target.warm_up + target.length + PATIENCE, work).await {
            Ok(worked) => worked,
            Err(_) => {
                tally.failure("UNANSWERED");
                Ok(())
            }
        }
    })
}

pub(super) async fn connect(address: SocketAddr, connections: usize) -> Result<Vec<Client>, CallError> {
    let mut clients = Vec::new();
    for _ in 0..connections {
        clients.push(Client::connect(&format!("http://{address}")).await?);
    }
    Ok(clients)
}

async fn calls(client: Client, questions: Arc<Questions>, tally: Arc<Tally>) {
    while !tally.is_over() {
        let (call, question) = questions.unary();
        match client.bytes(call, question).await {
            Ok(_) => tally.answer(),
            Err(error) => tally.failure(&error.code),
        }
    }
}

/// One stream with [`STREAMED_AT_ONCE`] questions under way.
async fn stream(client: &Client, questions: &Questions, tally: &Tally) -> Result<(), CallError> {
    let (ask, asked) = mpsc::channel(STREAMED_AT_ONCE);
    for _ in 0..STREAMED_AT_ONCE {
        // There is room for all of them.
        let _ = ask.try_send(questions.streamed());
    }
    let mut answers = client.stream(DECIDE, ReceiverStream::new(asked)).await?;
    while let Some(answer) = answers.next().await {
        if is_refusal(&answer?) {
            tally.failure("REFUSED");
        } else {
            tally.answer();
        }
        if tally.is_over() {
            break;
        }
        // There is room: an answer means that its question has left.
        let _ = ask.try_send(questions.streamed());
    }
    Ok(())
}
