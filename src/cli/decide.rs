//! `balustrade decide`: asks a running server for a bid, and says the reply in words.

use std::{
    io::Read as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use clap::ValueEnum;
use serde_json::{Map, Value, json};

use super::{Ended, call::Where, story};
use crate::{domain::Language, settings::Settings};

/// An impression against the starter rules: a rule changes one candidate and another rule removes one.
const EXAMPLE: &str = include_str!("example.json");

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    server: Where,
    /// Ask the built-in example: three campaigns of the starter rules, one impression in Spain.
    #[arg(long, conflicts_with_all = ["json", "campaign"])]
    example: bool,
    /// The request as JSON, in the field names of the contract; `-` reads it from the standard input.
    #[arg(long, value_name = "FILE|-", conflicts_with = "campaign")]
    json: Option<PathBuf>,
    /// Print the request instead of asking it.
    #[arg(long)]
    show: bool,
    #[command(flatten)]
    asked: Asked,
}

/// A request in flags. What is not said is unknown to the rules.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "The request")]
struct Asked {
    /// A campaign that might bid; repeat it for more candidates.
    #[arg(long, value_name = "ID")]
    campaign: Vec<String>,
    /// The creative of the campaign in the same place.
    #[arg(long, value_name = "ID", requires = "campaign")]
    creative: Vec<String>,
    /// Country of the market: `IT`.
    #[arg(long)]
    country: Option<String>,
    /// Channel: display, video, native, …
    #[arg(long)]
    channel: Option<String>,
    /// Domain of the page.
    #[arg(long)]
    site: Option<String>,
    /// Text of the page.
    #[arg(long)]
    text: Option<String>,
    /// What the page is about, and how risky: `Terrorism:high`. `none` says that it carries no label.
    #[arg(long, value_name = "TOPIC[:RISK]")]
    topic: Vec<String>,
    /// Device: phone, tablet, desktop, tv.
    #[arg(long)]
    device: Option<String>,
    /// Age of the person in whole years.
    #[arg(long, value_name = "YEARS")]
    age: Option<u32>,
    /// The lowest accepted price for a thousand, in units: `0.30`.
    #[arg(long, value_name = "PRICE")]
    floor: Option<f64>,
    /// Currency of floor and bids: `EUR`.
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
    /// How the winner pays.
    #[arg(long, value_enum)]
    auction: Option<Payment>,
    /// Who runs the auction.
    #[arg(long)]
    exchange: Option<String>,
    /// Position of the slot: `below_fold`.
    #[arg(long)]
    position: Option<String>,
    /// A private deal offered with the impression.
    #[arg(long, value_name = "ID")]
    deal: Vec<String>,
    /// Your own name for the request; a repeated one reserves budget once.
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Payment {
    First,
    Second,
}

pub(super) fn run(args: &Args, settings: &Settings, language: Option<Language>) -> anyhow::Result<Ended> {
    let request = request(args)?;
    if args.show {
        println!("{request}");
        return Ok(Ended::Fine);
    }
    let method = "DecisionService/DecideBid";
    args.server
        .ask(settings, language, method, &request, |reply: &story::Reply| {
            reply.told()
        })
}

fn request(args: &Args) -> anyhow::Result<String> {
    if args.example {
        return Ok(EXAMPLE.to_owned());
    }
    if let Some(file) = &args.json {
        return read(file);
    }
    if args.asked.campaign.is_empty() {
        bail!(
            "what is to be decided? `--example` asks a ready one, `--json FILE` one of your own, or name a \
             candidate with `--campaign ID`"
        );
    }
    Ok(serde_json::to_string_pretty(&args.asked.message())?)
}

fn read(file: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    std::fs::read_to_string(file).with_context(|| format!("cannot read `{}`", file.display()))
}

// === impl Asked ===

impl Asked {
    /// The request in the contract's JSON. Fields that were not given stay away: absent is unknown.
    fn message(&self) -> Value {
        given([
            ("request_id", self.request_id.as_ref().map(|id| json!(id))),
            ("facts", Some(self.facts())),
            ("impression", Some(self.impression())),
            ("candidates", Some(self.candidates())),
        ])
    }

    fn facts(&self) -> Value {
        let market = given([
            ("country", self.country.as_ref().map(|word| json!(word))),
            ("channel", self.channel.as_ref().map(|word| json!(word))),
        ]);
        let page = given([
            ("site", self.site.as_ref().map(|word| json!(word))),
            ("text", self.text.as_ref().map(|text| json!(text))),
            ("content", (!self.topic.is_empty()).then(|| self.content())),
        ]);
        given([
            ("market", Some(market)),
            ("page", Some(page)),
            ("device", self.device.as_ref().map(|kind| json!({"type": kind}))),
            ("contact", self.age.map(|age| json!({"age_years": age}))),
        ])
    }

    fn content(&self) -> Value {
        let label = |text: &String| match text.rsplit_once(':') {
            Some((topic, risk)) => {
                json!({"topic": topic, "risk": format!("RISK_{}", risk.trim().to_uppercase())})
            }
            None => json!({"topic": text}),
        };
        let named = self.topic.iter().filter(|text| *text != "none");
        json!({"labels": named.map(label).collect::<Vec<_>>()})
    }

    fn impression(&self) -> Value {
        let payment = self.auction.map(|payment| match payment {
            Payment::First => json!("AUCTION_TYPE_FIRST_PRICE"),
            Payment::Second => json!("AUCTION_TYPE_SECOND_PRICE"),
        });
        let deals = self.deal.iter().map(|id| json!({"deal_id": id}));
        given([
            ("bidfloor", self.floor.map(|floor| json!(floor))),
            ("currency", self.currency.as_ref().map(|code| json!(code))),
            ("auction_type", payment),
            ("exchange", self.exchange.as_ref().map(|word| json!(word))),
            ("position", self.position.as_ref().map(|word| json!(word))),
            ("deals", Some(deals.collect())),
        ])
    }

    fn candidates(&self) -> Value {
        let mut creatives = self.creative.iter();
        let each = self.campaign.iter().map(|campaign| {
            given([
                ("campaign_id", Some(json!(campaign))),
                ("creative_id", creatives.next().map(|id| json!(id))),
            ])
        });
        each.collect()
    }
}

/// An object of the fields that have a value.
fn given<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let present = fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(present.collect::<Map<_, _>>())
}
