use super::{
    Rulebook,
    syntax::{Diagnostic, Findings, Severity, Sources, parse},
};

/// What became of the files of a rules folder.
#[derive(Debug)]
pub struct Compiled {
    /// The rulebook; `None` exactly where a finding is an error.
    pub rulebook: Option<Rulebook>,
    /// Every finding, by file and place.
    pub findings: Vec<Diagnostic>,
}

/// Reads the files of a rules folder and makes a rulebook of them, or says everything that is wrong.
#[must_use]
pub fn compile(sources: &Sources) -> Compiled {
    let mut findings = Findings::new(sources);
    let _files = parse(sources, &mut findings);
    let findings = findings.into_sorted();
    let refused = findings.iter().any(|finding| finding.severity == Severity::Error);
    Compiled {
        rulebook: (!refused).then(|| Rulebook::empty(sources.digest())),
        findings,
    }
}
