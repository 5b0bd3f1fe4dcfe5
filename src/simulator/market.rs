//! The market itself: its settings, its people and rivals, and what comes of a bid.

use std::{fmt, sync::Arc};

use super::{
    draws::{Draws, Purpose, Seed},
    entrant::Entrant,
    history::History,
    impression::Impression,
    offer, rivals,
    traffic::{Traffic, hour_of_day, instant},
    world::Stated,
};
use crate::domain::{AuctionType, Campaign, Duration, Event, Kind, Micros, Query, Timestamp};

/// How many impressions a day where nothing else is asked for.
const DAILY_IMPRESSIONS: u32 = 20_000;
/// The best rival's median price beside the campaigns' median baseline.
const RIVALS_BESIDE_BASELINE: f64 = 0.85;
/// The best rival's median price where nobody takes part: 1.20, CPM.
const RIVALS_ALONE_MICROS: f64 = 1_200_000.0;
/// How often a won slot scrolls into being, and the ad is shown.
const SHOWN: f64 = 0.98;

/// A seeded market in which the campaigns take part. Cheap to clone: clones are the same market.
#[derive(Debug, Clone)]
pub struct Market {
    pub(super) shared: Arc<Shared>,
    pub(super) traffic: Traffic,
}

#[derive(Debug)]
pub(super) struct Shared {
    number: u64,
    pub(super) seed: Seed,
    pub(super) start: Timestamp,
    pub(super) entrants: Vec<Entrant>,
    pub(super) stated: Stated,
    rivals_micros: f64,
}

impl Market {
    /// A market that opens at `start`. Of more than [`Query::max_candidates`] campaigns the first take part.
    #[must_use]
    pub fn new(seed: u64, campaigns: &[Arc<Campaign>], start: Timestamp) -> Self {
        let draws = Seed::new(seed);
        let part = campaigns
            .get(..Query::max_candidates(Kind::Bid))
            .unwrap_or(campaigns);
        let shared = Shared {
            number: seed,
            entrants: part
                .iter()
                .map(|campaign| Entrant::new(&draws, campaign))
                .collect(),
            rivals_micros: rivals_beside(part),
            seed: draws,
            start,
            stated: Stated::new(),
        };
        Self {
            shared: Arc::new(shared),
            traffic: Traffic::per_day(DAILY_IMPRESSIONS),
        }
    }

    /// The same market with about this many impressions a day, at least one.
    #[must_use]
    pub fn with_daily_impressions(self, impressions: u32) -> Self {
        Self {
            traffic: Traffic::per_day(impressions),
            ..self
        }
    }

    /// The impressions from its start on, in time order; never ends.
    #[must_use]
    pub fn impressions(&self) -> Impressions {
        Impressions {
            market: self.clone(),
            number: 0,
            at_ms: offer::millis(self.shared.start),
        }
    }

    /// What the days before its start brought under a simple human bid, in time order.
    #[must_use]
    pub fn history(&self, days: u32) -> History {
        History::new(self, days)
    }

    /// What comes of bidding `bid` (CPM) for the impression with the candidate at that place: a loss, or a win at
    /// its clearing price, perhaps followed by an impression, a click and a conversion, each with its instant, in
    /// time order. Nothing where there is no such candidate.
    ///
    /// `auction_type` is the impression's, or its deal's. The same bid always meets the same fate; of two bids
    /// that win, both are clicked or neither.
    #[must_use]
    pub fn resolve(
        &self,
        impression: &Impression,
        candidate: usize,
        bid: Micros,
        auction_type: AuctionType,
    ) -> Vec<(Event, Timestamp)> {
        if candidate >= impression.candidates.len() {
            return Vec::new();
        }
        let mut rivals = self.shared.seed.draws(Purpose::Rivals, impression.number, 0);
        let best = self.best_rival(impression, &mut rivals);
        let told_at = impression.at.plus(Duration::from_millis(80));
        match rivals::settle(bid, impression.auction.floor, best, auction_type) {
            Err(lost) => vec![(lost.event(&mut rivals, impression.traits), told_at)],
            Ok(price) => {
                let mut events = vec![(Event::Win { price }, told_at)];
                self.people(impression, candidate, told_at, &mut events);
                events
            }
        }
    }

