//! The starter set in `rules/`: it compiles without a word of complaint, and each of its rules decides in a test.

use std::{collections::BTreeSet, path::Path};

use balustrade::{
    domain::Language,
    rehearsal,
    rules::{Rulebook, Sources, Style, compile, render},
};

fn starter() -> Rulebook {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let sources = Sources::read(&folder).expect("the starter set can be read");
    let compiled = compile(&sources);
    let said: Vec<String> = compiled
        .findings
        .iter()
        .map(|finding| render(finding, &sources, Style::Plain, Language::English))
        .collect();
    assert!(said.is_empty(), "{}", said.join("\n"));
    compiled.rulebook.expect("a set without findings is a rulebook")
}

#[test]
fn the_starter_set_compiles_without_findings() {
    let rulebook = starter();
    assert!(rulebook.table().iter().len() >= 20);
    assert!(rulebook.campaigns().len() >= 6);
}

#[test]
fn every_test_of_the_starter_set_passes() {
    assert_eq!(rehearsal::run(&starter()), []);
}

#[test]
fn every_rule_of_the_starter_set_has_a_test_in_which_it_decides() {
    let rulebook = starter();
    let deciding: BTreeSet<&str> = rulebook
        .tests()
        .iter()
        .filter_map(|test| test.expect.because_of.as_ref())
        .flatten()
        .map(|rule| rule.as_str())
        .collect();
    // A rule in shadow and a note decide nothing, on purpose.
    let silent = [
        "company-farm-sites-trial",
        "seen-by-design",
        "bulk-email-unsubscribe",
    ];
    // Tests in rule files speak of bids; the contact hours are tested in `rules_contact_hours`.
    let by_hours = |id: &str| id.ends_with("-contact-hours") || id == "france-four-calls-a-month";
    let untested: Vec<&str> = rulebook
        .table()
        .iter()
        .map(|card| card.id.as_str())
        .filter(|id| !deciding.contains(id) && !silent.contains(id) && !by_hours(id))
        .collect();
    assert_eq!(untested, Vec::<&str>::new());
}
