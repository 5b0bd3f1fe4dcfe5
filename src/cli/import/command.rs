//! The command: the declared campaigns are the gate, the journal of the data folder keeps the rows.

use std::{io::Write as _, path::PathBuf};

use anyhow::Context as _;

use super::{
    Gate, Report, Summary,
    once::{self, Before},
};
use crate::{
    app::SystemClock,
    cli::Ended,
    domain::{CampaignId, Changed, Clock as _, Observation, Timestamp},
    journal::Journal,
    rehearsal::checked,
    rules::{Rulebook, Sources},
    settings::Settings,
};

#[derive(Debug, clap::Args)]
#[group(skip)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    import: super::Args,
    /// The rules folder that declares the campaigns; without it the one that the settings name.
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
}

pub(in crate::cli) fn run(args: &Args, settings: &Settings) -> anyhow::Result<Ended> {
    let rulebook = rulebook(args, settings)?;
    let campaign = |id: &CampaignId| rulebook.campaign(id).cloned();
    let gate = Gate {
        campaign: &campaign,
        vocabulary: rulebook.vocabulary(),
        now: SystemClock.now(),
    };
    let summary = if args.import.dry_run {
        super::run(&args.import, gate, &mut |_| Ok(()))?
    } else {
        let folder = args
            .import
            .data
            .as_ref()
            .unwrap_or(&settings.journal.folder)
            .join("journal");
        let journal = Journal::open(&folder, crate::journal::Settings::default())?;
        match kept(&args.import, gate, &journal)? {
            Some(summary) => summary,
            None => return Ok(Ended::Fine),
        }
        // Dropping the journal writes and syncs what still waits.
    };
    Ok(if summary.refused == 0 {
        Ended::Fine
    } else {
        Ended::WithFindings
    })
}

/// Imports what is not there yet; `None` where all of it is.
fn kept(args: &super::Args, gate: Gate<'_>, journal: &Journal) -> anyhow::Result<Option<Summary>> {
    let file = &args.file;
    let name =
        once::named(file, &args.mapping).with_context(|| format!("cannot read `{}`", file.display()))?;
    let now = gate.now;
    let (there, last) = match once::before(journal, &name)? {
        Before::Never => (0, None),
        Before::Ended { at, rows } => {
            told_before(args.format, at, rows)?;
            return Ok(None);
        }
        Before::BrokenOff { rows, last } => {
            eprintln!("this import broke off: {rows} rows are there already, and it goes on after them");
            (rows, last)
        }
    };
    once::note(journal, Changed::ImportBegun { file: name.clone() }, file, now);
    let mut rows = 0;
    let mut keep = |observation: Observation| {
        rows += 1;
        if rows > there {
            return journal.observe(observation).map_err(Into::into);
        }
        match &last {
            Some(last) if rows == there => once::same(&observation, last),
            Some(_) | None => Ok(()),
        }
    };
    let summary = super::run(args, gate, &mut keep)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(journal.settled())?;
    once::note(journal, Changed::ImportEnded { file: name, rows }, file, now);
    Ok(Some(summary))
}

fn told_before(format: Report, at: Timestamp, rows: u64) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match format {
        Report::Text => writeln!(
            out,
            "this file was imported on {at} with this mapping: {rows} rows; nothing is counted twice"
        )?,
        Report::Json => {
            let told = serde_json::json!({"imported_before_at": at.to_string(), "rows_before": rows});
            writeln!(out, "{told}")?;
        }
    }
    Ok(())
}

fn rulebook(args: &Args, settings: &Settings) -> anyhow::Result<Rulebook> {
    let folder = args.rules.as_ref().unwrap_or(&settings.rules.folder);
    let sources = Sources::read_both(folder, settings.rules.taxonomies.as_deref())?;
    checked(&sources).rulebook.with_context(|| {
        format!(
            "the rules in `{}` are wrong: run `balustrade check` first",
            folder.display()
        )
    })
}
