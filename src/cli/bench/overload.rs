//! Twice what the server can do, and what comes after: the open loop at two rates in one go.
//!
//! Server and load have cores of their own here ([`Halves`](super::cores::Halves)): a load that took the server's cores
//! would show how little is left of a machine, not what a server does with too much.
//!
//! The callers do what HTTP/2 asks of them: no connection has more questions under way than the server allows. One that
//! is due while none is free waits for a moment, then its caller gives it up: there is no answer in time any more. That and
//! a refusal are what callers of a server at its limit have to expect; they are counted apart and are no failures. What
//! counts is how many are answered all the same and in time, how long those waited that were let in, and how soon the
//! next ones do not notice.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;
use tokio::{
    net::TcpStream,
    sync::{Semaphore, mpsc},
    time::timeout_at,
};

use super::{
    figures::Latency,
    load::{Failures, PATIENCE, Tally, Target, connect},
    paced::{nanos, part},
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
/// How long after it was due an answer is of use: `tmax_ms` of the questions.
const OF_USE: Duration = Duration::from_millis(100);
/// How long a caller waits until a question may leave.
const WAITS: Duration = Duration::from_millis(20);

/// What a burst came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Overload {
    /// Questions that were due.
    pub(super) offered_a_second: f64,
    /// Of them, decisions that were answered in time.
    pub(super) answered_a_second: f64,
    /// Of them, those that the server refused.
    pub(super) refused_a_second: f64,
    /// Latency of those that left and were answered, in microseconds from when they left.
    pub(super) admitted_p99_us: f64,
    /// How long after its end the first stretch of 100 ms began in which nothing was refused or given up and latencies
    /// were as before; unknown where there was none in four seconds.
    pub(super) recovered_ms: Option<f64>,
}

/// How one question ended.
#[derive(Debug, Clone, Copy)]
struct Heard {
    /// When it was due, from the start.
    due: Duration,
    came: Came,
}

#[derive(Debug, Clone, Copy)]
enum Came {
    /// An answer: when the question left, and when the answer came, from the start.
    Answer { left: Duration, at: Duration },
    /// A refusal.
    Refusal,
    /// Nothing: it never left.
    GivenUp,
}

type Log = Arc<Mutex<Vec<Heard>>>;

/// A connection, and how many more questions it may have under way.
#[derive(Debug, Clone)]
struct Caller {
    client: Client,
    free: Arc<Semaphore>,
}

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
        Schedule::new(part(1.0, calm.a_second), AFTER),
    ];
    runtime.block_on(async {
        let callers = callers(target).await?;
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
            asked.pace(schedule, &callers).await;
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

async fn callers(target: &Target) -> anyhow::Result<Vec<Caller>> {
    let allowed = allowed(target.address).await?;
    let clients = connect(target.address, target.connections.get()).await?;
    let callers = clients.into_iter().map(|client| Caller {
        client,
        free: Arc::new(Semaphore::new(allowed.min(Semaphore::MAX_PERMITS))),
    });
    Ok(callers.collect())
}

/// How many questions the server lets one connection have under way.
async fn allowed(address: SocketAddr) -> anyhow::Result<usize> {
    let stream = TcpStream::connect(address).await?;
    let (client, mut connection) = h2::client::handshake(stream).await?;
    let mut pings = connection.ping_pong();
    let connection = tokio::spawn(connection);
    if let Some(pings) = &mut pings {
        // Its settings come before its answer to anything.
        pings.ping(h2::Ping::opaque()).await?;
    }
    let allowed = client.current_max_send_streams();
    connection.abort();
    Ok(allowed)
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
    async fn pace(&self, schedule: &Schedule, callers: &[Caller]) {
        let mut each = (0..schedule.total()).zip(callers.iter().cycle()).peekable();
        while each.peek().is_some() {
            let due = schedule.due_by(self.start.elapsed().saturating_sub(self.begins));
            while let Some((number, caller)) = each.next_if(|(number, _)| *number < due) {
                self.ask(caller.clone(), self.begins + schedule.at(number));
            }
            tokio::task::yield_now().await;
        }
    }

    fn ask(&self, caller: Caller, due: Duration) {
        let (call, question) = self.target.questions.unary();
        let (start, log, tally) = (self.start, Arc::clone(self.log), Arc::clone(self.tally));
        let under_way = self.under_way.clone();
        tokio::spawn(async move {
            let Caller { client, free } = caller;
            let place = timeout_at((start + due + WAITS).into(), free.acquire()).await;
            let came = match place {
                Err(_) | Ok(Err(_)) => Came::GivenUp,
                Ok(Ok(_place)) => {
                    let left = start.elapsed();
                    match client.bytes(call, question).await {
                        Ok(_) => Came::Answer {
                            left,
                            at: start.elapsed(),
                        },
                        Err(error) if error.code == REFUSED => Came::Refusal,
                        Err(error) => return tally.failure(&error.code),
                    }
                }
            };
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            log.push(Heard { due, came });
            drop(under_way);
        });
    }
}

impl Heard {
    /// From when it was due to its answer.
    fn latency(&self) -> Option<Duration> {
        match self.came {
            Came::Answer { at, .. } => Some(at.saturating_sub(self.due)),
            Came::Refusal | Came::GivenUp => None,
        }
    }

    /// From when it left to its answer.
    fn inside(&self) -> Option<Duration> {
        match self.came {
            Came::Answer { left, at } => Some(at.saturating_sub(left)),
            Came::Refusal | Came::GivenUp => None,
        }
    }
}

fn summed(log: &[Heard], burst: std::ops::Range<Duration>, calm_p99_us: f64) -> anyhow::Result<Overload> {
    let within = || log.iter().filter(|heard| burst.contains(&heard.due));
    let seconds = burst.end.saturating_sub(burst.start).as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "no run asks 2^53 questions")]
    let a_second = |count: usize| count as f64 / seconds;
    let in_time = within().filter(|heard| heard.latency().is_some_and(|latency| latency <= OF_USE));
    let refused = within().filter(|heard| matches!(heard.came, Came::Refusal));
    Ok(Overload {
        offered_a_second: a_second(within().count()),
        answered_a_second: a_second(in_time.count()),
        refused_a_second: a_second(refused.count()),
        admitted_p99_us: p99_us(within().filter_map(Heard::inside))?,
        recovered_ms: recovered(log, burst.end, calm_p99_us)?,
    })
}

fn recovered(log: &[Heard], end: Duration, calm_p99_us: f64) -> anyhow::Result<Option<f64>> {
    let mut begins = end;
    while begins < end + AFTER {
        let stretch = begins..begins + STRETCH;
        let within = || log.iter().filter(|heard| stretch.contains(&heard.due));
        let is_calm = within().all(|heard| heard.latency().is_some())
            && p99_us(within().filter_map(Heard::latency))? <= AS_BEFORE * calm_p99_us;
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
