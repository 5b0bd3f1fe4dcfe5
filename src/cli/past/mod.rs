//! Commands that look at past decisions again. A running server is asked, because it holds the journal; where none
//! answers, the data folder is read in this process.

pub(super) mod decisions;
mod money;
pub(super) mod replay;
pub(super) mod simulate;
mod table;
mod tell;

use std::{
    net::SocketAddr,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use tokio_stream::StreamExt as _;

use super::call::{Shown, connect};
use crate::{
    app::SystemClock,
    domain::{Campaign, Clock as _, Duration, Language, Timestamp},
    grpc::client::{CallError, Client, Credentials},
    journal::{Journal, JournalError},
    learning::Learner,
    model::{Models, Snapshot},
    rehearsal::{Progress, Shelf, Told, Within},
    settings::Settings,
};

/// Where the past is read, how much of it, and for whom.
#[derive(Debug, clap::Args)]
struct Asked {
    /// Only decisions of so long: `24h`, `7d`, `30m`; or from an instant on: `2026-11-02T00:00:00Z`.
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<Since>,
    /// The server; without it the address that the settings name. Where no server answers, the data folder is read.
    #[arg(long, value_name = "IP:PORT", conflicts_with = "data")]
    address: Option<SocketAddr>,
    /// Reads this data folder, of which no server may be running.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// For people or for programs.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
}

/// From when on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Since {
    /// So long before now.
    Ago(Duration),
    /// An instant.
    At(Timestamp),
}

/// Reads `24h` or an instant.
fn since(text: &str) -> Result<Since, String> {
    let expected = || format!("`{text}` is no time: write `24h`, `7d`, `30m` or `2026-11-02T00:00:00Z`");
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Ok(Since::At(at.into()));
    }
    let unit = text.chars().last().ok_or_else(expected)?;
    let seconds = match unit {
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return Err(expected()),
    };
    let count: u32 = text.trim_end_matches(unit).parse().map_err(|_| expected())?;
    Ok(Since::Ago(Duration::from_secs(i64::from(count) * seconds)))
}

// === impl Asked ===

impl Asked {
    fn within(&self) -> Within {
        let since = match self.since {
            None => Within::ALL.since,
            Some(Since::At(at)) => at,
            Some(Since::Ago(ago)) => SystemClock.now().plus(Duration::from_millis(-ago.as_millis())),
        };
        Within { since, ..Within::ALL }
    }

    /// The instant for a request; absent where all is asked for.
    fn since_instant(&self) -> Option<String> {
        self.since.map(|_| self.within().since.to_string())
    }

    /// The data folder, where one was named.
    fn folder(&self) -> Option<&Path> {
        self.data.as_deref()
    }

    fn server(&self, settings: &Settings, language: Option<Language>) -> anyhow::Result<Server> {
        Ok(Server {
            address: self.address.unwrap_or(settings.grpc.address),
            credentials: self.shown.credentials(settings)?,
            language,
        })
    }
}

/// A server, and who asks it in which language.
struct Server {
    address: SocketAddr,
    credentials: Credentials,
    language: Option<Language>,
}

impl Server {
    async fn client(&self) -> Result<Client, CallError> {
        let client = connect(self.address, &self.credentials).await?;
        Ok(match self.language {
            Some(language) => client.speaking(language),
            None => client,
        })
    }
}

/// One message of a stream of progress.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Step {
    progress: Option<Going>,
    result: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Going {
    read: u64,
    of: u64,
}

/// What came of asking a server.
enum Answered<R> {
    /// It answered.
    Told(R),
    /// No server is there.
    NoServer,
}

/// Asks a server for long work and shows its progress.
fn from_server<R: DeserializeOwned>(
    server: &Server,
    method: &str,
    request: &str,
) -> anyhow::Result<Result<Answered<R>, CallError>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let Ok(client) = server.client().await else {
            return Ok(Ok(Answered::NoServer));
        };
        let mut steps = match client.json_stream(method, request).await {
            Ok(steps) => steps,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let bar = bar();
        while let Some(step) = steps.next().await {
            let step = match step {
                Ok(step) => step,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let step: Step = serde_json::from_str(&step).context("the server's reply")?;
            if let Some(Going { read, of }) = step.progress {
                bar.set_length(of);
                bar.set_position(read);
            }
            if let Some(result) = step.result {
                bar.finish_and_clear();
                return Ok(Ok(Answered::Told(serde_json::from_value(result)?)));
            }
        }
        anyhow::bail!("the server ended the work before it was done")
    })
}

/// Does the work in this process, on the journal of a data folder, and shows its progress.
fn from_folder<R>(
    folder: &Path,
    work: impl FnOnce(&Journal, &mut Told<'_>) -> Result<Option<R>, JournalError>,
) -> anyhow::Result<R> {
    let journal = Journal::open(&folder.join("journal"), crate::journal::Settings::default())?;
    let bar = bar();
    let mut told = |progress: Progress| {
        bar.set_length(progress.of);
        bar.set_position(progress.read);
        ControlFlow::Continue(())
    };
    let came = work(&journal, &mut told)?;
    bar.finish_and_clear();
    came.context("the work was called off")
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {percent} % {bytes_per_sec} {eta}");
    ProgressBar::new(1).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// What is kept beside a journal, and what its models know when they have read all of it.
fn shelf(folder: &Path, snapshot: Option<Snapshot>) -> Shelf {
    let snapshots = snapshot.into_iter().map(std::sync::Arc::new);
    Shelf::new(folder.join("rulebooks"), snapshots.collect())
}

/// What the models know of everything in a journal.
fn learnt(
    journal: &Journal,
    campaigns: impl IntoIterator<Item = std::sync::Arc<Campaign>>,
) -> Result<Snapshot, JournalError> {
    let models = Models::default();
    let mut learner = Learner::new(models.clone());
    learner.declare(campaigns);
    learner.catch_up(journal)?;
    Ok((*models.snapshot()).clone())
}

/// What a server refused: what the caller can mend ends with exit code 1.
fn refused(refusal: &CallError) -> anyhow::Result<super::Ended> {
    let CallError { code, message, .. } = refusal;
    match code.as_str() {
        "INVALID_ARGUMENT" | "NOT_FOUND" | "PERMISSION_DENIED" => {
            eprintln!("refused: {message}");
            Ok(super::Ended::WithFindings)
        }
        _ => anyhow::bail!("{code}: {message}"),
    }
}
