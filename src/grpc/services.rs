use std::{io, net::TcpListener, sync::Arc};

use tokio::sync::watch;
use tonic::{codec::CompressionEncoding, service::Routes};
use tonic_health::{
    ServingStatus,
    pb::health_server::HealthServer,
    server::{HealthReporter, HealthService},
};

use super::{
    Decider, Once, OutcomeCounts, PastView, RulebookView, Stamper, Tokens, Traces,
    admission::AdmissionLayer,
    audit::Audit,
    decide::Decisions,
    identity::Identity,
    models::{ModelsView, Readers},
    outcomes::Outcomes,
    rulebook::Rulebooks,
    seen::Seen,
    serve::{Bounds, called_off, drained, on_each_core},
    tls::Tls,
    wire::{
        DESCRIPTORS, audit_service_server::AuditServiceServer,
        decision_service_server::DecisionServiceServer, models_service_server::ModelsServiceServer,
        outcome_service_server::OutcomeServiceServer, rules_service_server::RulesServiceServer,
    },
};
use crate::{
    domain::Language,
    journal::Journal,
    rehearsal::{Holds, StopSwitch},
};

/// The largest message of a question, in bytes.
const QUESTION_BYTES: usize = 256 * 1_024;
/// The largest message of outcomes, in bytes.
const OUTCOMES_BYTES: usize = 1_024 * 1_024;
/// The largest message of rules, in bytes: a rulebook with its lists and taxonomies.
const RULES_BYTES: usize = 32 * 1_024 * 1_024;
/// The services of the contract, and the empty name of the whole server.
const SERVICES: [&str; 6] = [
    "",
    "balustrade.v1.AuditService",
    "balustrade.v1.DecisionService",
    "balustrade.v1.ModelsService",
    "balustrade.v1.OutcomeService",
    RULES_SERVICE,
];
/// The service whose health also tells of the rules folder.
const RULES_SERVICE: &str = "balustrade.v1.RulesService";

/// Whether the files of the rules folder are what is decided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RulesFolder {
    /// They are.
    InForce,
    /// They are not: they cannot be, were set aside, or wait for an approval; the last good ones stay.
    Refused,
}

/// What the health service says. To be told before [`serve`] listens: until then it knows no service by name,
/// and calls the server as a whole serving.
#[derive(Debug, Clone, Default)]
pub struct Health(HealthReporter);

impl Health {
    /// Every service, and the whole.
    pub async fn serving(&self) {
        self.say(ServingStatus::Serving).await;
    }

    /// Every service, and the whole, does not serve: not ready yet, or leaving.
    pub async fn not_serving(&self) {
        self.say(ServingStatus::NotServing).await;
    }

    /// `RulesService` alone does not serve while the folder is not in force: a broken edit shows wherever health is
    /// watched, and decisions go on by the last good rulebook. Call it after [`Health::serving`].
    pub async fn rules(&self, folder: RulesFolder) {
        let status = match folder {
            RulesFolder::InForce => ServingStatus::Serving,
            RulesFolder::Refused => ServingStatus::NotServing,
        };
        self.0.set_service_status(RULES_SERVICE, status).await;
    }

    async fn say(&self, status: ServingStatus) {
        for service in SERVICES {
            self.0.set_service_status(service, status).await;
        }
    }
}

/// Whether the contract can be read over the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reflection {
    /// By anybody.
    On,
    /// By nobody.
    Off,
}

/// Everything that the wire stands on.
#[derive(Clone)]
pub struct Services<D> {
    /// Knows who calls.
    pub identity: Arc<Identity>,
    /// Decides.
    pub decider: D,
    /// Names queries.
    pub stamper: Arc<Stamper>,
    /// Signs decisions.
    pub tokens: Arc<Tokens>,
    /// Keeps outcomes, and reads decisions back.
    pub journal: Arc<Journal>,
    /// Shows the rulebook in force.
    pub rulebook: Arc<dyn RulebookView>,
    /// Shows the models.
    pub models: Arc<dyn ModelsView>,
    /// Shows what older decisions were made under.
    pub past: Arc<dyn PastView>,
    /// Knows what is held.
    pub holds: Arc<Holds>,
    /// Stops decisions.
    pub switch: Arc<StopSwitch>,
    /// Knows which calls were done.
    pub once: Arc<Once>,
    /// Counts what was not recorded.
    pub outcome_counts: Arc<OutcomeCounts>,
    /// Counts what the listener sees.
    pub seen: Arc<Seen>,
    /// Takes spans of decisions, if anybody wants them.
    pub traces: Option<Arc<Traces>>,
    /// Says whether anybody should send requests.
    pub health: Health,
    /// Whether the contract can be read over the wire.
    pub reflection: Reflection,
    /// In which sentences are told to callers who do not say (`accept-language`).
    pub language: Language,
}

