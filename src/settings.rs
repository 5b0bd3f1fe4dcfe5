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

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use config::{Config, Environment, File, FileFormat};
use serde::{Deserialize, Serialize};

use crate::{domain::Language, journal::Durability};

/// The file that is read from the working directory when none is named.
pub const DEFAULT_FILE: &str = "balustrade.toml";

/// Everything a deployment may set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// `[grpc]`: the listener that backends call.
    pub grpc: Grpc,
    /// `[rules]`: what people write.
    pub rules: Rules,
    /// `[journal]`: what is kept.
    pub journal: Journal,
    /// `[log]`: what is said.
    pub log: Log,
}

/// The listener that backends call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Grpc {
    /// Where it listens. Plain text is for loopback; anything else must be asked for by `plaintext_beyond_loopback`.
    pub address: SocketAddr,
    /// Allows plain text on an address that others can reach.
    pub plaintext_beyond_loopback: bool,
    /// How many runtimes serve, each on one core; 0 is one a core.
    pub workers: usize,
    /// How many requests one worker works on at once before it refuses more.
    pub concurrency: usize,
    /// How long requests under way may take after the order to stop, in milliseconds.
    pub drain_ms: u64,
    /// Whether the contract can be read over the wire.
    pub reflection: bool,
    /// `en`, `it` or `es`: in which explanations are told to callers who send no `accept-language`.
    pub language: Language,
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
    /// Plain text would be reachable by others.
    #[error(
        "`grpc.address` {0} is not on loopback and the listener speaks plain text; choose 127.0.0.1, or set \
         `grpc.plaintext_beyond_loopback = true` if something in front of it encrypts"
    )]
    Exposed(SocketAddr),
}

// === impl Settings ===

impl Settings {
    /// Reads the settings. `file` is what the command line names; without it `balustrade.toml` is read if it
    /// exists.
    ///
    /// # Errors
    /// [`SettingsError`], naming the key.
    pub fn load(file: Option<&Path>) -> Result<Self, SettingsError> {
        let path = file.unwrap_or(Path::new(DEFAULT_FILE));
        if file.is_some() && !path.is_file() {
            return Err(SettingsError::Missing(path.to_owned()));
        }
        let source = File::from(path).format(FileFormat::Toml).required(false);
        let environment = Environment::with_prefix("BALUSTRADE")
            .prefix_separator("__")
            .separator("__");
        Self::checked(
            Config::builder()
                .add_source(source)
                .add_source(environment.try_parsing(true))
                .build()?,
        )
    }

    /// Reads the settings from the text of a file alone.
    ///
    /// # Errors
    /// [`SettingsError`], naming the key.
    pub fn from_toml(text: &str) -> Result<Self, SettingsError> {
        Self::checked(
            Config::builder()
                .add_source(File::from_str(text, FileFormat::Toml))
                .build()?,
        )
    }

    fn checked(config: Config) -> Result<Self, SettingsError> {
        let settings: Self = config.try_deserialize()?;
        if !settings.grpc.address.ip().is_loopback() && !settings.grpc.plaintext_beyond_loopback {
            return Err(SettingsError::Exposed(settings.grpc.address));
        }
        Ok(settings)
    }
}

impl Default for Grpc {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 50_051)),
            plaintext_beyond_loopback: false,
            workers: 0,
            concurrency: 256,
            drain_ms: 5_000,
            reflection: true,
            language: Language::English,
        }
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            folder: PathBuf::from("rules"),
            taxonomies: None,
            settle_ms: 200,
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

impl Default for Log {
    fn default() -> Self {
        Self {
            filter: "info".to_owned(),
            format: LogFormat::Text,
        }
    }
}
