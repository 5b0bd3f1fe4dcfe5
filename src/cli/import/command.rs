//! The command: the declared campaigns are the gate, the journal of the data folder keeps the rows.

use std::path::PathBuf;

use anyhow::Context as _;

use super::Gate;
use crate::{
    app::SystemClock,
    cli::Ended,
    domain::{CampaignId, Clock as _, Observation},
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
        let mut keep = |observation: Observation| journal.observe(observation).map_err(Into::into);
        super::run(&args.import, gate, &mut keep)?
        // Dropping the journal writes and syncs what still waits.
    };
    Ok(if summary.refused == 0 {
        Ended::Fine
    } else {
        Ended::WithFindings
    })
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
