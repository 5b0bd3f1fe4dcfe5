use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use super::posterior::{Posterior, Prior};
use crate::domain::{CampaignId, CandidateId, Evidence, Timestamp, Word};

/// Names an arm: its campaign, and its own name in the split.
pub type ArmKey = (CampaignId, CandidateId);

/// What is known at one moment: what each arm brings for its money.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Arms {
    /// Each arm.
    pub arms: BTreeMap<ArmKey, KnownArm>,
    /// Outcomes a micro of spend, of all arms that are after the same event.
    pub rates: BTreeMap<Word, f64>,
}

/// What is known of one arm.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KnownArm {
    /// What it brings a day, by the day's spend.
    pub posterior: Arc<Posterior>,
    /// When it brought it.
    pub events: Arc<Events>,
}

impl Arms {
    /// An arm that was tried.
    #[must_use]
    pub fn get(&self, campaign: &CampaignId, arm: &CandidateId) -> Option<&KnownArm> {
        self.arms.get(&(campaign.clone(), arm.clone()))
    }

    /// What is believed of an arm that was never tried: that it brings what the others do that are after the same event.
    /// `None` where none of them brought anything yet.
    #[must_use]
    pub fn novel(&self, event: &Word, usual_micros: f64) -> Option<Posterior> {
        let rate = *self.rates.get(event)?;
        Posterior::fit(&[], Prior { rate, usual_micros })
    }

    /// Everything in it, to the digest of a snapshot.
    pub fn digest(&self, hasher: &mut blake3::Hasher) {
        for ((campaign, arm), known) in &self.arms {
            hasher.update(campaign.as_str().as_bytes());
            hasher.update(arm.as_str().as_bytes());
            known.posterior.digest(hasher);
            known.events.digest(hasher);
        }
        for (event, rate) in &self.rates {
            hasher.update(event.as_str().as_bytes());
            hasher.update(&rate.to_le_bytes());
        }
    }
}

/// How many outcomes of an arm became known on each day (UTC).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Events {
    days: BTreeMap<i64, u32>,
}

impl Events {
    /// How far back days are kept.
    const KEPT_DAYS: i64 = 400;

    /// Counts outcomes that became known at that time.
    pub fn add(&mut self, at: Timestamp, outcomes: u32) {
        if outcomes == 0 {
            return;
        }
        let day = self.days.entry(at.day()).or_default();
        *day = day.saturating_add(outcomes);
        let latest = self.days.last_key_value().map_or(0, |(day, _)| *day);
        self.days.retain(|day, _| *day > latest - Self::KEPT_DAYS);
    }

    /// Takes outcomes back that were counted at that time.
    pub fn remove(&mut self, at: Timestamp, outcomes: u32) {
        if let Some(day) = self.days.get_mut(&at.day()) {
            *day = day.saturating_sub(outcomes);
            if *day == 0 {
                self.days.remove(&at.day());
            }
        }
    }

    /// What speaks for the arm at `now`: the days that end with it, and the fullest window there was.
    #[must_use]
    pub fn evidence(&self, window_days: u32, now: Timestamp) -> Evidence {
        let window = i64::from(window_days);
        let ending = |last: i64| -> u32 {
            let days = self.days.range(last.saturating_sub(window) + 1..=last);
            days.fold(0, |sum: u32, (_, count)| sum.saturating_add(*count))
        };
        let latest = self.days.last_key_value().map(|(day, _)| day_end(*day));
        Evidence {
            current: ending(now.day()),
            peak: self.days.keys().map(|day| ending(*day)).max().unwrap_or(0),
            latest,
        }
    }

    fn digest(&self, hasher: &mut blake3::Hasher) {
        for (day, count) in &self.days {
            hasher.update(&day.to_le_bytes());
            hasher.update(&count.to_le_bytes());
        }
    }
}

/// The last millisecond of a day.
const fn day_end(day: i64) -> Timestamp {
    Timestamp::from_millis((day + 1) * 86_400_000 - 1)
}
