//! A campaign that takes part, its candidates, and the hidden truth about it.

use std::sync::Arc;

use super::{
    draws::{Draws, Purpose, Seed},
    impression::Traits,
    topics::Topic,
    world::{AD_CATEGORIES, COUNTRIES, Channel, DEVICES, PLACEMENTS, word},
};
use crate::domain::{Attribute, Campaign, Candidate, CandidateId, FactValue, Facts, Goal, Micros, Word};

/// The mean click probability of every campaign.
const BASE_CLICK_RATE: f64 = 0.01;
/// The spread of one planted effect, in log-odds.
const EFFECT_SPREAD: f64 = 0.45;
/// What an outcome is worth where the campaign does not say, in micros.
const UNDECLARED_VALUE_MICROS: f64 = 20_000_000.0;
const CREATIVES: [&str; 2] = ["a", "b"];

/// A planted effect for each value of one trait, in log-odds.
///
/// They are centred so that the mean of their exponentials over the traffic is one: the base rate stays the
/// base rate.
#[derive(Debug, Clone)]
struct Effects(Vec<f64>);

impl Effects {
    fn draw(draws: &mut Draws, shares: &[f64]) -> Self {
        let raw: Vec<f64> = shares
            .iter()
            .map(|_| EFFECT_SPREAD * draws.normal().clamp(-2.0, 2.0))
            .collect();
        let mean: f64 = raw
            .iter()
            .zip(shares)
            .map(|(effect, share)| share * effect.exp())
            .sum();
        Self(raw.into_iter().map(|effect| effect - mean.ln()).collect())
    }

    fn of(&self, place: usize) -> f64 {
        self.0.get(place).copied().unwrap_or(0.0)
    }
}

/// What is true of a campaign in this market, and what nobody is told.
#[derive(Debug, Clone)]
pub(super) struct Truth {
    country: Effects,
    device: Effects,
    topic: Effects,
    placement: Effects,
    creative: Effects,
    converts: f64,
    conversion_country: Effects,
    /// Mean time from click to conversion, in hours.
    pub(super) delay_hours: f64,
    /// Mean worth of a conversion, in micros.
    pub(super) value_micros: f64,
}

impl Truth {
    fn draw(draws: &mut Draws, campaign: &Campaign) -> Self {
        let countries = COUNTRIES.map(|country| country.share);
        // What a candidate is paid for must be within reach of what its people bid by hand, or nobody would.
        let (value_micros, return_on_spend) = worth(campaign.goal);
        let paid = campaign.baselines.bid.unwrap_or_default().to_f64() / 1_000.0
            * return_on_spend
            * draws.between(0.9, 1.5);
        Self {
            country: Effects::draw(draws, &countries),
            device: Effects::draw(draws, &DEVICES.map(|device| device.share)),
            topic: Effects::draw(draws, &Topic::SHARES),
            placement: Effects::draw(draws, &PLACEMENTS.map(|placement| placement.share)),
            creative: Effects::draw(draws, &[0.5; CREATIVES.len()]),
            converts: (paid / (BASE_CLICK_RATE * value_micros)).clamp(0.01, 0.5),
            conversion_country: Effects::draw(draws, &countries),
            delay_hours: draws.between(2.0_f64.ln(), 60.0_f64.ln()).exp(),
            value_micros,
        }
    }

    pub(super) fn clicks(&self, traits: Traits, creative: usize) -> f64 {
        let effects = self.country.of(traits.country)
            + self.device.of(traits.device)
            + self.topic.of(traits.topic)
            + self.placement.of(traits.placement)
            + self.creative.of(creative);
        shifted(BASE_CLICK_RATE, effects)
    }

    pub(super) fn converts(&self, traits: Traits) -> f64 {
        shifted(self.converts, self.conversion_country.of(traits.country))
    }
}

/// The logistic function at the log-odds of `base` plus `effects`.
fn shifted(base: f64, effects: f64) -> f64 {
    let odds = base / (1.0 - base) * effects.exp();
    odds / (1.0 + odds)
}

