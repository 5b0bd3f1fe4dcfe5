//! What is known at one moment: immutable, numbered, shared.
//!
//! A snapshot is what a decision is made from. It is never written to after it was made: learning makes another
//! one. Its parts are shared between snapshots wherever nothing changed, so publishing one costs what changed.
//! Its number counts the journal entries it was learnt from, so one journal has one snapshot of a number, and
//! the digest of that snapshot is the same on every machine.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{
    budget::Arms,
    calibration::Calibration,
    contacts::ContactKey,
    features::Features,
    ftrl::{Ftrl, Prediction, Rates},
    hand_over::HandOvers,
    pacing::Pace,
    recommendation::Items,
    score::Scores,
    send_time::SendTimes,
    win_curve::WinCurves,
};
use crate::domain::{CampaignId, Timestamp};

/// Below this many positive examples in all, the response model has no opinion.
pub const FEWEST_POSITIVES: u64 = 10;

/// What was learnt, in parts that change at different speeds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Knowledge {
    /// The response model.
    pub response: Ftrl,
    /// What its scores mean.
    pub calibration: Arc<Calibration>,
    /// What it takes to win.
    pub curves: Arc<WinCurves>,
    /// What is known of each campaign.
    pub campaigns: Arc<BTreeMap<CampaignId, CampaignKnowledge>>,
    /// Examples the response model was trained on.
    pub examples: u64,
    /// How many of them had the outcome.
    pub positives: u64,
    /// When contacts answer.
    pub send_times: Arc<SendTimes>,
    /// Which items go together.
    pub items: Arc<Items>,
    /// What each arm brings.
    pub arms: Arc<Arms>,
    /// How facts tell an outcome.
    pub scores: Arc<Scores>,
    /// In which new markets the model did worse than people.
    pub hand_overs: Arc<HandOvers>,
}

impl Default for Knowledge {
    fn default() -> Self {
        Self {
            response: Ftrl::new(Rates::default()),
            calibration: Arc::default(),
            curves: Arc::default(),
            campaigns: Arc::default(),
            examples: 0,
            positives: 0,
            send_times: Arc::default(),
            items: Arc::default(),
            arms: Arc::default(),
            scores: Arc::default(),
            hand_overs: Arc::default(),
        }
    }
}

/// What is known of one campaign.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CampaignKnowledge {
    /// Its goal controllers.
    pub pace: Pace,
    /// Summed value of its outcomes, in micros of its currency, where told.
    pub value_micros: f64,
    /// How many outcomes that sum is of.
    pub valued: f64,
}

impl CampaignKnowledge {
    /// Nothing known yet.
    #[must_use]
    pub const fn new(pace: Pace) -> Self {
        Self {
            pace,
            value_micros: 0.0,
            valued: 0.0,
        }
    }

    /// What an outcome was worth so far, in micros of the campaign's currency.
    #[must_use]
    pub fn mean_value_micros(&self) -> Option<f64> {
        (self.valued >= 1.0).then(|| self.value_micros / self.valued)
    }
}

/// What is known at one moment.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Snapshot {
    number: u64,
    at: Timestamp,
    knowledge: Knowledge,
}

impl Snapshot {
    /// Nothing is known: every campaign gets its baseline.
    #[must_use]
    pub fn cold() -> Self {
        Self::default()
    }

    /// What was learnt from the first `number` entries of a journal, the latest of them at `at`.
    #[must_use]
    pub const fn new(number: u64, at: Timestamp, knowledge: Knowledge) -> Self {
        Self {
            number,
            at,
            knowledge,
        }
    }

    /// How many journal entries it was learnt from; 0 when cold.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The journal's time when it was made.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// What was learnt.
    #[must_use]
    pub const fn knowledge(&self) -> &Knowledge {
        &self.knowledge
    }

    /// The same without what is known of these contacts. What their groups learnt from them stays, without a name.
    #[must_use]
    pub fn without(&self, contacts: &[ContactKey]) -> Self {
        let mut snapshot = self.clone();
        for contact in contacts {
            Arc::make_mut(&mut snapshot.knowledge.send_times).forget(*contact);
            Arc::make_mut(&mut snapshot.knowledge.items).forget(*contact);
        }
        snapshot
    }

    /// The calibrated chance of the objective's outcome, given the impression, and the score behind it. `None`
    /// while the response model has seen too few outcomes ([`FEWEST_POSITIVES`]) or its answer is not finite.
    #[must_use]
    pub fn response(&self, features: &Features) -> Option<(f64, Prediction)> {
        if self.knowledge.positives < FEWEST_POSITIVES {
            return None;
        }
        let prediction = self.knowledge.response.predict(features);
        let probability = self.knowledge.calibration.probability(prediction.logit);
        probability.is_finite().then_some((probability, prediction))
    }

    /// The BLAKE3 digest of everything in it, in hexadecimal: equal digests decide equally. Reads megabytes: not for
    /// the way of a request.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        let Knowledge {
            response,
            calibration,
            curves,
            campaigns,
            examples,
            positives,
            send_times,
            items,
            arms,
            scores,
            hand_overs,
        } = &self.knowledge;
        for number in [self.number, *examples, *positives] {
            hasher.update(&number.to_le_bytes());
        }
        hasher.update(&self.at.as_millis().to_le_bytes());
        response.digest(&mut hasher);
        calibration.digest(&mut hasher);
        curves.digest(&mut hasher);
        for (id, known) in campaigns.iter() {
            hasher.update(id.as_str().as_bytes());
            hasher.update(&known.value_micros.to_le_bytes());
            hasher.update(&known.valued.to_le_bytes());
            known.pace.digest(&mut hasher);
        }
        send_times.digest(&mut hasher);
        items.digest(&mut hasher);
        arms.digest(&mut hasher);
        scores.digest(&mut hasher);
        hand_overs.digest(&mut hasher);
        hasher.finalize().to_hex().to_string()
    }
}
