//! Goal controllers: how a campaign's bids are scaled so that its budget lasts and its target holds.
//!
//! Two multipliers, each between 0.1 and 2, each steered on its own; the bid is scaled by the smaller one
//! (min-pacing: Balseiro et al., ICML 2024; chaining the two can violate both badly), and the one that does not
//! bind may not rise. Steps are taken in the logarithm, so a multiplier is never negative:
//!
//! ```text
//! budget:  ln m += (rate x traffic - spent) / (rate x horizon),   rate = money left / traffic left
//! target:  ln m += 0.01 x (worth - price) / mean worth            on every impression won
//! ```
//!
//! *Traffic* is time weighted by an hour-of-day profile (UTC) that is learnt from what was seen; hours never
//! seen count as average, so without knowledge it is time itself. Nothing else is known of the future: the rate is
//! solved anew at every step from what is left. The horizon, over which a deviation is made good, is
//! a small share of the period, and shrinks with what is left of it; the plan is to land just before the end. Time
//! is the journal's time: a controller steps when something was journaled, and a decision looks ahead from the
//! last step to its own instant with the spend that it was given.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::{Budget, LimitedBy, Timestamp};

/// The least multiplier.
pub const LEAST: f64 = 0.1;
/// The greatest multiplier.
pub const GREATEST: f64 = 2.0;

/// A deviation is made good over this share of the period's traffic.
const HORIZON: f64 = 0.03;
/// The plan is to have spent everything this share of the period's traffic before its end.
const LANDING: f64 = 0.01;
/// No single step moves the logarithm further than this: at most doubled or halved.
const MOST_STEP: f64 = 0.7;
const TARGET_STEP: f64 = 0.01;

/// How traffic spreads over the hours of a day, learnt from what was seen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Profile {
    counts: [f64; 24],
    days: [f64; 24],
    hours: BTreeSet<i64>,
}

impl Profile {
    /// Notes one impression offered.
    pub fn note(&mut self, at: Timestamp) {
        let hour = at.as_millis().div_euclid(HOUR);
        if self.hours.len() < MOST_HOURS
            && self.hours.insert(hour)
            && let Some(days) = self.days.get_mut(of_day(hour))
        {
            *days += 1.0;
        }
        let counted = self.hours.contains(&hour);
        if let Some(count) = self.counts.get_mut(of_day(hour)).filter(|_| counted) {
            *count += 1.0;
        }
    }

    /// The weight of each hour of the day; 1 is an average hour. Each hour is shrunk to the average by as much
    /// as one day of traffic.
    #[must_use]
    pub fn weights(&self) -> Weights {
        let (seen, over): (f64, f64) = (self.counts.iter().sum(), self.days.iter().sum());
        if seen <= 0.0 {
            return Weights::default();
        }
        let mean = seen / over;
        let mut weights = [1.0; 24];
        for ((weight, count), days) in weights.iter_mut().zip(&self.counts).zip(&self.days) {
            *weight = (count / mean + 1.0) / (days + 1.0);
        }
        Weights(weights)
    }
}

const HOUR: i64 = 3_600_000;
/// A year and more of hours; days beyond them sharpen nothing.
const MOST_HOURS: usize = 10_000;

fn of_day(hour: i64) -> usize {
    usize::try_from(hour.rem_euclid(24)).unwrap_or(0)
}

/// The weight of each hour of the day.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Weights([f64; 24]);

impl Default for Weights {
    fn default() -> Self {
        Self([1.0; 24])
    }
}

impl Weights {
    /// The traffic expected between two instants, in average hours; 0 if they are not in order.
    #[must_use]
    pub fn traffic(&self, from: Timestamp, to: Timestamp) -> f64 {
        if from >= to {
            return 0.0;
        }
        self.since_epoch(to) - self.since_epoch(from)
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "days and milliseconds of a day are small"
    )]
    fn since_epoch(&self, at: Timestamp) -> f64 {
        let (day, rest) = (at.day() as f64, at.as_millis().rem_euclid(24 * HOUR));
        let (hour, part) = (of_day(rest / HOUR), (rest % HOUR) as f64 / HOUR as f64);
        let whole: f64 = self.0.iter().take(hour).sum();
        let total: f64 = self.0.iter().sum();
        day * total + whole + self.0.get(hour).copied().unwrap_or(1.0) * part
    }
}

/// The controllers of one campaign.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Pace {
    budget: Option<BudgetPace>,
    target: Option<TargetPace>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct BudgetPace {
    budget: Budget,
    weights: Weights,
    ln_m: f64,
    /// The last step; `None` before the first decision, where the clock of the plan starts.
    at: Option<Timestamp>,
    spent: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct TargetPace {
    ln_m: f64,
    mean_worth: f64,
}

/// What the controllers make of a bid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Multiplier {
    /// The smaller multiplier, between [`LEAST`] and [`GREATEST`]; 1 without a goal to hold.
    pub factor: f64,
    /// Which controller holds the bid below its unpaced value.
    pub limited_by: Option<LimitedBy>,
}

impl Multiplier {
    /// Bids are left as they are.
    pub const NONE: Self = Self {
        factor: 1.0,
        limited_by: None,
    };
}

/// Whether a campaign's goal names a target to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// It does: a cost or a return.
    Held,
    /// It does not.
    None,
}

