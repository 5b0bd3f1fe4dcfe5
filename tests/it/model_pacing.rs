//! What an outcome is worth, who leads at which stage, and how a budget lasts.

use balustrade::{
    domain::{Budget, Duration, Goal, Kind, LimitedBy, Micros, Stage, Timestamp},
    model::{
        goal::worth,
        maturity::Thresholds,
        pacing::{GREATEST, LEAST, Pace, Profile, Target},
    },
};
use proptest::prelude::*;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use crate::model_response::uniform;

#[test]
fn a_thousand_impressions_are_worth_a_thousand_times_the_chance_of_the_value() {
    // 1 % of 2.00 EUR an impression: 20.00 EUR CPM.
    let value = Goal::MaximiseConversions {
        value_per_outcome: Micros::new(2_000_000),
    };
    assert!((worth(value, 0.01, None).unwrap().bid_micros - 20_000_000.0).abs() < 1e-6);
    // 1 % of outcomes of 2.00 EUR at a return of 400 %: 5.00 EUR CPM.
    let target = worth(Goal::TargetReturn(40_000), 0.01, Some(2_000_000.0)).unwrap();
    assert!((target.bid_micros - 5_000_000.0).abs() < 1e-6);
    assert_eq!(worth(Goal::TargetReturn(40_000), 0.01, None), None);
    assert_eq!(worth(Goal::Manual, 0.01, Some(1.0)), None);
}

#[test]
fn a_campaign_is_cold_then_learning_then_mature_then_stale() {
    let thresholds = Thresholds::usual(Kind::Bid, Goal::TargetCost(Micros::new(1)));
    let day = |days| Timestamp::default().plus(Duration::from_days(days));
    let judged = |current, peak, latest| {
        let evidence = balustrade::domain::Evidence {
            current,
            peak,
            latest: Some(day(latest)),
        };
        let maturity = thresholds.judge(evidence, day(100));
        (maturity.stage, thresholds.weight(maturity))
    };
    assert_eq!(judged(14, 14, 99), (Stage::Cold, 0.0));
    assert_eq!(judged(15, 15, 99), (Stage::Learning, 0.5));
    assert_eq!(judged(30, 30, 99), (Stage::Mature, 1.0));
    assert_eq!(judged(0, 30, 60), (Stage::Stale, 0.5));
    assert_eq!(judged(20, 80, 99).0, Stage::Learning);
    assert_eq!(Thresholds::usual(Kind::Bid, Goal::TargetReturn(1)).mature_at, 50);
}

fn at(second: i64) -> Timestamp {
    Timestamp::default().plus(Duration::from_secs(second))
}

fn budget(amount: i64, seconds: i64) -> Budget {
    Budget {
        amount: Micros::new(amount),
        start: at(0),
        end: at(seconds),
    }
}

proptest! {
    #[test]
    fn a_multiplier_stays_between_a_tenth_and_two(
        amount in 0..10_000_000_i64,
        steps in prop::collection::vec((0..400_i64, 0.0..1e9_f64, 0.0..1e8_f64, 0.0..1e8_f64), 1..80),
    ) {
        let mut pace = Pace::new(Some(budget(amount, 3_600)), Target::Held);
        pace.begin(at(0));
        let (mut now, mut spent) = (0, 0.0);
        for (seconds, paid, worth, price) in steps {
            now += seconds;
            spent += paid;
            pace.step(at(now), spent);
            pace.won(worth, price);
            let multiplier = pace.multiplier(at(now), spent);
            prop_assert!((LEAST - 1e-9..=GREATEST + 1e-9).contains(&multiplier.factor), "{multiplier:?}");
            prop_assert_eq!(multiplier.limited_by.is_some(), multiplier.factor < 1.0);
        }
    }
}

