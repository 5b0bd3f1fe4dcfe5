//! Measures of what was learnt, on data that was not learnt from.
//!
//! Each evaluation is a function from files to a plain result that prints itself: the data set, the split, the
//! metric with its interval, and the figure it is held against. Nothing is tuned on the rows it is measured on. A
//! missing file is an error that names it, so that a command can say so and a test can step aside.

mod difference;
pub mod estimators;
mod headlines;
mod ipinyou;
mod logged;
mod measure;
mod obd;
mod paced;
mod planted;
mod purchases;
mod replay;
mod score;
mod send_hours;
mod slates;
mod split_media;
mod split_planted;
mod split_ridge;
mod tables;

pub use difference::difference;
pub use headlines::{Headlines, evaluate_headlines};
pub use ipinyou::{Impression, read_impressions};
pub use logged::{JournalEvaluation, evaluate_journal};
pub use measure::{Interval, Measured, measure};
pub use obd::{CLIPPED_AT, OBD_SETS, ObdEvaluation, evaluate_obd};
pub use paced::{Paced, Start, evaluate_pacing, in_process};
pub use planted::{
    BASE_RATE, EFFECTS, Misnamed, PlantedClicks, PlantedEvaluation, evaluate_planted, replayed_campaign,
};
pub use replay::{BUDGET_SHARES, Bidder, Replayed, Scaled, Summary, Told, replay, scale_for, total_price};
pub use score::{Reached, SCORE_SETS, ScoreEvaluation, ScoreSet, Split, evaluate_score};
pub use send_hours::{Foretold, SendHours, evaluate_send_hours};
pub use slates::{Ranked, Shop, Slates, evaluate_slates};
pub use split_media::{MERIDIAN, MMM_STAN, MediaEvaluation, ROBYN, Weeks, evaluate_media};
pub use split_planted::{SplitEvaluation, evaluate_splits};
pub use tables::People;

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

/// Why a measure could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum EvaluationError {
    /// There is no such file.
    #[error("`{}` is not there: this measure needs it, and it is not part of the project", .0.display())]
    Missing(PathBuf),
    /// The file cannot be read.
    #[error("`{}` cannot be read: {reason}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// A row is not what the format says.
    #[error("`{}`, row {row}: {what}", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// Its row, from 1.
        row: usize,
        /// What is wrong with it.
        what: String,
    },
}

/// The text of a file, gzipped if its name ends in `.gz`.
fn read_text(path: &Path) -> Result<String, EvaluationError> {
    if !path.exists() {
        return Err(EvaluationError::Missing(path.to_owned()));
    }
    let unreadable = |error: std::io::Error| EvaluationError::Unreadable {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let mut file = File::open(path).map_err(unreadable)?;
    let mut text = String::new();
    if path.extension().is_some_and(|extension| extension == "gz") {
        flate2::read::MultiGzDecoder::new(file)
            .read_to_string(&mut text)
            .map_err(unreadable)?;
    } else {
        file.read_to_string(&mut text).map_err(unreadable)?;
    }
    Ok(text)
}
