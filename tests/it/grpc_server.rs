//! A server over the real socket, for the stories of the wire; and what any client sees of it.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex},
    thread::JoinHandle,
};

use balustrade::{
    domain::{
        Activating, CampaignId, Clock, Hand, Language, Query, RecorderError, RuleTable, Timestamp, Word,
    },
    grpc::{
        Bounds, CheckedRules, Decider, Health, Identity, ModelsStatus, ModelsView, Once, OutcomeCounts,
        Readiness, Reflection, RuleFiles, RulebookStatus, RulebookView, Services, Stamper, Standing,
        TokenKey, Tokens, Ways, client::Client, listen, serve,
    },
    guardrail::{Asked, Decision, Refusal},
    journal::{Durability, Journal, Settings},
    learning::{KeptBy, KeptVersion, Market, Quality, Version, VersionsError},
    rehearsal::{ApproveError, Proposal, RollBackError, StopSwitch},
};
use prost::bytes::Bytes;
use tokio::{runtime::Runtime, sync::watch};
use tower::service_fn;

/// The instant at which every decision of these stories is made.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_793_000_000_000);

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        NOW
    }
}

struct NoRules;

impl RulebookView for NoRules {
    fn status(&self) -> RulebookStatus {
        RulebookStatus {
            digest: "d1".to_owned(),
            active_since: NOW,
            refused_since: None,
            why: Vec::new(),
            activating: Activating::OnChange,
            proposals: Vec::new(),
        }
    }

    fn rules(&self) -> Arc<RuleTable> {
        Arc::default()
    }

    fn roll_back(&self, to: &str, _: &Hand) -> Result<String, RollBackError> {
        Err(RollBackError::Unknown(to.to_owned()))
    }

    fn check(&self, _: RuleFiles, _: Language, _: Timestamp) -> CheckedRules {
        CheckedRules {
            digest: "d2".to_owned(),
            rules: None,
            tests: 0,
            findings: Vec::new(),
        }
    }

    fn put(
        &self,
        files: RuleFiles,
        author: &Hand,
        language: Language,
    ) -> Result<(CheckedRules, Standing), RollBackError> {
        Ok((self.check(files, language, author.at), Standing::Refused))
    }

    fn approve(&self, digest: &str, _: &Hand) -> Result<Proposal, ApproveError> {
        Err(ApproveError::Unknown(digest.to_owned()))
    }
}

struct NoModels;

impl ModelsView for NoModels {
    fn readiness(&self, _: Timestamp) -> Vec<Readiness> {
        Vec::new()
    }

    fn quality(&self) -> Quality {
        Quality::default()
    }

    fn status(&self) -> ModelsStatus {
        ModelsStatus {
            snapshot: 0,
            digest: "d0".to_owned(),
            in_force: None,
            versions: Vec::new(),
            damaged: Vec::new(),
            scores: Vec::new(),
            frozen: Vec::new(),
        }
    }

    fn train(&self, _: KeptBy) -> Result<KeptVersion, VersionsError> {
        Err(VersionsError::NoOlder)
    }

    fn promote(&self, version: Option<u64>, _: KeptBy) -> Result<u64, VersionsError> {
        Err(VersionsError::Unknown(version.unwrap_or_default()))
    }

    fn roll_back(&self, _: KeptBy) -> Result<u64, VersionsError> {
        Err(VersionsError::NoOlder)
    }

    fn forget(&self, _: &Word) {}

    fn train_score(&self, _: &CampaignId, _: KeptBy) -> Result<Version, VersionsError> {
        Err(VersionsError::NoOlder)
    }

    fn promote_score(&self, _: &CampaignId, _: &str, _: KeptBy) -> Result<Version, VersionsError> {
        Err(VersionsError::NoOlder)
    }

    fn roll_back_score(&self, _: &CampaignId, _: KeptBy) -> Result<Version, VersionsError> {
        Err(VersionsError::NoOlder)
    }

    fn resume_hand_over(&self, _: Market, _: KeptBy) -> Result<(), VersionsError> {
        Err(VersionsError::NoOlder)
    }
}

impl balustrade::grpc::PastView for NoModels {
    fn shelf(&self) -> balustrade::rehearsal::Shelf {
        balustrade::rehearsal::Shelf::new("nowhere".into(), Vec::new())
    }
}

