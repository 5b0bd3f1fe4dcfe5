//! One impression for sale in the simulated market.

use std::sync::Arc;

use super::{
    draws::{Draws, Purpose, Seed},
    offer,
    sentences::sentences,
    topics::Topic,
    world::{COUNTRIES, DEVICES, EXCHANGES, Language, PLACEMENTS},
};
use crate::domain::{Attribute, Auction, Candidate, FactValue, Facts, Timestamp};

/// One page in this many of an ordinary topic quotes a sentence of a sensitive one.
const MISLABELLED: f64 = 0.015;

/// Where an impression stands in the tables of the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Traits {
    pub(super) country: usize,
    pub(super) exchange: usize,
    pub(super) placement: usize,
    pub(super) device: usize,
    pub(super) topic: usize,
}

impl Traits {
    pub(super) fn draw(draws: &mut Draws) -> Self {
        Self {
            country: draws.share(COUNTRIES.iter().map(|country| country.share)),
            exchange: draws.share(EXCHANGES.iter().map(|exchange| exchange.share)),
            placement: draws.share(PLACEMENTS.iter().map(|placement| placement.share)),
            device: draws.share(DEVICES.iter().map(|device| device.share)),
            topic: 0,
        }
    }
}

/// One impression for sale in the simulated market: what a bid request would say of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Impression {
    /// Its number in the market; names it.
    pub number: u64,
    /// When it is offered.
    pub at: Timestamp,
    /// The terms of its auction.
    pub auction: Auction,
    /// What is known of market, page, slot, device and contact, all but the page's text.
    pub facts: Facts,
    /// One candidate of every campaign, at most [`crate::domain::Query::max_candidates`].
    pub candidates: Vec<Candidate>,
    pub(super) traits: Traits,
    pub(super) topic: Topic,
    pub(super) language: Language,
    pub(super) creatives: u64,
    pub(super) text_seed: u64,
}

impl Impression {
    /// The text of its page: a few sentences on its topic in its language. Composed when asked for.
    #[must_use]
    pub fn page_text(&self) -> Arc<str> {
        let mut draws = Seed::new(self.text_seed).draws(Purpose::Impression, 0, 0);
        let own = sentences(self.topic, self.language);
        let (first, count) = (draws.place(own.len()), 3 + draws.place(3));
        let mut chosen: Vec<&str> = own.iter().cycle().skip(first).take(count).copied().collect();
        if !Topic::SENSITIVE.contains(&self.topic) && draws.happens(MISLABELLED) {
            chosen.extend(quoted(&mut draws, self.language));
        }
        chosen.join(" ").into()
    }

    /// Which of its two creatives the campaign at that place shows.
    pub(super) fn creative(&self, candidate: usize) -> usize {
        offer::creative(self.creatives, candidate)
    }

    /// Its facts, the page's text included.
    #[must_use]
    pub fn facts_with_text(&self) -> Facts {
        let mut facts = self.facts.clone();
        facts.set(Attribute::PageText, FactValue::Text(self.page_text()));
        facts
    }
}

fn quoted(draws: &mut Draws, language: Language) -> Option<&'static str> {
    let topic = *Topic::SENSITIVE.get(draws.place(Topic::SENSITIVE.len()))?;
    let all = sentences(topic, language);
    all.get(draws.place(all.len())).copied()
}
