use serde::{Deserialize, Serialize};

use super::{BrandId, CampaignId, Currency, Duration, Facts, Micros, ObjectiveId, Timestamp, Word};

/// The precise outcome that a model is paid for; declared in `rules/objectives.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objective {
    /// Its name.
    pub id: ObjectiveId,
    /// The exact name of the event that counts: `click`, or the name of a conversion.
    pub event: Word,
    /// An event counts if it happens within this time after the decision.
    pub window: Duration,
}

/// What a campaign wants of its objective.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Goal {
    /// As many as possible, each worth this much (micros of the currency, not CPM).
    MaximiseConversions {
        /// What one is worth.
        value_per_outcome: Micros,
    },
    /// Each for about this much (micros of the currency, not CPM).
    TargetCost(Micros),
    /// Value divided by spend of about this many per cent, in basis points: 400 % is 40,000.
    TargetReturn(u32),
    /// The baseline, always.
    Manual,
}

/// Money for a period, in micros of the campaign's currency (not CPM).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// How much, for the whole period.
    pub amount: Micros,
    /// From when, inclusive.
    pub start: Timestamp,
    /// Until when, exclusive.
    pub end: Timestamp,
}

impl Budget {
    /// The amount in the unit in which spend is summed: CPM micros, one addend an impression.
    #[must_use]
    pub fn cpm_micros(self) -> Micros {
        Micros::saturated(i128::from(self.amount.get()) * 1_000)
    }
}

/// A campaign as its people declared it; from `rules/campaigns.yaml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Campaign {
    /// Its name.
    pub id: CampaignId,
    /// Whose it is.
    pub brand: BrandId,
    /// What it sells, if declared.
    pub product: Option<Word>,
    /// What it is after.
    pub objective: Objective,
    /// What it wants of that.
    pub goal: Goal,
    /// Its one currency.
    pub currency: Currency,
    /// The human bid, CPM, in its currency; leads while the model is cold.
    pub baseline: Micros,
    /// Its budget and period, if it has one.
    pub budget: Option<Budget>,
    /// The facts that every candidate of it carries: brand, campaign, product, objective.
    pub facts: Facts,
}