impl Pace {
    /// Controllers at rest.
    #[must_use]
    pub fn new(budget: Option<Budget>, target: Target) -> Self {
        let budget = budget.map(|budget| BudgetPace {
            budget,
            weights: Weights::default(),
            ln_m: 0.0,
            at: None,
            spent: 0.0,
        });
        let target = match target {
            Target::Held => Some(TargetPace {
                ln_m: 0.0,
                mean_worth: 0.0,
            }),
            Target::None => None,
        };
        Self { budget, target }
    }

    /// Follows an edited campaign. What was learnt stays.
    pub fn declare(&mut self, budget: Option<Budget>, target: Target) {
        let fresh = Self::new(budget, target);
        self.target = fresh.target.and(self.target.or(fresh.target));
        self.budget = match (self.budget, fresh.budget) {
            (Some(before), Some(now)) => Some(BudgetPace {
                budget: now.budget,
                ..before
            }),
            (_, now) => now,
        };
    }

    /// Starts the clock of the budget's plan, at the first decision; later calls change nothing.
    pub fn begin(&mut self, at: Timestamp) {
        if let Some(budget) = &mut self.budget {
            budget.at = budget.at.or(Some(at.max(budget.budget.start)));
        }
    }

    /// Uses this traffic profile from now on.
    pub fn follow(&mut self, weights: Weights) {
        if let Some(budget) = &mut self.budget {
            budget.weights = weights;
        }
    }

    /// Steps the budget's controller to `now`, when `spent_micros` (CPM) were spent in all.
    pub fn step(&mut self, now: Timestamp, spent_micros: f64) {
        let may_rise = self
            .target
            .is_none_or(|target| self.budget.is_none_or(|budget| budget.ln_m <= target.ln_m));
        if let Some(budget) = &mut self.budget {
            let step = budget.step(now, spent_micros);
            budget.ln_m = bounded(budget.ln_m + if may_rise { step } else { step.min(0.0) });
        }
    }

    /// Steps the target's controller: an impression worth `worth_micros` (CPM) was won for `price_micros`.
    pub fn won(&mut self, worth_micros: f64, price_micros: f64) {
        let may_rise = self
            .budget
            .is_none_or(|budget| self.target.is_none_or(|target| target.ln_m <= budget.ln_m));
        let Some(target) = &mut self.target else {
            return;
        };
        if !(worth_micros.is_finite() && price_micros.is_finite()) || worth_micros <= 0.0 {
            return;
        }
        target.mean_worth = if target.mean_worth > 0.0 {
            target.mean_worth + 0.02 * (worth_micros - target.mean_worth)
        } else {
            worth_micros
        };
        let step =
            (TARGET_STEP * (worth_micros - price_micros) / target.mean_worth).clamp(-MOST_STEP, MOST_STEP);
        target.ln_m = bounded(target.ln_m + if may_rise { step } else { step.min(0.0) });
    }

    /// The multiplier of a decision at `now`, when the campaign has spent `spent_micros` (CPM).
    #[must_use]
    pub fn multiplier(&self, now: Timestamp, spent_micros: f64) -> Multiplier {
        let mut ahead = *self;
        ahead.step(
            now,
            spent_micros.max(self.budget.map_or(0.0, |budget| budget.spent)),
        );
        let budget = ahead.budget.map(|budget| budget.ln_m.exp());
        let target = ahead.target.map(|target| target.ln_m.exp());
        let (factor, by) = match (budget, target) {
            (Some(budget), Some(target)) if target < budget => (target, LimitedBy::Target),
            (Some(budget), _) => (budget, LimitedBy::Budget),
            (None, Some(target)) => (target, LimitedBy::Target),
            (None, None) => (1.0, LimitedBy::Budget),
        };
        Multiplier {
            factor: factor.clamp(LEAST, GREATEST),
            limited_by: (factor < 1.0).then_some(by),
        }
    }

    pub(super) fn digest(&self, hasher: &mut blake3::Hasher) {
        hasher.update(format!("{self:?}").as_bytes());
    }
}

impl BudgetPace {
    /// The step of the logarithm to `now`, which becomes the state's instant.
    fn step(&mut self, now: Timestamp, spent: f64) -> f64 {
        let Budget { start, end, .. } = self.budget;
        let Some(at) = self.at else {
            return 0.0;
        };
        let amount = self.budget.cpm_micros().to_f64();
        let (from, to) = (at.max(start), now.min(end));
        let whole = self.weights.traffic(start, end);
        let left = self.weights.traffic(from, end);
        let passed = self.weights.traffic(from, to);
        let (money, paid) = (amount - self.spent, spent - self.spent);
        (self.at, self.spent) = (Some(at.max(to)), spent);
        if money <= 0.0 {
            return -MOST_STEP;
        }
        if whole <= 0.0 || left <= 0.0 {
            return 0.0;
        }
        let rate = money / (left - LANDING * whole).max(0.002 * whole);
        let horizon = (HORIZON * whole).min(left / 3.0).max(0.001 * whole);
        ((rate * passed - paid) / (rate * horizon)).clamp(-MOST_STEP, MOST_STEP)
    }
}

fn bounded(ln_m: f64) -> f64 {
    ln_m.clamp(LEAST.ln(), GREATEST.ln())
}
