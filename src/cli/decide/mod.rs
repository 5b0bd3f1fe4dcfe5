//! `balustrade decide`: asks a running server for a decision of any kind, and says the reply in words.

mod flags;

use std::{
    io::Read as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use clap::ValueEnum;
use jiff::{Timestamp, ToSpan as _, Zoned, civil::Weekday};
use serde_json::{Map, Value, json};

use self::flags::Asked;
use super::{Ended, call::Where, print, story};
use crate::{domain::Language, settings::Settings};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which kind of decision.
    #[arg(value_enum, default_value_t)]
    kind: Sort,
    #[command(flatten)]
    server: Where,
    /// Ask the built-in example, which goes with the starter rules: of a bid three campaigns and one impression in Spain.
    #[arg(long, conflicts_with_all = ["json", "campaign"])]
    example: bool,
    /// The request as JSON, in the field names of the contract; `-` reads it from the standard input.
    #[arg(long, value_name = "FILE|-", conflicts_with = "campaign")]
    json: Option<PathBuf>,
    /// The instant from which the example plans: `2026-11-23T10:00:00Z`. Without it: now.
    #[arg(long, value_name = "INSTANT", requires = "example")]
    at: Option<Timestamp>,
    /// Print the request instead of asking it.
    #[arg(long)]
    show: bool,
    #[command(flatten)]
    asked: Asked,
}

/// The kinds of decision, as people ask for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Sort {
    /// What to bid for one impression.
    #[default]
    Bid,
    /// When to send one message.
    SendTime,
    /// What to show, in which order.
    Recommend,
    /// How to split a total.
    Budget,
    /// How likely an outcome is.
    Score,
}

// === impl Sort ===

impl Sort {
    /// A question against the starter rules.
    const fn example(self) -> &'static str {
        match self {
            Self::Bid => include_str!("../examples/bid.json"),
            Self::SendTime => include_str!("../examples/send_time.json"),
            Self::Recommend => include_str!("../examples/recommend.json"),
            Self::Budget => include_str!("../examples/budget.json"),
            Self::Score => include_str!("../examples/score.json"),
        }
    }

    /// What of the example depends on the day it is asked: of a message a window from tonight to tomorrow morning, of a
    /// budget a week.
    fn dated(self, at: Timestamp) -> anyhow::Result<Vec<(&'static str, String)>> {
        let rome = at.in_tz("Europe/Rome")?;
        let day = rome.date();
        Ok(match self {
            Self::Bid | Self::Recommend | Self::Score => Vec::new(),
            Self::SendTime => {
                // Sundays are quiet from end to end: nothing would be left of that window.
                let tomorrow_is_quiet = day.weekday() == Weekday::Saturday;
                let night = day.checked_add(if tomorrow_is_quiet { 1.day() } else { 0.days() })?;
                let morning = night.tomorrow()?;
                vec![
                    ("not_before", utc(&night.at(22, 0, 0, 0).in_tz("Europe/Rome")?)),
                    ("not_after", utc(&morning.at(9, 30, 0, 0).in_tz("Europe/Rome")?)),
                ]
            }
            Self::Budget => vec![
                ("period_start", utc(&day.in_tz("Europe/Rome")?)),
                (
                    "period_end",
                    utc(&day.checked_add(7.days())?.in_tz("Europe/Rome")?),
                ),
            ],
        })
    }
}

fn utc(at: &Zoned) -> String {
    at.timestamp().to_string()
}

pub(super) fn run(args: &Args, settings: &Settings, language: Option<Language>) -> anyhow::Result<Ended> {
    let request = request(args)?;
    if args.show {
        print(&request)?;
        return Ok(Ended::Fine);
    }
    let spoken = language.unwrap_or(settings.grpc.language);
    macro_rules! ask {
        ($call:literal, $reply:ty) => {
            args.server.ask(
                settings,
                language,
                concat!("DecisionService/", $call),
                &request,
                |reply: &$reply| reply.told(spoken),
            )
        };
    }
    match args.kind {
        Sort::Bid => ask!("DecideBid", story::Bids),
        Sort::SendTime => ask!("DecideSendTime", story::SendTimes),
        Sort::Recommend => ask!("Recommend", story::Slate),
        Sort::Budget => ask!("AllocateBudget", story::Split),
        Sort::Score => ask!("Score", story::Scores),
    }
}

fn request(args: &Args) -> anyhow::Result<String> {
    if args.example {
        return example(args.kind, args.at.unwrap_or_else(Timestamp::now));
    }
    if let Some(file) = &args.json {
        return read(file);
    }
    if args.kind != Sort::Bid {
        if args.asked != Asked::default() {
            bail!("flags describe the request of a bid; `--json FILE` asks for another kind");
        }
        bail!("what is to be decided? `--example` asks a ready one, `--json FILE` one of your own");
    }
    if args.asked.campaign.is_empty() {
        bail!(
            "what is to be decided? `--example` asks a ready one, `--json FILE` one of your own, or name a \
             candidate with `--campaign ID`"
        );
    }
    Ok(serde_json::to_string_pretty(&args.asked.message())?)
}

fn example(kind: Sort, at: Timestamp) -> anyhow::Result<String> {
    let dated = kind.dated(at)?;
    if dated.is_empty() {
        return Ok(kind.example().to_owned());
    }
    let mut question: Map<String, Value> = serde_json::from_str(kind.example())?;
    for (field, instant) in dated {
        question.insert(field.to_owned(), json!(instant));
    }
    Ok(serde_json::to_string_pretty(&question)?)
}

fn read(file: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    std::fs::read_to_string(file).with_context(|| format!("cannot read `{}`", file.display()))
}
