//! What a rule holds is lifted by an approval of exactly that, for a while, and by nothing else.

use balustrade::domain::Duration;
use serde_json::{Value, json};

use crate::served::{COMPANY, Served};

fn served() -> Served {
    let rules = format!(
        "{COMPANY}  - {{id: spain-waits, for: [bid], when: {{market.country: ES}}, then: {{hold: legal}}, if_unknown: skip, accept_risk: told later, because: Not yet cleared}}\n  \
         - {{id: no-test, for: [bid], when: {{creative: test}}, then: block, if_unknown: skip, accept_risk: told later, because: A placeholder ran for a weekend}}\n"
    );
    Served::under(&[("company.yaml", &rules)])
}

fn bid(server: &Served, creative: &str, approvals: &[&str]) -> Value {
    let reply = server.answered(
        "DecisionService/DecideBid",
        &json!({
            "facts": {"market": {"country": "ES", "channel": "display"}},
            "impression": {"currency": "EUR", "auction_type": "AUCTION_TYPE_FIRST_PRICE"},
            "candidates": [{"campaign_id": "spring", "creative_id": creative}],
            "approvals": approvals,
        }),
    );
    reply["answers"][0].clone()
}

fn ticket(answer: &Value) -> String {
    answer["why"]["holds"][0]["ticket"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

fn verdict(answer: &Value) -> &str {
    answer["why"]["verdict"].as_str().unwrap()
}

fn resolved(server: &Served, ticket: &str, approve: bool) -> Value {
    let reply = server.answered(
        "RulesService/ResolveHold",
        &json!({
            "ticket": ticket, "approve": approve, "by": "legal@nova.example", "because": "Cleared with Madrid",
            "valid_for": "3600s",
        }),
    );
    reply["hold"].clone()
}

fn waiting(server: &Served) -> Vec<Value> {
    let reply = server.answered("RulesService/ListHolds", &json!({}));
    reply["holds"].as_array().cloned().unwrap_or_default()
}

#[test]
fn an_approved_hold_is_lifted_for_what_was_held_and_for_nothing_else() {
    let server = served();
    let held = bid(&server, "red", &[]);
    assert_eq!(verdict(&held), "VERDICT_HELD");
    let red = ticket(&held);
    bid(&server, "red", &[&red]);
    let [waits] = waiting(&server).try_into().unwrap();
    assert_eq!(
        (&waits["ticket"], &waits["rule_id"], &waits["decisions"]),
        (&json!(red), &json!("spain-waits"), &json!(2)),
        "an approval that nobody gave lifts nothing"
    );
    assert_eq!(resolved(&server, &red, true)["state"], "approved");
    assert_eq!(waiting(&server), Vec::<Value>::new());
    for _ in 0..2 {
        let answer = bid(&server, "red", &[&red]);
        assert_eq!(verdict(&answer), "VERDICT_ALLOWED", "{answer}");
    }
    assert_eq!(
        verdict(&bid(&server, "red", &[])),
        "VERDICT_HELD",
        "it has to be named"
    );
    let blue = bid(&server, "blue", &[&red]);
    assert_eq!(verdict(&blue), "VERDICT_HELD", "another creative");
    assert_ne!(ticket(&blue), red);
}

#[test]
fn an_approval_ends_and_never_lifts_a_block() {
    let server = served();
    let red = ticket(&bid(&server, "red", &[]));
    resolved(&server, &red, true);
    server.wait(Duration::from_secs(3_601));
    assert_eq!(verdict(&bid(&server, "red", &[&red])), "VERDICT_HELD");
    assert_eq!(waiting(&server).len(), 1, "it waits again");

    let test = bid(&server, "test", &[&red]);
    assert_eq!(verdict(&test), "VERDICT_BLOCKED");
}

#[test]
fn what_is_refused_stays_held() {
    let server = served();
    let red = ticket(&bid(&server, "red", &[]));
    assert_eq!(resolved(&server, &red, false)["state"], "refused");
    assert_eq!(verdict(&bid(&server, "red", &[&red])), "VERDICT_HELD");
    assert_eq!(
        resolved(&server, &red, true)["state"],
        "approved",
        "somebody may think again"
    );
    assert_eq!(verdict(&bid(&server, "red", &[&red])), "VERDICT_ALLOWED");
}

#[test]
fn the_record_names_the_approval_and_comes_out_the_same_again() {
    let server = served();
    let red = ticket(&bid(&server, "red", &[]));
    resolved(&server, &red, true);
    bid(&server, "red", &[&red]);
    server.written();
    let kept = server.app.journal.read_from(balustrade::journal::Offset::START);
    let records = kept.filter_map(|read| match read.unwrap().1 {
        balustrade::journal::Entry::Decision(record) => Some(*record),
        balustrade::journal::Entry::Outcome { .. }
        | balustrade::journal::Entry::Observation(_)
        | balustrade::journal::Entry::Change(_) => None,
    });
    let last = records.last().unwrap();
    assert_eq!(last.approvals, [red.parse().unwrap()]);
    assert_eq!(balustrade::rehearsal::replayed(&last), []);
    let changes = server.app.journal.changes();
    assert!(
        changes
            .iter()
            .any(|(_, change)| change.what.name() == "hold_approved")
    );
}

#[test]
fn a_ticket_that_is_none_or_unknown_is_refused() {
    let server = served();
    let said = json!({"ticket": "0".repeat(32), "approve": true, "by": "a", "because": "b"});
    assert_eq!(
        server.refused("RulesService/ResolveHold", &said).code,
        "NOT_FOUND"
    );
    let refused = server.refused("RulesService/ResolveHold", &json!({"ticket": "x"}));
    assert_eq!(refused.code, "INVALID_ARGUMENT");
    for field in ["ticket", "approve", "by", "because"] {
        assert!(
            refused.violations.iter().any(|(at, _)| at == field),
            "{field}: {refused:?}"
        );
    }
}
