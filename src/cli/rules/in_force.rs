use std::{collections::BTreeMap, fmt::Write as _, path::PathBuf};

use clap::builder::PossibleValuesParser;
use jiff::{Zoned, tz::TimeZone};
use serde::Serialize;

use super::{Ended, Format, moment::moment, print, rulebook};
use crate::{
    domain::{Kind, Timestamp},
    rules::{
        Message, Rulebook, Sources,
        draft::RuleDraft,
        say,
        switches::{Switch, Turn, in_force, switches},
        syntax::{Findings, ast::Files, ast::Mode, parse},
    },
    settings::Settings,
};

/// How many switches to come are told.
const NEXT: usize = 10;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The rules folder; without it the one that the settings name.
    rules: Option<PathBuf>,
    /// When: `2026-11-27T00:00`, `2026-11-27`, `Friday 00:00`, `now`.
    #[arg(long, value_name = "TIME", default_value = "now")]
    at: String,
    /// Rules of one kind of decision only.
    #[arg(long, value_parser = PossibleValuesParser::new(Kind::ALL.map(Kind::name)))]
    kind: Option<String>,
    /// The time zone in which the time is meant; without it the one that the files name.
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// For people or for programs.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Serialize)]
struct Report {
    at: String,
    rulebook: String,
    rules: Vec<RuleReport>,
    next: Vec<SwitchReport>,
}

#[derive(Debug, Serialize)]
struct RuleReport {
    id: String,
    tier: &'static str,
    mode: &'static str,
    kinds: Vec<&'static str>,
    then: Vec<String>,
    owner: String,
    file: String,
    line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
}

#[derive(Debug, Serialize)]
struct SwitchReport {
    at: String,
    rule: String,
    turn: &'static str,
}

pub(super) fn run(args: &Args, settings: &Settings) -> anyhow::Result<Ended> {
    let folder = args.rules.as_ref().unwrap_or(&settings.rules.folder);
    let sources = Sources::read(folder)?;
    let rulebook = rulebook(&sources, folder)?;
    let files = parse(&sources, &mut Findings::new(&sources));
    let zone = zone(args.zone.as_deref(), &files)?;
    let at = moment(&args.at, &zone, jiff::Timestamp::now())?;
    let kind = args.kind.as_deref().and_then(Kind::from_name);
    let report = report(&rulebook, &effects_as_written(&sources, &files), &at, kind);
    print(&match args.format {
        Format::Text => text(&report, &at, kind, rulebook.drafts().len()),
        Format::Json => serde_json::to_string_pretty(&report)?,
    })?;
    Ok(Ended::Fine)
}

/// The zone in which a local time is meant.
fn zone(asked: Option<&str>, files: &Files) -> anyhow::Result<TimeZone> {
    if let Some(name) = asked {
        return TimeZone::get(name).map_err(|_| {
            anyhow::anyhow!("`{name}` is not a time zone: write area and city, such as `Europe/Rome`")
        });
    }
    let mut zones: Vec<&TimeZone> = Vec::new();
    for zone in files.rules.iter().filter_map(|file| file.time_zone.as_ref()) {
        if !zones.contains(&&zone.value) {
            zones.push(&zone.value);
        }
    }
    match zones.as_slice() {
        [] => Ok(TimeZone::UTC),
        [zone] => Ok((*zone).clone()),
        several => {
            let names: Vec<&str> = several.iter().filter_map(|zone| zone.iana_name()).collect();
            anyhow::bail!(
                "the files are of several time zones ({}): say which with `--zone`",
                names.join(", ")
            )
        }
    }
}

/// What each rule does, in the words of its file.
fn effects_as_written(sources: &Sources, files: &Files) -> BTreeMap<String, Vec<String>> {
    let mut said = BTreeMap::new();
    for rule in files.rules.iter().flat_map(|file| &file.rules) {
        let mut effects: Vec<String> = Vec::new();
        for effect in &rule.then {
            let bytes = sources
                .get(effect.span.file)
                .and_then(|source| source.bytes.get(effect.span.range()));
            let words = String::from_utf8_lossy(bytes.unwrap_or_default());
            effects.push(words.split_whitespace().collect::<Vec<_>>().join(" "));
        }
        effects.dedup();
        said.insert(rule.id.value.clone(), effects);
    }
    said
}

