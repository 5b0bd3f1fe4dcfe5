//! `balustrade rules`: tools for those who write rules.

mod schema;

use clap::Subcommand;

use super::{Ended, print};
use crate::settings::Settings;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    tool: Tool,
}

#[derive(Debug, Subcommand)]
enum Tool {
    /// Print the JSON Schema of the files, for editors.
    Schema(schema::Args),
}

pub(super) fn run(args: &Args, settings: &Settings) -> anyhow::Result<Ended> {
    match &args.tool {
        Tool::Schema(args) => schema::run(args, settings),
    }
}
