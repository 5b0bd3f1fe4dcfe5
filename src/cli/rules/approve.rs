//! `balustrade rules put` and `balustrade rules activate`: one person puts a rulebook, another brings it into force.

use std::path::PathBuf;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    cli::{Ended, call::Where},
    domain::Language,
    rules::Sources,
    settings::Settings,
};

#[derive(Debug, clap::Args)]
pub(super) struct Put {
    /// The rules folder to put; without it the one that the settings name.
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    #[command(flatten)]
    hand: Hand,
}

#[derive(Debug, clap::Args)]
pub(super) struct Activate {
    /// The digest of what was put, or its first digits, eight at least.
    #[arg(value_name = "DIGEST")]
    digest: String,
    #[command(flatten)]
    hand: Hand,
}

#[derive(Debug, clap::Args)]
struct Hand {
    /// Who does it: `anna.rossi@nova.example`.
    #[arg(long, value_name = "WHO")]
    by: String,
    /// Why.
    #[arg(long, value_name = "REASON")]
    because: String,
    #[command(flatten)]
    server: Where,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Putting {
    digest: String,
    state: String,
    findings: Vec<Finding>,
    rules: u32,
    tests: u32,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Finding {
    code: String,
    severity: String,
    message: String,
    file: String,
    line: u32,
    column: u32,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Activated {
    digest: String,
    author: String,
}

pub(super) fn put(args: &Put, settings: &Settings, language: Language) -> anyhow::Result<Ended> {
    let Put { folder, hand } = args;
    let folder = folder.as_ref().unwrap_or(&settings.rules.folder);
    let sources = Sources::read_both(folder, settings.rules.taxonomies.as_deref());
    let sources = sources.map_err(|why| anyhow::anyhow!(why.told().in_language(language)))?;
    let files = sources.iter().map(|(_, source)| {
        let content = STANDARD.encode(&source.bytes);
        json!({"path": source.path, "content": content})
    });
    let files: Vec<Value> = files.collect();
    let request = json!({"files": files, "by": hand.by, "because": hand.because});
    let mut ended = Ended::Fine;
    let told = |putting: &Putting| {
        ended = putting.ended();
        putting.told()
    };
    let called = hand.ask("RulesService/PutRulebook", &request, settings, language, told)?;
    Ok(if called == Ended::Fine { ended } else { called })
}

pub(super) fn activate(args: &Activate, settings: &Settings, language: Language) -> anyhow::Result<Ended> {
    let Activate { digest, hand } = args;
    let request = json!({"digest": digest, "by": hand.by, "because": hand.because});
    let told = |activated: &Activated| {
        let Activated { digest, author } = activated;
        format!("rulebook {digest:.12} is in force; {author} had put it")
    };
    hand.ask(
        "RulesService/ActivateRulebook",
        &request,
        settings,
        language,
        told,
    )
}

// === impl Hand ===

impl Hand {
    fn ask<R: serde::de::DeserializeOwned>(
        &self,
        method: &str,
        request: &Value,
        settings: &Settings,
        language: Language,
        told: impl FnOnce(&R) -> String,
    ) -> anyhow::Result<Ended> {
        let server = &self.server;
        server.ask(settings, Some(language), method, &request.to_string(), told)
    }
}

// === impl Putting ===

impl Putting {
    fn ended(&self) -> Ended {
        if self.state == "refused" {
            Ended::WithFindings
        } else {
            Ended::Fine
        }
    }

    fn told(&self) -> String {
        let Self {
            digest,
            state,
            findings,
            rules,
            tests,
        } = self;
        let mut lines: Vec<String> = findings.iter().map(Finding::told).collect();
        lines.push(match state.as_str() {
            "waits" => format!(
                "{rules} rules and {tests} tests are in order and wait for another person:\n  balustrade rules activate {digest:.12} \
                 --by WHO --because REASON"
            ),
            "in_force" => format!("rulebook {digest:.12} is in force already"),
            _ => "these rules have errors and are not kept; what is in force stays".to_owned(),
        });
        lines.join("\n")
    }
}

impl Finding {
    fn told(&self) -> String {
        let Self {
            code,
            severity,
            message,
            file,
            line,
            column,
        } = self;
        if file.is_empty() {
            format!("{severity} {code}: {message}")
        } else {
            format!("{file}:{line}:{column}: {severity} {code}: {message}")
        }
    }
}
