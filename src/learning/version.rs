use std::{io, path::PathBuf, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{score::VersionError, sequence::Moments};
use crate::{domain::Timestamp, journal::JournalError};

/// Who did something to the models, why and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptBy {
    /// Who, as it is said.
    pub by: String,
    /// Who makes the call, as whoever calls is known: for the record of changes, not kept with a version.
    #[serde(skip)]
    pub principal: Option<Arc<str>>,
    /// Why.
    pub because: String,
    /// When.
    pub at: Timestamp,
}

/// A kept version, as people see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptVersion {
    /// The number of its snapshot.
    pub number: u64,
    /// The digest of everything in it.
    pub digest: String,
    /// The journal's time when it was made.
    pub made: Timestamp,
    /// What the response model was trained on.
    pub examples: u64,
    /// How many of them had the outcome.
    pub positives: u64,
    /// How good it was on what it had not seen.
    pub held_out: Option<HeldOut>,
    /// Who kept it, or promoted it last.
    pub kept_by: KeptBy,
    /// Whether it did worse in force than what decided before it, and so was taken out of force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rolled_back: Option<RolledBack>,
}

/// Why a version was taken out of use by itself: what the outcomes since it was put in force say.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RolledBack {
    /// When, in the journal's time.
    pub at: Timestamp,
    /// On how many outcomes both versions were held against each other.
    pub outcomes: u64,
    /// By how much its mean log loss was above that of the version before it.
    pub worse_by: f64,
}

impl RolledBack {
    /// What the differences of both losses come to.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count of outcomes"
    )]
    pub(super) fn of(worse_by: &Moments, at: Timestamp) -> Self {
        Self {
            at,
            outcomes: worse_by.count().max(0.0) as u64,
            worse_by: worse_by.mean(),
        }
    }
}

/// Mean log loss on examples that were scored before they were learnt from, the latest counting most.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HeldOut {
    /// Of the response model.
    pub log_loss: f64,
    /// Of saying the base rate.
    pub base_log_loss: f64,
}

/// Why a version cannot be kept or put in force.
#[derive(Debug, thiserror::Error)]
pub enum VersionsError {
    /// Nothing of that number is kept.
    #[error("version {0} is not kept; `balustrade models list` names those that are")]
    Unknown(u64),
    /// There is nothing older.
    #[error("there is no older version to go back to; `balustrade models train` keeps one")]
    NoOlder,
    /// It is worse than knowing nothing.
    #[error(
        "version {number} is worse on held-out data than saying the base rate: log loss {log_loss:.4} against {base_log_loss:.4}"
    )]
    Worse {
        /// Which.
        number: u64,
        /// Its own.
        log_loss: f64,
        /// The base rate's.
        base_log_loss: f64,
    },
    /// Its file, or what came out of learning it again, is not what was kept.
    #[error("version {number} is damaged and is not used: {why}")]
    Damaged {
        /// Which.
        number: u64,
        /// What is wrong with it.
        why: String,
    },
    /// No hand-over is frozen there.
    #[error(
        "no hand-over of {kind} is frozen for `{campaign}` in {place}; `balustrade models list` names those that are"
    )]
    NotFrozen {
        /// The kind of decision.
        kind: &'static str,
        /// The campaign.
        campaign: String,
        /// Country and channel.
        place: String,
    },
    /// A version of a score cannot be put in force.
    #[error(transparent)]
    Score(#[from] VersionError),
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The folder cannot be written.
    #[error("`{}` cannot be written: {source}", file.display())]
    Store {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}
