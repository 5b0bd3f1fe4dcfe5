use std::{
    io::{self, IsTerminal as _, Write as _},
    path::PathBuf,
};

use clap::ValueEnum;
use serde::Serialize;

use super::Ended;
use crate::{
    rehearsal::{Checked, reviewed},
    rules::{Diagnostic, Severity, Sources, Style, render},
    settings::Settings,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The rules folder; without it the one that the settings name.
    rules: Option<PathBuf>,
    /// For people or for programs.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Ends with exit code 1 on warnings too.
    #[arg(long)]
    strict: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
}

#[derive(Debug, Serialize)]
struct Report<'a> {
    rulebook: Option<String>,
    rules: usize,
    tests: usize,
    findings: &'a [Diagnostic],
}

pub(super) fn run(args: &Args, settings: &Settings) -> anyhow::Result<Ended> {
    let folder = args.rules.as_ref().unwrap_or(&settings.rules.folder);
    let sources = Sources::read(folder)?;
    if sources.is_empty() {
        anyhow::bail!(
            "`{}` holds no rule files (*.yaml) or lists (*.csv)",
            folder.display()
        );
    }
    let checked = reviewed(&sources, jiff::Timestamp::now().into());
    print(&match args.format {
        Format::Text => text(&checked, &sources),
        Format::Json => json(&checked)?,
    })?;
    let grave = |finding: &Diagnostic| args.strict || finding.severity == Severity::Error;
    Ok(if checked.findings.iter().any(grave) {
        Ended::WithFindings
    } else {
        Ended::Fine
    })
}

fn text(checked: &Checked, sources: &Sources) -> String {
    let style = if std::io::stdout().is_terminal() {
        Style::Terminal
    } else {
        Style::Plain
    };
    let mut text = String::new();
    for finding in &checked.findings {
        text += &render(finding, sources, style);
        text.push('\n');
    }
    text += &summary(checked);
    text
}

fn summary(checked: &Checked) -> String {
    let count = |severity| {
        let findings = checked.findings.iter();
        findings.filter(|finding| finding.severity == severity).count()
    };
    let warnings = counted(count(Severity::Warning), "warning");
    match &checked.rulebook {
        Some(rulebook) => format!(
            "{} and {} are in order; {warnings}. Rulebook {:.12}",
            counted(rulebook.table().iter().len(), "rule"),
            counted(checked.tests, "test"),
            rulebook.digest().to_string(),
        ),
        None => format!(
            "{} and {warnings}: these rules would be refused, and the last good ones stay in force",
            counted(count(Severity::Error), "error"),
        ),
    }
}

/// `1 rule`, `2 rules`
fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

fn json(checked: &Checked) -> anyhow::Result<String> {
    let rulebook = checked.rulebook.as_ref();
    let report = Report {
        rulebook: rulebook.map(|rulebook| rulebook.digest().to_string()),
        rules: rulebook.map_or(0, |rulebook| rulebook.table().iter().len()),
        tests: checked.tests,
        findings: &checked.findings,
    };
    Ok(serde_json::to_string_pretty(&report)?)
}

/// Prints all of it. Whoever reads may have seen enough before its end: `balustrade check | head`.
fn print(text: &str) -> io::Result<()> {
    match writeln!(io::stdout().lock(), "{text}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed,
    }
}
