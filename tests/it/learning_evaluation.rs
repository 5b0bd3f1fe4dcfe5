//! Measures on real data, which is not part of the project: tests that need it say so and step aside.

use std::path::{Path, PathBuf};

use balustrade::learning::evaluation::{
    EvaluationError, MMM_STAN, SCORE_SETS, evaluate_media, evaluate_pacing, evaluate_planted, evaluate_score,
    evaluate_splits, in_process,
};

pub(crate) fn data(path: &str) -> PathBuf {
    let root = std::env::var("BALUSTRADE_DATA").unwrap_or_else(|_| "../shared/data".to_owned());
    PathBuf::from(root).join(path)
}

pub(crate) fn unless_missing<T>(result: Result<T, EvaluationError>) -> Option<T> {
    match result {
        Err(missing @ EvaluationError::Missing(_)) => {
            eprintln!("skipped: {missing}");
            None
        }
        other => Some(other.expect("the file is readable")),
    }
}

pub(crate) fn seeds() -> u64 {
    if std::env::var("BALUSTRADE_TEST_LONG").is_ok() {
        20
    } else {
        2
    }
}

#[test]
fn planted_clicks_are_predicted_no_worse_than_by_logistic_regression() {
    let (train, test) = logs();
    let Some(evaluation) = unless_missing(evaluate_planted(&train, &test, 20)) else {
        return;
    };
    println!("{evaluation}");
    assert!(evaluation.measured.logloss.low <= 0.0547, "{evaluation}");
}

#[test]
fn a_paced_budget_is_spent_and_never_exceeded() {
    let (train, test) = logs();
    let Some(summaries) = unless_missing(evaluate_pacing(&train, &test, seeds(), in_process)) else {
        return;
    };
    for summary in summaries {
        println!("{summary}");
        let (least, _, greatest) = summary.shares();
        assert!(greatest <= 1.0, "{summary}");
        assert!(least >= 0.97 || !summary.name.ends_with(" paced"), "{summary}");
    }
}

#[test]
fn spend_on_media_is_not_claimed_to_explain_later_weeks() {
    let result = evaluate_media(&data("budget/mmm_stan.csv"), MMM_STAN);
    let Some(evaluation) = unless_missing(result) else {
        return;
    };
    println!("{evaluation}");
    assert!(!evaluation.claims_a_gain(), "{evaluation}");
    assert!(evaluation.to_string().ends_with("no gain from media is claimed"));
}

#[test]
fn learnt_splits_come_within_two_per_cent_of_the_planted_optimum_and_break_no_limit() {
    let evaluation = evaluate_splits(seeds()).unwrap();
    println!("{evaluation}");
    assert!(evaluation.learnt.value >= 0.98, "{evaluation}");
    assert!(evaluation.learnt.low > evaluation.equal.high, "{evaluation}");
    assert_eq!(evaluation.broken, 0, "{evaluation}");
    assert!(
        evaluation.infeasible.contains("lower some `at_least`"),
        "{evaluation}"
    );
}

#[test]
fn a_missing_file_is_named() {
    let error = evaluate_score(Path::new("no/such"), SCORE_SETS[0]).unwrap_err();
    let named = "`no/such/leads/bank-full.csv.gz` is not there";
    assert!(error.to_string().starts_with(named), "{error}");
}

fn logs() -> (PathBuf, PathBuf) {
    (
        data("bids/ipinyou_2259.train.log.txt.gz"),
        data("bids/ipinyou_2259.test.log.txt.gz"),
    )
}
