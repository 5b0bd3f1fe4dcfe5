//! The simulated market: its laws, and that what is planted can be found.

use std::{collections::BTreeMap, sync::Arc};

use balustrade::{
    domain::{
        Attribute, AuctionType, BrandId, Campaign, CampaignId, Duration, Event, FactValue, Facts, Goal,
        Micros, Objective, ObjectiveId, Timestamp, Word,
    },
    simulator::{Impression, Market},
};
use proptest::prelude::*;

fn campaign(name: &str, event: &str) -> Arc<Campaign> {
    Arc::new(Campaign {
        id: CampaignId::new(name).unwrap(),
        brand: BrandId::new("nova-drinks").unwrap(),
        product: None,
        objective: Objective {
            id: ObjectiveId::new(event).unwrap(),
            event: Word::new(event).unwrap(),
            window: Duration::from_days(7),
        },
        goal: Goal::MaximiseConversions {
            value_per_outcome: Micros::new(20_000_000),
        },
        currency: "EUR".parse().unwrap(),
        baselines: balustrade::domain::Baselines::of_bids(Micros::new(1_800_000)),
        budget: None,
        maturity: Default::default(),
        facts: Facts::from_iter([(
            Attribute::Brand,
            FactValue::Word(Word::new("nova-drinks").unwrap()),
        )]),
    })
}

fn campaigns() -> [Arc<Campaign>; 3] {
    [
        campaign("nova-italy", "order"),
        campaign("nova-spain", "order"),
        campaign("nova-clicks", "click"),
    ]
}

/// 2026-11-02, a Monday, midnight in Rome.
const START: Timestamp = Timestamp::from_millis(1_793_574_000_000);

fn market(seed: u64) -> Market {
    Market::new(seed, &campaigns(), START)
}

fn impression(market: &Market, at: usize) -> Impression {
    market.impressions().nth(at).unwrap()
}

const AUCTION_TYPES: [AuctionType; 2] = [AuctionType::FirstPrice, AuctionType::SecondPrice];

proptest! {
    #[test]
    fn the_same_seed_is_the_same_market(seed: u64, at in 0_usize..50, candidate in 0_usize..3, bid in 0_i64..9_000_000) {
        let (one, other) = (market(seed), market(seed));
        let (here, there) = (impression(&one, at), impression(&other, at));
        prop_assert_eq!(&here, &there);
        prop_assert_eq!(here.page_text(), there.page_text());
        let bid = Micros::new(bid);
        prop_assert_eq!(
            one.resolve(&here, candidate, bid, AuctionType::FirstPrice),
            other.resolve(&there, candidate, bid, AuctionType::FirstPrice)
        );
    }

    #[test]
    fn events_follow_from_a_win_in_time_and_cost_no_more_than_the_bid(
        seed: u64, at in 0_usize..50, candidate in 0_usize..3, bid in 0_i64..9_000_000, auction in 0_usize..2,
    ) {
        let market = market(seed);
        let (impression, bid) = (impression(&market, at), Micros::new(bid));
        let events = market.resolve(&impression, candidate, bid, AUCTION_TYPES[auction]);
        prop_assert!(events.iter().all(|(_, at)| *at >= impression.at));
        prop_assert!(events.is_sorted_by_key(|(_, at)| *at));
        let sorts: Vec<&str> = events.iter().map(|(event, _)| event.sort()).collect();
        let whole = ["win", "impression", "click", "conversion"];
        prop_assert!(sorts == ["loss"] || (!sorts.is_empty() && whole.starts_with(&sorts)), "{:?}", sorts);
        match (&events[0].0, AUCTION_TYPES[auction]) {
            (Event::Win { price }, AuctionType::FirstPrice) => prop_assert_eq!(*price, bid),
            (Event::Win { price }, AuctionType::SecondPrice) => {
                prop_assert!(impression.auction.floor <= *price && *price <= bid);
            }
            (Event::Loss { min_to_win, .. }, _) => prop_assert!(min_to_win.is_none_or(|least| least > bid)),
            (other, _) => prop_assert!(false, "{:?}", other),
        }
    }

    #[test]
    fn a_higher_bid_wins_whatever_a_lower_one_wins_and_meets_the_same_people(
        seed: u64, at in 0_usize..50, candidate in 0_usize..3, bid in 0_i64..4_000_000, more in 0_i64..4_000_000,
    ) {
        let market = market(seed);
        let impression = impression(&market, at);
        let events = |bid| market.resolve(&impression, candidate, Micros::new(bid), AuctionType::SecondPrice);
        let (low, high) = (events(bid), events(bid + more));
        if matches!(low[0].0, Event::Win { .. }) {
            prop_assert_eq!(low, high);
        }
    }

    #[test]
    fn impressions_come_in_time_order_with_known_facts_and_a_candidate_of_each_campaign(seed: u64) {
        let mut before = START;
        for impression in market(seed).impressions().take(50) {
            prop_assert!(impression.at >= before);
            before = impression.at;
            prop_assert_eq!(impression.candidates.len(), 3);
            for always in [Attribute::MarketCountry, Attribute::MarketChannel] {
                prop_assert!(impression.facts.word(&always).is_some());
            }
            let text = impression.facts_with_text();
            prop_assert!(matches!(text.get(&Attribute::PageText), Some(FactValue::Text(text)) if text.len() > 40));
        }
    }
}

