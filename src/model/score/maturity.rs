//! How far a score may be left to its model, and what is missing.
//!
//! Two sorts of purpose, each with the thresholds that a well-known product states for its own: fewer are known to
//! give models that mislead. A purpose whose name begins with `churn` asks for customers and time; any other is a
//! lead's. Below them people lead. Where the counts suffice and the history is too short, both are blended. A score that
//! was mature and has seen too little lately is stale and is stepped back to half.
//!
//! A campaign may declare its own thresholds (`maturity: {score: …}`): then outcomes are counted, and judged as those of
//! every other kind are.

use serde::{Deserialize, Serialize};

use crate::{
    domain::{Campaign, Evidence, Kind, Maturity, Stage, Timestamp, Word},
    model::maturity::Thresholds,
};

/// What a score is of, as far as its thresholds differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Whether something will come about: a lead converts.
    Lead,
    /// Whether a customer is lost.
    Churn,
}

impl Purpose {
    /// By the word under `score.purpose`.
    #[must_use]
    pub fn of(word: Option<&Word>) -> Self {
        if word.is_some_and(|word| word.as_str().starts_with("churn")) {
            Self::Churn
        } else {
            Self::Lead
        }
    }

    /// Where its thresholds come from, for people.
    #[must_use]
    pub const fn source(self) -> &'static str {
        match self {
            Self::Lead => {
                "120 conversions and 1,000 leads in 200 days are what Einstein lead scoring asks for; 90 days of history keep one campaign or season from being taken for the rule"
            }
            Self::Churn => {
                "500 customers, 180 days of history and activity in the last 30 days are what Klaviyo asks for before it predicts churn"
            }
        }
    }
}

/// Outcomes that a lead score needs.
const CONVERSIONS: u32 = 120;
/// Leads that it needs.
const LEADS: u32 = 1_000;
/// In so many days.
const LEAD_DAYS: u32 = 200;
/// And so long a history.
const LEAD_HISTORY_DAYS: i64 = 90;
/// Customers that a churn score needs.
const CUSTOMERS: u32 = 500;
/// And so long a history.
const CHURN_HISTORY_DAYS: u32 = 180;
/// And something seen within so many days.
const ACTIVITY_DAYS: i64 = 30;
/// How long days are remembered: the longest time that a campaign may declare.
const REMEMBERED_DAYS: i64 = 400;

/// How many subjects were seen on each day (UTC), and how many had the outcome.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    days: Vec<Day>,
    first: Option<i64>,
    seen: u32,
    positives: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Day {
    day: i64,
    seen: u32,
    positives: u32,
}

/// One thing that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// Of what, in the plural.
    pub what: &'static str,
    /// How many there are.
    pub have: u32,
    /// How many there have to be.
    pub need: u32,
}

/// How far a score is.
#[derive(Debug, Clone, PartialEq)]
pub struct Readiness {
    /// In the terms of every kind; its counts are those of the scarcest need.
    pub maturity: Maturity,
    /// The model's weight in the blend, 0 to 1.
    pub weight: f64,
    /// Everything that is asked for.
    pub needs: Vec<Need>,
}

impl Tally {
    /// Counts a subject that was asked about at `at`.
    pub fn add(&mut self, at: Timestamp, outcome: bool) {
        self.change(at, outcome, |count| count.saturating_add(1));
        self.first = Some(self.first.map_or(at.day(), |first| first.min(at.day())));
    }

    /// Takes one back.
    pub fn take_back(&mut self, at: Timestamp, outcome: bool) {
        self.change(at, outcome, |count| count.saturating_sub(1));
    }

    fn change(&mut self, at: Timestamp, outcome: bool, by: impl Fn(u32) -> u32) {
        let day = at.day();
        let place = self.days.binary_search_by_key(&day, |known| known.day);
        let place = place.unwrap_or_else(|place| {
            let empty = Day {
                day,
                seen: 0,
                positives: 0,
            };
            self.days.insert(place, empty);
            place
        });
        self.seen = by(self.seen);
        if let Some(known) = self.days.get_mut(place) {
            known.seen = by(known.seen);
            if outcome {
                known.positives = by(known.positives);
                self.positives = by(self.positives);
            }
        }
        let oldest = self.latest().unwrap_or_default() - REMEMBERED_DAYS;
        self.days.retain(|known| known.day > oldest);
    }

    fn latest(&self) -> Option<i64> {
        self.days.last().map(|known| known.day)
    }

    /// How many were seen and had the outcome in so many days before `now`.
    #[must_use]
    pub fn within(&self, days: u32, now: Timestamp) -> (u32, u32) {
        let after = now.day() - i64::from(days);
        let recent = self.days.iter().filter(|known| known.day > after);
        recent.fold((0, 0), |(seen, positives), known| {
            (
                seen.saturating_add(known.seen),
                positives.saturating_add(known.positives),
            )
        })
    }

    /// How far a campaign's score of that purpose is at `now`: by what the campaign declares, else as usual.
    #[must_use]
    pub fn judge_for(&self, campaign: &Campaign, purpose: Purpose, now: Timestamp) -> Readiness {
        if campaign.maturity.contains_key(&Kind::Score) {
            self.judge_declared(Thresholds::of(Kind::Score, campaign), now)
        } else {
            self.judge(purpose, now)
        }
    }

