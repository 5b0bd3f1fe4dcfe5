//! What the wire asks of the rules: their state, and to change what is in force. The reload pipeline stands behind it.

use std::sync::Arc;

use crate::{
    domain::{Activating, Hand, Language, RuleTable, Timestamp},
    rehearsal::{ApproveError, Proposal, RollBackError},
};

/// Whether the files of the rules folder are the ones in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulebookStatus {
    /// Digest of the rulebook in force.
    pub digest: String,
    /// Since when it is in force.
    pub active_since: Timestamp,
    /// Since when files lie in the folder that are not in force; `None`: they are.
    pub refused_since: Option<Timestamp>,
    /// Why they are not.
    pub why: Vec<RulebookProblem>,
    /// How rules come into force.
    pub activating: Activating,
    /// What was put and waits, that which waits longest first.
    pub proposals: Vec<Proposal>,
}

/// One finding of `check`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulebookProblem {
    /// Its code: `R012`.
    pub code: String,
    /// `error` or `warning`.
    pub severity: &'static str,
    /// What is wrong and what to do.
    pub message: String,
    /// The file, relative to the rules folder.
    pub file: String,
    /// The line, from 1; 0 where it concerns none.
    pub line: u32,
    /// The column in characters, from 1; 0 where it concerns none.
    pub column: u32,
}

/// Files of a rules folder by their paths.
pub type RuleFiles = Vec<(String, Vec<u8>)>;

/// What files came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedRules {
    /// The digest of exactly these files.
    pub digest: String,
    /// How many rules they hold; `None` where an error keeps them from coming into force.
    pub rules: Option<usize>,
    /// How many of their tests ran.
    pub tests: usize,
    /// Every finding, by file and place.
    pub findings: Vec<RulebookProblem>,
}

/// What became of files that were put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// They wait for an approval.
    Waits,
    /// They are what is in force.
    InForce,
    /// They have errors and are not kept.
    Refused,
}

impl Standing {
    /// The word used on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waits => "waits",
            Self::InForce => "in_force",
            Self::Refused => "refused",
        }
    }
}

/// Shows the rulebook in force, and changes it.
pub trait RulebookView: Send + Sync {
    /// Its state.
    fn status(&self) -> RulebookStatus;

    /// Its rules.
    fn rules(&self) -> Arc<RuleTable>;

    /// Goes back to a rulebook that was in force before; its whole digest.
    ///
    /// # Errors
    /// Why that cannot be.
    fn roll_back(&self, to: &str, hand: &Hand) -> Result<String, RollBackError>;

    /// Checks and tests files at that instant. Thousands of rules take a while.
    fn check(&self, files: RuleFiles, language: Language, now: Timestamp) -> CheckedRules;

    /// Checks and tests files, and keeps them with their author if they are in order.
    ///
    /// # Errors
    /// They cannot be kept.
    fn put(
        &self,
        files: RuleFiles,
        author: &Hand,
        language: Language,
    ) -> Result<(CheckedRules, Standing), RollBackError>;

    /// Brings a rulebook into force that another person put.
    ///
    /// # Errors
    /// Why that cannot be.
    fn approve(&self, digest: &str, hand: &Hand) -> Result<Proposal, ApproveError>;
}
