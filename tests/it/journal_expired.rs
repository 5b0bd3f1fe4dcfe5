//! A retention that really cuts, seen over the wire: what is past it is told as expired, and what followed from it still counts.
//!
//! Planted, seen here, and taken out again: decisions that went and are answered as unknown; a trial that does not say from when it
//! counts; holds that a start does not put back.

use std::{ops::ControlFlow, sync::Arc};

use balustrade::{
    domain::Duration,
    journal::Cut,
    rehearsal::{Holds, Scope, Shelf, Trial, Within, simulate},
};
use serde_json::{Value, json};

use crate::{
    journal_retention::MONTH,
    served::{BEGIN, COMPANY, Served},
};

const RULES: &str = "  - {id: spain-waits, for: [bid], when: {market.country: ES}, then: {hold: legal}, if_unknown: skip, accept_risk: told later, because: Not yet cleared}\n";

const CAP: &str = "  - {id: not-too-often, for: [bid], then: {at_most: 2 in 7 days}, because: Our promise}\n";

fn served() -> Served {
    Served::under(&[("company.yaml", &format!("{COMPANY}{RULES}"))])
}

fn bid(server: &Served, country: &str) -> Value {
    server.answered(
        "DecisionService/DecideBid",
        &json!({
            "facts": {"market": {"country": country, "channel": "display"}},
            "impression": {"currency": "EUR", "auction_type": "AUCTION_TYPE_FIRST_PRICE"},
            "candidates": [{"candidate_id": "c", "campaign_id": "spring"}],
        }),
    )
}

/// What is answered to a win of that decision.
fn won(server: &Served, stamp: &Value, event_id: &str) -> Value {
    let outcome = json!({
        "decision_id": stamp["decision_id"], "token": stamp["token"], "candidate_id": "c", "event_id": event_id,
        "occurred_at": stamp["decided_at"], "win": {"price_micros": 700_000},
    });
    let reply = server.answered("OutcomeService/RecordOutcomes", &json!({"outcomes": [outcome]}));
    reply["results"][0]["status"].clone()
}

/// Forty days pass, in which something else is decided; then what is older than a month is cut off.
fn a_month_passes(server: &Served) {
    let stored = || server.runtime.block_on(server.app.journal.store_state());
    // What is decided later stands in other files.
    stored().unwrap();
    server.wait(Duration::from_days(40));
    // One state may be asked for by the cut itself, and two have to hold what goes.
    for _ in 0..4 {
        bid(server, "IT");
        stored().unwrap();
        server.app.catch_up().unwrap();
        if let Cut::Before(_) = server.app.look_after_what_is_kept(&MONTH).unwrap() {
            return;
        }
    }
    panic!("nothing is cut off");
}

#[test]
fn a_decision_past_its_retention_is_told_as_expired_and_so_are_its_outcomes() {
    let server = served();
    let old = bid(&server, "IT")["stamp"].clone();
    assert_eq!(won(&server, &old, "w"), "OUTCOME_STATUS_ACCEPTED");
    a_month_passes(&server);
    let young = bid(&server, "IT")["stamp"].clone();
    server.written();

    let of = |stamp: &Value| json!({"decision_id": stamp["decision_id"]});
    for method in ["AuditService/GetDecision", "AuditService/ReplayDecision"] {
        let gone = server.refused(method, &of(&old));
        assert_eq!(
            gone.reason.as_deref(),
            Some("EXPIRED_DECISION"),
            "{method}: {gone:?}"
        );
        server.answered(method, &of(&young));
    }
    assert_eq!(won(&server, &old, "late"), "OUTCOME_STATUS_EXPIRED");
    assert_eq!(won(&server, &young, "w"), "OUTCOME_STATUS_ACCEPTED");
    let listed = server.answered("AuditService/ListDecisions", &json!({}));
    let listed = listed["decisions"].to_string();
    let name = |stamp: &Value| stamp["decision_id"].as_str().unwrap().to_owned();
    assert!(
        !listed.contains(&name(&old)) && listed.contains(&name(&young)),
        "{listed}"
    );
}

#[test]
fn a_hold_stays_to_be_answered_when_the_decisions_that_met_it_are_gone() {
    let server = served();
    let held = bid(&server, "ES");
    let ticket = held["answers"][0]["why"]["holds"][0]["ticket"].clone();
    a_month_passes(&server);
    let waiting = || server.answered("RulesService/ListHolds", &json!({}))["holds"].clone();
    assert_eq!(waiting()[0]["ticket"], ticket, "{}", waiting());
    let at_a_start = Holds::new(Arc::clone(&server.app.journal)).list().unwrap();
    assert_eq!(at_a_start.len(), 1, "it is stored beside what is kept");
    let resolved = server.answered(
        "RulesService/ResolveHold",
        &json!({"ticket": ticket, "approve": true, "by": "legal@nova.example", "because": "Cleared", "valid_for": "3600s"}),
    );
    assert_eq!(resolved["hold"]["state"], "approved");
}

#[test]
fn a_trial_of_a_rule_that_counts_says_from_when_it_counts() {
    let server = served();
    bid(&server, "IT");
    let shelf = Shelf::new(server.app.activations.folder().join("none"), Vec::new());
    let until = |rules: &str| {
        let company = format!("{COMPANY}{RULES}{rules}").into_bytes();
        let mut files = vec![("company.yaml".to_owned(), company)];
        for name in ["campaigns.yaml", "objectives.yaml", "defaults.yaml"] {
            let text = std::fs::read(server.app.activations.folder().join(name)).unwrap();
            files.push((name.to_owned(), text));
        }
        let trial = Trial::of_files(files).unwrap_or_else(|why| panic!("{why:?}"));
        let all = Scope {
            within: Within::ALL,
            only: None,
        };
        let told = simulate(&server.app.journal, &trial, &shelf, all, &mut |_| {
            ControlFlow::Continue(())
        });
        told.unwrap().unwrap().uncounted_until
    };
    assert_eq!(until(CAP), "", "everything is counted");
    a_month_passes(&server);
    assert_eq!(until(CAP), BEGIN.to_string());
    assert_eq!(until(""), "", "nothing has to be counted");
}
