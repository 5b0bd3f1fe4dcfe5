//! Markets in which the hand-over from a person's value to the model is frozen.
//!
//! While a market is new, a rule's band holds the model near a person's value, and one decision in ten uses that value
//! exactly. Where what the model did there was worth less, learning freezes the hand-over: the person's value decides
//! alone, inside the band and after it, until somebody has looked and lets it go on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::{Attribute, CampaignId, Facts, Kind, Timestamp, Word};

/// One campaign's decisions of one kind in one country and channel.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Market {
    /// The campaign.
    pub campaign: CampaignId,
    /// The kind of decision.
    pub kind: Kind,
    /// `market.country`, where it is known.
    pub country: Option<Word>,
    /// `market.channel`, where it is known.
    pub channel: Option<Word>,
}

impl Market {
    /// Of a candidate's own facts, and of the query's where it states none.
    #[must_use]
    pub fn of(campaign: &CampaignId, kind: Kind, own: &Facts, query: &Facts) -> Self {
        let stated = |attribute| own.word(&attribute).or_else(|| query.word(&attribute)).cloned();
        Self {
            campaign: campaign.clone(),
            kind,
            country: stated(Attribute::MarketCountry),
            channel: stated(Attribute::MarketChannel),
        }
    }
}

/// Why a hand-over is frozen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Frozen {
    /// Since when, in the journal's time.
    pub since: Timestamp,
    /// From how many decisions that is known.
    pub decisions: u64,
    /// By how much a decision of the model was worth less than one of the person: micros of the currency of a bid, a
    /// chance of the outcome of a send time or of an item, log loss of a score.
    pub worse_by: f64,
}

/// The frozen hand-overs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HandOvers(BTreeMap<Market, Frozen>);

impl HandOvers {
    /// Whether the person's value decides there.
    #[must_use]
    pub fn is_frozen(&self, campaign: &CampaignId, kind: Kind, own: &Facts, query: &Facts) -> bool {
        !self.0.is_empty() && self.0.contains_key(&Market::of(campaign, kind, own, query))
    }

    /// Each frozen market.
    pub fn iter(&self) -> impl Iterator<Item = (&Market, &Frozen)> {
        self.0.iter()
    }

    pub(super) fn digest(&self, hasher: &mut blake3::Hasher) {
        for (market, frozen) in &self.0 {
            let Market {
                campaign,
                kind,
                country,
                channel,
            } = market;
            let words = [country, channel].map(|word| word.as_ref().map_or("", Word::as_str));
            for text in [campaign.as_str(), kind.name()].iter().chain(&words) {
                hasher.update(text.as_bytes());
                hasher.update(&[0]);
            }
            hasher.update(&frozen.since.as_millis().to_le_bytes());
        }
    }
}

impl FromIterator<(Market, Frozen)> for HandOvers {
    fn from_iter<T: IntoIterator<Item = (Market, Frozen)>>(frozen: T) -> Self {
        Self(frozen.into_iter().collect())
    }
}
