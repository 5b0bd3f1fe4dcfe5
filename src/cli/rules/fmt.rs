use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use super::{Ended, print};
use crate::{
    domain::Language,
    rules::{
        Message, Sources,
        fmt::{Tidied, tidied},
        say,
    },
    settings::Settings,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Rules folders, or files; without any the folder that the settings name.
    paths: Vec<PathBuf>,
    /// Writes nothing; ends with exit code 1 where a file is not tidy.
    #[arg(long)]
    check: bool,
}

/// A file and how messages name it.
struct Found {
    name: String,
    path: PathBuf,
    bytes: Vec<u8>,
}

pub(super) fn run(args: &Args, settings: &Settings, language: Language) -> anyhow::Result<Ended> {
    let folder = std::slice::from_ref(&settings.rules.folder);
    let paths = if args.paths.is_empty() {
        folder
    } else {
        &args.paths
    };
    let mut files = Vec::new();
    for path in paths {
        files.extend(found(path)?);
    }
    let mut ended = Ended::Fine;
    let mut said = Vec::new();
    for file in &files {
        let outcome = tidied(&file.name, &file.bytes);
        if let Some(message) = one(file, &outcome, args)? {
            said.push(message.in_language(language));
        }
        ended = match outcome {
            Tidied::Changed(_) if args.check => Ended::WithFindings,
            Tidied::Wrong => Ended::WithFindings,
            Tidied::Same | Tidied::Changed(_) | Tidied::Kept => ended,
        };
    }
    if said.is_empty() {
        said.push(say!("all is tidy; files looked at: {}", files.len()).in_language(language));
    }
    print(&said.join("\n"))?;
    Ok(ended)
}

/// The YAML files of a folder, or the one file.
fn found(path: &Path) -> anyhow::Result<Vec<Found>> {
    if path.is_file() {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let bytes = fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let path = path.to_owned();
        return Ok(vec![Found { name, path, bytes }]);
    }
    let sources = Sources::read(path)?;
    let yaml = sources
        .iter()
        .map(|(_, source)| source)
        .filter(|source| !source.path.ends_with(".csv"));
    Ok(yaml
        .map(|source| Found {
            name: source.path.clone(),
            path: path.join(&source.path),
            bytes: source.bytes.clone(),
        })
        .collect())
}

/// Writes a file where it has to change; answers what there is to say of it.
fn one(file: &Found, outcome: &Tidied, args: &Args) -> anyhow::Result<Option<Message>> {
    let name = file.path.display().to_string();
    Ok(match outcome {
        Tidied::Same => None,
        Tidied::Changed(_) if args.check => Some(say!("`{}` is not tidy", name)),
        Tidied::Changed(text) => {
            fs::write(&file.path, text).with_context(|| format!("cannot write `{name}`"))?;
            Some(say!("`{}` is written anew", name))
        }
        Tidied::Wrong => Some(say!(
            "`{}` has errors and is left alone: `balustrade check` names them",
            name
        )),
        Tidied::Kept => Some(say!(
            "`{}` is left alone: a tidy layout could not say the same",
            name
        )),
    })
}
