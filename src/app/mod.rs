//! The composition root: settings become a journal, models, a rulebook, and a guardrail around them.
//!
//! [`App`] is the whole of Balustrade but its listener; `serve` adds that, `market` a simulated world, and both
//! speak to the same parts.

mod by_itself;
mod changes;
mod admin;
mod clock;
mod diary;
mod follow;
mod keys;
mod metrics;
mod models;
mod secrets;
mod past;
mod retention;
mod rulebook;
mod serve;
mod traffic;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

pub use clock::{StatedClock, SystemClock};
pub use diary::{Day, Diary, Watched};
pub use follow::{Followers, follow};
pub use keys::KeyError;
pub use serve::{Running, serve};
pub use traffic::{Step, Tally, Traffic};

use crate::{
    domain::{CampaignId, Clock, Duration, Language},
    grpc::Tokens,
    guardrail::{Guardrail, Parts, Recording, Recordings},
    journal::{Damage, Journal, JournalError},
    learning::{CaughtUp, Learner, Versions, VersionsError},
    model::Models,
    rehearsal::{Activation, Activations, Holds, StartError, StopSwitch, SwitchError, listed},
    settings::{Required, Settings},
};

/// How long an outcome may be reported after its decision.
const TOKEN_LIFETIME: Duration = Duration::from_days(120);

/// How many entries are learnt before others may look at the models.
const AT_ONCE: usize = 10_000;

/// So much of a journal is learnt before the first answer, in bytes: about two seconds. More is learnt behind the answers.
const LEARNT_BEFORE_ANSWERING: u64 = 256 << 20;