#[test]
fn another_seed_is_another_market() {
    assert_ne!(impression(&market(1), 0), impression(&market(2), 0));
}

#[test]
fn it_says_that_it_is_simulated() {
    assert_eq!(market(7).to_string(), "simulated market (seed 7, 3 campaigns)");
}

#[test]
fn there_is_nothing_to_resolve_without_a_candidate() {
    let market = market(7);
    let none = market.resolve(
        &impression(&market, 0),
        3,
        Micros::new(9_000_000),
        AuctionType::FirstPrice,
    );
    assert_eq!(none, []);
}

#[test]
fn evenings_are_busy_and_nights_are_quiet() {
    let market = market(11).with_daily_impressions(20_000);
    let week = START.plus(Duration::from_days(7));
    let mut hours = [0_u32; 24];
    for impression in market.impressions().take_while(|impression| impression.at < week) {
        // Rome's winter clocks: START is its midnight.
        let hour = impression.at.since(START).as_millis() / 3_600_000 % 24;
        hours[usize::try_from(hour).unwrap()] += 1;
    }
    let total: u32 = hours.iter().sum();
    assert!(
        (133_000..147_000).contains(&total),
        "20,000 a day for a week: {total}"
    );
    assert!(hours[21] > 8 * hours[3], "{hours:?}");
}

#[test]
fn pages_carry_ordinary_topics_sensitive_ones_and_none() {
    let mut topics: BTreeMap<String, u32> = BTreeMap::new();
    for impression in market(3).impressions().take(5_000) {
        let topic = match impression.facts.get(&Attribute::Content) {
            Some(FactValue::Labels(labels)) => labels[0].topic.to_string(),
            _ => "unknown".to_owned(),
        };
        *topics.entry(topic).or_default() += 1;
    }
    let share = |topic: &str| f64::from(topics.get(topic).copied().unwrap_or(0)) / 5_000.0;
    assert!((0.20..0.32).contains(&share("Sports")), "{topics:?}");
    assert!((0.05..0.11).contains(&share("unknown")), "{topics:?}");
    assert!(
        (0.02..0.07).contains(&share("Death, Injury, or Military Conflict")),
        "{topics:?}"
    );
    assert!(share("Terrorism") > 0.0 && share("Disasters") > 0.0, "{topics:?}");
}

