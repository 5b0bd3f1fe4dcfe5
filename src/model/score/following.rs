use std::sync::Arc;

use super::{
    fit::Fit,
    fitted::{Fitted, calibrated},
    row::Row,
};
use crate::model::calibration::{Calibration, Scores};

/// How many outcomes the level is followed over: recent enough to follow a base rate that moves, many enough to
/// tell it to a percentage point or two.
const MEMORY: f64 = 5_000.0;

/// A model in use, its calibration kept up to date between fits.
///
/// A fit is dear and a base rate can move in a week. So each subject whose window closes is scored by the model that
/// had not seen it, and its outcome teaches the calibration: the order of subjects stays as fitted, what the score
/// means follows the time. Older notes fade.
#[derive(Debug, Clone)]
pub struct Following {
    fitted: Arc<Fitted>,
    scores: Scores,
}

impl Following {
    /// Begins with what the fit said of the subjects that it held back, the oldest faded most.
    #[must_use]
    pub fn new(fit: Fit) -> Self {
        let mut scores = Scores::remembering(MEMORY);
        for held in &fit.held {
            scores.note(held.log_odds, f64::from(u8::from(held.seen.outcome)), 1.0);
        }
        Self {
            fitted: Arc::new(fit.fitted),
            scores,
        }
    }

    /// A kept model, put to use again: until it has been followed for a while, what it says means what it meant when it was fitted.
    #[must_use]
    pub fn again(fitted: Arc<Fitted>) -> Self {
        Self {
            fitted,
            scores: Scores::remembering(MEMORY),
        }
    }

    /// A subject's window has closed. A negative `importance` takes it back.
    pub fn hear(&mut self, row: &Row<'_>, outcome: bool, importance: f64) {
        let log_odds = self.fitted.log_odds(&self.fitted.layout().values(row));
        self.scores
            .note(log_odds, f64::from(u8::from(outcome)), importance);
    }

    /// The model.
    #[must_use]
    pub const fn fitted(&self) -> &Arc<Fitted> {
        &self.fitted
    }

    /// What its log-odds mean now.
    #[must_use]
    pub fn calibration(&self) -> Calibration {
        if self.scores.is_thin() {
            self.fitted.calibration().clone()
        } else {
            self.scores.fit()
        }
    }

    /// The probability of the outcome under a calibration of [`Following::calibration`]; `None` unless it is a number.
    #[must_use]
    pub fn probability(&self, calibration: &Calibration, row: &Row<'_>) -> Option<f64> {
        calibrated(
            calibration,
            self.fitted.log_odds(&self.fitted.layout().values(row)),
        )
    }
}
