//! `balustrade rules`: tools for those who write rules.

mod approve;
mod diff;
mod fmt;
mod in_force;
mod moment;
mod reference;
mod schema;

use std::path::Path;

use clap::{Subcommand, ValueEnum};

use super::{Ended, print};
use crate::{
    domain::Language,
    rules::{Rulebook, Sources, compile},
    settings::Settings,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    tool: Tool,
}

#[derive(Debug, Subcommand)]
enum Tool {
    /// Print the JSON Schema of the files, for editors.
    Schema(schema::Args),
    /// Print everything that can be written, in Markdown, in English, Italian or Spanish.
    Reference,
    /// Tell what an edit changes: in words, and whether it permits more or less.
    Diff(diff::Args),
    /// Write files in a tidy layout; comments and order stay.
    Fmt(fmt::Args),
    /// Tell which rules are in force at a time, and what switches next.
    InForce(in_force::Args),
    /// Put a folder on a running server: it is checked, tested and kept until another person brings it into force.
    Put(approve::Put),
    /// Bring into force on a running server what another person put.
    Activate(approve::Activate),
}

/// For people or for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
}

pub(super) fn run(args: &Args, settings: &Settings, language: Language) -> anyhow::Result<Ended> {
    match &args.tool {
        Tool::Schema(args) => schema::run(args, settings),
        Tool::Reference => reference::run(language),
        Tool::Diff(args) => diff::run(args, settings, language),
        Tool::Fmt(args) => fmt::run(args, settings, language),
        Tool::InForce(args) => in_force::run(args, settings, language),
        Tool::Put(args) => approve::put(args, settings, language),
        Tool::Activate(args) => approve::activate(args, settings, language),
    }
}

/// The rulebook of a folder; refused where a file is wrong.
pub(super) fn rulebook_of(folder: &Path) -> anyhow::Result<Rulebook> {
    rulebook(&Sources::read(folder)?, folder)
}

fn rulebook(sources: &Sources, folder: &Path) -> anyhow::Result<Rulebook> {
    compile(sources).rulebook.ok_or_else(|| {
        anyhow::anyhow!(
            "the rules of `{0}` have errors: `balustrade check {0}` names them",
            folder.display()
        )
    })
}