pub(crate) fn tokens() -> Tokens {
    let key = TokenKey {
        number: 1,
        secret: [7; 32],
    };
    Tokens::new(key, Vec::new(), balustrade::domain::Duration::from_days(30))
}

/// A running server, a client of it, and what reached its decider.
pub(crate) struct Running {
    pub(crate) runtime: Runtime,
    pub(crate) client: Client,
    pub(crate) address: String,
    pub(crate) health: Health,
    pub(crate) counts: Arc<OutcomeCounts>,
    pub(crate) asked: Arc<Mutex<Vec<Query>>>,
    shutdown: watch::Sender<bool>,
    serving: Option<JoinHandle<std::io::Result<()>>>,
    _data: tempfile::TempDir,
}

impl Running {
    /// A server whose decider notes each query that reaches it and refuses it, as a full journal would.
    pub(crate) fn start() -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        Self::over(
            service_fn(move |question: Asked| {
                seen.lock().unwrap().push(question.query);
                std::future::ready(Err::<Decision, _>(Refusal::NotRecorded(RecorderError::Full)))
            }),
            asked,
            Bounds::default(),
        )
    }

    /// A server over this decider, which notes what it is asked in `asked`.
    pub(crate) fn over(decider: impl Decider, asked: Arc<Mutex<Vec<Query>>>, bounds: Bounds) -> Self {
        let open = Arc::new(Identity::open(Arc::new(Stopped)));
        Self::guarded(decider, asked, bounds, open, Reflection::On)
    }

    /// A server as [`Running::start`]'s, with reflection or without.
    pub(crate) fn with_reflection(reflection: Reflection) -> Self {
        let full =
            |_: Asked| std::future::ready(Err::<Decision, _>(Refusal::NotRecorded(RecorderError::Full)));
        let open = Arc::new(Identity::open(Arc::new(Stopped)));
        Self::guarded(
            service_fn(full),
            Arc::default(),
            Bounds::default(),
            open,
            reflection,
        )
    }

    /// A server as [`Running::start`]'s with these bounds.
    pub(crate) fn bounded(bounds: Bounds) -> Self {
        let full =
            |_: Asked| std::future::ready(Err::<Decision, _>(Refusal::NotRecorded(RecorderError::Full)));
        Self::over(service_fn(full), Arc::default(), bounds)
    }

    /// A server over this decider for whom `ways` make known.
    pub(crate) fn over_known(decider: impl Decider, bounds: Bounds, ways: &Ways) -> Self {
        let identity = Identity::by(ways, Arc::new(Stopped)).unwrap_or_else(|error| panic!("{error}"));
        Self::guarded(
            decider,
            Arc::default(),
            bounds,
            Arc::new(identity),
            Reflection::On,
        )
    }

    /// A server as [`Running::start`]'s for whom `identity` knows, at [`NOW`].
    pub(crate) fn known_by(ways: &Ways) -> (Self, Arc<Identity>) {
        let full =
            |_: Asked| std::future::ready(Err::<Decision, _>(Refusal::NotRecorded(RecorderError::Full)));
        let identity = Identity::by(ways, Arc::new(Stopped)).unwrap_or_else(|error| panic!("{error}"));
        let identity = Arc::new(identity);
        let known = Arc::clone(&identity);
        (
            Self::guarded(
                service_fn(full),
                Arc::default(),
                Bounds::default(),
                known,
                Reflection::On,
            ),
            identity,
        )
    }

    fn guarded(
        decider: impl Decider,
        asked: Arc<Mutex<Vec<Query>>>,
        bounds: Bounds,
        identity: Arc<Identity>,
        reflection: Reflection,
    ) -> Self {
        let data = tempfile::tempdir().unwrap();
        let settings = Settings {
            durability: Durability::Memory,
            ..Settings::default()
        };
        let (health, counts) = (Health::default(), Arc::new(OutcomeCounts::default()));
        let journal = Arc::new(Journal::open(data.path(), settings).unwrap());
        let services = Services {
            identity,
            seen: Arc::default(),
            traces: None,
            decider,
            stamper: Arc::new(Stamper::new(Arc::new(Stopped), [3; 32])),
            tokens: Arc::new(tokens()),
            holds: Arc::new(balustrade::rehearsal::Holds::new(Arc::clone(&journal))),
            journal,
            rulebook: Arc::new(NoRules),
            models: Arc::new(NoModels),
            past: Arc::new(NoModels),
            once: Arc::new(Once::open(data.path().join("answers"), &[7; 32], NOW).unwrap()),
            switch: Arc::new(StopSwitch::open(data.path().join("stops.json")).unwrap()),
            outcome_counts: Arc::clone(&counts),
            health: health.clone(),
            language: Language::English,
            reflection,
        };
        let listeners = listen("127.0.0.1:0".parse().unwrap(), NonZeroUsize::MIN).unwrap();
        let address = format!("http://{}", listeners[0].local_addr().unwrap());
        let (shutdown, called_off) = watch::channel(false);
        let serving = std::thread::spawn(move || serve(listeners, &services, None, &bounds, &called_off));
        let runtime = Runtime::new().unwrap();
        let client = runtime.block_on(Client::connect(&address)).unwrap();
        Self {
            runtime,
            client,
            address,
            health,
            counts,
            asked,
            shutdown,
            serving: Some(serving),
            _data: data,
        }
    }

    /// A call in JSON that has to be refused.
    pub(crate) fn refused(&self, method: &str, request: &str) -> balustrade::grpc::client::CallError {
        self.runtime
            .block_on(self.client.json(method, request))
            .expect_err("a refusal")
    }

    /// A call in JSON that has to be answered.
    pub(crate) fn answered(&self, method: &str, request: &str) -> serde_json::Value {
        let reply = self.runtime.block_on(self.client.json(method, request));
        serde_json::from_str(&reply.expect("an answer")).unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.shutdown.send(true);
        // The connection is idle, so the drain ends at once.
        if let Some(serving) = self.serving.take() {
            let _ = serving.join();
        }
    }
}

