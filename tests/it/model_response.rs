//! The response model and what its scores mean, held against plain references and laws.

use balustrade::model::{
    calibration::{Calibration, Scores},
    features::Features,
    ftrl::{Ftrl, Rates, sigmoid},
};
use proptest::prelude::*;
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

pub(crate) fn uniform(generator: &mut ChaCha8Rng) -> f64 {
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
