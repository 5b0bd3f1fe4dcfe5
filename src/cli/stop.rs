//! `balustrade stop` and `balustrade resume`: the stop switch of a running server.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Ended, call::Where};
use crate::settings::Settings;

/// What is stopped or resumed.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Scope {
    /// Every decision.
    #[arg(long)]
    all: bool,
    /// Every decision of a kind: `bid`, `send_time`, `recommendation`, `budget`, `score`.
    #[arg(long)]
    kind: Option<String>,
    /// Every decision of a brand.
    #[arg(long)]
    brand: Option<String>,
    /// Every decision in a country: `IT`. Where the country is unknown, those too.
    #[arg(long)]
    country: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    scope: Scope,
    /// Why; every blocked answer says it.
    #[arg(long, value_name = "REASON")]
    because: String,
    /// Who does it: `anna.rossi@nova.example`.
    #[arg(long, value_name = "WHO")]
    by: String,
    #[command(flatten)]
    server: Where,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Reply {
    stops: Vec<Stop>,
    digest: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Stop {
    scope: Value,
    by: String,
    because: String,
    since: String,
}

/// Pulls the switch.
pub(super) fn stop(args: &Args, settings: &Settings) -> anyhow::Result<Ended> {
    args.call("RulesService/StopDecisions", settings)
}

/// Lifts a stop.
pub(super) fn resume(args: &Args, settings: &Settings) -> anyhow::Result<Ended> {
    args.call("RulesService/ResumeDecisions", settings)
}

impl Args {
    fn call(&self, method: &str, settings: &Settings) -> anyhow::Result<Ended> {
        let request = json!({"scope": self.scope.said(), "by": self.by, "because": self.because}).to_string();
        self.server.ask(settings, None, method, &request, told)
    }
}

impl Scope {
    fn said(&self) -> Value {
        let Self {
            all: _,
            kind,
            brand,
            country,
        } = self;
        match (kind, brand, country) {
            (Some(kind), ..) => json!({"kind": kind}),
            (None, Some(brand), _) => json!({"brand": brand}),
            (None, None, Some(country)) => json!({"country": country}),
            (None, None, None) => json!({"all": true}),
        }
    }
}

fn told(reply: &Reply) -> String {
    if reply.stops.is_empty() {
        return "nothing is stopped".to_owned();
    }
    let each = reply.stops.iter().map(|stop| {
        let Stop {
            scope,
            by,
            because,
            since,
        } = stop;
        format!(
            "stopped: {} since {since} by {by}: {because}",
            scope_in_words(scope)
        )
    });
    let digest: String = reply
        .digest
        .iter()
        .flat_map(|digest| digest.chars().take(12))
        .collect();
    let mut lines: Vec<String> = each.collect();
    lines.push(format!("stop switch {digest}"));
    lines.join("\n")
}

/// `all`, `kind bid`, `brand nova-drinks`, `country IT`
fn scope_in_words(scope: &Value) -> String {
    let Some((name, value)) = scope.as_object().and_then(|scope| scope.iter().next()) else {
        return "something".to_owned();
    };
    match value.as_str() {
        Some(value) => format!("{name} {value}"),
        None => name.clone(),
    }
}