fn report(
    rulebook: &Rulebook,
    effects: &BTreeMap<String, Vec<String>>,
    at: &Zoned,
    kind: Option<Kind>,
) -> Report {
    let zone = at.time_zone();
    let instant = Timestamp::from(at.timestamp());
    let rule = |rule: &RuleDraft| RuleReport {
        id: rule.card.id.to_string(),
        tier: rule.card.tier.name(),
        mode: mode(rule.mode),
        kinds: rule.kinds.iter().map(|kind| kind.name()).collect(),
        then: effects.get(rule.card.id.as_str()).cloned().unwrap_or_default(),
        owner: rule.card.owner.to_string(),
        file: rule.card.file.to_string(),
        line: rule.card.line,
        until: rule.until.map(|until| local(until, zone)),
    };
    let of_kind = |switch: &Switch<'_>| kind.is_none_or(|kind| switch.rule.kinds.contains(&kind));
    let to_come = switches(rulebook);
    let to_come = to_come
        .iter()
        .filter(|switch| switch.at > instant && of_kind(switch));
    let switch = |switch: &Switch<'_>| SwitchReport {
        at: local(switch.at, zone),
        rule: switch.card().id.to_string(),
        turn: switch.turn.name(),
    };
    Report {
        at: at.to_string(),
        rulebook: rulebook.digest().to_string(),
        rules: in_force(rulebook, instant, kind).map(rule).collect(),
        next: to_come.take(NEXT).map(switch).collect(),
    }
}

const fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Enforce => "enforce",
        Mode::Shadow => "shadow",
        Mode::Off => "off",
    }
}

/// `2026-11-27 00:00`
fn local(at: Timestamp, zone: &TimeZone) -> String {
    at.to_jiff()
        .to_zoned(zone.clone())
        .strftime("%Y-%m-%d %H:%M")
        .to_string()
}

fn text(report: &Report, at: &Zoned, kind: Option<Kind>, all: usize) -> String {
    let when = at.strftime("%A %Y-%m-%d %H:%M").to_string();
    let zone = at.time_zone().iana_name().unwrap_or("UTC").to_owned();
    let of = kind.map_or_else(|| say!("any kind"), |kind| say!("kind `{}`", kind));
    let mut text = String::new();
    let head = say!(
        "{} ({}): {} of {} rules are in force, of {}",
        when,
        zone,
        report.rules.len(),
        all,
        of
    );
    let _ = writeln!(text, "{head}");
    let longest = report
        .rules
        .iter()
        .map(|rule| rule.id.chars().count())
        .max()
        .unwrap_or(0);
    for rule in &report.rules {
        let _ = writeln!(text, "  {:<8}  {:<longest$}  {}", rule.tier, rule.id, doing(rule));
    }
    if report.next.is_empty() {
        let _ = write!(text, "\n{}", say!("nothing switches after that"));
        return text;
    }
    let _ = write!(text, "\n{}", say!("what switches next:"));
    for switch in &report.next {
        let _ = write!(text, "\n  {}  {}", switch.at, turned(switch));
    }
    text
}

/// `at_most: 2.00 EUR; in shadow; until 2026-12-31 00:00`
fn doing(rule: &RuleReport) -> String {
    let mut parts = rule.then.clone();
    if rule.mode == mode(Mode::Shadow) {
        parts.push(say!("in shadow, it changes nothing").to_string());
    }
    if let Some(until) = &rule.until {
        parts.push(say!("until {}", until).to_string());
    }
    parts.join("; ")
}

fn turned(switch: &SwitchReport) -> Message {
    if switch.turn == Turn::Begins.name() {
        return say!("`{}` comes into force", &switch.rule);
    }
    if switch.turn == Turn::Ends.name() {
        return say!("`{}` ends", &switch.rule);
    }
    say!("an exception to `{}` ends", &switch.rule)
}
