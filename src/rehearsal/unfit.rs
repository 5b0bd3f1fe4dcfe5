//! Why rules do not come into force.

use std::{fmt, io, path::PathBuf};

use super::checked::listed;
use crate::{
    domain::Language,
    rules::{Diagnostic, Message, ReadError, say},
};

/// Why there is no rulebook to start with.
#[derive(Debug)]
pub enum StartError {
    /// The folder holds no rule file.
    Empty(PathBuf),
    /// The folder cannot be read.
    Unreadable(ReadError),
    /// The folder is wrong, and there is no earlier rulebook to fall back on.
    Refused {
        /// The folder.
        folder: PathBuf,
        /// The findings that are errors.
        why: Vec<Diagnostic>,
    },
    /// The rulebook that was approved last cannot be used any more.
    NotApproved(String),
    /// A folder cannot be used.
    Store {
        /// The folder for kept rulebooks.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

// === impl StartError ===

impl StartError {
    /// What to tell about it.
    #[must_use]
    pub fn told(&self) -> Message {
        match self {
            Self::Empty(folder) => say!(
                "`{}` holds no rule files; name another folder with `--rules`, or copy the starter set from `rules/`",
                folder.display().to_string()
            ),
            Self::Unreadable(error) => say!(
                "{}; name another folder with `--rules`, or copy the starter set from `rules/`",
                error.told()
            ),
            Self::Refused { folder, why } => say!(
                "the rules in `{}` are refused and no earlier rulebook is kept; run `balustrade check` for details\n{}",
                folder.display().to_string(),
                listed(why, Language::English)
            ),
            Self::NotApproved(digest) => say!(
                "the rulebook {} that was approved last cannot be used any more, and `rules.activation` is `approved`; start once with `rules.activation = \"on_change\"` to begin anew with the files in the folder",
                digest.chars().take(12).collect::<String>()
            ),
            Self::Store { folder, source } => say!(
                "cannot keep rulebooks in `{}`: {}",
                folder.display().to_string(),
                source.to_string()
            ),
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.told().fmt(f)
    }
}

impl std::error::Error for StartError {}

impl From<ReadError> for StartError {
    fn from(error: ReadError) -> Self {
        Self::Unreadable(error)
    }
}

/// Why nobody could go back to a rulebook.
#[derive(Debug, thiserror::Error)]
pub enum RollBackError {
    /// None is kept whose digest begins so.
    #[error(
        "no rulebook is kept whose digest begins with `{0}`; `balustrade explain` names the one of a decision"
    )]
    Unknown(String),
    /// More than one is kept whose digest begins so.
    #[error("several rulebooks are kept whose digests begin with `{0}`; write more of it")]
    Ambiguous(String),
    /// It is kept, and not in order any more.
    #[error("the rulebook `{digest}` cannot be taken into force: {why}")]
    Refused {
        /// Its digest.
        digest: String,
        /// The findings.
        why: String,
    },
    /// The folder of kept rulebooks cannot be used.
    #[error("cannot use the kept rulebooks in `{folder}`: {source}")]
    Store {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Why nobody could bring into force what was put.
#[derive(Debug, thiserror::Error)]
pub enum ApproveError {
    /// None waits whose digest begins so.
    #[error(
        "no rulebook waits whose digest begins with `{0}`; `GetRulebookStatus` names those that were put"
    )]
    Unknown(String),
    /// Whoever put it wants to bring it into force.
    #[error(
        "`{0}` put this rulebook, and whoever puts one does not bring it into force; another person has to"
    )]
    Own(String),
    /// It does not come into force for another reason.
    #[error(transparent)]
    Unfit(#[from] RollBackError),
}
