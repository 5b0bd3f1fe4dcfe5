//! The arithmetic of a split, held against plain references and laws.

use balustrade::{
    domain::Timestamp,
    model::budget::{Bend, Curve, Events, Family, Infeasible, Period, Posterior, Prior, Room, optimum},
};
use proptest::prelude::*;
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

fn uniform(generator: &mut ChaCha8Rng) -> f64 {
    (generator.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

fn value(rooms: &[Room], parts: &[i64]) -> f64 {
    rooms
        .iter()
        .zip(parts)
        .map(|(room, part)| room.curve.value(*part as f64))
        .sum()
}

/// The optimum, slowly: from any split inside the bounds money is moved between two arms, as much as helps most, until
/// no pair of arms gains by it.
fn by_pairs(rooms: &[Room], total: i64) -> Vec<f64> {
    let mut parts: Vec<f64> = rooms.iter().map(|room| room.at_least as f64).collect();
    let mut left = total as f64 - parts.iter().sum::<f64>();
    for (part, room) in parts.iter_mut().zip(rooms) {
        let more = left.min(room.at_most as f64 - *part);
        *part += more;
        left -= more;
    }
    for _ in 0..400 {
        let mut moved = 0.0_f64;
        for from in 0..rooms.len() {
            for to in 0..rooms.len() {
                if from != to {
                    moved = moved.max(exchange(rooms, &mut parts, from, to));
                }
            }
        }
        if moved < total as f64 * 1e-13 {
            break;
        }
    }
    parts
}

/// Moves from one arm to the other what gains most: by a search of the golden section's kind in thirds.
fn exchange(rooms: &[Room], parts: &mut [f64], from: usize, to: usize) -> f64 {
    let most = (parts[from] - rooms[from].at_least as f64).min(rooms[to].at_most as f64 - parts[to]);
    let gain = |by: f64| rooms[from].curve.value(parts[from] - by) + rooms[to].curve.value(parts[to] + by);
    let (mut low, mut high) = (0.0, most.max(0.0));
    for _ in 0..100 {
        let (a, b) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
        if gain(a) < gain(b) {
            low = a;
        } else {
            high = b;
        }
    }
    let by = [0.0, low, most.max(0.0)]
        .into_iter()
        .max_by(|a, b| gain(*a).total_cmp(&gain(*b)))
        .unwrap();
    parts[from] -= by;
    parts[to] += by;
    by
}

fn curves() -> impl Strategy<Value = Curve> {
    let bend = prop_oneof![Just(Bend::One), Just(Bend::Half)];
    prop_oneof![
        (0.0..5e-6_f64).prop_map(|slope| Curve::Linear { slope }),
        (0.0..1e3_f64, 1e5..1e9_f64, bend).prop_map(|(ceiling, half_micros, bend)| Curve::Hill {
            ceiling,
            half_micros,
            bend
        }),
    ]
}

fn rooms() -> impl Strategy<Value = Vec<Room>> {
    let room = (curves(), 0..40_000_000_i64, 0..400_000_000_i64).prop_map(|(curve, at_least, more)| Room {
        curve,
        at_least,
        at_most: at_least + more,
    });
    prop::collection::vec(room, 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_optimum_is_as_good_as_moving_money_between_pairs_until_nothing_gains(
        rooms in rooms(),
        way in 0.0..1.0_f64,
    ) {
        let (low, high): (i64, i64) = rooms
            .iter()
            .fold((0, 0), |(low, high), room| (low + room.at_least, high + room.at_most));
        let total = low + ((high - low) as f64 * way) as i64;
        let parts = optimum(&rooms, total).unwrap();
        prop_assert_eq!(parts.iter().sum::<i64>(), total);
        for (room, part) in rooms.iter().zip(&parts) {
            prop_assert!((room.at_least..=room.at_most).contains(part));
        }
        let slow = by_pairs(&rooms, total);
        let reference: f64 = rooms.iter().zip(&slow).map(|(room, part)| room.curve.value(*part)).sum();
        // Whole micros may cost a micro of return an arm.
        let found = value(&rooms, &parts);
        prop_assert!(
            found >= reference - (reference * 1e-6).max(1e-4),
            "found {} against {}: {:?} against {:?}", found, reference, parts, slow
        );
    }

    #[test]
    fn bounds_that_admit_no_split_are_named(rooms in rooms(), total in 0..1_000_000_000_i64) {
        let low: i64 = rooms.iter().map(|room| room.at_least).sum();
        let high: i64 = rooms.iter().map(|room| room.at_most).sum();
        match optimum(&rooms, total) {
            Ok(parts) => prop_assert_eq!(parts.iter().sum::<i64>(), total),
            Err(Infeasible::TooMuchDemanded { at_least, .. }) => {
                prop_assert!(at_least == i128::from(low) && low > total);
            }
            Err(Infeasible::TooLittleAllowed { at_most, .. }) => {
                prop_assert!(at_most == i128::from(high) && high < total);
            }
            Err(Infeasible::Arm { .. }) => prop_assert!(false, "no arm is at odds with itself"),
        }
    }

    #[test]
    fn the_spend_at_a_marginal_return_has_it(curve in curves(), spend in 1e3..1e9_f64) {
        let marginal = curve.marginal(spend);
        prop_assume!(marginal > 0.0 && !matches!(curve, Curve::Linear { .. }));
        let found = curve.spend_at(marginal, 0.0, 1e12);
        prop_assert!((found / spend - 1.0).abs() < 1e-6, "{} against {}", found, spend);
    }

    #[test]
    fn a_curve_is_concave_and_its_marginal_return_is_its_slope(curve in curves(), spend in 1e4..1e9_f64) {
        let step = spend * 1e-4;
        let slope = (curve.value(spend + step) - curve.value(spend - step)) / (2.0 * step);
        prop_assert!((curve.marginal(spend) - slope).abs() <= slope.abs() * 1e-4 + 1e-15);
        prop_assert!(curve.marginal(spend + step) <= curve.marginal(spend));
    }
}

#[test]
fn an_arm_at_odds_with_itself_is_named() {
    let room = |at_least, at_most| Room {
        curve: Curve::Linear { slope: 1.0 },
        at_least,
        at_most,
    };
    let error = optimum(&[room(0, 100), room(60, 40)], 100).unwrap_err();
    assert_eq!(
        error.to_string(),
        "arm 2 must get at least 60 micros and may get at most 40: raise the one or lower the other"
    );
}

#[test]
fn arms_of_the_same_return_share_what_is_left() {
    let room = Room {
        curve: Curve::Linear { slope: 2e-6 },
        at_least: 0,
        at_most: 100,
    };
    assert_eq!(optimum(&[room; 4], 101), Ok(vec![26, 25, 25, 25]));
}

#[test]
fn arms_without_any_return_are_divided_inside_their_bounds() {
    let room = |at_least, at_most| Room {
        curve: Curve::Linear { slope: 0.0 },
        at_least,
        at_most,
    };
    let parts = optimum(&[room(10, 20), room(0, 1_000)], 100).unwrap();
    assert_eq!(parts.iter().sum::<i64>(), 100);
    assert!((10..=20).contains(&parts[0]));
}

// === what the past says ===

const USUAL: f64 = 100e6;

fn periods(curve: Curve, count: usize, seed: u64) -> Vec<Period> {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    (0..count)
        .map(|_| {
            let spend_micros = USUAL * (0.3 + 1.4 * uniform(&mut generator));
            let expected = curve.value(spend_micros);
            // A sum of twelve uniform draws is nearly normal.
            let deviate = (0..12).map(|_| uniform(&mut generator)).sum::<f64>() - 6.0;
            Period {
                spend_micros,
                outcomes: (expected + expected.sqrt() * deviate).max(0.0).round(),
            }
        })
        .collect()
}

const PRIOR: Prior = Prior {
    rate: 2e-6,
    usual_micros: USUAL,
};

#[test]
fn a_straight_arm_is_told_from_a_bent_one_by_held_out_error() {
    let straight = Curve::Linear { slope: 5e-6 };
    let bent = Curve::Hill {
        ceiling: 600.0,
        half_micros: 30e6,
        bend: Bend::One,
    };
    let family = |curve, seed| Posterior::fit(&periods(curve, 90, seed), PRIOR).unwrap().family();
    let right = |curve, wanted| (0..20).filter(|seed| family(curve, *seed) == wanted).count();
    assert!(
        right(straight, Family::Linear) >= 14,
        "{}",
        right(straight, Family::Linear)
    );
    assert_eq!(right(bent, Family::Hill), 20);
}

#[test]
fn the_mean_curve_comes_near_the_planted_one() {
    let planted = Curve::Hill {
        ceiling: 600.0,
        half_micros: 80e6,
        bend: Bend::One,
    };
    let posterior = Posterior::fit(&periods(planted, 120, 3), PRIOR).unwrap();
    for spend in [0.5 * USUAL, USUAL, 1.5 * USUAL] {
        let (found, wanted) = (posterior.mean().value(spend), planted.value(spend));
        assert!((found / wanted - 1.0).abs() < 0.05, "{found} against {wanted}");
    }
}

#[test]
fn draws_spread_as_the_posterior_does_and_narrow_with_evidence() {
    let planted = Curve::Linear { slope: 3e-6 };
    let spread = |count| {
        let posterior = Posterior::fit(&periods(planted, count, 4), PRIOR).unwrap();
        let mut generator = ChaCha8Rng::seed_from_u64(1);
        let draws: Vec<f64> = (0..2_000)
            .map(|_| posterior.draw(&mut generator).value(USUAL))
            .collect();
        let mean = draws.iter().sum::<f64>() / 2_000.0;
        (draws.iter().map(|draw| (draw - mean).powi(2)).sum::<f64>() / 2_000.0).sqrt()
    };
    let (none, some, many) = (spread(0), spread(5), spread(80));
    assert!(none > some && some > many, "{none} {some} {many}");
    // A count of 300 a period over 80 periods is known to about 300^.5 / 80^.5 = 1.9.
    assert!((1.0..6.0).contains(&many), "{many}");
}

#[test]
fn a_number_that_is_none_is_no_posterior() {
    let broken = Period {
        spend_micros: f64::INFINITY,
        outcomes: 1.0,
    };
    assert_eq!(Posterior::fit(&[broken], PRIOR), None);
    assert_eq!(Posterior::fit(&[], Prior { rate: 0.0, ..PRIOR }), None);
}

proptest! {
    /// Fault tried: a day leaves the window one day late.
    #[test]
    fn the_fullest_window_is_that_of_counting_each(
        told in prop::collection::vec((0_i64..60, 1_u32..9), 0..40),
        window in 1_u32..40,
        today in 0_i64..80,
    ) {
        let day = |day: i64| Timestamp::from_millis(day * 86_400_000);
        let mut events = Events::default();
        for (on, outcomes) in &told {
            events.add(day(*on), *outcomes);
        }
        let ending = |last: i64| -> u32 {
            let within = told.iter().filter(|(on, _)| (last - i64::from(window) + 1..=last).contains(on));
            within.map(|(_, outcomes)| outcomes).sum()
        };
        let evidence = events.evidence(window, day(today));
        prop_assert_eq!(evidence.current, ending(today));
        prop_assert_eq!(evidence.peak, (0..60).map(ending).max().unwrap());
    }
}
