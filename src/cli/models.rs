//! `balustrade models`: versions of what a running server learnt.

use clap::Subcommand;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Ended, call::Where};
use crate::settings::Settings;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// What decides now, and the versions that are kept.
    List {
        #[command(flatten)]
        server: Where,
    },
    /// Learn what the journal holds by now, and keep it as a version.
    Train {
        #[command(flatten)]
        hand: Hand,
    },
    /// Put a kept version in force; without one, follow the journal again.
    Promote {
        /// The number of the version.
        version: Option<u64>,
        #[command(flatten)]
        hand: Hand,
    },
    /// Put the version before the one that decides in force.
    RollBack {
        #[command(flatten)]
        hand: Hand,
    },
}

#[derive(Debug, clap::Args)]
struct Hand {
    /// Why; the list of versions says it.
    #[arg(long, value_name = "REASON")]
    because: String,
    /// Who does it: `anna.rossi@nova.example`.
    #[arg(long, value_name = "WHO")]
    by: String,
    #[command(flatten)]
    server: Where,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Listed {
    snapshot: Value,
    digest: String,
    follows: bool,
    versions: Vec<Version>,
    damaged: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Version {
    version: Value,
    digest: String,
    made_at: String,
    examples: Value,
    positives: Value,
    log_loss: Option<f64>,
    base_log_loss: Option<f64>,
    in_force: bool,
    by: String,
    because: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Trained {
    version: Version,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Moved {
    snapshot: Value,
}

pub(super) fn run(args: &Args, settings: &Settings) -> anyhow::Result<Ended> {
    match &args.what {
        What::List { server } => server.ask(settings, None, "ModelsService/ListModels", "{}", listed),
        What::Train { hand } => {
            let told = |trained: &Trained| told(&trained.version);
            hand.call(settings, "ModelsService/Train", None, told)
        }
        What::Promote { version, hand } => hand.call(settings, "ModelsService/Promote", *version, moved),
        What::RollBack { hand } => hand.call(settings, "ModelsService/RollBackModels", None, moved),
    }
}

impl Hand {
    fn call<R: serde::de::DeserializeOwned>(
        &self,
        settings: &Settings,
        method: &str,
        version: Option<u64>,
        told: impl FnOnce(&R) -> String,
    ) -> anyhow::Result<Ended> {
        let Self { because, by, server } = self;
        let mut request = json!({"by": by, "because": because});
        if let (Some(version), Some(fields)) = (version, request.as_object_mut()) {
            fields.insert("version".to_owned(), json!(version));
        }
        server.ask(settings, None, method, &request.to_string(), told)
    }
}

fn listed(reply: &Listed) -> String {
    let following = if reply.follows {
        "follows the journal"
    } else {
        "was put in force by hand"
    };
    let mut lines = vec![format!(
        "snapshot {} decides ({}); it {following}",
        number(&reply.snapshot),
        short(&reply.digest)
    )];
    lines.extend(reply.versions.iter().map(told));
    if reply.versions.is_empty() {
        lines.push("no version is kept; `balustrade models train` keeps one".to_owned());
    }
    lines.extend(reply.damaged.iter().map(|damaged| format!("refused: {damaged}")));
    lines.join("\n")
}

fn told(version: &Version) -> String {
    let Version {
        digest,
        made_at,
        by,
        because,
        ..
    } = version;
    let held_out = match (version.log_loss, version.base_log_loss) {
        (Some(log_loss), Some(base)) => {
            format!("log loss on held-out examples {log_loss:.4}, the base rate's {base:.4}")
        }
        (Some(_) | None, _) => "too few held-out examples to judge it".to_owned(),
    };
    format!(
        "version {} ({}) of {made_at}{}: {} examples, {} with the outcome; {held_out}\n  by {by}: {because}",
        number(&version.version),
        short(digest),
        if version.in_force { ", in force" } else { "" },
        number(&version.examples),
        number(&version.positives),
    )
}

fn moved(reply: &Moved) -> String {
    format!("snapshot {} decides", number(&reply.snapshot))
}

fn short(digest: &str) -> String {
    digest.chars().take(12).collect()
}

/// A number as JSON writes it: a text, a number, or left out where it is 0.
fn number(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => "0".to_owned(),
    }
}
