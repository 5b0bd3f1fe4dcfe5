//! What comes after a bid, over the real socket: outcomes by their key, and the decision read back.

use balustrade::domain::{DecisionId, Duration};
use serde_json::{Value, json};

use crate::{
    grpc_outcomes::base64,
    served::{BEGIN, COMPANY, Served},
};

fn served() -> Served {
    let rules = format!(
        "{COMPANY}  - {{id: company-max-bid, for: [bid], when: {{currency: EUR}}, then: {{at_most: 2.00 EUR}}, because: Nothing was worth more}}\n  \
         - {{id: trial, for: [bid], when: {{market.country: IT}}, then: block, mode: shadow, because: To see what it would cost}}\n"
    );
    Served::under(&[("company.yaml", &rules)])
}

fn decided(server: &Served) -> Value {
    server.answered(
        "DecisionService/DecideBid",
        &json!({
            "request_id": "r-7",
            "facts": {"market": {"country": "IT"}, "page": {"text": "calcio"}},
            "impression": {"currency": "EUR", "auction_type": "AUCTION_TYPE_FIRST_PRICE", "bidfloor": 0.5},
            "candidates": [{"campaign_id": "spring", "creative_id": "red"}],
        }),
    )
}

/// A report on the one candidate of `reply`, at the instant of its decision.
fn report(reply: &Value, event_id: &str, sort: &str, event: &Value) -> Value {
    json!({
        "decision_id": reply["stamp"]["decision_id"], "token": reply["stamp"]["token"],
        "candidate_id": "spring/red", "event_id": event_id, "occurred_at": BEGIN.to_string(), sort: event,
    })
}

fn with(mut report: Value, field: &str, value: Value) -> Value {
    report[field] = value;
    report
}

fn said(server: &Served, reports: &[Value]) -> Vec<(String, String)> {
    let reply = server.answered("OutcomeService/RecordOutcomes", &json!({"outcomes": reports}));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let results = reply["results"].as_array().unwrap().iter();
    results
        .map(|result| {
            let status = text(&result["status"]);
            (status.replace("OUTCOME_STATUS_", ""), text(&result["reason"]))
        })
        .collect()
}

fn only(server: &Served, report: Value) -> String {
    said(server, &[report]).pop().unwrap().0
}

#[test]
fn an_outcome_counts_once_and_is_corrected_by_a_higher_revision() {
    let server = served();
    let reply = decided(&server);
    let win = report(&reply, "w", "win", &json!({"price_micros": 1_400_000}));
    assert_eq!(only(&server, win.clone()), "ACCEPTED");
    assert_eq!(only(&server, win.clone()), "DUPLICATE");
    let other = with(win, "win", json!({"price_micros": 1_500_000}));
    assert_eq!(only(&server, other.clone()), "CONFLICT");
    assert_eq!(only(&server, with(other, "revision", json!(1))), "CORRECTED");
    let more: Vec<Value> = [
        ("i", "impression", json!({})),
        ("c", "click", json!({})),
        (
            "p",
            "conversion",
            json!({"name": "purchase", "value_micros": 40_000_000}),
        ),
    ]
    .iter()
    .map(|(id, sort, event)| report(&reply, id, sort, event))
    .collect();
    let statuses: Vec<String> = said(&server, &more)
        .into_iter()
        .map(|(status, _)| status)
        .collect();
    assert_eq!(statuses, ["ACCEPTED"; 3]);
}

#[test]
fn an_outcome_after_its_window_is_late_and_kept() {
    let server = served();
    let reply = decided(&server);
    server.wait(Duration::from_secs(2 * 3_600));
    assert_eq!(only(&server, report(&reply, "c", "click", &json!({}))), "LATE");
    let kept = server.answered(
        "AuditService/GetDecision",
        &json!({"decision_id": reply["stamp"]["decision_id"]}),
    );
    assert_eq!(kept["outcomes"][0]["result"]["status"], "OUTCOME_STATUS_LATE");
}

#[test]
fn an_outcome_that_cannot_be_of_the_decision_teaches_nothing() {
    let server = served();
    let reply = decided(&server);
    let click = report(&reply, "c", "click", &json!({}));
    // A genuine token of a decision that no journal holds.
    let lost = DecisionId::new(BEGIN, 99);
    let token = server.app.tokens.issue(lost, BEGIN);
    let of_lost = with(
        with(click.clone(), "decision_id", json!(lost.to_string())),
        "token",
        json!(base64(&token)),
    );
    let reports = [
        with(click.clone(), "token", json!("")),
        with(click.clone(), "token", json!("AAAA")),
        with(click.clone(), "decision_id", json!(lost.to_string())),
        of_lost,
        with(click.clone(), "candidate_id", json!("autumn")),
        with(click, "occurred_at", json!("2026-01-01T00:00:00Z")),
    ];
    let expected = [
        ("BAD_TOKEN", "missing"),
        ("BAD_TOKEN", "not_genuine"),
        ("BAD_TOKEN", "not_genuine"),
        ("QUARANTINED", "decision_lost"),
        ("UNKNOWN_CANDIDATE", ""),
        ("QUARANTINED", "before_decision"),
    ];
    let expected = expected.map(|(status, reason)| (status.to_owned(), reason.to_owned()));
    assert_eq!(said(&server, &reports), expected);
}

#[test]
fn a_decision_is_read_back_as_it_was_told_with_all_that_came_of_it() {
    let server = served();
    let reply = decided(&server);
    let win = report(&reply, "w", "win", &json!({"price_micros": 1_400_000}));
    assert_eq!(only(&server, win), "ACCEPTED");
    let kept = server.answered(
        "AuditService/GetDecision",
        &json!({"decision_id": reply["stamp"]["decision_id"]}),
    );
    let (decision, answer) = (&kept["decision"], &reply["answers"][0]);
    for field in ["decision_id", "decided_at", "versions"] {
        assert_eq!(decision[field], reply["stamp"][field], "{field}");
    }
    assert_eq!(decision["request_id"], "r-7");
    assert_eq!(
        decision["auction"],
        json!({"auction_type": "AUCTION_TYPE_FIRST_PRICE", "currency": "EUR", "floor_micros": 500_000})
    );
    let candidate = &decision["candidates"][0];
    for field in ["candidate_id", "why", "wish"] {
        assert_eq!(candidate[field], answer[field], "{field}");
    }
    assert_eq!(candidate["price_micros"], answer["bid"]["price_micros"]);
    assert_eq!(candidate["price_micros"], 2_000_000);
    assert_eq!(candidate["in_force"][0]["effect"], "at_most 2.00 EUR");
    assert_eq!(candidate["why"]["shadow"][0]["rule"]["rule_id"], "trial");
    // The page's text is kept by its digest alone.
    let facts = decision["facts"].as_array().unwrap();
    let text = facts
        .iter()
        .find(|fact| fact["attribute"] == "page.text")
        .unwrap();
    assert!(text["value"].as_str().unwrap().starts_with("text "));
    let outcome = &kept["outcomes"][0];
    assert_eq!(
        (&outcome["sort"], &outcome["amount_micros"]),
        (&json!("win"), &json!(1_400_000))
    );
    assert_eq!(outcome["result"]["status"], "OUTCOME_STATUS_ACCEPTED");
}