#[test]
fn clicks_come_as_often_as_was_planted() {
    let market = market(5);
    // By the planted probability: shown, clicked, and the sum of the probabilities.
    let mut groups = [(0_u32, 0_u32, 0.0_f64); 2];
    for impression in market.impressions().take(120_000) {
        let planted = market.click_probability(&impression, 0).unwrap();
        let events = market.resolve(&impression, 0, Micros::new(90_000_000), AuctionType::FirstPrice);
        let happened = |sort: &str| events.iter().any(|(event, _)| event.sort() == sort);
        if happened("impression") {
            let group = &mut groups[usize::from(planted > 0.012)];
            *group = (
                group.0 + 1,
                group.1 + u32::from(happened("click")),
                group.2 + planted,
            );
        }
    }
    for (shown, clicked, planted) in groups {
        assert!(shown > 5_000, "{groups:?}");
        let off = (f64::from(clicked) - planted).abs() / planted.sqrt();
        assert!(off < 4.0, "clicks are {off} standard deviations off: {groups:?}");
    }
    let rate = f64::from(groups[0].1 + groups[1].1) / f64::from(groups[0].0 + groups[1].0);
    assert!((0.007..0.014).contains(&rate), "about one per cent: {rate}");
}

#[test]
fn conversions_come_hours_later_and_only_to_those_who_want_them() {
    let market = market(5);
    let (mut delays_h, mut clicks) = (Vec::new(), 0);
    for impression in market.impressions().take(120_000) {
        for candidate in [0, 2] {
            let events = market.resolve(
                &impression,
                candidate,
                Micros::new(90_000_000),
                AuctionType::FirstPrice,
            );
            clicks += usize::from(candidate == 0 && events.len() > 2);
            if let [
                ..,
                (Event::Click, clicked),
                (Event::Conversion { name, value }, converted),
            ] = events.as_slice()
            {
                assert_eq!((candidate, name.as_str()), (0, "order"));
                assert!(value.is_some_and(|value| value > Micros::ZERO));
                delays_h.push(converted.since(*clicked).as_millis() / 3_600_000);
            }
        }
    }
    assert!(delays_h.len() > clicks / 100, "{} of {clicks}", delays_h.len());
    assert!(delays_h.iter().any(|hours| *hours >= 3), "{delays_h:?}");
}

#[test]
fn a_human_bid_wins_some_and_loses_some_in_the_past() {
    let market = market(9).with_daily_impressions(2_000);
    let history: Vec<_> = market.history(5).collect();
    assert!((9_000..11_000).contains(&history.len()), "{}", history.len());
    assert!(history.is_sorted_by_key(|row| row.at));
    assert!(
        history
            .iter()
            .all(|row| row.at < START && row.events.iter().all(|(_, at)| *at < START))
    );
    assert!(
        history
            .iter()
            .all(|row| row.won == Some(true) || row.events.is_empty())
    );
    assert!(
        history
            .iter()
            .all(|row| row.won != Some(true) || row.market_price <= row.bid)
    );
    assert!(
        history
            .iter()
            .all(|row| row.facts.get(&Attribute::Brand).is_some())
    );
    let won = history.iter().filter(|row| row.won == Some(true)).count();
    assert!(
        (history.len() / 4..history.len() * 3 / 4).contains(&won),
        "{won} of {}",
        history.len()
    );
    let told = history
        .iter()
        .filter(|row| row.won == Some(false) && row.market_price.is_some())
        .count();
    assert!(told > 1_000, "{told} losers heard the price");
}

#[test]
fn the_past_does_not_tell_what_came_after_it() {
    let told = |end: Timestamp| {
        let market = Market::new(9, &campaigns(), end).with_daily_impressions(100_000);
        let events = market.history(1).flat_map(|row| row.events);
        events.map(|(_, at)| at).max().unwrap()
    };
    assert!(told(START) < START);
}

#[test]
fn a_won_slot_is_nearly_always_shown() {
    let market = market(5);
    let shown = |impression: &Impression| {
        market
            .resolve(impression, 0, Micros::new(90_000_000), AuctionType::FirstPrice)
            .len()
            > 1
    };
    let count = market.impressions().take(5_000).filter(shown).count();
    assert!((4_800..4_975).contains(&count), "{count}");
}

#[test]
fn no_campaigns_make_a_market_without_candidates() {
    let market = Market::new(1, &[], START);
    assert!(
        market
            .impressions()
            .take(100)
            .all(|impression| impression.candidates.is_empty())
    );
    assert_eq!(market.history(1).count(), 0);
}
