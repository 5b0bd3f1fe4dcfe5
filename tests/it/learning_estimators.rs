//! Off-policy estimators: the arithmetic against `obp` 0.5.10, and the refusal where a log cannot tell.

use balustrade::learning::evaluation::{
    EvaluationError, OBD_SETS,
    estimators::{Logged, Thin, estimate, points, support},
    evaluate_obd,
};

/// IPS, IPS clipped at 10, SNIPS, doubly robust, effective sample size and largest weight, computed once with `obp`
/// 0.5.10 for the targets that `evaluate_obd` describes, in the order of `OBD_SETS`.
const OF_OBP: [[f64; 6]; 6] = [
    [
        0.00503536693271151,
        0.00503536693271151,
        0.00525307219642147,
        0.00519032780584387,
        2638.87344922674,
        9.62315345191438,
    ],
    [
        0.00565626670083546,
        0.00565626670083546,
        0.00573986470195136,
        0.00578866917655944,
        2869.27527178796,
        7.48427672955975,
    ],
    [
        0.00580569178294979,
        0.00580569178294979,
        0.00583303608719104,
        0.00584602233915846,
        3491.95754282827,
        6.36607142857143,
    ],
    [
        0.002359639516846,
        0.002359639516846,
        0.00233371389316181,
        0.00228902982092652,
        340.378341132639,
        277.777777777778,
    ],
    [
        0.00300862632725648,
        0.00300862632725648,
        0.0031894231622774,
        0.00324866297994048,
        655.709849587327,
        178.25311942959,
    ],
    [
        0.00743757754192316,
        0.00438366918612801,
        0.00237304614344777,
        0.000692746314957921,
        2.07782269248369,
        21739.1304347826,
    ],
];

#[test]
fn the_arithmetic_is_that_of_obp_on_its_own_data() {
    let root = std::env::var("BALUSTRADE_DATA").unwrap_or_else(|_| "../shared/data".to_owned());
    for (set, expected) in OBD_SETS.into_iter().zip(OF_OBP) {
        let evaluation = match evaluate_obd(std::path::Path::new(&root), set) {
            Err(missing @ EvaluationError::Missing(_)) => return eprintln!("skipped: {missing}"),
            other => other.unwrap(),
        };
        println!("{evaluation}");
        let [ips, clipped, snips, robust] = evaluation.points();
        let support = support(&evaluation.log);
        let ours = [ips, clipped, snips, robust, support.effective, support.largest];
        for (ours, theirs) in ours.into_iter().zip(expected) {
            assert!(
                (ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0),
                "{set:?}: {ours} and {theirs}"
            );
        }
        // One choice of the last log weighs 21,739: its log cannot tell.
        let tells = set != ("bts", "women");
        assert_eq!(
            evaluation.estimates.is_ok(),
            tells,
            "{set:?}: {:?}",
            evaluation.estimates
        );
    }
}

fn logged(reward: f64, propensity: f64, target: f64) -> Logged {
    Logged {
        reward,
        propensity,
        target,
        expected: 0.2,
        expected_of_target: 0.3,
    }
}

#[test]
fn small_numbers_come_out_as_by_hand() {
    // Weights 2, 0.5, 0 and 20.
    let log = [
        logged(1.0, 0.5, 1.0),
        logged(0.0, 0.8, 0.4),
        logged(1.0, 0.5, 0.0),
        logged(1.0, 0.05, 1.0),
    ];
    let [ips, clipped, snips, robust] = points(&log, 10.0);
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
    close(ips, (2.0 + 20.0) / 4.0);
    close(clipped, (2.0 + 10.0) / 4.0);
    close(snips, 22.0 / 22.5);
    close(robust, 0.3 + (2.0 * 0.8 - 0.5 * 0.2 + 20.0 * 0.8) / 4.0);
    let support = support(&log);
    close(support.effective, 22.5 * 22.5 / (4.0 + 0.25 + 400.0));
    close(support.largest, 20.0);
    assert_eq!((support.rows, support.rewarded), (4, 2));
}

#[test]
fn a_target_that_chose_like_the_log_is_worth_what_was_logged() {
    let log: Vec<Logged> = (0..400)
        .map(|at| logged(f64::from(u8::from(at % 4 == 0)), 0.25, 0.25))
        .collect();
    let estimates = estimate(&log, 10.0, 1).unwrap();
    assert!((estimates.ips.value - 0.25).abs() < 1e-12 && (estimates.snips.value - 0.25).abs() < 1e-12);
    assert!(estimates.ips.low < 0.25 && estimates.ips.high > 0.25);
    assert!((estimates.support.effective - 400.0).abs() < 1e-9);
}

#[test]
fn where_the_log_cannot_tell_there_is_no_number() {
    let ordinary = || (0..400).map(|at| logged(f64::from(u8::from(at % 4 == 0)), 0.25, 0.25));
    let few: Vec<Logged> = ordinary().take(50).collect();
    assert!(matches!(
        estimate(&few, 10.0, 1),
        Err(Thin::Effective { rows: 50, .. })
    ));
    let one: Vec<Logged> = ordinary().chain([logged(1.0, 0.01, 0.5)]).collect();
    assert!(
        matches!(estimate(&one, 10.0, 1), Err(Thin::OneChoice { .. })),
        "{:?}",
        estimate(&one, 10.0, 1)
    );
    let unrewarded: Vec<Logged> = ordinary().map(|row| Logged { reward: 0.0, ..row }).collect();
    assert_eq!(estimate(&unrewarded, 10.0, 1), Err(Thin::Rewarded(0)));
    let impossible: Vec<Logged> = ordinary().chain([logged(1.0, 0.0, 0.5)]).collect();
    assert_eq!(estimate(&impossible, 10.0, 1), Err(Thin::Impossible(401)));
}
