//! The novel-market band: how far a model may move a person's value while evidence is thin.

use crate::domain::{
    Attribute, BasisPoints, Campaign, Effect, Evidence, EvidenceKey, Facts, Ledger, Micros, Timestamp,
};

/// By what a market is novel, beside brand and objective.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NovelBy {
    /// `market.country`
    Country,
    /// `market.channel`
    Channel,
    /// `product`
    Product,
}

impl NovelBy {
    /// Every way, in the order of the documentation.
    pub const ALL: [Self; 3] = [Self::Country, Self::Channel, Self::Product];
    /// What counts where a rule does not say.
    pub const DEFAULT: [Self; 2] = [Self::Country, Self::Channel];

    /// The word used in rule files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Country => "country",
            Self::Channel => "channel",
            Self::Product => "product",
        }
    }

    /// The way of that word, or of the attribute it stands for.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let last = name.strip_prefix("market.").unwrap_or(name);
        Self::ALL.into_iter().find(|way| way.name() == last)
    }
}

/// A person's value for a novel market, and how it is handed over to the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Band {
    /// The person's value.
    pub human: Micros,
    /// How far the model may move it before there is any evidence.
    pub model_may_move: BasisPoints,
    /// Outcomes at which the band is gone.
    pub need: u32,
    /// The window in which outcomes are counted.
    pub window_days: u32,
    /// By what a market is novel.
    pub novel_by: Vec<NovelBy>,
}

impl Band {
    /// The effect under this evidence; `None` once the market was ever handed over.
    ///
    /// Within `human` ± `human` × `model_may_move` × N/(N − n), the distance rounded down to whole micros, the
    /// lower end at least zero. It widens as n grows; `n` is what the window holds now, and the hand-over counts
    /// the most that any window ever held, so that time passing never brings the band back.
    #[must_use]
    pub fn effect(&self, evidence: Evidence) -> Option<Effect> {
        let have = evidence.current;
        let missing = self.need.checked_sub(evidence.peak.max(have))?;
        if missing == 0 {
            return None;
        }
        let share = i128::from(self.model_may_move.get()) * i128::from(self.need);
        let distance =
            i128::from(self.human.get()) * share / (10_000 * i128::from(self.need.saturating_sub(have)));
        let distance = Micros::saturated(distance);
        Some(Effect::Band {
            human: self.human,
            low: self.human.minus(distance).max(Micros::ZERO),
            high: self.human.plus(distance),
            have,
            need: self.need,
        })
    }

    /// What the ledger has counted of this market. Where a fact that makes the market is unknown, nothing.
    #[must_use]
    pub fn evidence(
        &self,
        campaign: &Campaign,
        facts: &Facts,
        ledger: &dyn Ledger,
        now: Timestamp,
    ) -> Evidence {
        self.key(campaign, facts).map_or_else(Evidence::default, |key| {
            ledger.evidence(&key, self.window_days, now)
        })
    }

    fn key(&self, campaign: &Campaign, facts: &Facts) -> Option<EvidenceKey> {
        let (mut country, mut channel, mut product) = (None, None, None);
        for way in &self.novel_by {
            match way {
                NovelBy::Country => country = Some(facts.word(&Attribute::MarketCountry)?.clone()),
                NovelBy::Channel => channel = Some(facts.word(&Attribute::MarketChannel)?.clone()),
                NovelBy::Product => product = Some(campaign.product.clone()?),
            }
        }
        Some(EvidenceKey::Market {
            brand: campaign.brand.clone(),
            objective: campaign.objective.id.clone(),
            country,
            channel,
            product,
        })
    }
}
