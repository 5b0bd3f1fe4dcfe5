//! The open loop: questions leave by the clock, whether or not earlier ones are answered, and a latency counts
//! from the instant at which its question was due. A server that stalls for a moment is late for everything
//! that was due in that moment, not for one question a worker.
//!
//! Timers are too coarse for this (a millisecond), so the generator looks at the clock without pause: it keeps a
//! core busy while it measures.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;
use tokio::sync::mpsc;

use super::{
    figures::Latency,
    load::{Failures, PATIENCE, Tally, Target, connect},
    schedule::Schedule,
};
use crate::grpc::client::Client;

/// Latencies in nanoseconds, up to a minute, to three digits.
type Latencies = Arc<Mutex<Histogram<u64>>>;

/// Asks `a_second` questions a second.
pub(super) fn latency(target: &Target, a_second: u64) -> anyhow::Result<(Latency, Failures)> {
    let latencies: Latencies = Arc::new(Mutex::new(Histogram::new_with_bounds(1, 60_000_000_000, 3)?));
    let tally = Arc::new(Tally::default());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let clients = connect(target.address, target.connections.get()).await?;
        pace(target, a_second, &clients, &latencies, &tally).await;
        anyhow::Ok(())
    })?;
    let latencies = latencies.lock().unwrap_or_else(PoisonError::into_inner);
    Ok((Latency::new(a_second, &latencies), tally.failures()))
}

async fn pace(target: &Target, a_second: u64, clients: &[Client], latencies: &Latencies, tally: &Arc<Tally>) {
    let schedule = Schedule::new(a_second, target.warm_up + target.length);
    let (under_way, mut all_done) = mpsc::channel::<()>(1);
    let start = Instant::now();
    let mut each = (0..schedule.total()).zip(clients.iter().cycle()).peekable();
    while each.peek().is_some() {
        let due = schedule.due_by(start.elapsed());
        while let Some((number, client)) = each.next_if(|(number, _)| *number < due) {
            let at = schedule.at(number);
            let asked = Asked {
                due: start + at,
                latencies: (at >= target.warm_up).then(|| Arc::clone(latencies)),
                tally: Arc::clone(tally),
                _under_way: under_way.clone(),
            };
            let (client, (call, question)) = (client.clone(), target.questions.unary());
            tokio::spawn(async move {
                match client.bytes(call, question).await {
                    Ok(_) => asked.answered(),
                    Err(error) => asked.tally.failure(&error.code),
                }
            });
        }
        tokio::task::yield_now().await;
    }
    drop(under_way);
    if tokio::time::timeout(PATIENCE, all_done.recv()).await.is_err() {
        tally.failure("UNANSWERED");
    }
}

/// One question under way.
struct Asked {
    due: Instant,
    /// Where its latency belongs; nowhere during the warm-up.
    latencies: Option<Latencies>,
    tally: Arc<Tally>,
    /// Dropped with the last of them, it ends the wait for them.
    _under_way: mpsc::Sender<()>,
}

impl Asked {
    fn answered(&self) {
        let Some(latencies) = &self.latencies else { return };
        latencies
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .saturating_record(nanos(self.due.elapsed()));
    }
}

/// As a histogram takes it: not zero.
pub(super) fn nanos(latency: Duration) -> u64 {
    u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX).max(1)
}

/// So much of a rate, at least one.
pub(super) fn part(of: f64, a_second: f64) -> u64 {
    Duration::try_from_secs_f64(of * a_second).map_or(1, |part| part.as_secs().max(1))
}