#[test]
fn a_budget_lasts_and_is_spent_over_minutes_and_over_weeks() {
    // One addend of CPM micros an impression: 1,000 a unit of the budget.
    for (seconds, amount) in [(600, 1), (600, 2), (20_000, 40)] {
        let budget = budget(amount * 100, seconds);
        let scale = budget.cpm_micros().to_f64() / (seconds as f64 * if amount == 2 { 0.5 } else { 0.1 });
        let demand = |_: i64| 1.0;
        let mut pace = Pace::new(Some(budget), Target::None);
        // Prices are scaled so that the budget buys a tenth or a half of the market.
        let (share, quarters) = scaled(&mut pace, budget, seconds, scale, demand);
        assert!((0.97..=1.0).contains(&share), "{seconds} s: spent {share}");
        assert!(
            (0.15..0.4).contains(&quarters[0]) && (0.4..0.65).contains(&quarters[1]),
            "{quarters:?}"
        );
    }
}

/// A market of one impression a second at uniform prices, bought by the multiplier; the share spent, and by quarters.
fn scaled(
    pace: &mut Pace,
    budget: Budget,
    seconds: i64,
    scale: f64,
    demand: impl Fn(i64) -> f64,
) -> (f64, Vec<f64>) {
    let mut generator = ChaCha8Rng::seed_from_u64(9);
    let (whole, mut spent, mut quarters) = (budget.cpm_micros().to_f64(), 0.0, Vec::new());
    pace.begin(at(0));
    for second in 0..seconds {
        let bid = pace.multiplier(at(second), spent).factor;
        for _ in 0..demand(second).round() as usize {
            let unit = 2.0 * uniform(&mut generator);
            if bid > unit && spent + unit * scale <= whole {
                spent += unit * scale;
            }
        }
        pace.step(at(second), spent);
        if (second + 1) % (seconds / 4) == 0 {
            quarters.push(spent / whole);
        }
    }
    (spent / whole, quarters)
}

#[test]
fn the_controller_that_does_not_bind_may_not_rise() {
    // Wins far below their worth push the target's multiplier up, but an early spend makes the budget bind.
    let mut pace = Pace::new(Some(budget(1_000, 1_000)), Target::Held);
    pace.begin(at(0));
    pace.step(at(1), 500_000.0);
    let before = pace;
    for _ in 0..100 {
        pace.won(100.0, 1.0);
    }
    assert_eq!(
        pace.multiplier(at(1), 500_000.0).factor,
        before.multiplier(at(1), 500_000.0).factor
    );
    assert_eq!(
        pace.multiplier(at(1), 500_000.0).limited_by,
        Some(LimitedBy::Budget)
    );
    // The budget recovers in quiet; had the target risen meanwhile, it would not bind now.
    for second in 2..900 {
        pace.step(at(second), 500_000.0);
    }
    assert!(
        pace.multiplier(at(900), 500_000.0).factor <= 1.0 + 1e-9,
        "the target stayed at 1"
    );
}

#[test]
fn a_target_that_is_missed_binds() {
    let mut pace = Pace::new(None, Target::Held);
    for _ in 0..200 {
        pace.won(100.0, 180.0);
    }
    let multiplier = pace.multiplier(at(0), 0.0);
    assert!(multiplier.factor < 0.6);
    assert_eq!(multiplier.limited_by, Some(LimitedBy::Target));
}

#[test]
fn the_traffic_of_a_day_is_learnt_and_hours_never_seen_are_average() {
    let mut profile = Profile::default();
    for day in 0..30 {
        for hour in 0..20 {
            for _ in 0..if hour < 10 { 1 } else { 9 } {
                profile.note(at(day * 86_400 + hour * 3_600 + 60));
            }
        }
    }
    let weights = profile.weights();
    let traffic = |from: i64, to: i64| weights.traffic(at(from * 3_600), at(to * 3_600));
    assert!((traffic(10, 20) / traffic(0, 10) - 8.0).abs() < 1.0);
    assert!((traffic(20, 24) - 4.0).abs() < 1e-9);
    let month = traffic(0, 24 * 30);
    assert!((month - 30.0 * traffic(0, 24)).abs() < 1e-6);
}
