//! `balustrade models`: versions of what a running server learnt, and hand-overs that are frozen.

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
        /// Fit the score of this campaign anew instead.
        #[arg(long, value_name = "CAMPAIGN")]
        score: Option<String>,
        #[command(flatten)]
        hand: Hand,
    },
    /// Put a kept version in force; without one, follow the journal again.
    Promote {
        /// The number of the version; of a score, the beginning of its digest.
        version: Option<String>,
        /// A version of the score of this campaign.
        #[arg(long, value_name = "CAMPAIGN", requires = "version")]
        score: Option<String>,
        #[command(flatten)]
        hand: Hand,
    },
    /// Put the version before the one that decides in force.
    RollBack {
        /// Of the score of this campaign.
        #[arg(long, value_name = "CAMPAIGN")]
        score: Option<String>,
        #[command(flatten)]
        hand: Hand,
    },
    /// Let a frozen hand-over of a new market go on: you have looked.
    ResumeHandOver {
        /// The campaign.
        campaign: String,
        /// The kind of decision: `bid`, `send_time`, `score`.
        #[arg(long)]
        kind: String,
        /// The country, as `list` tells it.
        #[arg(long, value_name = "CODE")]
        country: Option<String>,
        /// The channel, as `list` tells it.
        #[arg(long)]
        channel: Option<String>,
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
    scores: Vec<Score>,
    frozen: Vec<Frozen>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Score {
    campaign_id: String,
    digest: String,
    made_at: String,
    form: String,
    subjects: u32,
    positives: u32,
    judged_on: Value,
    log_loss: f64,
    incumbent_log_loss: f64,
    verdict: String,
    in_force: bool,
    rolled_back: Option<RolledBack>,
    by: String,
    because: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Frozen {
    campaign_id: String,
    kind: String,
    country: String,
    channel: String,
    since: String,
    decisions: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RolledBack {
    at: String,
    outcomes: Value,
    worse_by: f64,
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
    rolled_back: Option<RolledBack>,
    by: String,
    because: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Trained {
    version: Option<Version>,
    score: Option<Score>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Moved {
    snapshot: Value,
    score: Option<Score>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Resumed {}

pub(super) fn run(args: &Args, settings: &Settings) -> anyhow::Result<Ended> {
    match &args.what {
        What::List { server } => server.ask(settings, None, "ModelsService/ListModels", "{}", listed),
        What::Train { score, hand } => {
            let fields = [("score_campaign_id", score)];
            hand.call(settings, "ModelsService/Train", fields, trained)
        }
        What::Promote { version, score, hand } => {
            let named = match score {
                Some(_) => "score_digest",
                None => "version",
            };
            let fields = [(named, version), ("score_campaign_id", score)];
            hand.call(settings, "ModelsService/Promote", fields, moved)
        }
        What::RollBack { score, hand } => {
            let fields = [("score_campaign_id", score)];
            hand.call(settings, "ModelsService/RollBackModels", fields, moved)
        }
        What::ResumeHandOver {
            campaign,
            kind,
            country,
            channel,
            hand,
        } => {
            let (campaign, kind) = (Some(campaign.clone()), Some(kind.clone()));
            let fields = [
                ("campaign_id", &campaign),
                ("kind", &kind),
                ("country", country),
                ("channel", channel),
            ];
            let told = |_: &Resumed| "the hand-over goes on, and is judged anew".to_owned();
            hand.call(settings, "ModelsService/ResumeHandOver", fields, told)
        }
    }
}

impl Hand {
    /// Says who does it and why, and the further fields that are given.
    fn call<const N: usize, R: serde::de::DeserializeOwned>(
        &self,
        settings: &Settings,
        method: &str,
        further: [(&str, &Option<String>); N],
        told: impl FnOnce(&R) -> String,
    ) -> anyhow::Result<Ended> {
        let Self { because, by, server } = self;
        let mut request = json!({"by": by, "because": because});
        if let Some(fields) = request.as_object_mut() {
            let given = further
                .into_iter()
                .filter_map(|(name, value)| Some((name, value.as_ref()?)));
            fields.extend(given.map(|(name, value)| (name.to_owned(), json!(value))));
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
    lines.extend(reply.scores.iter().map(scored));
    lines.extend(reply.frozen.iter().map(frozen));
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
        "version {} ({}) of {made_at}{}: {} examples, {} with the outcome; {held_out}\n  by {by}: {because}{}",
        number(&version.version),
        short(digest),
        if version.in_force { ", in force" } else { "" },
        number(&version.examples),
        number(&version.positives),
        went_back(version.rolled_back.as_ref()),
    )
}

fn scored(score: &Score) -> String {
    let Score {
        campaign_id,
        digest,
        made_at,
        form,
        subjects,
        positives,
        log_loss,
        incumbent_log_loss,
        verdict,
        by,
        because,
        ..
    } = score;
    let hand = if by.is_empty() {
        String::new()
    } else {
        format!("\n  by {by}: {because}")
    };
    format!(
        "score of {campaign_id} ({}) of {made_at}{}: {form} of {subjects} subjects, {positives} with the outcome\n  {verdict}: \
         log loss {log_loss:.4} against {incumbent_log_loss:.4} on {} subjects{hand}{}",
        short(digest),
        if score.in_force { ", in force" } else { "" },
        number(&score.judged_on),
        went_back(score.rolled_back.as_ref()),
    )
}

fn went_back(rolled_back: Option<&RolledBack>) -> String {
    rolled_back.map_or_else(String::new, |RolledBack { at, outcomes, worse_by }| {
        format!(
            "\n  ! went back by itself {at}: on {} outcomes worse by {worse_by:.4} log loss than the one before",
            number(outcomes)
        )
    })
}

fn frozen(frozen: &Frozen) -> String {
    let Frozen {
        campaign_id,
        kind,
        country,
        channel,
        since,
        decisions,
    } = frozen;
    let flag = |name: &str, value: &str| {
        if value.is_empty() {
            String::new()
        } else {
            format!(" --{name} {value}")
        }
    };
    format!(
        "! frozen since {since}: on {} decisions the model did worse than the person's value; once you have looked:\n  \
         balustrade models resume-hand-over {campaign_id} --kind {kind}{}{} --by WHO --because WHY",
        number(decisions),
        flag("country", country),
        flag("channel", channel),
    )
}

fn trained(reply: &Trained) -> String {
    let version = reply.version.as_ref().map(told);
    version
        .or_else(|| reply.score.as_ref().map(scored))
        .unwrap_or_default()
}

fn moved(reply: &Moved) -> String {
    match &reply.score {
        Some(score) => scored(score),
        None => format!("snapshot {} decides", number(&reply.snapshot)),
    }
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
