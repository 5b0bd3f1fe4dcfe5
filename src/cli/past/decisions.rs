//! `balustrade decisions`: past decisions by time, kind, verdict, rule and campaign.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Since, since};
use crate::{
    app::SystemClock,
    cli::{Ended, call::Where},
    domain::{Clock as _, Duration, Language, Micros},
    settings::Settings,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Only decisions of so long: `24h`, `7d`, `30m`; or from an instant on: `2026-11-02T00:00:00Z`.
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<Since>,
    /// Of this kind: `bid`, `send_time`, `recommendation`, `budget`, `score`.
    #[arg(long)]
    kind: Option<String>,
    /// With an answer of this verdict: `allowed`, `changed`, `held`, `blocked`.
    #[arg(long)]
    verdict: Option<String>,
    /// With an answer of which this rule is a cause.
    #[arg(long, value_name = "RULE")]
    rule: Option<String>,
    /// With a candidate of this campaign.
    #[arg(long)]
    campaign: Option<String>,
    /// How many at most.
    #[arg(long, default_value_t = 100)]
    most: u32,
    /// Where to go on, as the page before says.
    #[arg(long, value_name = "TOKEN")]
    page: Option<String>,
    #[command(flatten)]
    server: Where,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Page {
    decisions: Vec<Listed>,
    next_page_token: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Listed {
    decision_id: String,
    decided_at: String,
    kind: String,
    answers: Vec<Answer>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answer {
    candidate_id: String,
    verdict: String,
    answer: Value,
    because_of: Vec<String>,
}

pub(in crate::cli) fn run(
    args: &Args,
    settings: &Settings,
    language: Option<Language>,
) -> anyhow::Result<Ended> {
    let Args {
        since,
        kind,
        verdict,
        rule,
        campaign,
        most,
        page,
        server,
    } = args;
    let since = since.map(|since| match since {
        Since::At(at) => at,
        Since::Ago(ago) => SystemClock.now().plus(Duration::from_millis(-ago.as_millis())),
    });
    let request = json!({
        "since": since.map(|at| at.to_string()), "kind": kind, "verdict": verdict, "rule_id": rule,
        "campaign_id": campaign, "page_size": most, "page_token": page,
    });
    let method = "AuditService/ListDecisions";
    server.ask(settings, language, method, &request.to_string(), Page::told)
}

impl Page {
    fn told(&self) -> String {
        if self.decisions.is_empty() {
            return "no decision is like that".to_owned();
        }
        let mut lines: Vec<String> = self.decisions.iter().flat_map(Listed::told).collect();
        if !self.next_page_token.is_empty() {
            lines.push(format!("more: --page {}", self.next_page_token));
        }
        lines.join("\n")
    }
}

impl Listed {
    fn told(&self) -> Vec<String> {
        let Self {
            decision_id,
            decided_at,
            kind,
            answers,
        } = self;
        let mut lines = vec![format!("{decided_at} {decision_id} {kind}")];
        lines.extend(answers.iter().map(Answer::told));
        lines
    }
}

impl Answer {
    fn told(&self) -> String {
        let Self {
            candidate_id,
            verdict,
            answer,
            because_of,
        } = self;
        let mut line = format!("  {candidate_id}: {verdict}");
        if let Some((name, value)) = answer.as_object().and_then(|answer| answer.iter().next()) {
            let value = match (name.strip_suffix("_micros"), value.as_i64()) {
                (Some(_), Some(micros)) => Micros::new(micros).to_string(),
                _ => value.to_string().trim_matches('"').to_owned(),
            };
            line += &format!(", {} {value}", name.trim_end_matches("_micros").replace('_', " "));
        }
        if !because_of.is_empty() {
            line += &format!(" because of {}", because_of.join(", "));
        }
        line
    }
}
