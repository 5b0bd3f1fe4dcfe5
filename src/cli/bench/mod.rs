//! `balustrade bench`: what a decision costs beside a bare echo.
//!
//! Both servers are processes of this same program with the same runtimes and the same settings, one after the
//! other, under the same load: first as fast as answers come (unary, then streamed), then unary at half of the
//! ceiling that was found. The service is what `serve` is, with documented defaults: generated rules, models that
//! have learnt a little, a journal on disk, an id of its own for every request. Every answer's gRPC status is
//! looked at, and afterwards the journal is asked whether it kept every decision.
//!
//! Load and server share the machine. The ratio of the ceilings is therefore that of server *and* load; what the
//! server alone costs is its CPU for each answer, read from `/proc`.

mod cores;
mod figures;
mod load;
mod overload;
mod paced;
mod question;
mod report;
mod rulebook;
mod schedule;
mod server;

use std::{net::SocketAddr, num::NonZeroUsize, path::Path, sync::Arc, thread, time::Duration};

use anyhow::Context as _;
use clap::ValueEnum;

pub(super) use self::server::{EchoArgs, run_echo};
use self::{
    cores::Halves,
    figures::{Burst, Figures, rows},
    load::{Failures, Target, Way, ceiling},
    overload::overload,
    paced::{latency, part},
    question::{Kinds, Questions, Shape},
    report::{Circumstances, Report, Run},
    server::Server,
};
pub use self::{
    figures::{Comparison, Row, median, median_rows},
    question::is_refusal,
    rulebook::rules_text,
    schedule::Schedule,
    server::ticks,
};
use super::{
    Ended,
    market::{opened, teach},
};
use crate::{
    app::{App, SystemClock, World},
    grpc::client::Client,
    journal::{self, Damage, Journal},
    settings::Settings,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How many rules to generate.
    #[arg(long, default_value_t = 1_000, conflicts_with = "address")]
    rules: usize,
    /// What is asked for.
    #[arg(long, value_enum, default_value_t, conflicts_with = "address")]
    kinds: Kinds,
    /// How many candidates each question has, 1 to 50; a slate has ten at least, a split five.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=50))]
    candidates: u8,
    /// How many bytes of page text each question has.
    #[arg(long, default_value_t = 0)]
    text_bytes: usize,
    /// How long each of the three phases is measured; one second of warm-up comes before.
    #[arg(long, default_value_t = 5, value_name = "SECONDS")]
    seconds: u64,
    /// How often to measure everything; the table shows the median of each line.
    #[arg(long, default_value_t = NonZeroUsize::MIN)]
    runs: NonZeroUsize,
    /// How many connections the load opens.
    #[arg(long, default_value = "16")]
    connections: NonZeroUsize,
    /// How many questions are under way at once on each connection.
    #[arg(long, default_value = "16")]
    in_flight: NonZeroUsize,
    /// Also ask the service for twice of what it can do, server and load on cores of their own, and watch how it gets
    /// over it.
    #[arg(long)]
    overload: bool,
    /// Measure a server that is running already, alone, without an echo beside it.
    #[arg(long, value_name = "IP:PORT")]
    address: Option<SocketAddr>,
    /// The campaign to ask `--address` about.
    #[arg(long, requires = "address", default_value = rulebook::CAMPAIGN)]
    campaign: String,
    /// Allow an `--address` that is not on this machine.
    #[arg(long, requires = "address")]
    beyond_loopback: bool,
    /// For people or for programs.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Ended> {
    let mut runs = Vec::new();
    let mut question_bytes = 0;
    for number in 1..=args.runs.get() {
        eprintln!("run {number} of {}", args.runs);
        let (run, bytes) = match args.address {
            Some(address) => run_at(args, address)?,
            None => run_beside_echo(args)?,
        };
        runs.push(run);
        question_bytes = bytes;
    }
    let report = Report::new(circumstances(args, question_bytes), runs);
    match args.format {
        Format::Text => print!("{}", report.table()),
        Format::Json => println!("{}", serde_json::to_string_pretty(&report)?),
    }
    Ok(if report.is_clean() {
        Ended::Fine
    } else {
        Ended::WithFindings
    })
}

fn circumstances(args: &Args, question_bytes: u64) -> Circumstances {
    Circumstances {
        cores: thread::available_parallelism().map_or(1, NonZeroUsize::get),
        rules: args.address.is_none().then_some(args.rules),
        candidates: args.candidates.into(),
        kinds: args.kinds,
        text_bytes: args.text_bytes,
        question_bytes,
        connections: args.connections.get(),
        in_flight: args.in_flight.saturating_mul(args.connections).get(),
        seconds: args.seconds,
    }
}

/// A server that is running already.
fn run_at(args: &Args, address: SocketAddr) -> anyhow::Result<(Run, u64)> {
    if !address.ip().is_loopback() && !args.beyond_loopback {
        anyhow::bail!(
            "{address} is not on this machine; a load can look like an attack, so say `--beyond-loopback` if it is meant"
        );
    }
    answer_to_one(args, address)?;
    let target = target(args, address, None)?;
    let mut service = measure(&target)?;
    let burst = args.overload.then(|| burst(&target, &mut service.failures));
    let run = Run {
        rows: rows(None, &service, burst.transpose()?.as_ref()),
        failures: [Failures::default(), service.failures],
        not_recorded: None,
    };
    Ok((run, target.questions.bytes()))
}

