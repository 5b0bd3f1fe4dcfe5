//! `balustrade settings`: what is set, and who says so.

use std::path::Path;

use clap::ValueEnum;

use super::{Ended, print};
use crate::settings::{Effective, Settings};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// For people or for programs.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
}

pub(super) fn run(args: &Args, file: Option<&Path>) -> anyhow::Result<Ended> {
    let (settings, origins) = Settings::load_with_origins(file)?;
    let effective = origins.effective(&settings);
    let text = match args.format {
        Format::Json => serde_json::to_string_pretty(&effective)?,
        Format::Text => told(&effective),
    };
    print(&text)?;
    Ok(Ended::Fine)
}

fn told(effective: &[Effective]) -> String {
    let longest = |length: fn(&Effective) -> usize| effective.iter().map(length).max().unwrap_or_default();
    let key_width = longest(|one| one.key.len());
    let value_width = longest(|one| value(one).len()).min(40);
    let each = effective.iter().map(|one| {
        let (key, origin) = (&one.key, &one.origin);
        format!("{key:key_width$}  {:value_width$}  {origin}", value(one))
    });
    each.collect::<Vec<_>>().join("\n")
}

/// As one writes it in the file; `-` where nothing is set.
fn value(one: &Effective) -> String {
    if one.value.is_null() {
        return "-".to_owned();
    }
    one.value.to_string()
}
