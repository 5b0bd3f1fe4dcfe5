//! The whole of Balustrade over the real socket: rules written by the story, a clock that it states, a client.

use std::{net::SocketAddr, path::Path, sync::Arc};

use balustrade::{
    app::{App, Running, StatedClock, SystemClock, World, serve},
    domain::{Clock as _, Duration, Timestamp},
    grpc::client::{CallError, Client, Credentials},
    journal::Damage,
    settings::Settings,
};
use serde_json::Value;
use tokio::runtime::Runtime;

/// The instant at which these stories begin: 2026-11-23T00:00:00Z.
pub(crate) const BEGIN: Timestamp = Timestamp::from_millis(1_795_392_000_000);

const OBJECTIVES: &str = "
objectives:
  - {id: click, event: click, window: 30 min, for: [bid]}
";

const CAMPAIGNS: &str = "
campaigns:
  - {id: spring, brand: nova, objective: click, goal: maximise_conversions, value_per_outcome: 0.40 EUR, baseline: {bid: 2.40 EUR}}
  - {id: autumn, brand: other, objective: click, goal: maximise_conversions, value_per_outcome: 0.40 EUR, baseline: {bid: 1.00 EUR}}
";

const DEFAULTS: &str = "
owner: board@nova.example
because: A missed impression costs nothing
safe_default: {bid: no_bid}
";

/// The beginning of a file of rules.
pub(crate) const COMPANY: &str = "
rules_of: The company
tier: company
owner: board@nova.example
time_zone: Europe/Rome
tests_at: 2026-11-02T10:00:00Z
rules:
";

/// A server of its own for one story.
pub(crate) struct Served {
    pub(crate) runtime: Runtime,
    pub(crate) client: Client,
    /// Where it listens: `127.0.0.1:40123`.
    pub(crate) address: String,
    pub(crate) app: Arc<App>,
    pub(crate) clock: Arc<StatedClock>,
    running: Option<Running>,
    _folder: tempfile::TempDir,
}

impl Served {
    /// Serves two campaigns under these further files, after `teach` has seen the app.
    pub(crate) fn over(files: &[(&str, &str)], teach: impl FnOnce(&App)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let rules = folder.path().join("rules");
        write_rules(&rules, files);
        Self::open(&rules, folder, teach)
    }

    /// Serves the starter set.
    pub(crate) fn starter() -> Self {
        let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
        Self::open(&rules, tempfile::tempdir().unwrap(), |_| {})
    }

    fn open(rules: &Path, folder: tempfile::TempDir, teach: impl FnOnce(&App)) -> Self {
        let mut settings = Settings::default();
        settings.grpc.address = "127.0.0.1:0".parse().unwrap();
        settings.admin.address = "127.0.0.1:0".parse().unwrap();
        settings.grpc.workers = 1;
        rules.clone_into(&mut settings.rules.folder);
        settings.journal.folder = folder.path().join("data");
        let clock = Arc::new(StatedClock::at(BEGIN));
        let told = Arc::clone(&clock);
        let app = App::open(&settings, Damage::Refuse, told as _, &World::Real);
        let app = Arc::new(app.unwrap_or_else(|error| panic!("{error}")));
        teach(&app);
        let running = serve(&app, &settings).unwrap();
        let runtime = Runtime::new().unwrap();
        let address = running.address();
        let client = runtime
            .block_on(Client::connect(&format!("http://{address}")))
            .unwrap();
        Self {
            runtime,
            client,
            address: address.to_string(),
            app,
            clock,
            running: Some(running),
            _folder: folder,
        }
    }

    /// As [`Served::over`], with a model that learnt nothing.
    pub(crate) fn under(files: &[(&str, &str)]) -> Self {
        Self::over(files, |_| {})
    }

    pub(crate) fn answered(&self, method: &str, request: &Value) -> Value {
        let reply = self
            .runtime
            .block_on(self.client.json(method, &request.to_string()));
        serde_json::from_str(&reply.unwrap_or_else(|error| panic!("{method}: {error}"))).unwrap()
    }

    pub(crate) fn refused(&self, method: &str, request: &Value) -> CallError {
        let reply = self
            .runtime
            .block_on(self.client.json(method, &request.to_string()));
        reply.expect_err("a refusal")
    }

    /// How much the journal holds once all that was handed over is written.
    pub(crate) fn written(&self) -> impl PartialEq + std::fmt::Debug + use<> {
        self.runtime.block_on(self.app.journal.settled()).unwrap();
        self.app.journal.end()
    }

    pub(crate) fn wait(&self, time: Duration) {
        self.clock.advance(self.clock.now().plus(time));
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            let _ = running.stop();
        }
    }
}

/// Rules of two campaigns, `spring` of `nova` and `autumn` of `other`, and these further files.
pub(crate) fn write_rules(rules: &Path, files: &[(&str, &str)]) {
    let common = [
        ("objectives.yaml", OBJECTIVES),
        ("campaigns.yaml", CAMPAIGNS),
        ("defaults.yaml", DEFAULTS),
    ];
    for (name, text) in common.iter().chain(files) {
        write(&rules.join(name), text);
    }
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// The whole over the real socket, as its settings guard it. Its clock is the system's: certificates know no other.
pub(crate) struct Guarded {
    pub(crate) runtime: Runtime,
    address: SocketAddr,
    running: Option<Running>,
    folder: tempfile::TempDir,
}

impl Guarded {
    /// Serves two campaigns; `guard` changes the settings, and may put files into the folder.
    pub(crate) fn open(guard: impl FnOnce(&mut Settings, &Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        write_rules(&folder.path().join("rules"), &[]);
        let mut settings = Settings::default();
        settings.grpc.address = "127.0.0.1:0".parse().unwrap();
        settings.admin.address = "127.0.0.1:0".parse().unwrap();
        settings.grpc.workers = 1;
        settings.rules.folder = folder.path().join("rules");
        settings.journal.folder = folder.path().join("data");
        guard(&mut settings, folder.path());
        let app = App::open(&settings, Damage::Refuse, Arc::new(SystemClock), &World::Real);
        let app = Arc::new(app.unwrap_or_else(|error| panic!("{error}")));
        let running = serve(&app, &settings).unwrap_or_else(|error| panic!("{error:#}"));
        Self {
            runtime: Runtime::new().unwrap(),
            address: running.address(),
            running: Some(running),
            folder,
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where metrics and health are told.
    pub(crate) fn admin(&self) -> SocketAddr {
        let running = self.running.as_ref().unwrap();
        running.admin_address().unwrap()
    }

    /// A connection with these credentials.
    pub(crate) async fn connect(address: SocketAddr, credentials: &Credentials) -> Result<Client, CallError> {
        let scheme = if credentials.tls.is_some() {
            "https"
        } else {
            "http"
        };
        Client::connect_as(&format!("{scheme}://{address}"), credentials).await
    }

    pub(crate) fn client(&self, credentials: &Credentials) -> Client {
        let connected = self.runtime.block_on(Self::connect(self.address, credentials));
        connected.unwrap_or_else(|error| panic!("{error}"))
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            let _ = running.stop();
        }
    }
}
