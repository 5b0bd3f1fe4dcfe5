//! The arithmetic of the model, held against plain references and laws.

use std::sync::Arc;

use balustrade::{
    domain::{
        Active, Bounds, Budget, CandidateLimits, Certainty, Choice, Currency, Duration, Effect, Facts, Goal,
        Interval, Kind, LimitedBy, Micros, NoBid, RuleIx, Stage, Tier, Timestamp, permits,
    },
    model::{
        calibration::{Calibration, Scores},
        exploration::{FACTORS, Points, Whose},
        features::Features,
        ftrl::{Ftrl, Rates, sigmoid},
        goal::worth,
        maturity::Thresholds,
        pacing::{GREATEST, LEAST, Pace, Profile, Target},
        win_curve::{Curve, Market, Reports, Told, WinCurves},
    },
};
use proptest::prelude::*;
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

fn uniform(generator: &mut ChaCha8Rng) -> f64 {
    (generator.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

fn word(text: &str) -> balustrade::domain::Word {
    balustrade::domain::Word::new(text).unwrap()
}

fn features(values: &[u64]) -> Features {
    let names: Vec<String> = (0..values.len()).map(|at| format!("column {at}")).collect();
    let facts: Vec<_> = values
        .iter()
        .map(|value| balustrade::domain::FactValue::Word(word(&value.to_string())))
        .collect();
    Features::of_columns(names.iter().map(String::as_str).zip(&facts))
}

// === FTRL ===

/// Algorithm 1 of McMahan et al., written down as it stands there, dense and in double precision.
struct Reference {
    rates: Rates,
    z: std::collections::BTreeMap<u32, f64>,
    n: std::collections::BTreeMap<u32, f64>,
}

impl Reference {
    fn weight(&self, i: u32) -> f64 {
        let (z, n) = (
            self.z.get(&i).copied().unwrap_or(0.0),
            self.n.get(&i).copied().unwrap_or(0.0),
        );
        let (alpha, l1, l2) = if i == 0 {
            (self.rates.bias_alpha, 0.0, 0.0)
        } else {
            (self.rates.alpha, self.rates.l1, self.rates.l2)
        };
        if z.abs() <= f64::from(l1) {
            return 0.0;
        }
        -(z - z.signum() * f64::from(l1))
            / ((f64::from(self.rates.beta) + n.sqrt()) / f64::from(alpha) + f64::from(l2))
    }

    fn learn(&mut self, x: &Features, y: f64, importance: f64) -> f64 {
        let logit: f64 = x.iter().map(|i| self.weight(i)).sum();
        let g = importance * (sigmoid(logit) - y);
        for i in x.iter() {
            let (w, n) = (self.weight(i), self.n.get(&i).copied().unwrap_or(0.0));
            let alpha = f64::from(if i == 0 {
                self.rates.bias_alpha
            } else {
                self.rates.alpha
            });
            let sigma = ((n + g * g).sqrt() - n.sqrt()) / alpha;
            *self.z.entry(i).or_default() += g - sigma * w;
            *self.n.entry(i).or_default() += g * g;
        }
        logit
    }
}

#[test]
fn ftrl_agrees_with_the_paper_written_plainly() {
    let rates = Rates::default();
    let mut reference = Reference {
        rates,
        z: Default::default(),
        n: Default::default(),
    };
    let mut ftrl = Ftrl::new(rates);
    let mut generator = ChaCha8Rng::seed_from_u64(1);
    for round in 0..3_000 {
        let x = features(&[
            generator.next_u64() % 5,
            generator.next_u64() % 50,
            generator.next_u64() % 500,
        ]);
        let y = f64::from(u8::from(uniform(&mut generator) < 0.2));
        let importance = if round % 10 == 0 { 2.5 } else { 1.0 };
        let logit = ftrl.predict(&x).logit;
        ftrl.learn(&x, y, importance);
        let expected = reference.learn(&x, y, importance);
        assert!(
            (logit - expected).abs() < 2e-3,
            "round {round}: {logit} against {expected}"
        );
    }
}

#[test]
fn ftrl_finds_a_planted_effect_and_grows_more_certain() {
    let mut ftrl = Ftrl::new(Rates::default());
    let mut generator = ChaCha8Rng::seed_from_u64(2);
    let before = ftrl.predict(&features(&[1, 7])).deviation;
    for _ in 0..20_000 {
        let group = generator.next_u64() % 2;
        let rate = if group == 1 { 0.3 } else { 0.05 };
        ftrl.learn(
            &features(&[group, 7]),
            f64::from(u8::from(uniform(&mut generator) < rate)),
            1.0,
        );
    }
    assert!((ftrl.predict(&features(&[1, 7])).probability() - 0.3).abs() < 0.05);
    assert!((ftrl.predict(&features(&[0, 7])).probability() - 0.05).abs() < 0.02);
    assert!(ftrl.predict(&features(&[1, 7])).deviation < before / 2.0);
}

#[test]
fn the_opposite_weight_takes_an_example_back() {
    let mut ftrl = Ftrl::new(Rates::default());
    let mut generator = ChaCha8Rng::seed_from_u64(3);
    for _ in 0..2_000 {
        ftrl.learn(
            &features(&[generator.next_u64() % 3]),
            f64::from(u8::from(uniform(&mut generator) < 0.1)),
            1.0,
        );
    }
    let x = features(&[1]);
    let before = ftrl.predict(&x).logit;
    ftrl.learn(&x, 1.0, 1.0);
    let moved = ftrl.predict(&x).logit - before;
    ftrl.learn(&x, 1.0, -1.0);
    let left = ftrl.predict(&x).logit - before;
    assert!(
        moved > 0.0 && left.abs() < moved / 4.0,
        "moved {moved}, left {left}"
    );
}

#[test]
fn a_clone_does_not_learn_with_its_original() {
    let mut ftrl = Ftrl::new(Rates::default());
    let snapshot = ftrl.clone();
    let x = features(&[4]);
    ftrl.learn(&x, 1.0, 1.0);
    assert_eq!(snapshot.predict(&x).logit, 0.0);
    assert!(ftrl.predict(&x).logit > 0.0);
}

// === calibration ===

fn scores(positives_wanted: f64, distort: impl Fn(f64) -> f64) -> Scores {
    let mut generator = ChaCha8Rng::seed_from_u64(4);
    let mut scores = Scores::default();
    let mut positives = 0.0;
    while positives < positives_wanted {
        let logit = uniform(&mut generator) * 6.0 - 4.0;
        let y = f64::from(u8::from(uniform(&mut generator) < sigmoid(distort(logit))));
        positives += y;
        scores.note(logit, y, 1.0);
    }
    scores
}

#[test]
fn without_outcomes_the_score_stands() {
    assert_eq!(Scores::default().fit(), Calibration::Identity);
    assert_eq!(scores(5.0, |logit| logit).fit(), Calibration::Identity);
}

#[test]
fn few_outcomes_are_fitted_by_a_line_and_many_by_steps() {
    let line = |logit: f64| 0.5 * logit - 1.0;
    let few = scores(300.0, line).fit();
    let Calibration::Platt { slope, offset } = few else {
        panic!("{few:?}")
    };
    assert!(
        (slope - 0.5).abs() < 0.15 && (offset + 1.0).abs() < 0.3,
        "{slope} {offset}"
    );
    let many = scores(4_000.0, line).fit();
    assert!(matches!(many, Calibration::Isotonic(_)));
    for logit in [-3.0, -1.0, 0.0, 1.0] {
        assert!(
            (many.probability(logit) - sigmoid(line(logit))).abs() < 0.06,
            "at {logit}"
        );
    }
}

proptest! {
    #[test]
    fn a_better_score_is_never_a_smaller_probability(
        notes in prop::collection::vec((-8.0..8.0_f64, any::<bool>()), 0..300),
        times in 1..60_usize,
    ) {
        let mut scores = Scores::default();
        for _ in 0..times {
            for &(logit, y) in &notes {
                scores.note(logit, f64::from(u8::from(y)), 1.0);
            }
        }
        let calibration = scores.fit();
        let at = |step: i32| calibration.probability(f64::from(step) / 10.0);
        for step in -110..110 {
            prop_assert!(at(step) <= at(step + 1) + 1e-12);
            prop_assert!((0.0..=1.0).contains(&at(step)));
        }
    }
}

// === win curve ===

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

// === exploration ===

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

// === goals, maturity, pacing ===

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
