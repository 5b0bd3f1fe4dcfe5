//! Settings: documented defaults, then `balustrade.toml`, then `BALUSTRADE__*` from the environment.
//!
//! A later source replaces single values of an earlier one. An unknown key is an error, because a mistyped
//! setting that is silently ignored is a setting that somebody believes in.
//!
//! ```
//! # use balustrade::settings::Settings;
//! let settings = Settings::from_toml("[grpc]\naddress = '127.0.0.1:6000'").unwrap();
//! assert_eq!(settings.grpc.address.port(), 6000);
//! assert_eq!(settings.rules.folder.to_str(), Some("rules"));
//! ```

mod listener;
mod origin;
mod who;

use std::{
    env, fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use config::{Config, Environment, File, FileFormat};
use serde::{Deserialize, Serialize};

pub use self::{
    listener::{Admin, ClientCertificates, Grpc, Tls, Traces},
    origin::{Effective, Origin, Origins},
    who::{Certificate, Client, Identity, Secret, TokenAlgorithm, Tokens},
};
use crate::{
    domain::{Activating, Language},
    journal::{Durability, Retention},
};

/// The file that is read from the working directory when none is named.
pub const DEFAULT_FILE: &str = "balustrade.toml";

/// Everything a deployment may set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// `[grpc]`: the listener that backends call.
    pub grpc: Grpc,
    /// `[admin]`: where metrics and health are told.
    pub admin: Admin,
    /// `[traces]`: spans for OpenTelemetry.
    pub traces: Traces,
    /// `[identity]`: who may call.
    pub identity: Identity,
    /// `[client]`: as whom the commands call.
    pub client: Client,
    /// `[rules]`: what people write.
    pub rules: Rules,
    /// `[journal]`: what is kept.
    pub journal: Journal,
    /// `[learning]`: how the models learn.
    pub learning: Learning,
    /// `[log]`: what is said.
    pub log: Log,
}

/// What people write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// The folder of rule files.
    pub folder: PathBuf,
    /// A folder with taxonomies of the IAB as it publishes them, such as `Content Taxonomy 3.1.tsv`. Without it a
    /// folder `taxonomies` among the rules counts, and without that rules know the sensitive topics alone.
    pub taxonomies: Option<PathBuf>,
    /// How long after an edit the folder is read, in milliseconds, so that a half-saved file is not.
    pub settle_ms: u64,
    /// `on_change`: an edit of the folder comes into force once it passes its tests, and whoever may write into the
    /// folder decides. `approved`: it is only a proposal; one person puts a rulebook (`balustrade rules put`), another
    /// brings it into force (`balustrade rules activate`). The first start of a data folder takes the folder's files.
    pub activation: Activating,
    /// `en`, `it` or `es`: in which language findings are told, in the log and the status too. Without it commands
    /// go by `LANG`, and log and status are English.
    pub language: Option<Language>,
}

/// What is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Journal {
    /// The data folder.
    pub folder: PathBuf,
    /// What an acknowledgement promises.
    pub durability: Durability,
    /// `[journal.required]`: which kinds of decision have to be on record.
    pub required: Required,
    /// `[journal.retention]`: for how many days each sort of entry is kept at least. What is not set is kept for good.
    pub retention: Retention,
}

/// For each kind of decision, whether one that cannot be recorded is refused (`true`), or answered and counted as a gap.
/// What spends or sends at once has to be on record; a bid that comes too late is worth nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Required {
    /// Bids.
    pub bid: bool,
    /// Send times.
    pub send_time: bool,
    /// Recommendations.
    pub recommendation: bool,
    /// Budgets.
    pub budget: bool,
    /// Scores.
    pub score: bool,
}

/// How the models learn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Learning {
    /// How many decisions the learner keeps at hand until their windows have closed. A bid of which nothing was heard takes some 400 bytes, one that was shown some 1,000. Of
    /// more, the oldest of which nothing was heard counts as lost before its hour is over; a win that is told later is put
    /// right from the journal, and costs reading it.
    pub decisions_at_hand: usize,
}

/// What is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// Which messages, as `tracing` filters: `info`, `balustrade=debug`.
    pub filter: String,
    /// For people or for machines.
    pub format: LogFormat,
}

/// For people or for machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One line of text a message.
    Text,
    /// One JSON object a message.
    Json,
}

