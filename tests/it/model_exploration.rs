//! The points around a price: what is drawn, and with what probability.

use balustrade::{
    domain::{
        Active, Bounds, CandidateLimits, Certainty, Choice, Effect, Interval, Micros, NoBid, RuleIx, Tier,
        permits,
    },
    model::exploration::{FACTORS, Points, Whose},
};
use proptest::prelude::*;

fn limits(floor: i64, at_most: Option<i64>, band: Option<(i64, i64, i64)>) -> CandidateLimits {
    let active = |effect| Active {
        certainty: Certainty::Certain,
        rule: RuleIx(0),
        tier: Tier::Brand,
        effect,
    };
    let cap = at_most.map(|bound| active(Effect::AtMost(Micros::new(bound))));
    let band = band.map(|(human, low, high)| {
        let band = Interval {
            at_least: Micros::new(low.min(high)),
            at_most: Micros::new(low.max(high)),
        };
        active(Effect::Band {
            human: Micros::new(human),
            low: band.at_least,
            high: band.at_most,
            have: 1,
            need: 50,
        })
    });
    CandidateLimits {
        effects: cap.into_iter().chain(band).collect::<Bounds>(),
        floor: Micros::new(floor),
        ..CandidateLimits::default()
    }
}

proptest! {
    #[test]
    fn propensities_of_all_choices_sum_to_one_and_every_choice_is_permitted(
        price in 0.0..5e6_f64,
        epsilon in 0.0..1.0_f64,
        floor in 0..4_000_000_i64,
        at_most in prop::option::of(0..4_000_000_i64),
        band in prop::option::of((0..4_000_000_i64, 0..4_000_000_i64, 0..4_000_000_i64)),
        seed in any::<u64>(),
    ) {
        let limits = limits(floor, at_most, band);
        let Some(points) = Points::around(&limits, price, epsilon) else { return Ok(()) };
        let mut choices: Vec<Choice> = points.iter().map(|point| point.choice).collect();
        choices.sort();
        choices.dedup();
        let sum: f64 = choices.iter().map(|choice| points.propensity(*choice)).sum();
        prop_assert!((sum - 1.0).abs() < 1e-9, "sum {sum}");
        let drawn = points.draw(seed, 0).unwrap();
        prop_assert!(drawn.propensity > 0.0 && drawn.propensity <= 1.0);
        prop_assert!(permits(&limits, drawn.point.choice), "{drawn:?}");
        prop_assert_eq!(drawn.forced, choices.len() == 1);
        prop_assert_eq!(points.draw(seed, 0), Some(drawn));
    }
}

#[test]
fn the_drawn_frequencies_are_the_propensities() {
    // A cap joins 1.1 and 1.2 with it; the floor makes 0.8 a no-bid; a band would draw the person's value.
    for limits in [
        limits(850_000, Some(1_050_000), None),
        limits(0, None, Some((1_000_000, 900_000, 1_150_000))),
    ] {
        let points = Points::around(&limits, 1_000_000.0, 0.4).unwrap();
        let mut counts = std::collections::BTreeMap::<Choice, u32>::new();
        let draws = 100_000_u32;
        for seed in 0..u64::from(draws) {
            *counts
                .entry(points.draw(seed, 3).unwrap().point.choice)
                .or_default() += 1;
        }
        for (choice, count) in counts {
            let (seen, stated) = (f64::from(count) / f64::from(draws), points.propensity(choice));
            let deviation = (stated * (1.0 - stated) / f64::from(draws)).sqrt();
            assert!(
                (seen - stated).abs() < 4.5 * deviation,
                "{choice:?}: {seen} against {stated}"
            );
        }
    }
}

#[test]
fn below_the_floor_is_the_no_bid_point() {
    let points = Points::around(&limits(950_000, None, None), 1_000_000.0, 0.4).unwrap();
    let no_bid = Choice::NoBid(NoBid::BelowFloor);
    assert!(
        (points.propensity(no_bid) - 0.2).abs() < 1e-9,
        "0.8 and 0.9 of the price"
    );
    assert_eq!(points.iter().count(), FACTORS.len());
}

#[test]
fn during_a_hand_over_one_decision_in_ten_is_the_persons_value() {
    let limits = limits(0, None, Some((1_800_000, 1_440_000, 2_160_000)));
    let points = Points::around(&limits, 2_000_000.0, 0.0).unwrap();
    let human = (0..10_000)
        .filter(|&seed| points.draw(seed, 0).unwrap().point.whose == Whose::Human)
        .count();
    assert!((900..1_100).contains(&human), "{human}");
    assert!((points.propensity(Choice::Bid(Micros::new(1_800_000))) - 0.1).abs() < 1e-9);
}

#[test]
fn nothing_that_is_not_finite_is_an_opinion() {
    for price in [f64::NAN, f64::INFINITY, -1.0] {
        assert_eq!(Points::around(&CandidateLimits::default(), price, 0.1), None);
    }
}
