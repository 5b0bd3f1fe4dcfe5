//! Past decisions under rules that are to be tried: exactly what the edit changes is told to change.

use std::{fs, ops::ControlFlow};

use balustrade::{
    domain::{Attribute, CandidateRecord, Choice, FactValue, Kind, Micros, Record, Verdict},
    model::Snapshot,
    rehearsal::{Scope, Shelf, SimulateReport, Trial, Within, simulate},
};

use crate::past_samples::{COMPANY, House, files, rulebook, sources};

const ALL: Scope = Scope {
    within: Within::ALL,
    only: None,
};

/// Keeps the rulebook of the house as a server does.
fn keep(house: &House) {
    let store = house
        .folder
        .path()
        .join("rulebooks")
        .join(rulebook(COMPANY).digest().to_string());
    for (path, text) in files(COMPANY) {
        let path = store.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn shelf(house: &House) -> Shelf {
    let snapshots = vec![std::sync::Arc::new(Snapshot::cold())];
    Shelf::new(house.folder.path().join("rulebooks"), snapshots)
}

fn tried(house: &House, company: &str) -> SimulateReport {
    let trial = Trial::of(sources(company)).unwrap_or_else(|why| panic!("{why:?}"));
    let report = simulate(&house.journal, &trial, &shelf(house), ALL, &mut |_| {
        ControlFlow::Continue(())
    });
    report.unwrap().unwrap()
}

fn with(rule: &str) -> String {
    format!("{COMPANY}  - {rule}\n")
}

/// The rules without the one of that id.
fn without(id: &str) -> String {
    let is_it = |line: &&str| !line.starts_with(&format!("  - {{id: {id},"));
    let left: Vec<&str> = COMPANY.lines().filter(is_it).collect();
    left.join("\n") + "\n"
}

fn left(candidate: &CandidateRecord) -> bool {
    candidate.choice.is_some()
}

fn country(record: &Record) -> Option<&str> {
    record
        .facts
        .word(&Attribute::MarketCountry)
        .map(|word| word.as_str())
}

fn count(house: &House, holds: impl Fn(&Record) -> bool) -> u64 {
    u64::try_from(house.records.iter().filter(|record| holds(record)).count()).unwrap()
}

fn turn(report: &SimulateReport, turn: &str, rule: &str) -> u64 {
    let of = report
        .turns
        .iter()
        .filter(|of| of.turn == turn && of.rule_id == rule);
    of.map(|of| of.decisions).sum()
}

#[test]
fn rules_that_say_the_same_in_another_layout_change_nothing() {
    let house = House::deciding(3_000, 31);
    keep(&house);
    let report = tried(&house, &COMPANY.replace("rules:\n", "# read me\nrules:\n\n"));
    assert_eq!(
        (report.decisions, report.changed),
        (3_000, 0),
        "{:#?}",
        report.largest
    );
    assert_eq!((report.untold, report.refused), (0, 0));
    assert_eq!(report.edits, []);
}

#[test]
fn a_new_block_changes_exactly_the_decisions_whose_value_left() {
    let house = House::deciding(3_000, 37);
    keep(&house);
    let report = tried(
        &house,
        &with(
            "{id: not-france, for: [bid], when: {market.country: FR}, then: block, if_unknown: skip, accept_risk: told later, because: A trial}",
        ),
    );
    // A no-bid is an answer too, and is blocked now.
    let expected = count(&house, |record| {
        record.question.kind() == Kind::Bid
            && country(record) == Some("FR")
            && record
                .candidates
                .iter()
                .any(|candidate| candidate.verdict != Verdict::Blocked)
    });
    assert!(expected > 50);
    assert_eq!(report.changed, expected);
    assert_eq!(turn(&report, "blocked", "not-france"), expected);
    let [edit] = report.edits.as_slice() else {
        panic!("{:?}", report.edits);
    };
    assert_eq!(
        (edit.rule_id.as_str(), edit.alone, edit.causes),
        ("not-france", expected, expected)
    );
    let bids = report.segments.iter().find(|part| part.name == "bid").unwrap();
    assert_eq!((bids.decisions, bids.changed), (600, expected));
    let [worth] = report.worth.as_slice() else {
        panic!("{:?}", report.worth);
    };
    let prices = count(&house, |record| {
        country(record) == Some("FR")
            && record
                .candidates
                .iter()
                .any(|of| matches!(of.choice, Some(Choice::Bid(_))))
    });
    assert!(worth.lost_bids >= prices && prices > 0);
    assert_eq!(report.largest.len(), 20);
    assert!(
        report
            .largest
            .iter()
            .all(|change| change.after_verdict == "blocked")
    );
    let sizes: Vec<_> = report.largest.iter().map(|change| change.size).collect();
    assert!(sizes.is_sorted_by(|a, b| a >= b), "{sizes:?}");
}

#[test]
fn a_lower_cap_takes_from_those_above_it_and_from_nobody_else() {
    let house = House::deciding(3_000, 41);
    keep(&house);
    let report = tried(&house, &COMPANY.replace("at_most: 3.00 EUR", "at_most: 2.00 EUR"));
    let above = |of: &CandidateRecord| matches!(of.choice, Some(Choice::Bid(price)) if price > Micros::new(2_000_000));
    let expected = count(&house, |record| record.candidates.iter().any(above));
    assert!(expected > 0);
    assert!(report.changed >= expected, "{} of {expected}", report.changed);
    for change in &report.largest {
        let before: Option<f64> = change.before.trim_end_matches(" EUR").parse().ok();
        let is_cause = change.because_of == ["never-more"];
        // A lower price may also fit into what was left of a budget.
        assert!(
            is_cause || before.is_some_and(|before| before > 2.0),
            "{change:?}"
        );
    }
    let lower = turn(&report, "lower", "never-more");
    assert!(lower * 10 >= expected * 9, "{:?}", report.turns);
}

#[test]
fn a_rule_that_is_taken_away_sets_free_and_the_model_is_asked_afterwards() {
    let house = House::deciding(3_000, 43);
    keep(&house);
    let report = tried(&house, &without("spain-waits"));
    let expected = count(&house, |record| {
        record.candidates.iter().any(|candidate| {
            let causes = candidate
                .causes
                .because_of
                .iter()
                .filter_map(|rule| record.rules.get(*rule));
            let ids: Vec<_> = causes.map(|card| card.id.as_str().to_owned()).collect();
            candidate.verdict == Verdict::Held && ids == ["spain-waits"]
        })
    });
    assert!(expected > 100);
    assert!(report.changed >= expected, "{} of {expected}", report.changed);
    assert!(turn(&report, "freed", "spain-waits") > 0, "{:?}", report.turns);
    assert!(report.asked_now > 0);
    assert!(report.largest.iter().any(|change| change.asked_now));
}

#[test]
fn a_new_rule_over_texts_that_are_gone_is_refused_and_an_old_one_stands() {
    let house = House::deciding(2_000, 47);
    keep(&house);
    let rule = "{id: new-words, for: [bid], when: {page.text: {mentions: lists/words.csv}}, then: block, if_unknown: apply, because: A trial}";
    let report = tried(&house, &with(rule));
    let has_text = count(&house, |record| {
        let text = record.facts.get(&Attribute::PageText);
        record.question.kind() == Kind::Bid && matches!(text, Some(FactValue::Digest(_)))
    });
    assert!(has_text > 0);
    assert_eq!(report.untold, has_text);
    let [edit, ..] = report.edits.as_slice() else {
        panic!("none")
    };
    assert_eq!((edit.rule_id.as_str(), edit.untold), ("new-words", has_text));
    // Where there never was a text, the rule says what then.
    let blocked = turn(&report, "blocked", "new-words");
    assert!(blocked > 0, "{:?}", report.turns);
}

#[test]
fn of_two_edits_each_is_told_what_it_does_alone() {
    let house = House::deciding(2_000, 53);
    keep(&house);
    let both = with(
        "{id: not-france, for: [bid], when: {market.country: FR}, then: block, if_unknown: skip, accept_risk: told later, because: A trial}\n  - {id: not-video, for: [bid], when: {market.channel: video}, then: block, if_unknown: skip, accept_risk: told later, because: A trial}",
    );
    let report = tried(&house, &both);
    let alone = |rule: &str| {
        report
            .edits
            .iter()
            .find(|edit| edit.rule_id == rule)
            .unwrap()
            .alone
    };
    let of = |france: bool, video: bool| {
        count(&house, |record| {
            let is_video = record
                .facts
                .word(&Attribute::MarketChannel)
                .is_some_and(|of| of.as_str() == "video");
            let fits = (france && country(record) == Some("FR")) || (video && is_video);
            let open = |of: &CandidateRecord| of.verdict != Verdict::Blocked;
            fits && record.question.kind() == Kind::Bid && record.candidates.iter().any(open)
        })
    };
    assert_eq!(
        (alone("not-france"), alone("not-video")),
        (of(true, false), of(false, true))
    );
    assert_eq!(report.changed, of(true, true));
}

#[test]
fn where_the_older_rulebook_is_gone_every_rule_is_asked_anew_and_it_is_told() {
    let house = House::deciding(1_000, 59);
    let report = tried(&house, &COMPANY.replace("rules:\n", "# read me\nrules:\n"));
    assert_eq!(report.unkept, [rulebook(COMPANY).digest().to_string()]);
    // Texts are gone, so that two rules cannot be asked anew of the decisions that have one.
    assert!(report.untold > 0);
    assert_eq!(report.changed, 0, "{:#?}", report.largest);
}

#[test]
fn one_decision_alone_can_be_tried() {
    let house = House::deciding(500, 61);
    keep(&house);
    let open = |record: &&Record| {
        record.question.kind() == Kind::Bid
            && country(record) == Some("FR")
            && record.candidates.iter().any(left)
    };
    let record = house.records.iter().find(open).unwrap();
    let trial = Trial::of(sources(&with("{id: not-france, for: [bid], when: {market.country: FR}, then: block, if_unknown: skip, accept_risk: told later, because: A trial}"))).unwrap();
    let scope = Scope {
        only: Some(record.decision),
        ..ALL
    };
    let report = simulate(&house.journal, &trial, &shelf(&house), scope, &mut |_| {
        ControlFlow::Continue(())
    });
    let report = report.unwrap().unwrap();
    assert_eq!((report.decisions, report.changed), (1, 1));
    assert!(
        report
            .largest
            .iter()
            .all(|change| change.decision_id == record.decision.to_string())
    );
}

#[test]
fn rules_that_would_be_refused_cannot_be_tried() {
    let why = Trial::of(sources(&with(
        "{id: typo, for: [bid], thn: block, because: A trial}",
    )))
    .unwrap_err();
    assert!(why.iter().any(|finding| finding.line > 0), "{why:?}");
}

#[test]
fn the_command_line_tells_a_brand_manager_in_one_sentence_and_a_program_in_json() {
    let house = House::deciding(600, 67);
    keep(&house);
    let tried = house.folder.path().join("tried");
    let trial = with(
        "{id: not-france, for: [bid], when: {market.country: FR}, then: block, if_unknown: skip, accept_risk: told later, because: A trial}",
    );
    for (path, text) in files(&trial) {
        let path = tried.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let House { folder, journal, .. } = house;
    // One process at a time holds a journal.
    drop(journal);
    let run = |more: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_balustrade"));
        let data = folder.path().to_str().unwrap();
        command.args(more).args(["--data", data]).output().unwrap()
    };
    let rules = tried.to_str().unwrap();
    for (language, ending, cause) in [
        ("en", "of 600 decisions change", "blocked by `not-france`"),
        ("it", "di 600 decisioni cambiano", "bloccate da `not-france`"),
        ("es", "de 600 decisiones cambian", "bloqueadas por `not-france`"),
    ] {
        let told = run(&["simulate", "--rules", rules, "--language", language]);
        let text = String::from_utf8(told.stdout).unwrap();
        let first = text.lines().next().unwrap_or_default();
        assert!(first.contains(ending) && first.contains(cause), "{text}");
    }
    let json = run(&["simulate", "--rules", rules, "--format", "json"]);
    let report: SimulateReport = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(report.decisions, 600);
    let replay = run(&["replay", "--all"]);
    assert_eq!(replay.status.code(), Some(0));
    let text = String::from_utf8(replay.stdout).unwrap();
    assert!(
        text.starts_with("0 differences in 600 decisions (120 bid, "),
        "{text}"
    );
    fs::write(tried.join("company.yaml"), "rules_of: broken\n").unwrap();
    assert_eq!(run(&["simulate", "--rules", rules]).status.code(), Some(1));
}
