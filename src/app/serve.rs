//! The listener around an [`App`].

use std::{
    io,
    net::SocketAddr,
    num::NonZeroUsize,
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::Context as _;
use tokio::sync::watch;

use super::{
    App, Followers,
    admin::Admin,
    follow, keys,
    metrics::Metrics,
    rulebook::Shown,
    secrets::{Renewing, Secrets},
};
use crate::{
    grpc::{
        self, Bounds, Exporting, Health, Identity, Once, OutcomeCounts, Reflection, RulesFolder, Services,
        Stamper, Traces, Tracing,
    },
    guardrail::Guardrail,
    model::Models,
    rehearsal::Status,
    settings::{self, Settings},
};

/// A server that answers. Dropping it stops it without draining its followers' last work.
pub struct Running {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    announcer: Arc<Announcer>,
    serving: JoinHandle<io::Result<()>>,
    _followers: Followers,
    _renewing: Renewing,
    admin: Option<Admin>,
    exporting: Option<Exporting>,
}

/// Listens, learns and watches until [`Running::stop`].
///
/// # Errors
/// The address cannot be bound, the folder cannot be watched, or a thread cannot be started.
pub fn serve(app: &Arc<App>, settings: &Settings) -> anyhow::Result<Running> {
    let workers = NonZeroUsize::new(settings.grpc.workers);
    let cores = workers.unwrap_or_else(|| thread::available_parallelism().unwrap_or(NonZeroUsize::MIN));
    let listeners = grpc::listen(settings.grpc.address, cores)?;
    let address = listeners
        .first()
        .map_or(Ok(settings.grpc.address), std::net::TcpListener::local_addr)?;
    let secrets = Secrets::read(settings, Arc::clone(&app.clock))?;
    let (traces, exporting) = traces(settings)?.unzip();
    let services = services(app, settings, secrets.identity(), traces.map(Arc::new))?;
    let tls = secrets.tls();
    let renewing = secrets.follow()?;
    let admin = admin(app, settings, &services)?;
    let announcer = Arc::new(Announcer::new(services.health.clone())?);
    announcer.serving(&app.activations.status());
    let settle = Duration::from_millis(settings.rules.settle_ms);
    let telling = Arc::clone(&announcer);
    let followers = follow(app, settle, settings.journal.retention, move |status| {
        telling.rules(status);
    })?;
    let bounds = Bounds {
        concurrent_requests: settings.grpc.concurrency.saturating_mul(cores).get(),
        connections: settings.grpc.connections,
        streams_per_connection: settings.grpc.streams_per_connection.get(),
        drain: Duration::from_millis(settings.grpc.drain_ms),
        ..Bounds::default()
    };
    let (stop, stopped) = watch::channel(false);
    let serving = thread::Builder::new()
        .name("serve".to_owned())
        .spawn(move || grpc::serve(listeners, &services, tls, &bounds, &stopped))?;
    Ok(Running {
        address,
        stop,
        announcer,
        serving,
        _followers: followers,
        _renewing: renewing,
        admin,
        exporting,
    })
}

fn admin(app: &Arc<App>, settings: &Settings, services: &AppServices) -> anyhow::Result<Option<Admin>> {
    let settings::Admin { enabled, address, .. } = settings.admin;
    if !enabled {
        return Ok(None);
    }
    let metrics = Metrics {
        app: Arc::clone(app),
        seen: Arc::clone(&services.seen),
        outcomes: Arc::clone(&services.outcome_counts),
    };
    let admin = Admin::listen(address, metrics);
    admin.map(Some).with_context(|| {
        format!(
            "cannot tell metrics on {address}; name another `admin.address`, or set `admin.enabled = false`"
        )
    })
}

/// Tells the health service what it says, from threads that are not asynchronous.
struct Announcer {
    health: Health,
    runtime: tokio::runtime::Runtime,
}

impl Announcer {
    fn new(health: Health) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        Ok(Self { health, runtime })
    }

    /// Rulebook, journal and models stand when this is called: the service is ready.
    fn serving(&self, status: &Status) {
        self.runtime.block_on(self.health.serving());
        self.rules(status);
    }

    fn leaving(&self) {
        self.runtime.block_on(self.health.not_serving());
    }

    fn rules(&self, status: &Status) {
        let folder = match status.refused_since {
            None => RulesFolder::InForce,
            Some(_) => RulesFolder::Refused,
        };
        self.runtime.block_on(self.health.rules(folder));
    }
}

type AppServices = Services<Guardrail<Models>>;

/// Sends spans where the settings say so.
fn traces(settings: &Settings) -> anyhow::Result<Option<(Traces, Exporting)>> {
    let settings::Traces { endpoint, one_in } = &settings.traces;
    let tracing = endpoint.as_ref().map(|endpoint| Tracing {
        endpoint: endpoint.clone(),
        one_in: *one_in,
    });
    Ok(tracing.map(|tracing| Traces::open(&tracing)).transpose()?)
}

fn services(
    app: &Arc<App>,
    settings: &Settings,
    identity: Arc<Identity>,
    traces: Option<Arc<Traces>>,
) -> anyhow::Result<AppServices> {
    Ok(Services {
        identity,
        decider: app.guardrail.clone(),
        stamper: Arc::new(Stamper::new(Arc::clone(&app.clock), keys::random()?)),
        tokens: Arc::clone(&app.tokens),
        journal: Arc::clone(&app.journal),
        rulebook: Arc::new(Shown(Arc::clone(app))),
        models: Arc::clone(app) as _,
        past: Arc::clone(app) as _,
        holds: Arc::clone(&app.holds),
        switch: Arc::clone(&app.switch),
        once: Arc::new(once(app, settings)?),
        outcome_counts: Arc::new(OutcomeCounts::default()),
        seen: Arc::default(),
        traces,
        health: Health::default(),
        reflection: if settings.grpc.reflection {
            Reflection::On
        } else {
            Reflection::Off
        },
        language: settings.grpc.language,
    })
}

fn once(app: &Arc<App>, settings: &Settings) -> anyhow::Result<Once> {
    let data = &settings.journal.folder;
    let (folder, secret) = (data.join("answers"), keys::load_or_make(data)?.secret);
    let once = Once::open(folder.clone(), &secret, app.clock.now());
    once.with_context(|| format!("cannot keep answers in `{}`", folder.display()))
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where `/metrics` and `/health` are told, if anywhere.
    #[must_use]
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin.as_ref().map(Admin::address)
    }

    /// Refuses new requests, finishes those under way, and ends.
    ///
    /// # Errors
    /// A listener failed while it ran.
    pub fn stop(self) -> io::Result<()> {
        self.announcer.leaving();
        if let Some(admin) = &self.admin {
            admin.leaving();
        }
        // Nobody listens to the order only if serving has ended already.
        let _ = self.stop.send(true);
        self.ended()
    }

    /// Waits until serving ends by itself: only a failure does that.
    ///
    /// # Errors
    /// Why it ended.
    pub fn ended(self) -> io::Result<()> {
        let ended = self.serving.join();
        if let Some(exporting) = self.exporting {
            exporting.ended();
        }
        ended.unwrap_or_else(|_| Err(io::Error::other("the serving thread panicked")))
    }
}
