//! Twice what the server can do, and what comes after: the open loop at two rates in one go.
//!
//! A refusal is what a server at its limit owes: it is counted apart and is no failure. What counts is how many are
//! answered all the same, how long those waited that were let in, and how soon the next ones do not notice.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;
use tokio::sync::mpsc;

use super::{
    figures::Latency,
    load::{Failures, PATIENCE, Tally, Target, connect},
    paced::nanos,
    schedule::Schedule,
};
use crate::grpc::client::Client;

/// What a server at its limit answers.
const REFUSED: &str = "RESOURCE_EXHAUSTED";
/// How long it is watched after the burst.
const AFTER: Duration = Duration::from_secs(4);
/// How finely that is looked at.
const STRETCH: Duration = Duration::from_millis(100);
/// A burst is over for a caller once latencies are within this many times those before it.
const AS_BEFORE: f64 = 2.0;

/// What a burst came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Overload {
    /// Questions that left.
    pub(super) offered_a_second: f64,
    /// Decisions that were answered while they left.
    pub(super) answered_a_second: f64,
    /// Latency of those, in microseconds.
    pub(super) admitted_p99_us: f64,
    /// How long after its end the first stretch of 100 ms began in which nothing was refused and latencies were as
    /// before; unknown where there was none in four seconds.
    pub(super) recovered_ms: Option<f64>,
}

/// How one question ended.
#[derive(Debug, Clone, Copy)]
struct Heard {
    /// When it was due, from the start.
    due: Duration,
    /// How long its answer took from then on; nothing where it was refused.
    latency: Option<Duration>,
}

type Log = Arc<Mutex<Vec<Heard>>>;

/// Asks `burst` questions a second, then `calm` ones, whose latency is known from before.
pub(super) fn overload(target: &Target, burst: u64, calm: &Latency) -> anyhow::Result<(Overload, Failures)> {
    let log = Log::default();
    let tally = Arc::new(Tally::default());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let length = target.warm_up + target.length;
    let rates = [
        Schedule::new(burst, length),
        Schedule::new(calm.a_second as u64, AFTER),
    ];
    runtime.block_on(async {
        let clients = connect(target.address, target.connections.get()).await?;
        let mut begins = Duration::ZERO;
        let (under_way, mut all_done) = mpsc::channel::<()>(1);
        let start = Instant::now();
        for (schedule, lasts) in rates.iter().zip([length, AFTER]) {
            let asked = Asking {
                target,
                start,
                begins,
                log: &log,
                tally: &tally,
                under_way: &under_way,
            };
            asked.pace(schedule, &clients).await;
            begins += lasts;
        }
        drop(under_way);
        if tokio::time::timeout(PATIENCE, all_done.recv()).await.is_err() {
            tally.failure("UNANSWERED");
        }
        anyhow::Ok(())
    })?;
    let log = log.lock().unwrap_or_else(PoisonError::into_inner);
    let over = summed(&log, target.warm_up..length, calm.p99_us)?;
    Ok((over, tally.failures()))
}

/// One rate, from an instant on.
struct Asking<'a> {
    target: &'a Target,
    start: Instant,
    begins: Duration,
    log: &'a Log,
    tally: &'a Arc<Tally>,
    under_way: &'a mpsc::Sender<()>,
}

impl Asking<'_> {
    async fn pace(&self, schedule: &Schedule, clients: &[Client]) {
        let mut each = (0..schedule.total()).zip(clients.iter().cycle()).peekable();
        while each.peek().is_some() {
            let due = schedule.due_by(self.start.elapsed().saturating_sub(self.begins));
            while let Some((number, client)) = each.next_if(|(number, _)| *number < due) {
                self.ask(client.clone(), self.begins + schedule.at(number));
            }
            tokio::task::yield_now().await;
        }
    }

    fn ask(&self, client: Client, due: Duration) {
        let (call, question) = self.target.questions.unary();
        let (start, log, tally) = (self.start, Arc::clone(self.log), Arc::clone(self.tally));
        let under_way = self.under_way.clone();
        tokio::spawn(async move {
            let latency = match client.bytes(call, question).await {
                Ok(_) => Some(start.elapsed().saturating_sub(due)),
                Err(error) if error.code == REFUSED => None,
                Err(error) => return tally.failure(&error.code),
            };
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            log.push(Heard { due, latency });
            drop(under_way);
        });
    }
}

fn summed(log: &[Heard], burst: std::ops::Range<Duration>, calm_p99_us: f64) -> anyhow::Result<Overload> {
    let within = || log.iter().filter(|heard| burst.contains(&heard.due));
    let seconds = burst.end.saturating_sub(burst.start).as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "no run asks 2^53 questions")]
    let a_second = |count: usize| count as f64 / seconds;
    // By the instant of the answer: one that comes after the burst is no throughput under it.
    let in_time = log.iter().filter(|heard| {
        heard
            .latency
            .is_some_and(|latency| burst.contains(&(heard.due + latency)))
    });
    Ok(Overload {
        offered_a_second: a_second(within().count()),
        answered_a_second: a_second(in_time.count()),
        admitted_p99_us: p99_us(within().filter_map(|heard| heard.latency))?,
        recovered_ms: recovered(log, burst.end, calm_p99_us)?,
    })
}

fn recovered(log: &[Heard], end: Duration, calm_p99_us: f64) -> anyhow::Result<Option<f64>> {
    let mut begins = end;
    while begins < end + AFTER {
        let stretch = begins..begins + STRETCH;
        let within = || log.iter().filter(|heard| stretch.contains(&heard.due));
        let is_calm = within().all(|heard| heard.latency.is_some())
            && p99_us(within().filter_map(|heard| heard.latency))? <= AS_BEFORE * calm_p99_us;
        if is_calm {
            return Ok(Some((begins - end).as_secs_f64() * 1e3));
        }
        begins += STRETCH;
    }
    Ok(None)
}

#[expect(clippy::cast_precision_loss, reason = "a latency is below 2^53 nanoseconds")]
fn p99_us(latencies: impl Iterator<Item = Duration>) -> anyhow::Result<f64> {
    let mut histogram = Histogram::<u64>::new_with_bounds(1, 60_000_000_000, 3)?;
    for latency in latencies {
        histogram.saturating_record(nanos(latency));
    }
    Ok(histogram.value_at_quantile(0.99) as f64 / 1e3)
}