/// Echo and service, one after the other.
fn run_beside_echo(args: &Args) -> anyhow::Result<(Run, u64)> {
    let folder = tempfile::tempdir()?;
    prepare(folder.path(), args.rules)?;
    let echo = Server::echo()?;
    let measured_echo = measure(&target(args, echo.address(), Some(echo.process()))?)?;
    drop(echo);
    let server = Server::service(folder.path())?;
    let answer = answer_to_one(args, server.address())?;
    if !answer.contains("price_micros") {
        anyhow::bail!("the service does not bid on the generated question; it answered {answer}");
    }
    let target = target(args, server.address(), Some(server.process()))?;
    let mut service = measure(&target)?;
    drop(server);
    let burst = args
        .overload
        .then(|| burst_apart(args, folder.path(), &mut service.failures));
    let burst = burst.transpose()?;
    let journal = Journal::open(&folder.path().join("data/journal"), journal::Settings::default())?;
    let run = Run {
        rows: rows(Some(&measured_echo), &service, burst.as_ref()),
        failures: [measured_echo.failures, service.failures],
        not_recorded: Some(journal.missed()),
    };
    Ok((run, target.questions.bytes()))
}

/// Rules, and a journal with some simulated days that the models learn when the service starts: a cold model
/// has less to do.
fn prepare(folder: &Path, rules: usize) -> anyhow::Result<()> {
    const SEED: u64 = 7;
    const DAYS: u32 = 3;
    const IMPRESSIONS_A_DAY: u32 = 2_000;
    rulebook::write(&folder.join("rules"), rules)?;
    let mut settings = Settings::default();
    settings.rules.folder = folder.join("rules");
    settings.journal.folder = folder.join("data");
    let app = App::open(&settings, Damage::Refuse, Arc::new(SystemClock), &World::Real)?;
    let market = opened(&app, SEED, app.clock.now()).with_daily_impressions(IMPRESSIONS_A_DAY);
    teach(&app, &market, DAYS)?;
    Ok(())
}

/// The answer to one question, in JSON.
fn answer_to_one(args: &Args, address: SocketAddr) -> anyhow::Result<String> {
    let (call, question) = shape(args).first();
    let answer = in_runtime(async {
        let client = Client::connect(&format!("http://{address}")).await?;
        client.json(call, &question).await
    })?;
    answer.context("the generated question is refused")
}

fn target(args: &Args, address: SocketAddr, process: Option<u32>) -> anyhow::Result<Target> {
    let client = in_runtime(Client::connect(&format!("http://{address}")))??;
    Ok(Target {
        address,
        process,
        questions: Arc::new(Questions::encode(&shape(args), &client)?),
        connections: args.connections,
        each: args.in_flight,
        warm_up: Duration::from_secs(1),
        length: Duration::from_secs(args.seconds),
    })
}

fn in_runtime<F: Future>(work: F) -> std::io::Result<F::Output> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    Ok(runtime.block_on(work))
}

fn shape(args: &Args) -> Shape {
    Shape {
        kinds: args.kinds,
        campaign: args.campaign.clone(),
        candidates: args.candidates.into(),
        text_bytes: args.text_bytes,
    }
}

/// The phases in which a server is asked for no more than it can do.
fn measure(target: &Target) -> anyhow::Result<Figures> {
    let (unary, mut failures) = ceiling(target, Way::Unary)?;
    let (stream, failed) = ceiling(target, Way::Stream)?;
    add(&mut failures, failed);
    let (latency, failed) = latency(target, part(0.5, unary.a_second))?;
    add(&mut failures, failed);
    Ok(Figures {
        unary,
        stream,
        latency,
        failures,
    })
}

/// The service once more, on cores of its own, and asked for too much.
fn burst_apart(args: &Args, folder: &Path, failures: &mut Failures) -> anyhow::Result<Burst> {
    let halves = Halves::of_this_process()?;
    let halves = halves.context("`--overload` takes two cores: one for the server, one for the load")?;
    let server = halves.on_the_servers(|| Server::service(folder))??;
    let target = target(args, server.address(), Some(server.process()))?;
    halves.on_the_others(|| burst(&target, failures))?
}

/// What the server can do, near that, and twice that.
fn burst(target: &Target, failures: &mut Failures) -> anyhow::Result<Burst> {
    let (unary, failed) = ceiling(target, Way::Unary)?;
    add(failures, failed);
    let (calm, failed) = latency(target, part(0.5, unary.a_second))?;
    add(failures, failed);
    let (peak, failed) = latency(target, part(0.9, unary.a_second))?;
    add(failures, failed);
    let (over, failed) = overload(target, part(2.0, unary.a_second), &calm)?;
    add(failures, failed);
    Ok(Burst { unary, peak, over })
}

fn add(failures: &mut Failures, more: Failures) {
    for (code, count) in more {
        *failures.entry(code).or_default() += count;
    }
}
