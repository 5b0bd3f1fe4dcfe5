//! `balustrade import`: somebody's history becomes observations in the journal.
//!
//! A mapping file says which column becomes what; see `deploy/mappings/` for real ones. Rows are read one by one,
//! gzip unpacked on the way. A row that cannot be right is refused and reported by line, column and reason, and
//! the import goes on: a model taught wrong patterns is worse than none, and a file with one bad row is no reason
//! to go without the others.
//!
//! `kind` says what the rows teach: without it bids. A `send_time` row is a message with what followed it, a
//! `recommendation` row an item that a contact was shown or took (`candidate` is the item), a `budget` row what an
//! arm (`candidate`) spent in a period and what came of it, a `score` row a lead or a customer with what became of
//! it.
//!
//! ```toml
//! [time]
//! column = "seen at"
//! format = "%d/%m/%Y %H:%M:%S"
//! zone = "Europe/Rome"
//!
//! [campaign]
//! column = "line item"
//! values = {"Nova IT Q4" = "nova-italy"}
//!
//! [prices]
//! currency = "EUR"
//! micros_per_unit = 1_000_000
//!
//! [facts]
//! "market.country" = {column = "country", unknown = ["-"]}
//! ```

mod cells;
pub(super) mod command;
mod error;
mod mapping;
mod observations;
mod once;
mod plan;
mod refusal;
mod rows;
mod summary;

use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::ValueEnum;
use flate2::read::MultiGzDecoder;
use indicatif::{ProgressBar, ProgressStyle};

pub use error::MappingError;
pub use mapping::{
    Column, Decimal, EventSource, Header, Mapping, Prices, Source, SpendSource, TimeSource, WonSource,
};
pub use observations::{Gate, Judged, Observations};
pub use refusal::{Reason, RefusedRow};
pub use rows::Format;
pub use summary::Summary;

use crate::domain::Observation;

/// Import history: CSV, TSV or JSON lines, gzip too.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The file to read; `.gz` is unpacked on the way.
    pub file: PathBuf,
    /// The mapping file: which column becomes what.
    #[arg(long, value_name = "MAP.toml")]
    pub mapping: PathBuf,
    /// The data folder with the journal; without it the one that the settings name.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// How the file is written.
    #[arg(long, value_enum, default_value_t)]
    pub input: Input,
    /// How the summary is written.
    #[arg(long, value_enum, default_value_t)]
    pub format: Report,
    /// Reads and judges every row, and keeps none.
    #[arg(long)]
    pub dry_run: bool,
}

/// How a file is written, as the command line says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Input {
    /// As the mapping says, else the file's name, else its beginning.
    #[default]
    Auto,
    /// Comma separated.
    Csv,
    /// Tab separated.
    Tsv,
    /// One JSON object a line.
    Jsonl,
}

/// How a command speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Report {
    /// For people.
    #[default]
    Text,
    /// For programs: one object, refused rows included.
    Json,
}

/// Reads the file that `args` name and hands every good row to `keep`, in its order; `keep` is never called in a
/// dry run. Refused rows and the summary are written as `args.format` says.
///
/// # Errors
/// Nothing could be read, the mapping does not fit, the input broke off, or `keep` failed: exit code 2.
pub fn run(
    args: &Args,
    gate: Gate<'_>,
    keep: &mut dyn FnMut(Observation) -> anyhow::Result<()>,
) -> anyhow::Result<Summary> {
    let mapping = Mapping::read(&args.mapping)?;
    let file = File::open(&args.file).with_context(|| format!("cannot open `{}`", args.file.display()))?;
    let bar = progress(file.metadata().map_or(0, |about| about.len()));
    let mut input = unpacked(bar.wrap_read(file))?;
    let format = format_of(args.input, &mapping, &args.file, input.fill_buf()?);
    let mut refused = Vec::new();
    let mut told = |row: RefusedRow| match args.format {
        Report::Text => bar.suspend(|| writeln!(std::io::stderr(), "{row}")),
        Report::Json => {
            refused.push(row);
            Ok(())
        }
    };
    let mut keep: Keep<'_> = if args.dry_run {
        Box::new(|_| Ok(()))
    } else {
        Box::new(keep)
    };
    let observations = Observations::new(input, format, &mapping, gate)?;
    let summary = sorted_out(observations, &mut keep, &mut told)?;
    bar.finish_and_clear();
    report(args.format, &summary, &refused)?;
    Ok(summary)
}

type Keep<'a> = Box<dyn FnMut(Observation) -> anyhow::Result<()> + 'a>;

fn sorted_out<R: Read>(
    observations: Observations<'_, R>,
    keep: &mut Keep<'_>,
    told: &mut dyn FnMut(RefusedRow) -> std::io::Result<()>,
) -> anyhow::Result<Summary> {
    let mut summary = Summary::default();
    for judged in observations {
        let judged = judged.with_context(|| format!("the file broke off after {} rows", summary.rows))?;
        match judged {
            Ok(observation) => {
                keep(observation).with_context(|| format!("stopped after {} rows", summary.rows))?;
                summary.imported();
            }
            Err(row) => {
                summary.refused(&row);
                told(row)?;
            }
        }
    }
    Ok(summary)
}

fn report(format: Report, summary: &Summary, refused: &[RefusedRow]) -> anyhow::Result<()> {
    #[derive(serde::Serialize)]
    struct Whole<'a> {
        #[serde(flatten)]
        summary: &'a Summary,
        refused_rows: &'a [RefusedRow],
    }
    let mut out = std::io::stdout().lock();
    match format {
        Report::Text => writeln!(out, "{summary}")?,
        Report::Json => {
            let whole = Whole {
                summary,
                refused_rows: refused,
            };
            writeln!(out, "{}", serde_json::to_string(&whole)?)?;
        }
    }
    Ok(())
}

/// A bar over the bytes of the file as it lies on disk; not drawn where standard error is no terminal.
fn progress(bytes: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {eta}");
    let bar = ProgressBar::new(bytes);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// The bytes of a file, unpacked if they begin as gzip does.
fn unpacked(file: impl Read + 'static) -> std::io::Result<Box<dyn BufRead>> {
    let mut file = BufReader::new(file);
    if file.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        return Ok(Box::new(BufReader::new(MultiGzDecoder::new(file))));
    }
    Ok(Box::new(file))
}

fn format_of(asked: Input, mapping: &Mapping, file: &Path, beginning: &[u8]) -> Format {
    let told = || {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        mapping.format.or_else(|| Format::of_name(&name))
    };
    match asked {
        Input::Csv => Format::Csv,
        Input::Tsv => Format::Tsv,
        Input::Jsonl => Format::Jsonl,
        Input::Auto => told().unwrap_or_else(|| Format::of_beginning(beginning)),
    }
}
