//! The rules as the wire sees them: their state, and what people do to what is in force. All of it is on record.

use std::sync::Arc;

use super::App;
use crate::{
    domain::{Changed, Hand, Language, RuleTable, Timestamp},
    grpc::{CheckedRules, RuleFiles, RulebookProblem, RulebookStatus, RulebookView, Standing},
    rehearsal::{ApproveError, Checked, Proposal, RollBackError, Status, reviewed},
    rules::{Diagnostic, Severity, Sources},
};

/// Shows the rules of an [`App`].
pub(super) struct Shown(pub(super) Arc<App>);

impl RulebookView for Shown {
    fn status(&self) -> RulebookStatus {
        let activations = &self.0.activations;
        let Status {
            digest,
            active_since,
            refused_since,
            why,
        } = (*activations.status()).clone();
        RulebookStatus {
            digest,
            active_since,
            refused_since,
            why: why
                .iter()
                .map(|finding| problem(finding, self.0.language))
                .collect(),
            activating: activations.activating(),
            proposals: activations.proposals(),
        }
    }

    fn rules(&self) -> Arc<RuleTable> {
        Arc::clone(self.0.activations.rules().load().table())
    }

    fn roll_back(&self, to: &str, hand: &Hand) -> Result<String, RollBackError> {
        let from = self.0.in_force();
        let status = self.0.activations.roll_back(to, hand)?;
        self.0.declare();
        let to = status.digest.as_str().into();
        self.noted(hand, Changed::RulebookRolledBack { from, to });
        let (digest, by, because) = (&status.digest, &hand.by, &hand.because);
        tracing::warn!(digest, %by, %because, "an older rulebook is in force");
        Ok(status.digest.clone())
    }

    fn check(&self, files: RuleFiles, language: Language, now: Timestamp) -> CheckedRules {
        let sources = Sources::from_texts(files);
        told(&reviewed(&sources, now), &sources, language)
    }

    fn put(
        &self,
        files: RuleFiles,
        author: &Hand,
        language: Language,
    ) -> Result<(CheckedRules, Standing), RollBackError> {
        let sources = Sources::from_texts(files);
        let checked = reviewed(&sources, author.at);
        let told = told(&checked, &sources, language);
        if checked.rulebook.is_none() {
            return Ok((told, Standing::Refused));
        }
        if *told.digest == *self.0.in_force() {
            return Ok((told, Standing::InForce));
        }
        let digest = self.0.activations.put(&sources, author)?;
        let by = &author.by;
        tracing::info!(digest, %by, "a rulebook was put and waits for an approval");
        let digest = digest.into();
        self.noted(author, Changed::RulebookPut { digest });
        Ok((told, Standing::Waits))
    }

    fn approve(&self, digest: &str, hand: &Hand) -> Result<Proposal, ApproveError> {
        let from = self.0.in_force();
        let approved = self.0.activations.approve(digest, hand)?;
        self.0.declare();
        let (to, author) = (approved.digest.as_str().into(), Arc::clone(&approved.author.by));
        self.noted(hand, Changed::RulebookApproved { from, to, author });
        let (digest, author) = (&approved.digest, &approved.author.by);
        let (by, because) = (&hand.by, &hand.because);
        tracing::warn!(digest, %author, %by, %because, "an approved rulebook is in force");
        Ok(approved)
    }
}

impl Shown {
    fn noted(&self, hand: &Hand, what: Changed) {
        self.0.journal.note(hand.clone().did(what));
    }
}

impl App {
    /// The digest of the rulebook in force.
    fn in_force(&self) -> Arc<str> {
        self.activations.status().digest.as_str().into()
    }
}

fn told(checked: &Checked, sources: &Sources, language: Language) -> CheckedRules {
    let Checked {
        rulebook,
        findings,
        tests,
    } = checked;
    CheckedRules {
        digest: sources.digest().to_string(),
        rules: rulebook.as_ref().map(|rulebook| rulebook.table().iter().len()),
        tests: *tests,
        findings: findings
            .iter()
            .map(|finding| problem(finding, language))
            .collect(),
    }
}

fn problem(finding: &Diagnostic, language: Language) -> RulebookProblem {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let told = finding.told(language);
    let help = told.help.map_or_else(String::new, |help| format!("; {help}"));
    RulebookProblem {
        code: told.code.to_owned(),
        severity,
        message: told.message + &help,
        file: told.file.to_string(),
        line: told.line,
        column: told.column,
    }
}
