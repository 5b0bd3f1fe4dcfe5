use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{
    fitted::{Fitted, calibrated},
    maturity::Tally,
};
use crate::{
    domain::{CampaignId, Word},
    model::calibration::Calibration,
};

/// What is known at one moment: of each campaign, a model where one was fitted, and how much was seen.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Scores {
    campaigns: BTreeMap<CampaignId, Arc<Known>>,
}

/// What is known of one campaign: one purpose in one segment.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Known {
    /// For what it was asked last, if that was said.
    pub purpose: Option<Word>,
    /// How much was seen.
    pub tally: Tally,
    /// Its model, if one stood the test.
    pub model: Option<Calibrated>,
}

/// A model and what its log-odds mean now.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Calibrated {
    /// The model.
    pub fitted: Arc<Fitted>,
    /// What its log-odds mean.
    pub calibration: Calibration,
}

impl Calibrated {
    /// The probability that log-odds of the model mean; `None` unless it is a number.
    #[must_use]
    pub fn probability(&self, log_odds: f64) -> Option<f64> {
        calibrated(&self.calibration, log_odds)
    }
}

impl Scores {
    /// What is known of a campaign.
    #[must_use]
    pub fn of(&self, campaign: &CampaignId) -> Option<&Arc<Known>> {
        self.campaigns.get(campaign)
    }

    /// Every campaign of which something is known.
    pub fn iter(&self) -> impl Iterator<Item = (&CampaignId, &Arc<Known>)> {
        self.campaigns.iter()
    }

    /// Everything in it, to the digest of a snapshot.
    pub fn digest(&self, hasher: &mut blake3::Hasher) {
        for (campaign, known) in &self.campaigns {
            hasher.update(campaign.as_str().as_bytes());
            hasher.update(known.purpose.as_ref().map_or("", Word::as_str).as_bytes());
            known.tally.digest(hasher);
            if let Some(model) = &known.model {
                model.fitted.digest(hasher);
                model.calibration.digest(hasher);
            }
        }
    }
}

impl FromIterator<(CampaignId, Arc<Known>)> for Scores {
    fn from_iter<T: IntoIterator<Item = (CampaignId, Arc<Known>)>>(campaigns: T) -> Self {
        Self {
            campaigns: campaigns.into_iter().collect(),
        }
    }
}
