//! The past of the simulated market: what a person's simple bids brought before anybody learnt.

use super::{
    draws::Purpose,
    impression::Impression,
    market::{Impressions, Market},
    offer,
};
use crate::domain::{BasisPoints, Duration, Event, Facts, Kind, Micros, Observation, Timestamp};

/// Numbers of past impressions start here, so that none is also a present one.
const PAST: u64 = 1 << 40;
/// What the person adds to the campaign's baseline, trying this and that.
const TRIED: [i32; 5] = [-3_000, -1_500, 0, 1_500, 3_000];

/// Past observations in time order: one campaign at a time, its baseline bid, give or take.
#[derive(Debug, Clone)]
pub struct History {
    impressions: Impressions,
    end: Timestamp,
}

impl History {
    pub(super) fn new(market: &Market, days: u32) -> Self {
        let end = market.shared.start;
        let begin = end.plus(Duration::from_days(-i64::from(days)));
        Self {
            impressions: Impressions {
                market: market.clone(),
                number: PAST,
                at_ms: offer::millis(begin),
            },
            end,
        }
    }
}

impl Iterator for History {
    type Item = Observation;

    /// Only what was known by the market's start is told: a conversion that came later is not in it.
    fn next(&mut self) -> Option<Observation> {
        let impression = self
            .impressions
            .next()
            .filter(|impression| impression.at < self.end)?;
        let market = &self.impressions.market;
        let mut human = market.shared.seed.draws(Purpose::Human, impression.number, 0);
        let candidate = human.place(impression.candidates.len());
        let campaign = &market.shared.entrants.get(candidate)?.campaign;
        let tried = TRIED.get(human.place(TRIED.len())).copied().unwrap_or_default();
        let bid = campaign
            .baselines
            .bid
            .unwrap_or_default()
            .moved(BasisPoints::new(tried));
        let mut events = market.resolve(&impression, candidate, bid, impression.auction.auction_type);
        events.retain(|(_, at)| *at < self.end);
        let (won, market_price) = told(&events);
        events.retain(|(event, _)| !matches!(event, Event::Win { .. } | Event::Loss { .. }));
        Some(Observation {
            at: impression.at,
            kind: Kind::Bid,
            candidate: None,
            spend: None,
            campaign: campaign.id.clone(),
            brand: campaign.brand.clone(),
            objective: campaign.objective.clone(),
            facts: everything(&impression, candidate, &campaign.facts),
            bid: Some(bid),
            won,
            market_price,
            events,
        })
    }
}

/// Whether it was won, and at what price, or what would have won; nothing where the answer is still under way.
fn told(events: &[(Event, Timestamp)]) -> (Option<bool>, Option<Micros>) {
    match events.first() {
        Some((Event::Win { price }, _)) => (Some(true), Some(*price)),
        Some((Event::Loss { min_to_win, .. }, _)) => (Some(false), *min_to_win),
        Some((
            Event::Impression
            | Event::Click
            | Event::Conversion { .. }
            | Event::Sent
            | Event::Cancelled
            | Event::Open
            | Event::Unsubscribe,
            _,
        ))
        | None => (None, None),
    }
}

fn everything(impression: &Impression, candidate: usize, campaign: &Facts) -> Facts {
    let of_ad = impression
        .candidates
        .get(candidate)
        .map(|candidate| candidate.facts.iter());
    let all = impression
        .facts
        .iter()
        .chain(of_ad.into_iter().flatten())
        .chain(campaign.iter());
    all.map(|(attribute, value)| (attribute.clone(), value.clone()))
        .collect()
}
