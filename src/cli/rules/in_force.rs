use std::{collections::BTreeMap, fmt::Write as _, path::PathBuf};

use clap::builder::PossibleValuesParser;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::{
    Ended, Format,
    moment::{Moment, moment},
    print, rulebook,
};
use crate::{
    domain::{Kind, Language, Timestamp},
    rules::{
        Message, Rulebook, Sources, calendar,
        draft::RuleDraft,
        say,
        switches::{Switch, Turn, effects_as_written, is_in_force, speaks_of, switches},
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

pub(super) fn run(args: &Args, settings: &Settings, language: Language) -> anyhow::Result<Ended> {
    let folder = args.rules.as_ref().unwrap_or(&settings.rules.folder);
    let sources = Sources::read(folder)?;
    let rulebook = rulebook(&sources, folder)?;
    let files = parse(&sources, &mut Findings::new(&sources));
    let clocks = Clocks::of(args.zone.as_deref(), &sources, &files)?;
    let now = jiff::Timestamp::now().to_zoned(clocks.usual.clone());
    let asked = Asked {
        clocks,
        at: moment(&args.at, &now)?,
        kind: args.kind.as_deref().and_then(Kind::from_name),
    };
    let report = report(&rulebook, &effects_as_written(&sources), &asked)?;
    print(&match args.format {
        Format::Text => text(&report, &asked, rulebook.drafts().len(), language)?,
        Format::Json => serde_json::to_string_pretty(&report)?,
    })?;
    Ok(Ended::Fine)
}

/// What is asked.
struct Asked {
    clocks: Clocks,
    at: Moment,
    kind: Option<Kind>,
}

/// By whose clock a local time is meant: by the one that was asked for, else by that of each file.
struct Clocks {
    /// Of what no file says, and of what is told of all files together.
    usual: TimeZone,
    of_files: BTreeMap<String, TimeZone>,
}

impl Clocks {
    fn of(asked: Option<&str>, sources: &Sources, files: &Files) -> anyhow::Result<Self> {
        if let Some(name) = asked {
            let usual = calendar::named(name).ok_or_else(|| {
                anyhow::anyhow!("`{name}` is not a time zone: write area and city, such as `Europe/Rome`")
            })?;
            return Ok(Self {
                usual,
                of_files: BTreeMap::new(),
            });
        }
        let zoned = files
            .rules
            .iter()
            .filter_map(|file| Some((file, file.time_zone.as_ref()?)));
        let of_files: BTreeMap<String, TimeZone> = zoned
            .map(|(file, zone)| (sources.path(file.file).to_owned(), zone.value.clone()))
            .collect();
        let mut zones = of_files.values();
        let first = zones.next().cloned().unwrap_or(TimeZone::UTC);
        if zones.all(|zone| *zone == first) {
            return Ok(Self {
                usual: first,
                of_files: BTreeMap::new(),
            });
        }
        Ok(Self {
            usual: TimeZone::UTC,
            of_files,
        })
    }

    fn of_rule(&self, rule: &RuleDraft) -> &TimeZone {
        self.of_files.get(&*rule.card.file).unwrap_or(&self.usual)
    }

    /// What to call them.
    fn name(&self) -> Message {
        if self.of_files.is_empty() {
            return say!("{}", self.usual.iana_name().unwrap_or("UTC"));
        }
        say!("by the clock of each file")
    }
}

fn report(
    rulebook: &Rulebook,
    effects: &BTreeMap<String, Vec<String>>,
    asked: &Asked,
) -> anyhow::Result<Report> {
    let mut rules = Vec::new();
    let mut next: Vec<(Timestamp, SwitchReport)> = Vec::new();
    let to_come = switches(rulebook);
    for rule in rulebook
        .drafts()
        .iter()
        .filter(|rule| speaks_of(rule, asked.kind))
    {
        let zone = asked.clocks.of_rule(rule);
        let at = Timestamp::from(asked.at.within(zone)?.timestamp());
        if is_in_force(rule, at) {
            let then = effects.get(rule.card.id.as_str()).cloned().unwrap_or_default();
            rules.push(of_rule(rule, then, zone));
        }
        let own = to_come
            .iter()
            .filter(|switch| switch.card().id == rule.card.id && switch.at > at);
        next.extend(own.map(|switch| (switch.at, of_switch(switch, zone))));
    }
    next.sort_by(|a, b| (a.0, &a.1.rule).cmp(&(b.0, &b.1.rule)));
    Ok(Report {
        at: asked.at.within(&asked.clocks.usual)?.to_string(),
        rulebook: rulebook.digest().to_string(),
        rules,
        next: next.into_iter().take(NEXT).map(|(_, switch)| switch).collect(),
    })
}

fn of_rule(rule: &RuleDraft, then: Vec<String>, zone: &TimeZone) -> RuleReport {
    RuleReport {
        id: rule.card.id.to_string(),
        tier: rule.card.tier.name(),
        mode: mode(rule.mode),
        kinds: rule.kinds.iter().map(|kind| kind.name()).collect(),
        then,
        owner: rule.card.owner.to_string(),
        file: rule.card.file.to_string(),
        line: rule.card.line,
        until: rule.until.map(|until| local(until, zone)),
    }
}

fn of_switch(switch: &Switch<'_>, zone: &TimeZone) -> SwitchReport {
    SwitchReport {
        at: local(switch.at, zone),
        rule: switch.card().id.to_string(),
        turn: switch.turn.name(),
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

fn text(report: &Report, asked: &Asked, all: usize, language: Language) -> anyhow::Result<String> {
    let at = asked.at.within(&asked.clocks.usual)?;
    let when = at.strftime("%A %Y-%m-%d %H:%M").to_string();
    let of = asked
        .kind
        .map_or_else(|| say!("any kind"), |kind| say!("kind `{}`", kind));
    let mut text = String::new();
    let (count, clock) = (report.rules.len(), asked.clocks.name());
    let head = say!(
        "{} ({}): {} of {} rules are in force, of {}",
        when,
        clock,
        count,
        all,
        of
    );
    let _ = writeln!(text, "{}", head.in_language(language));
    let longest = report
        .rules
        .iter()
        .map(|rule| rule.id.chars().count())
        .max()
        .unwrap_or(0);
    for rule in &report.rules {
        let _ = writeln!(
            text,
            "  {:<8}  {:<longest$}  {}",
            rule.tier,
            rule.id,
            doing(rule, language)
        );
    }
    if report.next.is_empty() {
        let _ = write!(
            text,
            "\n{}",
            say!("nothing switches after that").in_language(language)
        );
        return Ok(text);
    }
    let _ = write!(text, "\n{}", say!("what switches next:").in_language(language));
    for switch in &report.next {
        let _ = write!(
            text,
            "\n  {}  {}",
            switch.at,
            turned(switch).in_language(language)
        );
    }
    Ok(text)
}

/// `at_most: 2.00 EUR; in shadow; until 2026-12-31 00:00`
fn doing(rule: &RuleReport, language: Language) -> String {
    let mut parts = rule.then.clone();
    if rule.mode == mode(Mode::Shadow) {
        parts.push(say!("in shadow, it changes nothing").in_language(language));
    }
    if let Some(until) = &rule.until {
        parts.push(say!("until {}", until).in_language(language));
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
