//! How an impression comes to be: page, slot, device, contact, auction and candidates.

use super::{
    draws::Draws,
    impression::{Impression, Traits},
    market::Shared,
    topics::Topic,
    world::{AD_CATEGORIES, COUNTRIES, Channel, EXCHANGES, Language, PLACEMENTS, Site, sites, word},
};
use crate::domain::{
    Attribute, Auction, AuctionType, Candidate, Currency, Deal, DealId, FactValue, Facts, Label, Micros,
    Timestamp,
};

/// How many different contacts a country has.
const CONTACTS: u64 = 20_000;
/// How often a page carries no content labels: what it is about is unknown.
const UNLABELLED: f64 = 0.08;
/// How often a label states no risk.
const RISK_UNKNOWN: f64 = 0.02;
/// How often a private deal is offered, and how often nothing but the deal is.
const DEAL: f64 = 0.06;
const PRIVATE: f64 = 0.01;
/// How often a publisher blocks a category, and an advertiser.
const BLOCKS_CATEGORY: f64 = 0.05;
const BLOCKS_ADVERTISER: f64 = 0.02;
/// Floors beside the slot's usual price, each as likely as the next.
const FLOORS_MICROS: [i64; 5] = [50_000, 100_000, 250_000, 500_000, 800_000];

/// The impression of that number.
pub(super) fn offer(shared: &Shared, number: u64, at: Timestamp, draws: &mut Draws) -> Impression {
    let mut traits = Traits::draw(draws);
    let language = COUNTRIES
        .get(traits.country)
        .map_or(Language::English, |country| country.language);
    let place = draws.share(sites(language).iter().map(|site| site.share));
    let site = sites(language).get(place);
    traits.topic = topic(site, draws);
    let topic = Topic::ALL.get(traits.topic).copied().unwrap_or(Topic::Sports);
    let mut facts = Facts::new();
    shared.stated.state(&mut facts, traits);
    shared.stated.state_page(&mut facts, language, place);
    state_content(shared, &mut facts, traits, topic, draws);
    state_names(&mut facts, site, topic, traits, number, draws);
    let creatives = draws.bits();
    let auction = auction(traits, number, draws);
    if let Some(deal) = auction.deals.first() {
        facts.set(Attribute::Deal, FactValue::Words(vec![word(deal.id.as_str())]));
    }
    Impression {
        number,
        at,
        auction,
        candidates: candidates(shared, traits, creatives),
        facts,
        traits,
        topic,
        language,
        creatives,
        text_seed: draws.bits(),
    }
}

fn topic(site: Option<&Site>, draws: &mut Draws) -> usize {
    let shares = site.map_or(Topic::SHARES, |site| site.section.shares());
    draws.share(shares.into_iter())
}

fn state_content(shared: &Shared, facts: &mut Facts, traits: Traits, topic: Topic, draws: &mut Draws) {
    let (labelled, risk) = (!draws.happens(UNLABELLED), topic.risk(draws));
    let risk = (!draws.happens(RISK_UNKNOWN)).then_some(risk);
    if let (true, Some(topic)) = (labelled, shared.stated.topic(traits.topic)) {
        facts.set(Attribute::Content, FactValue::Labels(vec![Label { topic, risk }]));
    }
}

/// States the address of the page and the pseudonym of the contact.
fn state_names(
    facts: &mut Facts,
    site: Option<&Site>,
    topic: Topic,
    traits: Traits,
    number: u64,
    draws: &mut Draws,
) {
    let domain = site.map_or("site.example", |site| site.domain);
    let address = format!("https://{domain}/{}/{number:x}", topic.path());
    let country = COUNTRIES.get(traits.country).map_or("XX", |country| country.code);
    let person = draws.bits() % CONTACTS;
    let contact = format!("{country}-{person:05}");
    facts.set(Attribute::PageUrl, FactValue::Text(address.into()));
    facts.set(Attribute::Contact, FactValue::Word(word(&contact)));
    // The same person always has the same age, and always tells it or never.
    if let Some(age) = (person % 10 < 6).then_some(18 + person % 59) {
        facts.set(Attribute::ContactAge, FactValue::Number(age.cast_signed()));
    }
}

/// Each campaign's candidate: of its creatives for the slot's channel the one that a bit of `creatives` names.
fn candidates(shared: &Shared, traits: Traits, creatives: u64) -> Vec<Candidate> {
    let channel = PLACEMENTS
        .get(traits.placement)
        .map_or(Channel::Display, |slot| slot.channel);
    let candidate = |(place, entrant): (usize, &super::entrant::Entrant)| {
        entrant.candidate(channel, creative(creatives, place)).cloned()
    };
    shared.entrants.iter().enumerate().filter_map(candidate).collect()
}

/// Which of its two creatives a campaign shows.
pub(super) fn creative(creatives: u64, place: usize) -> usize {
    usize::from((creatives >> (place % 64)) & 1 == 1)
}

fn auction(traits: Traits, number: u64, draws: &mut Draws) -> Auction {
    let auction_type = EXCHANGES
        .get(traits.exchange)
        .map_or(AuctionType::FirstPrice, |exchange| exchange.auction_type);
    let slot = PLACEMENTS.get(traits.placement).map_or(1.0, |slot| slot.price);
    let floor = FLOORS_MICROS
        .get(draws.place(FLOORS_MICROS.len()))
        .copied()
        .unwrap_or_default();
    let floor = Micros::from_f64(Micros::new(floor).to_f64() * slot).unwrap_or_default();
    let deals: Vec<Deal> = draws
        .happens(DEAL)
        .then(|| deal(number, floor))
        .into_iter()
        .collect();
    Auction {
        auction_type,
        floor,
        currency: euro(),
        private: !deals.is_empty() && draws.happens(PRIVATE / DEAL),
        deals,
        blocked_categories: blocked_category(draws),
        blocked_advertisers: draws
            .happens(BLOCKS_ADVERTISER)
            .then(|| word("rival-brand.example"))
            .into_iter()
            .collect(),
        blocked_attributes: Vec::new(),
    }
}

fn blocked_category(draws: &mut Draws) -> Vec<crate::domain::Word> {
    let place = draws.place(AD_CATEGORIES.len());
    let category = AD_CATEGORIES
        .get(place)
        .filter(|_| draws.happens(BLOCKS_CATEGORY));
    category.map(|(name, _)| word(name)).into_iter().collect()
}

/// One of forty deals, a fifth dearer than the open floor, paid at the bid. One has a name that rules know.
#[expect(clippy::expect_used, reason = "both are short and printable")]
fn deal(number: u64, floor: Micros) -> Deal {
    let name = match number % 40 {
        0 => "milano-settimana-2026".to_owned(),
        other => format!("deal-{other:02}"),
    };
    Deal {
        id: DealId::new(&name).expect("a short name"),
        floor: floor.moved(crate::domain::BasisPoints::new(2_000)),
        auction_type: Some(AuctionType::FirstPrice),
        campaigns: Vec::new(),
    }
}

#[expect(clippy::expect_used, reason = "the code of the euro is three capital letters")]
fn euro() -> Currency {
    "EUR".parse().expect("a currency code")
}

/// For arithmetic finer than a millisecond.
#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds of this age stay far below 2^53"
)]
pub(super) fn millis(at: Timestamp) -> f64 {
    at.as_millis() as f64
}