impl<D: Decider> Services<D> {
    fn rules(&self) -> RulesServiceServer<Rulebooks> {
        RulesServiceServer::new(Rulebooks {
            view: Arc::clone(&self.rulebook),
            switch: Arc::clone(&self.switch),
            journal: Arc::clone(&self.journal),
            stamper: Arc::clone(&self.stamper),
            past: Arc::clone(&self.past),
            holds: Arc::clone(&self.holds),
            once: Arc::clone(&self.once),
            health: self.health.clone(),
            language: self.language,
        })
    }

    fn routes(&self) -> Result<Routes, tonic_reflection::server::Error> {
        let decisions = DecisionServiceServer::new(Decisions {
            decider: self.decider.clone(),
            seen: Arc::clone(&self.seen),
            stamper: Arc::clone(&self.stamper),
            tokens: Arc::clone(&self.tokens),
            traces: self.traces.clone(),
            parent: None,
            language: self.language,
        });
        let outcomes = OutcomeServiceServer::new(Outcomes {
            journal: Arc::clone(&self.journal),
            stamper: Arc::clone(&self.stamper),
            tokens: Arc::clone(&self.tokens),
            counts: Arc::clone(&self.outcome_counts),
        });
        let audit = AuditServiceServer::new(Audit {
            journal: Arc::clone(&self.journal),
            models: Arc::clone(&self.models),
            stamper: Arc::clone(&self.stamper),
            past: Arc::clone(&self.past),
            once: Arc::clone(&self.once),
            language: self.language,
        });
        let models = ModelsServiceServer::new(Readers {
            view: Arc::clone(&self.models),
            stamper: Arc::clone(&self.stamper),
            counts: Arc::clone(&self.outcome_counts),
            once: Arc::clone(&self.once),
            language: self.language,
        });
        let health = HealthServer::new(HealthService::from_health_reporter(self.health.0.clone()));
        let reflection = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(DESCRIPTORS)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        };
        let routes = Routes::new(
            decisions
                .max_decoding_message_size(QUESTION_BYTES)
                .accept_compressed(CompressionEncoding::Gzip),
        )
        .add_service(
            outcomes
                .max_decoding_message_size(OUTCOMES_BYTES)
                .accept_compressed(CompressionEncoding::Gzip),
        )
        .add_service(audit)
        .add_service(self.rules().max_decoding_message_size(RULES_BYTES))
        .add_service(models)
        .add_service(health);
        Ok(match self.reflection {
            Reflection::On => routes
                .add_service(reflection().build_v1()?)
                .add_service(reflection().build_v1alpha()?),
            Reflection::Off => routes,
        })
    }
}

/// Serves until `shutdown` turns true, then drains; over TLS where `tls` is given, else in plain text. Blocks the calling thread; each listener gets a thread and a
/// runtime of its own (see [`listen`](super::listen)).
///
/// # Errors
/// A thread or a runtime cannot be started, or a listener fails.
pub fn serve<D: Decider>(
    listeners: Vec<TcpListener>,
    services: &Services<D>,
    tls: Option<Arc<Tls>>,
    bounds: &Bounds,
    shutdown: &watch::Receiver<bool>,
) -> io::Result<()> {
    let doorway = bounds.doorway(tls);
    let admission = AdmissionLayer::new(
        bounds.concurrent_requests,
        Arc::clone(&services.identity),
        Arc::clone(&services.seen),
    );
    on_each_core(listeners, |listener| {
        let (admission, doorway, shutdown) = (admission.clone(), doorway.clone(), shutdown.clone());
        async move {
            let routes = services.routes().map_err(io::Error::other)?;
            let connections = doorway.connections(listener);
            let server = bounds
                .server()
                .layer(admission)
                .add_routes(routes)
                .serve_with_incoming_shutdown(connections, called_off(shutdown.clone()));
            drained(server, shutdown, bounds.drain).await
        }
    })
}
