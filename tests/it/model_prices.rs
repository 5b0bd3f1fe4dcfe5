//! What it takes to win, held against the estimates of the text books and laws.

use std::sync::Arc;

use balustrade::{
    domain::{Currency, Facts, Micros},
    model::win_curve::{Curve, Market, Reports, Told, WinCurves},
};
use proptest::prelude::*;
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use crate::model_response::uniform;

fn market() -> Market {
    Market::of("EUR".parse::<Currency>().unwrap(), &Facts::new())
}

fn price(decades: f64) -> Micros {
    Micros::from_f64(10_f64.powf(decades)).unwrap()
}

/// The product-limit estimate of P(price <= p), as in the text books: times with events and censored ones.
fn kaplan_meier(told: &[(f64, bool)], at: f64) -> f64 {
    let mut times: Vec<f64> = told
        .iter()
        .filter(|(_, event)| *event)
        .map(|(time, _)| *time)
        .collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    let mut survival = 1.0;
    for time in times.into_iter().filter(|time| *time <= at) {
        let risk = told.iter().filter(|(other, _)| *other >= time).count() as f64;
        let events = told
            .iter()
            .filter(|(other, event)| *event && *other == time)
            .count() as f64;
        survival *= 1.0 - events / risk;
    }
    1.0 - survival
}

#[test]
fn censored_losses_are_read_as_kaplan_and_meier_do() {
    let mut generator = ChaCha8Rng::seed_from_u64(5);
    let (mut reports, mut told) = (Reports::default(), Vec::new());
    for _ in 0..4_000 {
        // Prices and bids at the centres of cells, so that the grid loses nothing.
        let centre = |generator: &mut ChaCha8Rng| 5.5 + ((generator.next_u64() % 20) as f64 + 0.5) / 16.0;
        let (price_at, bid_at) = (centre(&mut generator), centre(&mut generator));
        if bid_at >= price_at {
            reports.note(market(), Told::Price(price(price_at)), 1.0);
            told.push((price_at, true));
        } else {
            reports.note(market(), Told::Above(price(bid_at)), 1.0);
            told.push((bid_at, false));
        }
    }
    let curves = reports.fit(&Arc::new(WinCurves::default()));
    for step in 1..19 {
        let edge = 5.5 + f64::from(step) / 16.0;
        let (ours, theirs) = (
            curves.of(market()).win_probability(price(edge)),
            kaplan_meier(&told, edge),
        );
        assert!((ours - theirs).abs() < 0.02, "at {edge}: {ours} against {theirs}");
    }
}

#[test]
fn first_price_wins_count_as_prices_at_most_the_bid() {
    let mut generator = ChaCha8Rng::seed_from_u64(6);
    let mut reports = Reports::default();
    for _ in 0..8_000 {
        let (price_at, bid_at) = (5.5 + uniform(&mut generator), 5.4 + 1.2 * uniform(&mut generator));
        let told = if bid_at >= price_at {
            Told::AtMost(price(bid_at))
        } else {
            Told::Above(price(bid_at))
        };
        reports.note(market(), told, 1.0);
    }
    let curve = reports.fit(&Arc::default()).of(market());
    for step in 1..8 {
        let share = f64::from(step) / 8.0;
        let win = curve.win_probability(price(5.5 + share));
        assert!((win - share).abs() < 0.08, "at {share}: {win}");
    }
}

#[test]
fn a_report_taken_back_leaves_no_trace() {
    let mut reports = Reports::default();
    reports.note(market(), Told::Price(price(6.0)), 1.0);
    let before = reports.fit(&Arc::default());
    reports.note(market(), Told::Above(price(7.0)), 1.0);
    reports.note(market(), Told::Above(price(7.0)), -1.0);
    let after = reports.fit(&before);
    assert_eq!(after.of(market()), before.of(market()));
}

#[test]
fn a_first_price_bid_is_shaded_below_its_value() {
    let curve = Curve::prior();
    let value = 2_000_000.0;
    let bid = curve.first_price_bid(value);
    let gain = |bid: f64| (value - bid) * curve.win_probability(Micros::from_f64(bid).unwrap());
    let best = (1..1_000)
        .map(|step| gain(value * f64::from(step) / 1_000.0))
        .fold(0.0, f64::max);
    assert!(
        bid < value && gain(bid) > 0.98 * best,
        "{bid}: {} of {best}",
        gain(bid)
    );
}

proptest! {
    #[test]
    fn a_higher_bid_never_wins_less(
        notes in prop::collection::vec((0..3_u8, 3.5..8.5_f64), 0..60),
    ) {
        let mut reports = Reports::default();
        for (sort, at) in notes {
            let told = match sort {
                0 => Told::Price(price(at)),
                1 => Told::Above(price(at)),
                _ => Told::AtMost(price(at)),
            };
            reports.note(market(), told, 1.0);
        }
        let curve = reports.fit(&Arc::default()).of(market());
        for step in 0..120 {
            let at = 3.0 + f64::from(step) / 20.0;
            let (lower, higher) = (curve.win_probability(price(at)), curve.win_probability(price(at + 0.05)));
            prop_assert!(lower <= higher + 1e-12 && (0.0..=1.0).contains(&higher));
        }
    }
}
