use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use super::{Ended, Format, print, rulebook};
use crate::{
    domain::Language,
    rules::{
        Message, Sources,
        diff::{Change, How, KeyChange, Permits, Sort, Version, diff},
        say,
    },
    settings::Settings,
};

/// How few characters of a digest may name a kept rulebook.
const SHORTEST: usize = 6;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A rules folder, or the digest of a rulebook that the server kept: what was.
    old: String,
    /// Likewise: what is.
    new: String,
    /// For people or for programs.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) fn run(args: &Args, settings: &Settings, language: Language) -> anyhow::Result<Ended> {
    let kept = settings.journal.folder.join("rulebooks");
    let (old, new) = (folder(&args.old, &kept)?, folder(&args.new, &kept)?);
    let (old_sources, new_sources) = (Sources::read(&old)?, Sources::read(&new)?);
    let (old_book, new_book) = (rulebook(&old_sources, &old)?, rulebook(&new_sources, &new)?);
    let old = Version {
        sources: &old_sources,
        rulebook: &old_book,
    };
    let new = Version {
        sources: &new_sources,
        rulebook: &new_book,
    };
    let changes = diff(old, new);
    print(&match args.format {
        Format::Text => text(&changes, language),
        Format::Json => serde_json::to_string_pretty(&changes)?,
    })?;
    Ok(if changes.is_empty() {
        Ended::Fine
    } else {
        Ended::WithFindings
    })
}

/// The folder of that path, or of the one kept rulebook whose digest begins so.
fn folder(named: &str, kept: &Path) -> anyhow::Result<PathBuf> {
    let path = PathBuf::from(named);
    if path.is_dir() {
        return Ok(path);
    }
    if named.len() < SHORTEST || !named.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        anyhow::bail!("`{named}` is neither a folder nor the digest of a rulebook");
    }
    let entries =
        fs::read_dir(kept).with_context(|| format!("no rulebooks are kept in `{}`", kept.display()))?;
    let begins = |entry: &fs::DirEntry| {
        entry
            .file_name()
            .to_string_lossy()
            .starts_with(&named.to_lowercase())
    };
    let found: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .filter(begins)
        .map(|entry| entry.path())
        .collect();
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => anyhow::bail!("no rulebook `{named}` is kept in `{}`", kept.display()),
        _ => anyhow::bail!("several kept rulebooks begin with `{named}`: write more of the digest"),
    }
}

fn text(changes: &[Change], language: Language) -> String {
    if changes.is_empty() {
        return say!("no difference").in_language(language);
    }
    let mut text = String::new();
    let mut last = None;
    for change in changes {
        if last.replace(change.sort) != Some(change.sort) {
            let gap = if text.is_empty() { "" } else { "\n" };
            let _ = writeln!(text, "{gap}{}", heading(change.sort).in_language(language));
        }
        tell(change, language, &mut text);
    }
    text.trim_end().to_owned()
}

fn heading(sort: Sort) -> Message {
    match sort {
        Sort::Rule => say!("rules"),
        Sort::Exception => say!("exceptions"),
        Sort::Test => say!("tests"),
        Sort::Campaign => say!("campaigns"),
        Sort::Objective => say!("objectives"),
        Sort::Attribute => say!("facts of your own"),
        Sort::File => say!("files"),
        Sort::List => say!("lists"),
    }
}

fn tell(change: &Change, language: Language, text: &mut String) {
    let name = change.name.trim_end_matches('\'');
    let permits = change
        .permits
        .map(|permits| format!(" ({})", permitted(permits).in_language(language)))
        .unwrap_or_default();
    match &change.how {
        How::New(keys) => {
            let _ = writeln!(
                text,
                "  {}{permits}",
                say!("new: `{}`", name).in_language(language)
            );
            for (key, value) in keys.iter().filter(|(key, _)| !is_name(key)) {
                let _ = writeln!(text, "    {}: {value}", short(key));
            }
        }
        How::Gone(_) => {
            let _ = writeln!(
                text,
                "  {}{permits}",
                say!("`{}` is gone", name).in_language(language)
            );
        }
        How::Changed(keys) => {
            let _ = writeln!(text, "  `{name}`{permits}");
            for key in keys {
                let _ = writeln!(text, "    {}", turned(key).in_language(language));
            }
        }
        How::List { added, removed } => {
            let _ = writeln!(text, "  `{name}`");
            for term in added {
                let _ = writeln!(text, "    + {term}");
            }
            for term in removed {
                let _ = writeln!(text, "    - {term}");
            }
        }
    }
}

fn permitted(permits: Permits) -> Message {
    match permits {
        Permits::Same => say!("permits the same"),
        Permits::Tighter => say!("tighter"),
        Permits::Looser => say!("looser"),
        Permits::Different => say!("different"),
        Permits::CannotBeTold => say!("whether it is tighter or looser cannot be told"),
    }
}

fn turned(change: &KeyChange) -> Message {
    let key = short(&change.key);
    match (&change.old, &change.new) {
        (Some(old), Some(new)) => say!("{}: {} becomes {}", key, old, new),
        (None, Some(new)) => say!("{}: {} is new", key, new),
        (Some(old), None) => say!("{}: {} is gone", key, old),
        (None, None) => say!("{}", key),
    }
}

/// `then.at_most` is `at_most` to people.
fn short(key: &str) -> &str {
    key.strip_prefix("then.").unwrap_or(key)
}

fn is_name(key: &str) -> bool {
    ["id", "to", "name"].contains(&key)
}
