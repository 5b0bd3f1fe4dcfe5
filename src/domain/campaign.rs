use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    BasisPoints, BrandId, CampaignId, CandidateId, Currency, Duration, Facts, Kind, Micros, ObjectiveId,
    TimeOfDay, Timestamp, Word,
};

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

/// The human value of each kind that a campaign serves; it leads while the model is cold.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Baselines {
    /// A bid, CPM, in the campaign's currency.
    pub bid: Option<Micros>,
    /// A local time of day of the recipient.
    pub send_at: Option<TimeOfDay>,
    /// Items, the first slot first.
    pub list: Option<Vec<CandidateId>>,
    /// An arm's part of the total.
    pub share: Option<BasisPoints>,
    /// A probability, in millionths.
    pub probability: Option<Micros>,
}

impl Baselines {
    /// Of a campaign that bids, and serves no other kind.
    #[must_use]
    pub fn of_bids(bid: Micros) -> Self {
        Self {
            bid: Some(bid),
            ..Self::default()
        }
    }

    /// Whether one of that kind is declared.
    #[must_use]
    pub const fn serve(&self, kind: Kind) -> bool {
        match kind {
            Kind::Bid => self.bid.is_some(),
            Kind::SendTime => self.send_at.is_some(),
            Kind::Recommendation => self.list.is_some(),
            Kind::Budget => self.share.is_some(),
            Kind::Score => self.probability.is_some(),
        }
    }

    /// The kinds that are declared.
    pub fn kinds(&self) -> impl Iterator<Item = Kind> {
        Kind::ALL.into_iter().filter(|kind| self.serve(*kind))
    }
}

/// From how much evidence a model of a campaign leads, where its people declare it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredMaturity {
    /// People lead alone below this.
    pub learning_from: u32,
    /// The model leads from this on.
    pub mature_at: u32,
    /// In a window of so many days.
    pub days: u32,
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
    /// The human values, of the kinds it serves.
    pub baselines: Baselines,
    /// Its budget and period, if it has one.
    pub budget: Option<Budget>,
    /// From how much evidence its models lead, of the kinds where that is declared.
    pub maturity: BTreeMap<Kind, DeclaredMaturity>,
    /// The facts that every candidate of it carries: brand, campaign, product, objective.
    pub facts: Facts,
}
