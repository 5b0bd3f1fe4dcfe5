//! What the files of a rules folder come to: parsed, checked, tested.

use std::sync::Arc;

use super::{Failure, run, untested::untested};
use crate::{
    domain::{Language, Timestamp},
    rules::{
        Compiled, Diagnostic, Message, Places, Rulebook, Severity, Sources,
        analyse::{conflicts, oddities, told},
        compile, lapsed, say,
        syntax::code,
    },
};

/// What a rules folder came to.
#[derive(Debug)]
pub struct Checked {
    /// The rulebook; `None` where a finding is an error or a test fails.
    pub rulebook: Option<Rulebook>,
    /// Every finding, failed tests included, by file and place.
    pub findings: Vec<Diagnostic>,
    /// How many tests ran.
    pub tests: usize,
}

/// Whether a rules folder can hold a file at that path, relative to it: no way leads out of the folder, and what is kept
/// there is read back.
#[must_use]
pub fn holds_rules(path: &str) -> bool {
    Sources::can_hold(path)
}

/// Parses, checks and tests a rules folder.
#[must_use]
pub fn checked(sources: &Sources) -> Checked {
    review(sources, |_, _, _| Vec::new())
}

/// The same, and everything that somebody should look at: `check` says it, an activation does not wait for it.
#[must_use]
pub fn reviewed(sources: &Sources, now: Timestamp) -> Checked {
    let mut checked = review(sources, |rulebook, places, so_far| {
        // Who has errors to mend will write tests afterwards.
        let untested = if is_refused(so_far) {
            Vec::new()
        } else {
            untested(rulebook)
        };
        let odd = oddities(rulebook, places, &untested);
        told(&odd, rulebook, places, sources)
    });
    checked.findings.extend(lapsed(sources, now));
    checked
}

fn review(
    sources: &Sources,
    more: impl FnOnce(&Rulebook, &Places, &[Diagnostic]) -> Vec<Diagnostic>,
) -> Checked {
    let Compiled {
        rulebook,
        mut findings,
        places,
    } = compile(sources);
    let Some(rulebook) = rulebook else {
        return Checked {
            rulebook: None,
            findings,
            tests: 0,
        };
    };
    findings.extend(told(&conflicts(&rulebook, &places), &rulebook, &places, sources));
    let failures = run(&rulebook);
    findings.extend(failures.iter().map(|failure| finding(failure, sources)));
    findings.extend(more(&rulebook, &places, &findings));
    Checked {
        tests: rulebook.tests().len(),
        rulebook: (!is_refused(&findings)).then_some(rulebook),
        findings,
    }
}

fn is_refused(findings: &[Diagnostic]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

fn finding(failure: &Failure, sources: &Sources) -> Diagnostic {
    let text = sources.find(&failure.file).and_then(|file| sources.get(file));
    let text = text.map_or(&[][..], |source| &source.bytes);
    let before = |line: u32| {
        text.split_inclusive(|byte| *byte == b'\n')
            .take(line as usize)
            .map(<[u8]>::len)
            .sum()
    };
    let (start, end): (usize, usize) = (before(failure.line.saturating_sub(1)), before(failure.line));
    Diagnostic {
        code: code::TEST_FAILS,
        severity: Severity::Error,
        message: say!(
            "the test `{}` fails: {}",
            failure.name,
            Message::in_turn(failure.differences.iter().cloned())
        ),
        file: Arc::clone(&failure.file),
        span: start..end.saturating_sub(1).max(start),
        line: failure.line,
        column: 1,
        help: Some(failure.advice.clone()),
        related: Vec::new(),
        example: None,
    }
}

/// The rulebook of these files, or the findings that are errors.
pub(super) fn sound(sources: &Sources) -> Result<Rulebook, Vec<Diagnostic>> {
    let Checked {
        rulebook,
        mut findings,
        ..
    } = checked(sources);
    findings.retain(|finding| finding.severity == Severity::Error);
    rulebook.ok_or(findings)
}

/// One line a finding: `file:line:column: message`, or the message alone where it concerns no file.
#[must_use]
pub fn listed(findings: &[Diagnostic], language: Language) -> String {
    let line = |finding: &Diagnostic| {
        if finding.file.is_empty() {
            return finding.message.in_language(language);
        }
        format!(
            "{}:{}:{}: {}",
            finding.file,
            finding.line,
            finding.column,
            finding.message.in_language(language)
        )
    };
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}
