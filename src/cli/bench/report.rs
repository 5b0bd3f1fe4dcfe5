use std::fmt::Write as _;

use serde::Serialize;

use super::{
    figures::{Comparison, Row, median_rows},
    load::Failures,
    question::Kinds,
};

/// Under what the figures came about.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Circumstances {
    pub(super) cores: usize,
    pub(super) rules: Option<usize>,
    pub(super) kinds: Kinds,
    pub(super) candidates: usize,
    pub(super) text_bytes: usize,
    pub(super) question_bytes: u64,
    pub(super) connections: usize,
    pub(super) in_flight: usize,
    pub(super) seconds: u64,
}

/// One run.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Run {
    pub(super) rows: Vec<Row>,
    /// Of the echo and of the service.
    pub(super) failures: [Failures; 2],
    /// Decisions that were answered and that the journal did not keep; unknown for a server that is not ours.
    pub(super) not_recorded: Option<u64>,
}

/// All runs.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Report {
    pub(super) circumstances: Circumstances,
    pub(super) runs: Vec<Run>,
    /// The median of each line.
    pub(super) median: Vec<Row>,
}

impl Report {
    pub(super) fn new(circumstances: Circumstances, runs: Vec<Run>) -> Self {
        let rows: Vec<Vec<Row>> = runs.iter().map(|run| run.rows.clone()).collect();
        Self {
            circumstances,
            median: median_rows(&rows),
            runs,
        }
    }

    /// Whether every question was answered, and every answer kept.
    pub(super) fn is_clean(&self) -> bool {
        let clean =
            |run: &Run| run.failures.iter().all(Failures::is_empty) && run.not_recorded.unwrap_or(0) == 0;
        self.runs.iter().all(clean)
    }

    /// For people.
    pub(super) fn table(&self) -> String {
        let Circumstances {
            cores,
            rules,
            kinds,
            candidates,
            text_bytes,
            question_bytes,
            connections,
            in_flight,
            seconds,
        } = &self.circumstances;
        let rules = rules.map_or_else(
            || "the server's own rules".to_owned(),
            |rules| format!("{rules} rules"),
        );
        let kinds = match kinds {
            Kinds::Bid => "",
            Kinds::Mixed => "all five kinds by turns; ",
        };
        let mut text = format!(
            "{rules}; {kinds}{candidates} candidates and {text_bytes} bytes of text a question, {question_bytes} bytes in \
             all\n{in_flight} unary calls at once on {connections} connections; {seconds} s a phase; {cores} cores, \
             shared by server and load\n",
        );
        if self.runs.len() > 1 {
            let _ = writeln!(text, "median of {} runs", self.runs.len());
        }
        let _ = writeln!(text, "\n{:<40}{:>10}{:>12}", "", "echo", "service");
        for row in &self.median {
            let _ = writeln!(
                text,
                "{:<40}{:>10}{:>12}{:>10}",
                row.what,
                shown(row.echo),
                shown(row.service),
                compared(row)
            );
        }
        self.add_faults(&mut text);
        text
    }

    fn add_faults(&self, text: &mut String) {
        for (number, run) in (1..).zip(&self.runs) {
            for (server, failures) in ["echo", "service"].iter().zip(&run.failures) {
                for (code, count) in failures {
                    let _ = writeln!(
                        text,
                        "run {number}: {count} calls of the {server} ended in {code}"
                    );
                }
            }
            if let Some(missing) = run.not_recorded.filter(|missing| *missing > 0) {
                let _ = writeln!(
                    text,
                    "run {number}: {missing} decisions were answered and not recorded"
                );
            }
        }
    }
}

fn compared(row: &Row) -> String {
    match (row.comparison, row.compared) {
        (Comparison::Ratio, Some(ratio)) => format!("{ratio:.2}"),
        (Comparison::Difference, Some(difference)) => format!("{difference:+.1}"),
        (Comparison::None, _) | (_, None) => String::new(),
    }
}

/// A number with as many digits as it deserves, and commas between thousands.
fn shown(figure: Option<f64>) -> String {
    let Some(figure) = figure else {
        return "-".to_owned();
    };
    if figure < 100.0 && figure.fract() != 0.0 {
        return format!("{figure:.1}");
    }
    let digits = format!("{figure:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
