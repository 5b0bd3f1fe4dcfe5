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
        let (window, today) = (i64::from(window_days), now.day());
        let days = self.days.iter().rev().skip_while(|(day, _)| **day > today);
        let current = days.take_while(|(day, _)| **day > today.saturating_sub(window));
        Evidence {
            current: whole(current.map(|(_, count)| u64::from(*count)).sum()),
            peak: whole(self.fullest(window)),
            latest: self.days.last_key_value().map(|(day, _)| day_end(*day)),
        }
    }

    /// The most outcomes of so many days: one pass, because a split asks it of a thousand arms.
    fn fullest(&self, window: i64) -> u64 {
        let mut leaving = self.days.iter().peekable();
        let (mut within, mut most) = (0, 0);
        for (day, count) in &self.days {
            within += u64::from(*count);
            while let Some((_, gone)) = leaving.next_if(|(old, _)| **old <= day.saturating_sub(window)) {
                within -= u64::from(*gone);
            }
            most = most.max(within);
        }
        most
    }

    fn digest(&self, hasher: &mut blake3::Hasher) {
        for (day, count) in &self.days {
            hasher.update(&day.to_le_bytes());
            hasher.update(&count.to_le_bytes());
        }
    }
}

fn whole(outcomes: u64) -> u32 {
    u32::try_from(outcomes).unwrap_or(u32::MAX)
}

/// The last millisecond of a day.
const fn day_end(day: i64) -> Timestamp {
    Timestamp::from_millis((day + 1) * 86_400_000 - 1)
}
