//! `balustrade replay`: do past decisions come out as they were recorded?

use std::{fs, path::Path};

use serde::Deserialize;
use serde_json::json;

use super::{Answered, Asked, Format, from_folder, from_server, learnt, refused, shelf, table::thousands};
use crate::{
    cli::{Ended, print},
    domain::{Kind, Language},
    journal::{Journal, JournalError},
    rehearsal::{Difference, Differing, ReplayReport, Shelf, Within, replay},
    settings::Settings,
};

#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("which").required(true).args(["decision", "all", "since"])))]
pub(in crate::cli) struct Args {
    /// One decision, as its reply named it.
    #[arg(value_name = "ID")]
    decision: Option<String>,
    /// Every decision.
    #[arg(long)]
    all: bool,
    /// Ask the model again too, where its snapshot is kept.
    #[arg(long)]
    model: bool,
    #[command(flatten)]
    asked: Asked,
}

/// One decision over the wire.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct One {
    differences: Vec<Difference>,
    model: String,
    expired: String,
    model_differences: Vec<Difference>,
}

pub(in crate::cli) fn run(
    args: &Args,
    settings: &Settings,
    language: Option<Language>,
) -> anyhow::Result<Ended> {
    if let Some(decision) = &args.decision {
        return one(args, decision, settings, language);
    }
    let asked = &args.asked;
    let request = json!({"since": asked.since_instant(), "ask_model": args.model}).to_string();
    let folder = asked.folder().unwrap_or(&settings.journal.folder);
    let report = if asked.folder().is_some() {
        here(folder, asked.within(), args.model)?
    } else {
        let method = "AuditService/ReplayDecisions";
        match from_server(&asked.server(settings, language)?, method, &request)? {
            Ok(Answered::Told(report)) => report,
            Ok(Answered::NoServer) => here(folder, asked.within(), args.model)?,
            Err(refusal) => return refused(&refusal),
        }
    };
    print(&match asked.format {
        Format::Json => serde_json::to_string_pretty(&report)?,
        Format::Text => told(&report, args.model),
    })?;
    Ok(ended(report.differing == 0))
}

const fn ended(is_same: bool) -> Ended {
    if is_same { Ended::Fine } else { Ended::WithFindings }
}

fn here(folder: &Path, within: Within, asks: bool) -> anyhow::Result<ReplayReport> {
    from_folder(folder, |journal, told| {
        let shelf = asks.then(|| learnt_shelf(journal, folder)).transpose()?;
        replay(journal, within, shelf.as_ref(), told)
    })
}

/// What is kept, and what the models know of the whole journal under the rulebook that was in force last.
fn learnt_shelf(journal: &Journal, folder: &Path) -> Result<Shelf, JournalError> {
    let latest = fs::read_to_string(folder.join("rulebooks").join("last_good")).unwrap_or_default();
    let latest = shelf(folder, None).rulebook(latest.trim());
    let campaigns = latest.iter().flat_map(|kept| kept.rulebook.campaigns().cloned());
    Ok(shelf(folder, Some(learnt(journal, campaigns)?)))
}

fn one(
    args: &Args,
    decision: &str,
    settings: &Settings,
    language: Option<Language>,
) -> anyhow::Result<Ended> {
    let request = json!({"decision_id": decision}).to_string();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let server = args.asked.server(settings, language)?;
    let reply = runtime.block_on(async {
        let client = server.client().await?;
        client.json("AuditService/ReplayDecision", &request).await
    });
    let reply = match reply {
        Ok(reply) => reply,
        Err(refusal) => return refused(&refusal),
    };
    let found: One = serde_json::from_str(&reply)?;
    print(&match args.asked.format {
        Format::Json => reply,
        Format::Text => found.told(),
    })?;
    Ok(ended(found.differences.is_empty()))
}

impl One {
    fn told(&self) -> String {
        if self.model == "erased" {
            return "its contact was erased: it cannot be repeated".to_owned();
        }
        let mut lines = vec![match self.differences.len() {
            0 => "enforced again: the same answer".to_owned(),
            1 => "enforced again: 1 difference".to_owned(),
            more => format!("enforced again: {more} differences"),
        }];
        lines.extend(self.differences.iter().map(difference));
        lines.push(match self.model.as_str() {
            "same" => "the model asked again: the same proposal".to_owned(),
            "not_heard" => "the model was not heard then: there is nothing to ask again".to_owned(),
            "expired" => format!(
                "the model cannot be asked again: {} is not kept any more",
                self.expired
            ),
            _ => "the model asked again: another proposal".to_owned(),
        });
        lines.extend(self.model_differences.iter().map(difference));
        lines.join("\n")
    }
}

fn difference(of: &Difference) -> String {
    let Difference {
        candidate_id,
        what,
        recorded,
        again,
    } = of;
    format!("  {candidate_id} {what}: recorded {recorded}, now {again}")
}

fn told(report: &ReplayReport, asked_model: bool) -> String {
    let number = |count| thousands(count, Language::English);
    let kinds = Kind::ALL
        .iter()
        .zip(&report.by_kind)
        .filter(|(_, count)| **count > 0);
    let kinds: Vec<String> = kinds
        .map(|(kind, count)| format!("{} {kind}", number(*count)))
        .collect();
    let mut lines = vec![format!(
        "{} differences in {} decisions ({})",
        number(report.differing),
        number(report.decisions),
        kinds.join(", ")
    )];
    if report.erased > 0 {
        let erased = number(report.erased);
        lines.push(format!("{erased} cannot be repeated: their contact was erased"));
    }
    lines.extend(report.shown.iter().flat_map(differing));
    if asked_model {
        lines.push(format!(
            "the model asked again: {} the same, {} otherwise, {} expired, {} never heard",
            number(report.model_same),
            number(report.model_differing),
            number(report.model_expired),
            number(report.model_not_heard)
        ));
        lines.extend(report.model_shown.iter().flat_map(differing));
    }
    lines.join("\n")
}

fn differing(of: &Differing) -> Vec<String> {
    let build = if of.other_build.is_empty() {
        String::new()
    } else {
        format!(", made by build {}", of.other_build)
    };
    let mut lines = vec![format!("decision {}{build}", of.decision_id)];
    lines.extend(of.differences.iter().map(difference));
    lines
}
