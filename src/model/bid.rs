//! What to bid: from a bounded query and a snapshot to an opinion of each candidate.
//!
//! In order, for a candidate that the limits leave free: the response model says how likely the outcome is; the
//! goal says what that is worth; the controllers scale it; a first-price auction is shaded by the win curve, a second-price one
//! answered truthfully; the campaign's maturity decides how much of that counts against the human baseline; then
//! limits act on the explored points around it and one is drawn.
//!
//! Where a rule's band is in force (a novel market), the band replaces the maturity blend. Where the hand-over of a market is
//! [frozen](super::hand_over), the human value decides alone. The pace may lower a
//! human value but never raises it. Anything that is not a finite number is no opinion.

use super::{
    exploration::{Points, Whose, epsilon},
    features::Features,
    goal::{Worth, worth},
    maturity::Thresholds,
    pacing::Multiplier,
    snapshot::Snapshot,
    win_curve::{Curve, Market},
};
use crate::domain::{
    Auction, AuctionType, Bounded, Campaign, CandidateLimits, Directive, Effect, Estimate, Goal, Kind,
    LimitedBy, Merged, Micros, Proposed, Query, Source,
};

/// One opinion a candidate, in the candidates' order.
#[must_use]
pub fn propose(snapshot: &Snapshot, bounded: &Bounded, auction: &Auction) -> Vec<Option<Proposed>> {
    (0..bounded.query.candidates.len())
        .map(|index| Asked::of(snapshot, bounded, auction, index)?.answer())
        .collect()
}

/// One candidate with everything its answer needs.
struct Asked<'a> {
    snapshot: &'a Snapshot,
    bounded: &'a Bounded,
    query: &'a Query,
    auction: &'a Auction,
    campaign: &'a Campaign,
    limits: &'a CandidateLimits,
    index: usize,
}

/// What the response model makes of a candidate.
#[derive(Clone, Copy)]
struct Opinion {
    probability: f64,
    worth: Option<Worth>,
}

impl<'a> Asked<'a> {
    fn of(snapshot: &'a Snapshot, bounded: &'a Bounded, auction: &'a Auction, index: usize) -> Option<Self> {
        let limits = bounded.limits.get(index)?;
        limits.is_free().then_some(Self {
            snapshot,
            bounded,
            query: &bounded.query,
            auction,
            campaign: bounded.campaigns.get(index)?,
            limits,
            index,
        })
    }

    fn answer(&self) -> Option<Proposed> {
        let evidence = self.bounded.evidence.get(self.index).copied().unwrap_or_default();
        let thresholds = Thresholds::of(Kind::Bid, self.campaign);
        let maturity = thresholds.judge(evidence, self.query.now);
        let (opinion, pace) = (self.opinion(), self.pace());
        let market = Market::of(self.campaign.currency, &self.query.facts);
        let curve = self.snapshot.knowledge().curves.of(market);
        let band = band_of(self.limits);
        let frozen = self.is_frozen();
        let modelled = opinion
            .filter(|_| !frozen)
            .and_then(|opinion| opinion.worth)
            .map(|worth| self.modelled(worth, pace, &curve));
        let human = band.or(self.campaign.baselines.bid)?.to_f64() * pace.factor.min(1.0);
        let (price, source) = match (modelled, band) {
            (None, _) => (human, Source::Human),
            (Some(modelled), Some(_)) => (modelled, Source::Model),
            (Some(modelled), None) => blend(human, modelled, thresholds.weight(maturity)),
        };
        let varied = if frozen { 0.0 } else { epsilon(maturity.stage) };
        let points = Points::around(self.limits, price, varied)?;
        let drawn = points.draw(self.query.seed, self.index)?;
        let choice = drawn.point.choice;
        let known = self.snapshot.knowledge().curves.knows(market);
        let win_probability = choice
            .price()
            .filter(|_| known)
            .map(|price| curve.win_probability(price));
        Some(Proposed {
            wish: drawn.point.wish,
            relevance: Micros::ZERO,
            choice,
            propensity: drawn.propensity,
            forced: drawn.forced,
            source: match drawn.point.whose {
                Whose::Human => Source::Human,
                Whose::Proposed => source,
            },
            maturity,
            estimate: opinion.and_then(|opinion| opinion.estimate(win_probability)),
            limited_by: if frozen {
                Some(LimitedBy::Freeze)
            } else {
                pace.limited_by
            },
            grounds: None,
        })
    }

    fn opinion(&self) -> Option<Opinion> {
        let candidate = self.query.candidates.get(self.index)?;
        let features = Features::of_candidate(self.query, candidate, self.campaign);
        let (probability, _) = self.snapshot.response(&features)?;
        let known = self.snapshot.knowledge().campaigns.get(&self.campaign.id);
        let mean_value = known.and_then(super::snapshot::CampaignKnowledge::mean_value_micros);
        Some(Opinion {
            probability,
            worth: worth(self.campaign.goal, probability, mean_value),
        })
    }

    /// Whether the model did worse in this market than people.
    fn is_frozen(&self) -> bool {
        let hand_overs = &self.snapshot.knowledge().hand_overs;
        let own = self.query.candidates.get(self.index);
        own.is_some_and(|own| {
            hand_overs.is_frozen(&self.campaign.id, Kind::Bid, &own.facts, &self.query.facts)
        })
    }

    /// The multiplier now; a manual campaign is not paced.
    fn pace(&self) -> Multiplier {
        let known = self.snapshot.knowledge().campaigns.get(&self.campaign.id);
        match (self.campaign.goal, known) {
            (Goal::Manual, _) | (_, None) => Multiplier::NONE,
            (Goal::MaximiseConversions { .. } | Goal::TargetCost(_) | Goal::TargetReturn(_), Some(known)) => {
                let spent = self
                    .bounded
                    .spend
                    .get(self.index)
                    .copied()
                    .unwrap_or_default()
                    .spent;
                known.pace.multiplier(self.query.now, spent.to_f64())
            }
        }
    }

    fn modelled(&self, worth: Worth, pace: Multiplier, curve: &Curve) -> f64 {
        let value = worth.bid_micros * pace.factor;
        match self.auction.auction_type_for(&self.campaign.id) {
            AuctionType::SecondPrice => value,
            AuctionType::FirstPrice => curve.first_price_bid(value),
        }
    }
}

impl Opinion {
    fn estimate(self, win_probability: Option<f64>) -> Option<Estimate> {
        Some(Estimate {
            outcome_probability: self.probability,
            expected_value: Micros::from_f64(self.worth.map_or(0.0, |worth| worth.value_micros))?,
            win_probability,
        })
    }
}

/// The person's value of the band in force, if a rule hands a market over.
#[must_use]
pub fn band_of(limits: &CandidateLimits) -> Option<Micros> {
    let handed_over = limits
        .effects
        .iter()
        .any(|active| matches!(active.effect, Effect::Band { .. }));
    if !handed_over {
        return None;
    }
    match Merged::of(limits.effects.iter()).directive {
        Some(Directive::Within { human, .. }) => Some(human),
        Some(Directive::Conflict { .. }) | None => None,
    }
}

fn blend(human: f64, modelled: f64, weight: f64) -> (f64, Source) {
    if weight <= 0.0 {
        (human, Source::Human)
    } else if weight >= 1.0 {
        (modelled, Source::Model)
    } else {
        (human + weight * (modelled - human), Source::Blend)
    }
}