/// Why the settings could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file named on the command line does not exist.
    #[error("there is no settings file `{}`", .0.display())]
    Missing(PathBuf),
    /// A value or a key is wrong.
    #[error("settings: {0}")]
    Invalid(#[from] config::ConfigError),
    /// There is no such setting.
    #[error("there is no setting `{key}` ({origin}){}", meant(near.as_deref()))]
    Unknown {
        /// The key.
        key: String,
        /// Who sets it.
        origin: Origin,
        /// The one that was most likely meant.
        near: Option<String>,
    },
    /// A file cannot be read.
    #[error("cannot read the settings in `{}`: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Metrics would be told to others.
    #[error(
        "`admin.address` {0} is not on loopback: others could read which campaigns and rules there are; choose \
         127.0.0.1, or set `admin.beyond_loopback = true`"
    )]
    Told(SocketAddr),
    /// Plain text would be reachable by others.
    #[error(
        "`grpc.address` {0} is not on loopback and the listener speaks plain text; choose 127.0.0.1, name a \
         certificate in `[grpc.tls]`, or set `grpc.plaintext_beyond_loopback = true` if something in front of it \
         encrypts"
    )]
    Exposed(SocketAddr),
    /// Others could call, and nobody asks who they are.
    #[error(
        "`grpc.address` {0} is not on loopback and nobody is asked who they are; choose 127.0.0.1, or make a key with \
         `balustrade keys create` and name its file in `identity.keys`"
    )]
    Open(SocketAddr),
    /// Certificates have holders, and no client is asked for one.
    #[error(
        "`identity.certificates` names holders, but no client is asked for a certificate; name the authorities of \
         client certificates in `grpc.tls.client_authorities`"
    )]
    NeverAsked,
}

fn meant(near: Option<&str>) -> String {
    near.map(|near| format!("; did you mean `{near}`?"))
        .unwrap_or_default()
}

// === impl Settings ===

impl Settings {
    /// Reads the settings. `file` is what the command line names; without it `balustrade.toml` is read if it
    /// exists.
    ///
    /// # Errors
    /// [`SettingsError`], naming the key.
    pub fn load(file: Option<&Path>) -> Result<Self, SettingsError> {
        Self::load_with_origins(file).map(|(settings, _)| settings)
    }

    /// [`Settings::load`], and who sets what.
    ///
    /// # Errors
    /// [`SettingsError`], naming the key.
    pub fn load_with_origins(file: Option<&Path>) -> Result<(Self, Origins), SettingsError> {
        let path = file.unwrap_or(Path::new(DEFAULT_FILE));
        if file.is_some() && !path.is_file() {
            return Err(SettingsError::Missing(path.to_owned()));
        }
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(source) => {
                let path = path.to_owned();
                return Err(SettingsError::Unreadable { path, source });
            }
        };
        let named = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        let origins = Origins::of_file(&path.display().to_string(), &text).and_environment(named);
        let environment = Environment::with_prefix("BALUSTRADE")
            .prefix_separator("__")
            .separator("__");
        let sources = Config::builder()
            .add_source(File::from_str(&text, FileFormat::Toml))
            .add_source(environment.try_parsing(true));
        Ok((Self::checked(sources.build()?, &origins)?, origins))
    }

    /// Reads the settings from the text of a file alone.
    ///
    /// # Errors
    /// [`SettingsError`], naming the key.
    pub fn from_toml(text: &str) -> Result<Self, SettingsError> {
        let sources = Config::builder().add_source(File::from_str(text, FileFormat::Toml));
        Self::checked(sources.build()?, &Origins::of_file(DEFAULT_FILE, text))
    }

    fn checked(config: Config, origins: &Origins) -> Result<Self, SettingsError> {
        origins.known()?;
        let settings: Self = config.try_deserialize()?;
        settings.guarded()?;
        Ok(settings)
    }

    /// Whether nobody can call who should not. To be asked again where the address is changed afterwards.
    ///
    /// # Errors
    /// [`SettingsError`] says what stands open.
    pub fn guarded(&self) -> Result<(), SettingsError> {
        let Grpc {
            address,
            plaintext_beyond_loopback,
            tls,
            ..
        } = &self.grpc;
        let asks = tls.as_ref().is_some_and(|tls| tls.client_authorities.is_some());
        if !self.identity.certificates.is_empty() && !asks {
            return Err(SettingsError::NeverAsked);
        }
        if self.admin.enabled && !self.admin.address.ip().is_loopback() && !self.admin.beyond_loopback {
            return Err(SettingsError::Told(self.admin.address));
        }
        if address.ip().is_loopback() {
            return Ok(());
        }
        if tls.is_none() && !plaintext_beyond_loopback {
            return Err(SettingsError::Exposed(*address));
        }
        if self.identity == Identity::default() {
            return Err(SettingsError::Open(*address));
        }
        Ok(())
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            folder: PathBuf::from("rules"),
            taxonomies: None,
            settle_ms: 200,
            activation: Activating::default(),
            language: None,
        }
    }
}

impl Default for Journal {
    fn default() -> Self {
        Self {
            folder: PathBuf::from("data"),
            durability: Durability::Batch,
            required: Required::default(),
            retention: Retention::default(),
        }
    }
}

impl Default for Required {
    fn default() -> Self {
        Self {
            bid: false,
            send_time: true,
            recommendation: false,
            budget: true,
            score: false,
        }
    }
}

impl Default for Learning {
    fn default() -> Self {
        Self {
            decisions_at_hand: 500_000,
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self {
            filter: "info".to_owned(),
            format: LogFormat::Text,
        }
    }
}