    fn judge_declared(&self, thresholds: Thresholds, now: Timestamp) -> Readiness {
        let maturity = thresholds.judge(self.evidence(thresholds.window_days, now), now);
        let need = Need {
            what: "outcomes",
            have: maturity.have,
            need: maturity.need,
        };
        Readiness {
            maturity,
            weight: thresholds.weight(maturity),
            needs: vec![need],
        }
    }

    /// The outcomes of the window that ends with `now`, and of the fullest there was, as far as days are remembered.
    fn evidence(&self, window_days: u32, now: Timestamp) -> Evidence {
        let after = now.day() - i64::from(window_days);
        let recent = self.days.iter().filter(|known| known.day > after);
        let current = recent.fold(0_u32, |sum, known| sum.saturating_add(known.positives));
        let latest = self.days.iter().rfind(|known| known.positives > 0);
        Evidence {
            current,
            peak: self.fullest(window_days).max(current),
            latest: latest.map(|known| Timestamp::from_millis(known.day * 86_400_000)),
        }
    }

    /// The most outcomes that any window of so many days holds: both its ends move forward once.
    fn fullest(&self, window_days: u32) -> u32 {
        let (mut most, mut sum) = (0_u32, 0_u32);
        let mut oldest = self.days.iter().peekable();
        for last in &self.days {
            sum = sum.saturating_add(last.positives);
            while let Some(gone) = oldest.next_if(|known| last.day - known.day >= i64::from(window_days)) {
                sum = sum.saturating_sub(gone.positives);
            }
            most = most.max(sum);
        }
        most
    }

    /// How far a score of that purpose is at `now`.
    #[must_use]
    pub fn judge(&self, purpose: Purpose, now: Timestamp) -> Readiness {
        match purpose {
            Purpose::Lead => self.judge_lead(now),
            Purpose::Churn => self.judge_churn(now),
        }
    }

    fn judge_lead(&self, now: Timestamp) -> Readiness {
        let (leads, conversions) = self.within(LEAD_DAYS, now);
        let history = self.history_days(now);
        let stage = if leads >= LEADS && conversions >= CONVERSIONS {
            if history < LEAD_HISTORY_DAYS {
                Stage::Learning
            } else {
                Stage::Mature
            }
        } else if self.seen >= LEADS && self.positives >= CONVERSIONS {
            Stage::Stale
        } else {
            Stage::Cold
        };
        let needs = vec![
            Need {
                what: "conversions in 200 days",
                have: conversions,
                need: CONVERSIONS,
            },
            Need {
                what: "leads in 200 days",
                have: leads,
                need: LEADS,
            },
            Need {
                what: "days of history",
                have: whole(history),
                need: whole(LEAD_HISTORY_DAYS),
            },
        ];
        readiness(stage, needs, LEAD_DAYS, blend(conversions, CONVERSIONS))
    }

    fn judge_churn(&self, now: Timestamp) -> Readiness {
        let history = self.history_days(now);
        let silent = self.latest().map_or(i64::MAX, |latest| now.day() - latest);
        let stage = if self.seen < CUSTOMERS {
            Stage::Cold
        } else if silent > ACTIVITY_DAYS {
            Stage::Stale
        } else if history < i64::from(CHURN_HISTORY_DAYS) {
            Stage::Learning
        } else {
            Stage::Mature
        };
        let needs = vec![
            Need {
                what: "customers",
                have: self.seen,
                need: CUSTOMERS,
            },
            Need {
                what: "days of history",
                have: whole(history),
                need: CHURN_HISTORY_DAYS,
            },
            Need {
                what: "customers in the last 30 days",
                have: self.within(30, now).0,
                need: 1,
            },
        ];
        readiness(stage, needs, CHURN_HISTORY_DAYS, blend(self.seen, CUSTOMERS))
    }

    fn history_days(&self, now: Timestamp) -> i64 {
        self.first.map_or(0, |first| (now.day() - first).max(0))
    }

    pub(super) fn digest(&self, hasher: &mut blake3::Hasher) {
        for Day { day, seen, positives } in &self.days {
            hasher.update(&day.to_le_bytes());
            hasher.update(&seen.to_le_bytes());
            hasher.update(&positives.to_le_bytes());
        }
        hasher.update(&self.first.unwrap_or(i64::MIN).to_le_bytes());
        hasher.update(&self.seen.to_le_bytes());
        hasher.update(&self.positives.to_le_bytes());
    }
}

fn whole(days: i64) -> u32 {
    u32::try_from(days).unwrap_or(u32::MAX)
}

/// n / (n + k), with k the threshold: a half when it is just reached.
fn blend(have: u32, threshold: u32) -> f64 {
    f64::from(have) / (f64::from(have) + f64::from(threshold))
}

fn readiness(stage: Stage, needs: Vec<Need>, window_days: u32, blend: f64) -> Readiness {
    let share = |need: &Need| f64::from(need.have) / f64::from(need.need.max(1));
    let scarcest = needs.iter().min_by(|a, b| share(a).total_cmp(&share(b)));
    let (have, need) = scarcest.map_or((0, 0), |need| (need.have, need.need));
    Readiness {
        maturity: Maturity {
            stage,
            have,
            need,
            window_days,
        },
        weight: match stage {
            Stage::Cold => 0.0,
            Stage::Learning => blend,
            Stage::Mature => 1.0,
            Stage::Stale => 0.5,
        },
        needs,
    }
}
