//! Measures on real data, which is not part of the project: tests that need it say so and step aside.

use std::path::PathBuf;

use balustrade::{
    learning::evaluation::{EvaluationError, Split, evaluate_bank, evaluate_pacing, evaluate_planted},
    model::ftrl::Rates,
};

fn data(path: &str) -> PathBuf {
    let root = std::env::var("BALUSTRADE_DATA").unwrap_or_else(|_| "../shared/data".to_owned());
    PathBuf::from(root).join(path)
}

fn unless_missing<T>(result: Result<T, EvaluationError>) -> Option<T> {
    match result {
        Err(missing @ EvaluationError::Missing(_)) => {
            eprintln!("skipped: {missing}");
            None
        }
        other => Some(other.expect("the file is readable")),
    }
}

fn seeds() -> u64 {
    if std::env::var("BALUSTRADE_TEST_LONG").is_ok() {
        20
    } else {
        2
    }
}

#[test]
fn bank_responses_are_no_worse_than_logistic_regression() {
    for split in [Split::Last20, Split::Mod5] {
        let result = evaluate_bank(&data("leads/bank-full.csv.gz"), split, Rates::default());
        let Some(evaluation) = unless_missing(result) else {
            return;
        };
        println!("{evaluation}\n  progressive {}", evaluation.progressive);
    }
}

#[test]
fn planted() {
    let (train, test) = (
        data("bids/ipinyou_2259.train.log.txt.gz"),
        data("bids/ipinyou_2259.test.log.txt.gz"),
    );
    let Some(evaluation) = unless_missing(evaluate_planted(&train, &test, seeds())) else {
        return;
    };
    println!("{evaluation}");
}

#[test]
fn paced() {
    let (train, test) = (
        data("bids/ipinyou_2259.train.log.txt.gz"),
        data("bids/ipinyou_2259.test.log.txt.gz"),
    );
    let Some(summaries) = unless_missing(evaluate_pacing(&train, &test, seeds())) else {
        return;
    };
    for summary in summaries {
        println!("{summary}");
    }
}
