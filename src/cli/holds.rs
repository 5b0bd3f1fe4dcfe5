//! `balustrade holds`: what rules hold until somebody approves.

use serde::Deserialize;
use serde_json::json;

use super::{Ended, call::Where};
use crate::{domain::Language, settings::Settings};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List what waits for an approval.
    List(List),
    /// Approve: the caller repeats the call and names the ticket.
    Approve(Resolve),
    /// Refuse: it stays held.
    Refuse(Resolve),
}

#[derive(Debug, clap::Args)]
struct List {
    /// Those that were answered, too.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    server: Where,
}

#[derive(Debug, clap::Args)]
struct Resolve {
    /// The ticket, as the held answer named it.
    #[arg(value_name = "TICKET")]
    ticket: String,
    /// Who: `anna.rossi@nova.example`.
    #[arg(long, value_name = "WHO")]
    by: String,
    /// Why.
    #[arg(long, value_name = "REASON")]
    because: String,
    /// For how many hours an approval counts.
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    hours: u32,
    #[command(flatten)]
    server: Where,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Listed {
    holds: Vec<Held>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Resolved {
    hold: Held,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Held {
    ticket: String,
    rule_id: String,
    role: String,
    because: String,
    kind: String,
    campaign_id: String,
    decision_id: String,
    decisions: u64,
    first_held_at: String,
    state: String,
    resolved_by: String,
    resolved_because: String,
    valid_until: String,
}

pub(super) fn run(args: &Args, settings: &Settings, language: Option<Language>) -> anyhow::Result<Ended> {
    match &args.command {
        Command::List(List { all, server }) => {
            let request = json!({"all": all}).to_string();
            server.ask(
                settings,
                language,
                "RulesService/ListHolds",
                &request,
                Listed::told,
            )
        }
        Command::Approve(resolve) => resolve.ask(true.into(), settings, language),
        Command::Refuse(resolve) => resolve.ask(false.into(), settings, language),
    }
}

impl Resolve {
    fn ask(
        &self,
        approve: serde_json::Value,
        settings: &Settings,
        language: Option<Language>,
    ) -> anyhow::Result<Ended> {
        let valid_for = format!("{}s", u64::from(self.hours) * 3_600);
        let request = json!({
            "ticket": self.ticket, "approve": approve, "by": self.by, "because": self.because,
            "valid_for": valid_for,
        });
        let method = "RulesService/ResolveHold";
        let told = |resolved: &Resolved| resolved.hold.told();
        self.server
            .ask(settings, language, method, &request.to_string(), told)
    }
}

impl Listed {
    fn told(&self) -> String {
        if self.holds.is_empty() {
            return "nothing waits for an approval".to_owned();
        }
        let each = self.holds.iter().map(Held::told);
        each.collect::<Vec<_>>().join("\n")
    }
}

impl Held {
    fn told(&self) -> String {
        let Self {
            ticket,
            rule_id,
            role,
            because,
            kind,
            campaign_id,
            decision_id,
            decisions,
            first_held_at,
            state,
            resolved_by,
            resolved_because,
            valid_until,
        } = self;
        let mut text = format!(
            "{ticket} {state}\n  held        {decisions} {kind} of {campaign_id} since {first_held_at}, by {rule_id}: \
             {because}\n  approves    {role}\n  look        balustrade explain {decision_id}"
        );
        if !resolved_by.is_empty() {
            text += &format!("\n  said        {resolved_by}: {resolved_because}");
        }
        if state == "approved" {
            text += &format!("\n  until       {valid_until}");
        }
        text
    }
}
