use crate::model::{
    calibration::{Calibration, Scores},
    features::Features,
    ftrl::{Ftrl, Rates, sigmoid},
};

/// The response model while it learns: weights, and the progressive scores that calibrate them.
#[derive(Debug, Clone)]
pub struct Response {
    weights: Ftrl,
    scores: Scores,
}

impl Response {
    /// Knows nothing; learns at these rates.
    #[must_use]
    pub fn new(rates: Rates) -> Self {
        Self {
            weights: Ftrl::new(rates),
            scores: Scores::default(),
        }
    }

    /// Scores an example, notes the score for the calibration, then learns from it. Returns the probability
    /// scored before learning, uncalibrated. A negative `importance` takes an example back.
    pub fn train(&mut self, features: &Features, label: f64, importance: f64) -> f64 {
        let score = self.weights.predict(features).logit;
        self.scores.note(score, label, importance);
        self.weights.learn(features, label, importance);
        sigmoid(score)
    }

    /// The weights as they are.
    #[must_use]
    pub const fn weights(&self) -> &Ftrl {
        &self.weights
    }

    /// What the scores so far call for.
    #[must_use]
    pub fn calibration(&self) -> Calibration {
        self.scores.fit()
    }
}
