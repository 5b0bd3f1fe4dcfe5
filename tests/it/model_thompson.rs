//! The probability of a draw is computed; a million draws agree.

use balustrade::model::thompson::{Arm, Draws, greatest, probability};
use proptest::prelude::*;

/// For laws of which a case costs more than a microsecond.
pub(crate) fn few(cases: u32) -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases)
    }
}

fn arms() -> impl Strategy<Value = Vec<Arm>> {
    let arm = (-3.0..3.0_f64, 0.02..2.0_f64).prop_map(|(mean, deviation)| Arm { mean, deviation });
    prop::collection::vec(arm, 1..12)
}

proptest! {
    #![proptest_config(few(128))]

    #[test]
    fn the_probabilities_of_all_arms_sum_to_one(arms in arms()) {
        let sum: f64 = (0..arms.len()).filter_map(|at| probability(&arms, at)).sum();
        prop_assert!((sum - 1.0).abs() < 1e-6, "{sum} of {arms:?}");
    }

    #[test]
    fn an_arm_that_is_believed_better_is_drawn_more_often(mean in -2.0..2.0_f64, deviation in 0.05..2.0_f64) {
        let arms = [Arm { mean, deviation }, Arm { mean: mean + 0.1, deviation }];
        prop_assert!(probability(&arms, 1) > probability(&arms, 0));
    }
}

#[test]
fn a_million_draws_agree_with_the_computed_probabilities() {
    let arms = [(0.0, 1.0), (0.3, 0.2), (-0.5, 2.0), (0.2, 0.05), (1.0, 0.4)];
    let arms = arms.map(|(mean, deviation)| Arm { mean, deviation });
    let mut counts = [0_u32; 5];
    let mut draws = Draws::new(5, 0);
    let rounds = 1_000_000;
    for _ in 0..rounds {
        counts[greatest(&draws.of(&arms)).unwrap()] += 1;
    }
    for (at, count) in counts.into_iter().enumerate() {
        let computed = probability(&arms, at).unwrap();
        let counted = f64::from(count) / f64::from(rounds);
        let error = (computed * (1.0 - computed) / f64::from(rounds)).sqrt();
        assert!(
            (computed - counted).abs() < 4.0 * error,
            "arm {at}: {computed} against {counted}"
        );
    }
}

#[test]
fn two_arms_alike_share_and_one_alone_is_certain() {
    let arm = Arm {
        mean: 0.4,
        deviation: 0.7,
    };
    assert!((probability(&[arm, arm], 0).unwrap() - 0.5).abs() < 1e-9);
    assert!((probability(&[arm], 0).unwrap() - 1.0).abs() < 1e-9);
}

#[test]
fn a_difference_of_two_normals_is_given_back_exactly() {
    // P(a > b) = Phi((m_a - m_b) / sqrt(s_a^2 + s_b^2)); Phi(0.6) = 0.725746882...
    let arms = [
        Arm {
            mean: 1.0,
            deviation: 0.6,
        },
        Arm {
            mean: 0.4,
            deviation: 0.8,
        },
    ];
    assert!((probability(&arms, 0).unwrap() - 0.725_746_882_249_926_4).abs() < 1e-9);
}

#[test]
fn what_is_no_number_has_no_probability() {
    let sound = Arm {
        mean: 0.0,
        deviation: 1.0,
    };
    let broken = Arm {
        mean: f64::NAN,
        deviation: 1.0,
    };
    assert_eq!(probability(&[sound, broken], 0), None);
    assert_eq!(greatest(&[0.0, f64::NAN]), None);
    assert_eq!(greatest(&[]), None);
}

#[test]
fn the_belief_of_a_count_has_the_moments_of_its_gamma() {
    // ln of Gamma(3.5, 1.25): mean psi(3.5) - ln 1.25 = 1.103156640645 - 0.223143551314, variance psi'(3.5) = 0.330357756...
    let belief = Arm::counted(1.0, 2.5, 0.25);
    assert!((belief.mean - 0.880_013_089_331).abs() < 1e-8, "{belief:?}");
    assert!(
        (belief.deviation - 0.330_357_756_1_f64.sqrt()).abs() < 1e-7,
        "{belief:?}"
    );
}
