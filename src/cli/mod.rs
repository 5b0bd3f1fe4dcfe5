//! The commands, one file or folder each.
//!
//! Exit codes: 0 fine; 1 findings (errors, and with `check --strict` warnings too), or a request that a server
//! refused; 2 could not run: wrong usage, or something that cannot be read.

mod audit;
pub mod bench;
mod call;
mod check;
mod decide;
mod evaluate;
mod explain;
mod holds;
pub mod import;
mod keys;
mod language;
mod market;
mod maturity;
mod models;
mod outcome;
mod past;
mod rules;
mod serve;
mod settings;
mod stop;
mod story;

use std::{
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Parser, Subcommand};

use crate::{domain::Language, settings::Settings};

/// People set the limits, the model works inside them, every answer says why, and outcomes teach it.
#[derive(Debug, Parser)]
#[command(name = "balustrade", version, about, max_term_width = 110)]
struct Cli {
    /// Settings file; without it `balustrade.toml` is read if it is there.
    #[arg(long, global = true, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Speak `en`, `it` or `es`; without it as `rules.language` of the settings or `LANG` says, else English.
    #[arg(long, global = true, value_name = "TAG", value_parser = language::read)]
    language: Option<Language>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve decisions over gRPC.
    Serve(serve::Args),
    /// Check a rules folder: everything that is wrong with it, and its tests.
    Check(check::Args),
    /// Tools for those who write rules: what can be written, a tidy layout, what an edit changes, what is in force; and to
    /// put rules on a running server and activate them.
    Rules(rules::Args),
    /// Ask a running server for a decision, and read its reply.
    Decide(Box<decide::Args>),
    /// Tell the whole story of a decision, and what came of it.
    Explain(explain::Args),
    /// Is the journal what was written, who changed what decides, and the erasure of a contact.
    Audit(audit::Args),
    /// List what rules hold until somebody approves; approve it or refuse it.
    Holds(holds::Args),
    /// Stop decisions of a running server: all, a kind, a brand, a country. Acts at once and survives a restart.
    Stop(stop::Args),
    /// Lift a stop.
    Resume(stop::Args),
    /// List past decisions: by time, kind, verdict, rule, campaign.
    Decisions(past::decisions::Args),
    /// Try a rules folder on past decisions: what would have come out otherwise?
    Simulate(past::simulate::Args),
    /// Enforce past decisions again from their records: do they come out as they were recorded?
    Replay(past::replay::Args),
    /// Tell a running server what came of a decision.
    Outcome(outcome::Args),
    /// Import history: CSV, TSV or JSON lines, gzip too.
    Import(import::command::Args),
    /// Tell how ready each model of a running server is, and why it may or may not lead.
    Maturity(maturity::Args),
    /// List, keep, promote and roll back versions of what a running server learnt.
    Models(models::Args),
    /// Make, list and revoke the API keys of a server.
    Keys(keys::Args),
    /// Tell what is set, and who says so: a default, a line of the file, the environment.
    Settings(settings::Args),
    /// Run a simulated market through the rules and models, and print what happened.
    Market(market::Args),
    /// Measure the models on real data, beside the public library's figure.
    Evaluate(evaluate::Args),
    /// Measure what a decision costs, beside a bare echo under the same load.
    Bench(bench::Args),
    /// The echo of `bench`, in a process of its own.
    #[command(hide = true)]
    BenchEcho(bench::EchoArgs),
}

/// What a command came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// Exit code 0.
    Fine,
    /// Exit code 1.
    WithFindings,
}

/// Runs the command that the arguments name.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(Ended::Fine) => ExitCode::SUCCESS,
        Ok(Ended::WithFindings) => ExitCode::from(1),
        Err(error) => {
            eprintln!("balustrade: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(cli: &Cli) -> anyhow::Result<Ended> {
    let settings = || Settings::load(cli.settings.as_deref());
    let spoken = |settings: &Settings| language::stated(cli.language, settings);
    match &cli.command {
        Command::Serve(args) => serve::run(args, settings()?),
        Command::Check(args) => {
            let settings = settings()?;
            check::run(args, &settings, spoken(&settings).unwrap_or_default())
        }
        Command::Rules(args) => {
            let settings = settings()?;
            rules::run(args, &settings, spoken(&settings).unwrap_or_default())
        }
        Command::Decide(args) => {
            let settings = settings()?;
            decide::run(args, &settings, spoken(&settings))
        }
        Command::Explain(args) => {
            let settings = settings()?;
            explain::run(args, &settings, spoken(&settings))
        }
        Command::Audit(args) => audit::run(args, &settings()?),
        Command::Holds(args) => {
            let settings = settings()?;
            holds::run(args, &settings, spoken(&settings))
        }
        Command::Decisions(args) => {
            let settings = settings()?;
            past::decisions::run(args, &settings, spoken(&settings))
        }
        Command::Simulate(args) => {
            let settings = settings()?;
            past::simulate::run(args, &settings, spoken(&settings))
        }
        Command::Replay(args) => {
            let settings = settings()?;
            past::replay::run(args, &settings, spoken(&settings))
        }
        Command::Stop(args) => stop::stop(args, &settings()?),
        Command::Resume(args) => stop::resume(args, &settings()?),
        Command::Outcome(args) => outcome::run(args, &settings()?),
        Command::Import(args) => import::command::run(args, &settings()?),
        Command::Maturity(args) => {
            let settings = settings()?;
            maturity::run(args, &settings, spoken(&settings))
        }
        Command::Models(args) => models::run(args, &settings()?),
        Command::Settings(args) => settings::run(args, cli.settings.as_deref()),
        Command::Keys(args) => keys::run(args, &settings()?),
        Command::Market(args) => market::run(args, settings()?),
        Command::Evaluate(args) => evaluate::run(args, &settings()?),
        Command::Bench(args) => bench::run(args),
        Command::BenchEcho(args) => bench::run_echo(args),
    }
}

/// Prints all of it. Whoever reads may have seen enough before its end: `balustrade check | head`.
fn print(text: &str) -> io::Result<()> {
    match writeln!(io::stdout().lock(), "{text}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    /// clap checks itself in debug builds only, and only the command that was asked for.
    #[test]
    fn every_command_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
