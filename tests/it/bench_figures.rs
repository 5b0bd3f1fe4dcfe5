//! `bench`: the parts that are plain arithmetic. What it measures is not tested: no assertion holds on every
//! machine.

use std::time::Duration;

use balustrade::{
    cli::bench::{Comparison, Row, Schedule, is_refusal, median, median_rows, rules_text, ticks},
    rules::{Sources, compile},
};
use proptest::prelude::*;

#[test]
fn requests_leave_evenly_and_the_first_at_once() {
    let schedule = Schedule::new(4, Duration::from_secs(2));
    assert_eq!(schedule.total(), 8);
    let instants: Vec<u128> = (0..4).map(|number| schedule.at(number).as_millis()).collect();
    assert_eq!(instants, [0, 250, 500, 750]);
    assert_eq!(schedule.due_by(Duration::ZERO), 1);
    assert_eq!(schedule.due_by(Duration::from_millis(249)), 1);
    assert_eq!(schedule.due_by(Duration::from_millis(250)), 2);
}

#[test]
fn after_a_stall_everything_that_was_due_is_due_and_no_more_than_there_is() {
    let schedule = Schedule::new(1_000, Duration::from_secs(1));
    assert_eq!(schedule.due_by(Duration::from_millis(500)), 501);
    assert_eq!(schedule.due_by(Duration::from_secs(60)), 1_000);
}

proptest! {
    #[test]
    fn a_request_is_due_from_its_instant_on_and_not_before(a_second in 1_u64..300_000, number in 0_u64..100_000) {
        let schedule = Schedule::new(a_second, Duration::from_secs(100_001));
        let at = schedule.at(number);
        prop_assert!(schedule.due_by(at) > number);
        if let Some(before) = at.checked_sub(Duration::from_nanos(1)) {
            prop_assert!(schedule.due_by(before) <= number);
        }
    }

    #[test]
    fn a_median_has_as_many_values_below_it_as_above(values in proptest::collection::vec(-1e9_f64..1e9, 1..20)) {
        let middle = median(values.clone()).unwrap();
        let below = values.iter().filter(|value| **value < middle).count();
        let above = values.iter().filter(|value| **value > middle).count();
        prop_assert!(values.contains(&middle));
        prop_assert!(below <= values.len() / 2 && above <= values.len() / 2);
    }
}

#[test]
fn nothing_has_no_median() {
    assert_eq!(median(Vec::new()), None);
}

#[test]
fn a_figure_stands_beside_the_echos_as_a_ratio_or_as_a_difference() {
    let row = |comparison| Row::new("x", Some(4.0), Some(3.0), comparison).compared;
    assert_eq!(row(Comparison::Ratio), Some(0.75));
    assert_eq!(row(Comparison::Difference), Some(-1.0));
    assert_eq!(row(Comparison::None), None);
    assert_eq!(Row::new("x", None, Some(3.0), Comparison::Ratio).compared, None);
    assert_eq!(
        Row::new("x", Some(0.0), Some(3.0), Comparison::Ratio).compared,
        None
    );
}

#[test]
fn ratios_are_worked_out_within_a_run_and_their_median_is_taken_afterwards() {
    let run = |echo, service| vec![Row::new("x", Some(echo), Some(service), Comparison::Ratio)];
    // The middle echo and the middle service are of different runs.
    let rows = median_rows(&[run(100.0, 90.0), run(200.0, 100.0), run(400.0, 80.0)]);
    assert_eq!(rows[0].echo, Some(200.0));
    assert_eq!(rows[0].service, Some(90.0));
    assert_eq!(rows[0].compared, Some(0.5));
}

#[test]
fn cpu_is_user_and_system_time_whatever_the_process_is_called() {
    let stat = "4242 (a ) b (c) R 1 4242 4242 0 -1 4194304 100 0 0 0 700 55 9 9 20 0 8 0 12345 1000 10";
    assert_eq!(ticks(stat), Some(755));
    assert_eq!(ticks("4242 (cut off) R 1"), None);
}

#[test]
fn only_a_refusal_of_the_stream_is_one() {
    assert!(is_refusal(&[0x3a, 0]));
    assert!(!is_refusal(&[0x12, 2, 0x3a, 0]));
    assert!(!is_refusal(&[]));
}

#[test]
fn the_generated_rules_are_sound() {
    let sources = Sources::from_texts([
        ("rules.yaml", rules_text(300)),
        (
            "campaigns.yaml",
            "campaigns:\n  - {id: c, brand: b, objective: click, goal: manual, baseline: {bid: 1.00 EUR}}\n"
                .into(),
        ),
        (
            "objectives.yaml",
            "objectives:\n  - {id: click, event: click, window: 30 min, for: [bid]}\n".into(),
        ),
        (
            "defaults.yaml",
            "owner: o@o.example\nbecause: a test\nsafe_default: {bid: no_bid}\n".into(),
        ),
    ]);
    let compiled = compile(&sources);
    let errors: Vec<_> = compiled.findings.iter().map(|finding| &finding.message).collect();
    let rulebook = compiled.rulebook.unwrap_or_else(|| panic!("{errors:?}"));
    assert_eq!(rulebook.table().iter().len(), 300);
}
