//! `balustrade outcome ID`: tells a running server what came of a decision.

use clap::ValueEnum;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Ended, call::Where, story::word};
use crate::{
    domain::{Micros, Money},
    settings::Settings,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The decision, as its reply named it.
    #[arg(value_name = "ID")]
    decision: String,
    /// The token of that reply.
    #[arg(long)]
    token: String,
    /// The candidate.
    #[arg(long)]
    candidate: String,
    #[command(flatten)]
    event: Event,
    /// What a conversion was worth: `40.00`.
    #[arg(long, value_name = "AMOUNT", requires = "conversion", value_parser = amount)]
    value: Option<Micros>,
    /// Your own name for the event. Without it: its sort, so that a second click needs a name.
    #[arg(long, value_name = "NAME")]
    event_id: Option<String>,
    /// When it happened: `2026-11-23T10:00:00Z`. Without it: now.
    #[arg(long, value_name = "INSTANT")]
    at: Option<jiff::Timestamp>,
    /// A higher revision replaces what was said of this event before.
    #[arg(long, default_value_t = 0)]
    revision: u32,
    /// This revision says that it did not happen after all.
    #[arg(long)]
    withdrawn: bool,
    /// What speaks against a person having done it; may be given several times.
    #[arg(long, value_enum, value_name = "SIGN")]
    sign: Vec<Sign>,
    #[command(flatten)]
    server: Where,
}

/// What gives an engagement away that no person made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Sign {
    /// Every link of the message was clicked.
    AllLinks,
    /// It came within seconds of the delivery.
    WithinSeconds,
    /// It came from the address of a data centre.
    DataCentre,
    /// Its user agent is that of a crawler.
    Crawler,
    /// The link to unsubscribe was fetched as well.
    UnsubscribeFetched,
}

impl Sign {
    const fn name(self) -> &'static str {
        match self {
            Self::AllLinks => "ENGAGEMENT_SIGN_ALL_LINKS",
            Self::WithinSeconds => "ENGAGEMENT_SIGN_WITHIN_SECONDS",
            Self::DataCentre => "ENGAGEMENT_SIGN_DATA_CENTRE",
            Self::Crawler => "ENGAGEMENT_SIGN_CRAWLER",
            Self::UnsubscribeFetched => "ENGAGEMENT_SIGN_UNSUBSCRIBE_FETCHED",
        }
    }
}

/// What happened.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Event {
    /// The auction was won at this clearing price for a thousand: `1.90`.
    #[arg(long, value_name = "PRICE", value_parser = amount)]
    win: Option<Micros>,
    /// The auction was lost.
    #[arg(long)]
    loss: bool,
    /// The ad was shown.
    #[arg(long)]
    impression: bool,
    /// The ad was clicked.
    #[arg(long)]
    click: bool,
    /// Something of value happened, named as in `objectives.yaml`: `purchase`.
    #[arg(long, value_name = "NAME")]
    conversion: Option<String>,
    /// The message went out.
    #[arg(long)]
    sent: bool,
    /// The message will not go out.
    #[arg(long)]
    cancelled: bool,
    /// The message was opened.
    #[arg(long)]
    open: bool,
    /// The contact wants no more messages.
    #[arg(long)]
    unsubscribe: bool,
}

/// An amount as a person writes it, without its currency: the campaign's.
fn amount(text: &str) -> Result<Micros, String> {
    let money: Result<Money, _> = format!("{} EUR", text.trim()).parse();
    money.map(|money| money.amount).map_err(|error| error.to_string())
}

pub(super) fn run(args: &Args, settings: &Settings) -> anyhow::Result<Ended> {
    let request = json!({"outcomes": [report(args)]}).to_string();
    let method = "OutcomeService/RecordOutcomes";
    args.server
        .ask_whether(settings, None, method, &request, |results: &Results| {
            (results.told(), results.ended())
        })
}

fn report(args: &Args) -> Value {
    let (sort, event) = event(args);
    let signs: Vec<&str> = args.sign.iter().map(|sign| sign.name()).collect();
    let mut report = Map::new();
    let at = args.at.unwrap_or_else(jiff::Timestamp::now);
    let event_id = args.event_id.clone().unwrap_or_else(|| sort.to_owned());
    for (name, value) in [
        ("decision_id", json!(args.decision)),
        ("token", json!(args.token)),
        ("candidate_id", json!(args.candidate)),
        ("event_id", json!(event_id)),
        ("revision", json!(args.revision)),
        ("withdrawn", json!(args.withdrawn)),
        ("signs", json!(signs)),
        ("occurred_at", json!(at.to_string())),
        (sort, event),
    ] {
        report.insert(name.to_owned(), value);
    }
    Value::Object(report)
}

/// The field of the contract that the event goes by, and what stands in it.
fn event(args: &Args) -> (&'static str, Value) {
    let Event {
        win,
        loss,
        impression,
        click: _,
        conversion,
        sent,
        cancelled,
        open,
        unsubscribe,
    } = &args.event;
    if let Some(price) = win {
        return ("win", json!({"price_micros": price.get()}));
    }
    if let Some(name) = conversion {
        let value = args.value.map(Micros::get);
        return ("conversion", json!({"name": name, "value_micros": value}));
    }
    let sorts = [
        ("loss", loss),
        ("impression", impression),
        ("sent", sent),
        ("cancelled", cancelled),
        ("open", open),
        ("unsubscribe", unsubscribe),
    ];
    let said = sorts.into_iter().find(|(_, said)| **said);
    (said.map_or("click", |(sort, _)| sort), json!({}))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Results {
    results: Vec<Answered>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answered {
    status: String,
    reason: String,
}

impl Results {
    fn told(&self) -> String {
        let each = self.results.iter().map(Answered::told);
        each.collect::<Vec<_>>().join("\n")
    }

    /// Fine where everything is known by now.
    fn ended(&self) -> Ended {
        if self.results.iter().all(Answered::is_known) {
            Ended::Fine
        } else {
            Ended::WithFindings
        }
    }
}

impl Answered {
    /// Whether the journal holds it.
    fn is_known(&self) -> bool {
        let status = word("OUTCOME_STATUS_", &self.status);
        ["accepted", "late", "duplicate", "corrected", "quarantined"].contains(&status.as_str())
    }

    fn told(&self) -> String {
        let status = word("OUTCOME_STATUS_", &self.status);
        let meaning = match status.as_str() {
            "accepted" => "it is kept, and the models will learn from it",
            "late" => "its window had closed; it is kept all the same",
            "duplicate" => "it was known already; nothing changed",
            "corrected" => "it replaces what was said before",
            "conflict" => {
                "something else is known of this event; raise `--revision` to correct it, or name it with \
                 `--event-id`"
            }
            "unknown candidate" => "the decision has no such candidate; nothing was kept",
            "quarantined" => "it is kept and not learnt from",
            "bad token" => "the token is not this decision's; nothing was kept",
            _ => "",
        };
        let reason = match self.reason.as_str() {
            "" => String::new(),
            reason => format!(" ({reason})"),
        };
        format!("{status}{reason}: {meaning}")
    }
}