/// Why the parts could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There are no rules to serve by.
    #[error(transparent)]
    Rules(#[from] StartError),
    /// What is stopped cannot be read.
    #[error(transparent)]
    Switch(#[from] SwitchError),
    /// The journal cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The kept versions of the models cannot be read.
    #[error(transparent)]
    Versions(#[from] VersionsError),
    /// The keys of decision tokens cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyError),
}

/// The world that a server stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum World {
    /// Impressions, people and money are real.
    Real,
    /// They come from a simulated market of that name; every answer says so.
    Simulated(Arc<str>),
}

/// Everything but the listener.
pub struct App {
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Brings rules into force.
    pub activations: Arc<Activations>,
    /// Stops decisions.
    pub switch: Arc<StopSwitch>,
    /// Knows what is held, and what of it was approved.
    pub holds: Arc<Holds>,
    /// Keeps what happened.
    pub journal: Arc<Journal>,
    /// Propose.
    pub models: Models,
    /// Decides.
    pub guardrail: Guardrail<Models>,
    /// Signs decisions.
    pub tokens: Arc<Tokens>,
    /// In which the log and the status tell findings.
    pub language: Language,
    learner: Mutex<Learner>,
    /// Which version of each campaign's score is the last on record.
    scores_on_record: Mutex<BTreeMap<CampaignId, Arc<str>>>,
}

// === impl App ===

impl App {
    /// Opens the folders that `settings` name, and learns what the journal holds.
    ///
    /// # Errors
    /// [`OpenError`], with the remedy.
    pub fn open(
        settings: &Settings,
        damage: Damage,
        clock: Arc<dyn Clock>,
        world: &World,
    ) -> Result<Self, OpenError> {
        let data = &settings.journal.folder;
        let activations = start(settings, data, clock.as_ref())?;
        let switch = StopSwitch::open(data.join("stops.json"))?;
        let journal = Arc::new(Journal::open(
            &data.join("journal"),
            journal_settings(settings, damage),
        )?);
        let tokens = Arc::new(Tokens::new(keys::load_or_make(data)?, Vec::new(), TOKEN_LIFETIME));
        let models = Models::default();
        let holds = Arc::new(Holds::new(Arc::clone(&journal)));
        let parts = Parts {
            rules: activations.rules(),
            stops: switch.stops(),
            ledger: journal.ledger(),
            recorder: Arc::clone(&journal) as _,
            recordings: recordings(&settings.journal.required),
            simulation: match world {
                World::Real => None,
                World::Simulated(name) => Some(Arc::clone(name)),
            },
        };
        let app = Self {
            scores_on_record: Mutex::new(by_itself::scores_on_record(&journal)),
            clock,
            activations: Arc::new(activations),
            switch: Arc::new(switch),
            learner: Mutex::new(
                Learner::new(models.clone())
                    .with_most_open(settings.learning.decisions_at_hand)
                    .keeping(Versions::open(data.join("models"))?),
            ),
            guardrail: Guardrail::new(models.clone(), parts)
                .heeding(Arc::clone(&holds) as _)
                .choosing_from(Arc::new(models.clone())),
            holds,
            journal,
            models,
            tokens,
            language: settings.rules.language.unwrap_or_default(),
        };
        app.note_start(settings);
        app.declare();
        app.say_if_refused();
        app.say_if_stopped();
        app.holds.catch_up()?;
        if app.journal.kept_bytes() <= LEARNT_BEFORE_ANSWERING {
            app.catch_up()?;
        } else {
            tracing::warn!(
                bytes = app.journal.kept_bytes(),
                "the models learn the journal again while decisions are answered: until they know it, people's values and the \
                 kept version in force decide"
            );
        }
        Ok(app)
    }

    /// Learns what the journal holds by now.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn catch_up(&self) -> Result<CaughtUp, JournalError> {
        self.holds.catch_up()?;
        let mut entries = 0;
        loop {
            let mut learner = self.learner();
            let (was_current, in_force) = (learner.is_current(), learner.versions().in_force());
            let (read, caught_up) = learner.catch_up_by(&self.journal, AT_ONCE)?;
            entries += read;
            let Some(published) = caught_up else {
                drop(learner);
                // Whoever waits for the models comes first.
                std::thread::yield_now();
                continue;
            };
            self.say_what_happened_by_itself(&mut learner, in_force);
            if !was_current {
                Self::say_if_damaged(&learner);
                tracing::info!(entries, "the models know the whole journal");
            }
            return Ok(CaughtUp { entries, published });
        }
    }

    /// How many bytes of the journal the models have not read yet.
    #[must_use]
    pub fn unlearnt(&self) -> u64 {
        let end = self.journal.end().get();
        end.saturating_sub(self.learner().offset().get())
    }

    /// Reads the rules folder, and brings an edit into force if it is sound.
    pub fn reload(&self) -> Activation {
        let from = self.activations.status();
        let activation = self.activations.attempt(self.clock.now());
        match &activation {
            Activation::Activated => {
                self.declare();
                self.note_rulebook(Some(from.digest.as_str().into()));
                tracing::info!(
                    digest = self.activations.status().digest,
                    "the edited rules are in force"
                );
            }
            Activation::Proposed => tracing::warn!(
                "the edit of the rules folder is in order and only a proposal: `rules.activation` is `approved`; put it \
                 with `balustrade rules put`, then another person brings it into force with `balustrade rules activate`"
            ),
            Activation::Refused(why) => {
                tracing::error!(
                    why = listed(why, self.language),
                    "the edited rules are refused; the last good ones stay in force"
                );
            }
            Activation::Unchanged | Activation::StillRefused => {}
        }
        activation
    }

    /// A start with a refused folder is a start by older rules: somebody has to know.
    fn say_if_refused(&self) {
        let status = self.activations.status();
        if status.refused_since.is_some() {
            tracing::error!(
                why = listed(&status.why, self.language),
                digest = status.digest,
                "the rules folder is set aside; the last good rulebook is in force"
            );
        }
    }

    /// A version that cannot be used any more decides no longer: somebody has to know.
    fn say_if_damaged(learner: &Learner) {
        for damaged in learner.versions().damaged() {
            tracing::error!(why = damaged, "a kept version of the models is refused");
        }
    }

    /// A switch that was left pulled stays pulled: somebody has to know.
    fn say_if_stopped(&self) {
        for stop in self.switch.stops().load().iter() {
            let (scope, by, because, since) = (&stop.scope, &stop.by, &stop.because, stop.since);
            tracing::warn!(%scope, %by, %because, %since, "decisions are stopped");
        }
    }

    fn declare(&self) {
        let rules = self.activations.rules().load_full();
        let campaigns = rules.campaigns().cloned();
        self.learner
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .declare(campaigns);
    }
}

fn start(settings: &Settings, data: &Path, clock: &dyn Clock) -> Result<Activations, StartError> {
    let taxonomies = settings.rules.taxonomies.as_deref();
    Activations::start(
        &settings.rules.folder,
        taxonomies,
        &data.join("rulebooks"),
        settings.rules.activation,
        clock.now(),
    )
}

fn journal_settings(settings: &Settings, damage: Damage) -> crate::journal::Settings {
    let durability = settings.journal.durability;
    crate::journal::Settings {
        durability,
        damage,
        ..crate::journal::Settings::default()
    }
}

fn recordings(required: &Required) -> Recordings {
    let Required {
        bid,
        send_time,
        recommendation,
        budget,
        score,
    } = *required;
    let recording = |required| {
        if required {
            Recording::Required
        } else {
            Recording::BestEffort
        }
    };
    Recordings {
        bid: recording(bid),
        send_time: recording(send_time),
        recommendation: recording(recommendation),
        budget: recording(budget),
        score: recording(score),
    }
}
