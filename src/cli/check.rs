use std::{
    io::IsTerminal as _,
    path::{Path, PathBuf},
};

use clap::ValueEnum;
use serde::Serialize;

use super::{Ended, print};
use crate::{
    domain::{Activating, Language},
    rehearsal::{Checked, reviewed},
    rules::{Diagnostic, Message, Severity, Sources, Style, render, say, syntax::Told},
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
struct Report {
    rulebook: Option<String>,
    rules: usize,
    tests: usize,
    findings: Vec<Told>,
}

pub(super) fn run(args: &Args, settings: &Settings, language: Language) -> anyhow::Result<Ended> {
    let folder = args.rules.as_ref().unwrap_or(&settings.rules.folder);
    let sources = read(folder, settings.rules.taxonomies.as_deref())
        .map_err(|why| anyhow::anyhow!(why.in_language(language)))?;
    let checked = reviewed(&sources, jiff::Timestamp::now().into());
    print(&match args.format {
        Format::Text => text(&checked, &sources, settings.rules.activation, language),
        Format::Json => json(&checked, &sources, language)?,
    })?;
    let grave = |finding: &Diagnostic| args.strict || finding.severity == Severity::Error;
    Ok(if checked.findings.iter().any(grave) {
        Ended::WithFindings
    } else {
        Ended::Fine
    })
}

fn read(folder: &Path, taxonomies: Option<&Path>) -> Result<Sources, Message> {
    let sources = Sources::read_both(folder, taxonomies).map_err(|why| why.told())?;
    if sources.is_empty() {
        let folder = folder.display().to_string();
        return Err(say!(
            "`{}` holds no rule files (`*.yaml`) and no lists (`*.csv`)",
            folder
        ));
    }
    Ok(sources)
}

fn text(checked: &Checked, sources: &Sources, activating: Activating, language: Language) -> String {
    let style = if std::io::stdout().is_terminal() {
        Style::Terminal
    } else {
        Style::Plain
    };
    let mut text = String::new();
    for finding in &checked.findings {
        text += &render(finding, sources, style, language);
        text.push('\n');
    }
    text += &summary(checked).in_language(language);
    match activating {
        Activating::Approved if checked.rulebook.is_some() => {
            text.push('\n');
            text += &proposal().in_language(language);
        }
        Activating::Approved | Activating::OnChange => {}
    }
    text
}

fn proposal() -> Message {
    say!(
        "they are a proposal, because `rules.activation` is `approved`; put them with `balustrade rules put`, then another person brings them into force with `balustrade rules activate`"
    )
}

fn summary(checked: &Checked) -> Message {
    let count = |severity| {
        let findings = checked.findings.iter();
        findings.filter(|finding| finding.severity == severity).count()
    };
    let warnings = match count(Severity::Warning) {
        0 => say!("no warnings"),
        1 => say!("1 warning"),
        more => say!("{} warnings", more),
    };
    match &checked.rulebook {
        Some(rulebook) => say!(
            "{} and {} are in order; {}. Rulebook {}",
            match rulebook.table().iter().len() {
                1 => say!("1 rule"),
                more => say!("{} rules", more),
            },
            match checked.tests {
                1 => say!("1 test"),
                more => say!("{} tests", more),
            },
            warnings,
            format!("{:.12}", rulebook.digest().to_string())
        ),
        None => say!(
            "{} and {}: these rules would be refused, and the last good ones stay in force",
            match count(Severity::Error) {
                1 => say!("1 error"),
                more => say!("{} errors", more),
            },
            warnings
        ),
    }
}

fn json(checked: &Checked, sources: &Sources, language: Language) -> anyhow::Result<String> {
    let rulebook = checked.rulebook.as_ref();
    let report = Report {
        rulebook: rulebook.map(|rulebook| rulebook.digest().to_string()),
        rules: rulebook.map_or(0, |rulebook| rulebook.table().iter().len()),
        tests: checked.tests,
        findings: checked
            .findings
            .iter()
            .map(|finding| finding.told_beside(sources, language))
            .collect(),
    };
    Ok(serde_json::to_string_pretty(&report)?)
}
