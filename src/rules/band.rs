//! The novel-market band: how far a model may move a person's value while evidence is thin.

use std::fmt;

use jiff::civil::Time;

use super::draft::In;
use crate::domain::{
    Attribute, BasisPoints, Campaign, Duration, Effect, Evidence, EvidenceKey, FactValue, Facts, Ledger,
    Micros, Timestamp, Word,
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
    /// `contact.segment`: a contact of several segments is as new as the newest of them.
    Segment,
}

impl NovelBy {
    /// Every way, in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::Country, Self::Channel, Self::Product, Self::Segment];
    /// What counts where a rule does not say.
    pub const DEFAULT: [Self; 2] = [Self::Country, Self::Channel];

    /// The word used in rule files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Country => "country",
            Self::Channel => "channel",
            Self::Product => "product",
            Self::Segment => "segment",
        }
    }

    /// The way of that word, or of the attribute it stands for.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let last = name.rsplit('.').next().unwrap_or(name);
        Self::ALL.into_iter().find(|way| way.name() == last)
    }
}

/// A person's value for a novel market, and how it is handed over to the model.
#[derive(Debug, Clone, PartialEq)]
pub struct StartAt {
    /// The person's value, and how far the model may move it before there is any evidence.
    pub human: Human,
    /// When the model takes over.
    pub hand_over: HandOver,
}

/// A person's value of each kind, and how far the model may go from it at first.
#[derive(Debug, Clone, PartialEq)]
pub enum Human {
    /// A bid, and a share of it.
    Price(In<Micros>, BasisPoints),
    /// A part of a total or a probability, and points of the whole.
    Part(BasisPoints, BasisPoints),
    /// A local time of the recipient, and how long before and after.
    Time(Time, Duration),
    /// Items, the first slot first, and how many slots from the last up the model fills.
    List(Vec<Word>, u16),
}

impl fmt::Display for Human {
    /// As a person writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Price(price, _) => price.money().fmt(f),
            Self::Part(part, _) => part.fmt(f),
            Self::Time(at, _) => at.strftime("%H:%M").fmt(f),
            Self::List(items, _) => {
                let names: Vec<&str> = items.iter().map(Word::as_str).collect();
                write!(f, "[{}]", names.join(", "))
            }
        }
    }
}

/// How much evidence of what market ends a band.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandOver {
    /// Outcomes at which the band is gone.
    pub need: u32,
    /// The window in which outcomes are counted.
    pub window_days: u32,
    /// By what a market is novel.
    pub novel_by: Vec<NovelBy>,
}

/// How far the hand-over of a market has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Outcomes counted so far.
    pub have: u32,
    /// Outcomes at which the band is gone; more than `have`.
    pub need: u32,
}

impl Progress {
    /// `first` × N / (N − n): how far the model may go now, rounded down.
    #[must_use]
    pub fn widened(self, first: i128) -> i128 {
        first.saturating_mul(i128::from(self.need)) / i128::from(self.need.saturating_sub(self.have).max(1))
    }

    /// The band around a person's amount, within what the kind admits.
    ///
    /// `first` is the distance at the beginning times 10,000, so that the only rounding is the last one.
    #[must_use]
    pub fn band(self, human: Micros, first: i128, highest: Micros) -> Effect {
        let distance = Micros::saturated(self.widened(first) / 10_000);
        Effect::Band {
            human,
            low: human.minus(distance).max(Micros::ZERO),
            high: human.plus(distance).min(highest.max(human)),
            have: self.have,
            need: self.need,
        }
    }
}

impl HandOver {
    /// How far the hand-over has come under this evidence; `None` once the market was ever handed over.
    ///
    /// The model may go as far as at the beginning × N/(N − n), so its room widens as n grows; `n` is what the
    /// window holds now, and the hand-over counts the most that any window ever held, so that time passing never
    /// brings the band back.
    #[must_use]
    pub fn progress(&self, evidence: Evidence) -> Option<Progress> {
        let have = evidence.current;
        let open = evidence.peak.max(have) < self.need;
        open.then_some(Progress {
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
        let of = |segment: Option<&Word>| {
            self.key(campaign, facts, segment)
                .map_or_else(Evidence::default, |key| {
                    ledger.evidence(&key, self.window_days, now)
                })
        };
        if !self.novel_by.contains(&NovelBy::Segment) {
            return of(None);
        }
        let Some(FactValue::Words(segments)) = facts.get(&Attribute::ContactSegment) else {
            return Evidence::default();
        };
        let each = segments.iter().map(|segment| of(Some(segment)));
        each.reduce(least).unwrap_or_default()
    }

    fn key(&self, campaign: &Campaign, facts: &Facts, segment: Option<&Word>) -> Option<EvidenceKey> {
        let (mut country, mut channel, mut product) = (None, None, None);
        for way in &self.novel_by {
            match way {
                NovelBy::Country => country = Some(facts.word(&Attribute::MarketCountry)?.clone()),
                NovelBy::Channel => channel = Some(facts.word(&Attribute::MarketChannel)?.clone()),
                NovelBy::Product => product = Some(campaign.product.clone()?),
                NovelBy::Segment => {}
            }
        }
        Some(EvidenceKey::Market {
            brand: campaign.brand.clone(),
            objective: campaign.objective.id.clone(),
            country,
            channel,
            product,
            segment: segment.cloned(),
        })
    }
}

/// What is known of both: a market is as new as the newest part of it.
fn least(one: Evidence, other: Evidence) -> Evidence {
    Evidence {
        current: one.current.min(other.current),
        peak: one.peak.min(other.peak),
        latest: one.latest.min(other.latest),
    }
}
