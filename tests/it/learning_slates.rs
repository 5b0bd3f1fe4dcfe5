//! Send hours, slates and creatives on real data, which is not part of the project: tests that need it say so and step
//! aside.

use balustrade::learning::evaluation::{
    Interval, Shop, difference, evaluate_headlines, evaluate_send_hours, evaluate_slates,
};

use crate::learning_evaluation::{data, seeds, unless_missing};

const BASKETS: &str = "recommendation/completejourney.transactions_sample.csv.gz";

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn the_hour_of_the_last_basket_is_foretold_better_than_by_a_shrunk_histogram() {
    let Some(hours) = unless_missing(evaluate_send_hours(&data(BASKETS))) else {
        return;
    };
    println!("{hours}");
    let [ten, thirty] = &hours.shrunk;
    assert_eq!(hours.households, 1_969);
    assert!((mean(&ten.among_three) - 0.316).abs() < 0.001, "{hours}");
    assert!((mean(&ten.log_score) + 2.743).abs() < 0.001, "{hours}");
    assert!((mean(&thirty.log_score) + 2.686).abs() < 0.001, "{hours}");
    assert!(mean(&hours.ours.among_three) >= 0.316, "{hours}");
    assert!(mean(&hours.ours.log_score) >= -2.686, "{hours}");
    assert!(
        hours.gained_hits.low > 0.0 && hours.gained_log_score.low > 0.0,
        "{hours}"
    );
}

#[test]
fn slates_of_groceries_are_no_worse_than_popularity() {
    let Some(slates) = unless_missing(evaluate_slates(&data(BASKETS), Shop::CompleteJourney)) else {
        return;
    };
    println!("{slates}");
    assert!((mean(&slates.plain.ndcg_10) - 0.0501).abs() < 0.0005, "{slates}");
    // Of items alike in popularity another one may stand twentieth.
    assert!((mean(&slates.plain.recall_20) - 0.0850).abs() < 0.002, "{slates}");
    assert!(mean(&slates.ours.ndcg_10) >= 0.050, "{slates}");
    assert!(mean(&slates.ours.recall_20) >= 0.085, "{slates}");
}

#[test]
fn slates_of_films_are_no_worse_than_plain_ease() {
    let films = std::env::var("BALUSTRADE_MOVIELENS");
    let films = films.map_or_else(|_| data("recommendation/ml-100k.inter"), Into::into);
    let Some(slates) = unless_missing(evaluate_slates(&films, Shop::MovieLens)) else {
        return;
    };
    println!("{slates}");
    assert!((mean(&slates.plain.ndcg_10) - 0.2034).abs() < 0.0005, "{slates}");
    assert!(
        (mean(&slates.plain.recall_20) - 0.2125).abs() < 0.0005,
        "{slates}"
    );
    assert!(
        slates.gained_ndcg.low > 0.0 && slates.gained_recall.low > 0.0,
        "{slates}"
    );
}

#[test]
fn creatives_bring_more_than_epsilon_greedy() {
    let headlines = evaluate_headlines(&data("bandit/upworthy_half.csv.gz"), seeds());
    let Some(headlines) = unless_missing(headlines) else {
        return;
    };
    println!("{headlines}");
    assert_eq!(headlines.tests, 500);
    assert!(headlines.gained.low > 0.0, "{headlines}");
}

#[test]
fn a_paired_interval_holds_the_difference_and_forgets_what_pairs_share() {
    let theirs: Vec<f64> = (0..200).map(|at| f64::from(at % 17)).collect();
    let ours: Vec<f64> = theirs
        .iter()
        .zip(0..)
        .map(|(theirs, at)| theirs + 0.5 + 0.1 * f64::from(at % 3))
        .collect();
    let Interval { value, low, high } = difference(&ours, &theirs, 1);
    assert!((value - 0.6).abs() < 0.01, "{value}");
    assert!(low < value && value < high && high - low < 0.05, "{low} {high}");
}