    /// The hidden probability that the candidate's ad is clicked once it is shown, for holding a model against it.
    #[must_use]
    pub fn click_probability(&self, impression: &Impression, candidate: usize) -> Option<f64> {
        let entrant = self.shared.entrants.get(candidate)?;
        Some(
            entrant
                .truth
                .clicks(impression.traits, impression.creative(candidate)),
        )
    }

    /// The hidden worth of showing the candidate's ad, as CPM in micros: clicks that convert, times their value.
    /// `None` where the campaign is not after conversions.
    #[must_use]
    pub fn expected_value(&self, impression: &Impression, candidate: usize) -> Option<Micros> {
        let entrant = self.shared.entrants.get(candidate)?;
        entrant.conversion.as_ref()?;
        let converts = entrant.truth.converts(impression.traits);
        let each = self.click_probability(impression, candidate)? * converts * entrant.truth.value_micros;
        Micros::from_f64(each * 1_000.0)
    }

    fn best_rival(&self, impression: &Impression, draws: &mut Draws) -> Micros {
        let hour = hour_of_day(impression.at);
        rivals::best_price(draws, self.shared.rivals_micros, impression.traits, hour)
    }

    /// What people do with a won slot.
    fn people(
        &self,
        impression: &Impression,
        candidate: usize,
        won_at: Timestamp,
        events: &mut Vec<(Event, Timestamp)>,
    ) {
        let Some(entrant) = self.shared.entrants.get(candidate) else {
            return;
        };
        let part = u8::try_from(candidate).unwrap_or(u8::MAX);
        let mut draws = self.shared.seed.draws(Purpose::People, impression.number, part);
        let shown_at = later(won_at, 0.15 + draws.exponential(0.6));
        let (shown, clicked) = (draws.happens(SHOWN), draws.unit());
        if !shown {
            return;
        }
        events.push((Event::Impression, shown_at));
        if clicked
            >= entrant
                .truth
                .clicks(impression.traits, impression.creative(candidate))
        {
            return;
        }
        let clicked_at = later(shown_at, 1.0 + draws.exponential(9.0));
        events.push((Event::Click, clicked_at));
        let Some(name) = &entrant.conversion else {
            return;
        };
        if draws.happens(entrant.truth.converts(impression.traits)) {
            let converted_at = later(
                clicked_at,
                60.0 + draws.exponential(entrant.truth.delay_hours * 3_600.0),
            );
            let worth = entrant.truth.value_micros * (0.3 * draws.normal() - 0.045).exp();
            let value = Micros::from_f64(worth.round());
            events.push((
                Event::Conversion {
                    name: name.clone(),
                    value,
                },
                converted_at,
            ));
        }
    }
}

impl fmt::Display for Market {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let campaigns = self.shared.entrants.len();
        write!(
            f,
            "simulated market (seed {}, {campaigns} campaigns)",
            self.shared.number
        )
    }
}

/// Impressions in time order; never ends.
#[derive(Debug, Clone)]
pub struct Impressions {
    pub(super) market: Market,
    pub(super) number: u64,
    pub(super) at_ms: f64,
}

impl Iterator for Impressions {
    type Item = Impression;

    fn next(&mut self) -> Option<Impression> {
        let mut draws = self.market.shared.seed.draws(Purpose::Impression, self.number, 0);
        self.at_ms = self
            .market
            .traffic
            .next_arrival(self.at_ms, draws.exponential(1.0));
        let impression = offer::offer(&self.market.shared, self.number, instant(self.at_ms), &mut draws);
        self.number += 1;
        Some(impression)
    }
}

fn later(at: Timestamp, seconds: f64) -> Timestamp {
    instant(offer::millis(at) + seconds * 1_000.0)
}

/// Rivals pay about what the campaigns' people think an impression is worth, a little less.
fn rivals_beside(campaigns: &[Arc<Campaign>]) -> f64 {
    let mut baselines: Vec<Micros> = campaigns
        .iter()
        .filter_map(|campaign| campaign.baselines.bid)
        .collect();
    baselines.sort_unstable();
    baselines
        .get(baselines.len() / 2)
        .map_or(RIVALS_ALONE_MICROS, |median| {
            (RIVALS_BESIDE_BASELINE * median.to_f64()).max(1.0)
        })
}