#[test]
fn a_message_of_ten_mebibytes_is_refused_as_too_large() {
    let server = Running::start();
    let message = Bytes::from(vec![0_u8; 10 << 20]);
    for method in ["DecisionService/DecideBid", "OutcomeService/RecordOutcomes"] {
        let refusal = server
            .runtime
            .block_on(server.client.bytes(method, message.clone()));
        let refusal = refusal.expect_err("a refusal");
        assert_eq!(
            (refusal.code.as_str(), refusal.reason.as_deref()),
            ("RESOURCE_EXHAUSTED", Some("TOO_LARGE"))
        );
    }
    assert!(server.asked.lock().unwrap().is_empty());
}

#[test]
fn the_state_of_the_rulebook_is_told() {
    let server = Running::start();
    let status = server.answered("RulesService/GetRulebookStatus", "{}");
    assert_eq!(status["digest"], "d1");
    assert!(status.get("refused_since").is_none());
}

#[test]
fn a_decision_that_the_journal_does_not_hold_is_not_found() {
    let server = Running::start();
    let unknown = r#"{"decision_id": "0197b2f4-6f4e-7c3a-9a51-0f6f2b1c9d10"}"#;
    assert_eq!(
        server.refused("AuditService/GetDecision", unknown).code,
        "NOT_FOUND"
    );
    let nonsense = server.refused("AuditService/GetDecision", r#"{"decision_id": "first"}"#);
    assert_eq!(nonsense.violations[0].0, "decision_id");
}

#[test]
fn health_says_not_serving_until_told_otherwise() {
    use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
    let server = Running::start();
    let check = || {
        server.runtime.block_on(async {
            let endpoint = tonic::transport::Endpoint::from_shared(server.address.clone()).unwrap();
            let mut client = HealthClient::new(endpoint.connect().await.unwrap());
            let service = "balustrade.v1.DecisionService".to_owned();
            let answer = client.check(HealthCheckRequest { service }).await;
            answer
                .map(|answer| answer.into_inner().status)
                .unwrap_or_default()
        })
    };
    server.runtime.block_on(server.health.not_serving());
    assert_eq!(check(), 2);
    server.runtime.block_on(server.health.serving());
    assert_eq!(check(), 1);
}
