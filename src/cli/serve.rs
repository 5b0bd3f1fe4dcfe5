//! `balustrade serve`.

use std::{io::IsTerminal as _, net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

use super::{
    Ended,
    market::{market_name, opened, teach},
};
use crate::{
    app::{App, Running, SystemClock, Traffic, World, serve},
    domain::Timestamp,
    journal::Damage,
    settings::{Grpc, Identity, LogFormat, Settings, Tls},
    simulator::Market,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Serve a simulated market: teaches the models its history first, then keeps bidding in it. Keeps nothing.
    #[arg(long)]
    demo: bool,
    /// Names the simulated market of `--demo`.
    #[arg(long, default_value_t = 7, requires = "demo")]
    seed: u64,
    /// The rules folder; without it the one that the settings name.
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// The data folder; without it the one that the settings name.
    #[arg(long, value_name = "DIR", conflicts_with = "demo")]
    data: Option<PathBuf>,
    /// Where to listen; without it the address that the settings name.
    #[arg(long, value_name = "IP:PORT")]
    address: Option<SocketAddr>,
    /// Start although the journal is damaged, without what comes after the damage.
    #[arg(long)]
    accept_loss: bool,
}

pub(super) fn run(args: &Args, settings: Settings) -> anyhow::Result<Ended> {
    let mut settings = named(args, settings);
    settings.guarded()?;
    log(&settings)?;
    if args.demo {
        let data = tempfile::tempdir()?;
        settings.journal.folder = data.path().to_owned();
        return demo(args, &settings);
    }
    let damage = if args.accept_loss {
        Damage::AcceptLoss
    } else {
        Damage::Refuse
    };
    let app = Arc::new(App::open(&settings, damage, Arc::new(SystemClock), &World::Real)?);
    let running =
        serve(&app, &settings).with_context(|| format!("cannot serve on {}", settings.grpc.address))?;
    let waiting = Waiting::new()?;
    greet(&app, &running, &settings);
    waiting.stop(running)
}

fn named(args: &Args, mut settings: Settings) -> Settings {
    let Args {
        rules, data, address, ..
    } = args;
    settings.rules.folder = rules.clone().unwrap_or(settings.rules.folder);
    settings.journal.folder = data.clone().unwrap_or(settings.journal.folder);
    settings.grpc.address = address.unwrap_or(settings.grpc.address);
    settings
}

fn log(settings: &Settings) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&settings.log.filter).context("the setting `log.filter`")?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match settings.log.format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}

fn greet(app: &App, running: &Running, settings: &Settings) {
    let rules = app.activations.rules().load_full();
    let campaigns = rules.campaigns().len();
    let snapshot = app.models.snapshot();
    let address = running.address();
    println!("serving on {address} ({})", spoken(settings));
    if let Some(admin) = running.admin_address() {
        println!("metrics on http://{admin}/metrics, health on http://{admin}/health");
    }
    if settings.identity == Identity::default() {
        println!(
            "callers: whoever reaches {address}; nobody is asked who they are (`balustrade keys create`)"
        );
    }
    println!(
        "rules: {} of {}, {campaigns} campaigns; edit them while this runs",
        rules.table().iter().len(),
        settings.rules.folder.display()
    );
    if app.activations.status().refused_since.is_some() {
        let folder = settings.rules.folder.display();
        println!(
            "rules: `{folder}` is refused, so these are the last good ones; `balustrade check {folder}` says why"
        );
    }
    if snapshot.number() == 0 {
        println!("models: nothing learnt yet; the campaigns' human baselines lead until outcomes come in");
    }
}

/// `plain text gRPC, reflection on`
fn spoken(settings: &Settings) -> String {
    let Grpc { tls, reflection, .. } = &settings.grpc;
    let wire = match tls {
        None => "plain text gRPC",
        Some(Tls {
            client_authorities: None,
            ..
        }) => "gRPC over TLS",
        Some(_) => "gRPC over mutual TLS",
    };
    let reflection = if *reflection { "on" } else { "off" };
    format!("{wire}, reflection {reflection}")
}

fn demo(args: &Args, settings: &Settings) -> anyhow::Result<Ended> {
    const HISTORY_DAYS: u32 = 30;
    let world = World::Simulated(market_name(args.seed));
    let app = Arc::new(App::open(
        settings,
        Damage::Refuse,
        Arc::new(SystemClock),
        &world,
    )?);
    let market = opened(&app, args.seed, app.clock.now());
    println!(
        "{}: everything below comes from it, nothing here is a real auction",
        market_name(args.seed)
    );
    let begun = std::time::Instant::now();
    let learnt = teach(&app, &market.clone().with_daily_impressions(4_000), HISTORY_DAYS)?;
    println!(
        "learnt from {learnt} simulated impressions in {:.1} s",
        begun.elapsed().as_secs_f64()
    );
    let running =
        serve(&app, settings).with_context(|| format!("cannot serve on {}", settings.grpc.address))?;
    let waiting = Waiting::new()?;
    greet(&app, &running, settings);
    println!("\nin another terminal:\n  balustrade decide --example\n");
    let bidding = spawn_bidding(&app, market)?;
    let ended = waiting.stop(running);
    drop(bidding);
    ended
}

/// Keeps bidding in the market, in real time, until the handle is dropped.
fn spawn_bidding(app: &Arc<App>, market: Market) -> anyhow::Result<tokio::runtime::Runtime> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let mut traffic = Traffic::new(
        Arc::clone(app),
        market,
        jiff::Timestamp::now().as_millisecond().unsigned_abs(),
    );
    let clock = Arc::clone(&app.clock);
    runtime.spawn(async move {
        loop {
            if let Err(error) = traffic.run_by(clock.as_ref(), pause).await {
                tracing::error!(%error, "the simulated market stopped");
                return;
            }
        }
    });
    Ok(runtime)
}

async fn pause(now: Timestamp, until: Timestamp) {
    let wait = until.since(now).as_millis().max(0).unsigned_abs();
    tokio::time::sleep(std::time::Duration::from_millis(wait)).await;
}

/// Waits for the order to stop. It is made before the address is told: whoever knows the address may give it.
struct Waiting {
    runtime: tokio::runtime::Runtime,
    interrupt: Signal,
    terminate: Signal,
}

impl Waiting {
    fn new() -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let inside = runtime.enter();
        let (interrupt, terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        drop(inside);
        Ok(Self {
            runtime,
            interrupt,
            terminate,
        })
    }

    fn stop(mut self, running: Running) -> anyhow::Result<Ended> {
        self.runtime.block_on(async {
            tokio::select! {
                _ = self.interrupt.recv() => {}
                _ = self.terminate.recv() => {}
            }
        });
        println!("stopping: finishing what is under way");
        running.stop()?;
        Ok(Ended::Fine)
    }
}