/// What a conversion is worth, in micros, and how many times its cost it should bring.
fn worth(goal: Goal) -> (f64, f64) {
    match goal {
        Goal::MaximiseConversions { value_per_outcome } => (at_least_a_cent(value_per_outcome), 1.2),
        Goal::TargetCost(cost) => (at_least_a_cent(cost), 1.0),
        Goal::TargetReturn(basis_points) => (UNDECLARED_VALUE_MICROS, f64::from(basis_points) / 10_000.0),
        Goal::Manual => (UNDECLARED_VALUE_MICROS, 1.2),
    }
}

fn at_least_a_cent(value: Micros) -> f64 {
    value.to_f64().max(10_000.0)
}

/// A campaign that takes part.
#[derive(Debug, Clone)]
pub(super) struct Entrant {
    pub(super) campaign: Arc<Campaign>,
    pub(super) truth: Truth,
    /// The name of its conversions; `None` if it is after clicks.
    pub(super) conversion: Option<Word>,
    display: [Candidate; 2],
    video: [Candidate; 2],
}

impl Entrant {
    /// The campaign's hidden truth follows from the seed and its name, not from its place among the others.
    pub(super) fn new(seed: &Seed, campaign: &Arc<Campaign>) -> Self {
        let number = digest(campaign.id.as_str());
        let mut draws = seed.draws(Purpose::Campaign, number, 0);
        let category = category(campaign, &mut draws);
        let candidates = |channel| CREATIVES.map(|letter| candidate(campaign, channel, letter, category));
        let event = &campaign.objective.event;
        Self {
            truth: Truth::draw(&mut draws, campaign),
            conversion: (!["click", "impression", "win"].contains(&event.as_str())).then(|| event.clone()),
            display: candidates(Channel::Display),
            video: candidates(Channel::Video),
            campaign: Arc::clone(campaign),
        }
    }

    pub(super) fn candidate(&self, channel: Channel, creative: usize) -> Option<&Candidate> {
        match channel {
            Channel::Display => self.display.get(creative),
            Channel::Video => self.video.get(creative),
        }
    }
}

/// The number of a name, below 2^53.
fn digest(name: &str) -> u64 {
    let (head, _) = blake3::hash(name.as_bytes())
        .as_bytes()
        .split_first_chunk::<8>()
        .map_or(([0; 8], &[][..]), |(head, rest)| (*head, rest));
    u64::from_le_bytes(head) >> 11
}

/// What a campaign sells: what its names point to, else what the seed says.
fn category(campaign: &Campaign, draws: &mut Draws) -> &'static str {
    let product = campaign.product.as_ref().map_or("", Word::as_str);
    let names = format!("{} {} {product}", campaign.id, campaign.brand).to_lowercase();
    let drawn = AD_CATEGORIES.get(draws.place(AD_CATEGORIES.len()));
    AD_CATEGORIES
        .iter()
        .find(|(_, hints)| hints.iter().any(|hint| names.contains(hint)))
        .or(drawn)
        .map_or("IAB8", |(category, _)| category)
}

fn candidate(campaign: &Campaign, channel: Channel, letter: &str, category: &str) -> Candidate {
    let creative = format!("{}-{letter}", channel.name());
    let fact = |text: &str| FactValue::Word(word(text));
    let facts = [
        (Attribute::Creative, fact(&creative)),
        (Attribute::AdCategory, FactValue::Words(vec![word(category)])),
        (Attribute::AdAttribute, FactValue::Words(Vec::new())),
        (
            Attribute::AdDomain,
            FactValue::Words(vec![word(&domain(campaign))]),
        ),
    ];
    Candidate {
        id: name_of(campaign, &creative),
        campaign: campaign.id.clone(),
        facts: Facts::from_iter(facts),
    }
}

/// `campaign/creative`, or the creative alone where the campaign's name leaves no room.
#[expect(clippy::expect_used, reason = "a creative's name is short and printable")]
fn name_of(campaign: &Campaign, creative: &str) -> CandidateId {
    CandidateId::new(&format!("{}/{creative}", campaign.id))
        .or_else(|_| CandidateId::new(&format!("{:x}/{creative}", digest(campaign.id.as_str()))))
        .expect("a digest and a creative make a valid name")
}

/// Where the ad leads: the brand's name as a domain that nobody can own.
fn domain(campaign: &Campaign) -> String {
    let brand: String = campaign
        .brand
        .as_str()
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-')
        .take(40)
        .collect();
    format!("{}.example", if brand.is_empty() { "brand" } else { &brand })
}
