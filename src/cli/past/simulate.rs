//! `balustrade simulate`: past decisions under rules that are to be tried.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use super::{Answered, Asked, Format, from_folder, from_server, learnt, refused, shelf, tell::told};
use crate::{
    cli::{Ended, print},
    domain::{DecisionId, Language},
    rehearsal::{Scope, SimulateReport, Trial, listed, simulate},
    rules::Sources,
    settings::Settings,
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The rules folder to try; without it the one that the settings name.
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// Only this decision.
    #[arg(long, value_name = "ID")]
    decision: Option<DecisionId>,
    #[command(flatten)]
    asked: Asked,
}

pub(in crate::cli) fn run(
    args: &Args,
    settings: &Settings,
    language: Option<Language>,
) -> anyhow::Result<Ended> {
    let spoken = language.unwrap_or_default();
    let folder = args.rules.as_ref().unwrap_or(&settings.rules.folder);
    let sources = Sources::read_both(folder, settings.rules.taxonomies.as_deref());
    let sources = sources.map_err(|why| anyhow::anyhow!(why.told().in_language(spoken)))?;
    if sources.is_empty() {
        anyhow::bail!("`{}` holds no rule files", folder.display());
    }
    let trial = match Trial::of(sources.clone()) {
        Ok(trial) => trial,
        Err(findings) => {
            eprintln!("{}", listed(&findings, spoken));
            return Ok(Ended::WithFindings);
        }
    };
    let asked = &args.asked;
    let data = asked.folder().unwrap_or(&settings.journal.folder);
    let report = if asked.folder().is_some() {
        here(args, &trial, data)?
    } else {
        let request = request(args, &sources);
        let server = asked.server(settings, language)?;
        match from_server(&server, "RulesService/SimulateRules", &request)? {
            Ok(Answered::Told(report)) => report,
            Ok(Answered::NoServer) => here(args, &trial, data)?,
            Err(refusal) => return refused(&refusal),
        }
    };
    print(&match asked.format {
        Format::Json => serde_json::to_string_pretty(&report)?,
        Format::Text => told(&report, spoken),
    })?;
    Ok(Ended::Fine)
}

fn here(args: &Args, trial: &Trial, data: &Path) -> anyhow::Result<SimulateReport> {
    let scope = Scope {
        within: args.asked.within(),
        only: args.decision,
    };
    let campaigns: Vec<_> = trial.rulebook().campaigns().cloned().collect();
    let report = from_folder(data, |journal, told| {
        let known = learnt(journal, campaigns)?;
        simulate(journal, trial, &shelf(data, Some(known)), scope, told)
    });
    report.with_context(|| format!("the decisions of `{}`", data.display()))
}

fn request(args: &Args, sources: &Sources) -> String {
    let files = sources.iter().map(|(_, source)| {
        let content = STANDARD.encode(&source.bytes);
        json!({"path": source.path, "content": content})
    });
    let files: Vec<_> = files.collect();
    json!({
        "files": files,
        "since": args.asked.since_instant(),
        "decision_id": args.decision.map(|decision| decision.to_string()),
    })
    .to_string()
}
