use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;

use super::{Ended, print};
use crate::{
    rules::{
        Sources,
        schema::schema,
        syntax::{Findings, ast::AttributeDef, parse, table::FILES},
    },
    settings::Settings,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// One sort of file; without it one schema for every file of a folder.
    #[arg(long, value_parser = PossibleValuesParser::new(FILES.map(|file| file.name)))]
    file: Option<String>,
    /// The rules folder whose own facts (`attributes.yaml`) the schema knows; without it the one that the settings
    /// name.
    #[arg(long, value_name = "FOLDER")]
    rules: Option<PathBuf>,
}

pub(super) fn run(args: &Args, settings: &Settings) -> anyhow::Result<Ended> {
    let own = match &args.rules {
        Some(folder) => own_facts(folder)?,
        // The schema can be asked for before there are rules.
        None if settings.rules.folder.is_dir() => own_facts(&settings.rules.folder)?,
        None => Vec::new(),
    };
    let file = args
        .file
        .as_ref()
        .and_then(|name| FILES.iter().find(|file| file.name == name));
    print(&serde_json::to_string_pretty(&schema(file, &own))?)?;
    Ok(Ended::Fine)
}

/// What `attributes.yaml` declares, as far as it can be read.
fn own_facts(folder: &Path) -> anyhow::Result<Vec<AttributeDef>> {
    let sources = Sources::read(folder)?;
    let files = parse(&sources, &mut Findings::new(&sources));
    Ok(files.attributes.map(|file| file.attributes).unwrap_or_default())
}
