//! Outcomes on the wire: whole batches or none, tokens first.

use std::sync::atomic::Ordering;

use balustrade::domain::DecisionId;
use prost::bytes::Bytes;
use tokio_stream::StreamExt as _;

use crate::grpc_server::{NOW, Running, tokens};

pub(crate) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut three = [0_u8; 4];
        three[1..=chunk.len()].copy_from_slice(chunk);
        let number = u32::from_be_bytes(three);
        for at in 0..4 {
            let letter = LETTERS[(number >> (18 - 6 * at) & 63) as usize] as char;
            text.push(if at <= chunk.len() { letter } else { '=' });
        }
    }
    text
}

fn click(event_id: &str, token: &[u8]) -> String {
    let decision = DecisionId::new(NOW, 5);
    format!(
        r#"{{"decision_id": "{decision}", "token": "{}", "candidate_id": "c", "event_id": "{event_id}",
             "occurred_at": "2026-10-27T00:00:00Z", "click": {{}}}}"#,
        base64(token)
    )
}

fn token() -> Vec<u8> {
    tokens().issue(DecisionId::new(NOW, 5), NOW)
}

#[test]
fn an_outcome_without_a_genuine_token_is_refused_and_counted_and_its_neighbour_is_not() {
    let server = Running::start();
    let batch = format!(
        r#"{{"outcomes": [{}, {}, {}]}}"#,
        click("e1", b""),
        click("e2", &token()),
        click("e3", b"forged")
    );
    let reply = server.answered("OutcomeService/RecordOutcomes", &batch);
    let said = |at: usize| {
        (
            reply["results"][at]["status"].clone(),
            reply["results"][at]["reason"].clone(),
        )
    };
    assert_eq!(said(0), ("OUTCOME_STATUS_BAD_TOKEN".into(), "missing".into()));
    assert_eq!(
        said(1),
        ("OUTCOME_STATUS_QUARANTINED".into(), "decision_lost".into())
    );
    assert_eq!(said(2), ("OUTCOME_STATUS_BAD_TOKEN".into(), "not_genuine".into()));
    assert_eq!(server.counts.bad_tokens.load(Ordering::Relaxed), 2);
}

#[test]
fn a_batch_with_a_malformed_outcome_is_refused_whole_with_every_path() {
    let server = Running::start();
    let good = click("e1", &token());
    let bad = r#"{"decision_id": "x", "win": {"price_micros": -1}, "event_id": ""}"#;
    let batch = format!(r#"{{"outcomes": [{good}, {bad}]}}"#);
    let refusal = server.refused("OutcomeService/RecordOutcomes", &batch);
    let mut paths: Vec<&str> = refusal.violations.iter().map(|(path, _)| path.as_str()).collect();
    paths.sort_unstable();
    assert_eq!(
        paths,
        [
            "outcomes[1].candidate_id",
            "outcomes[1].decision_id",
            "outcomes[1].event_id",
            "outcomes[1].occurred_at",
            "outcomes[1].win.price_micros",
        ]
    );
    // Nothing of the batch was kept: the good one is new when it is sent again.
    let again = server.answered(
        "OutcomeService/RecordOutcomes",
        &format!(r#"{{"outcomes": [{good}]}}"#),
    );
    assert_eq!(again["results"][0]["reason"], "decision_lost");
    assert_eq!(
        server.refused("OutcomeService/RecordOutcomes", "{}").violations[0].0,
        "outcomes"
    );
}

#[test]
fn a_stream_of_outcomes_answers_in_order_and_survives_a_malformed_one() {
    let server = Running::start();
    let encode = |json: String| {
        server
            .client
            .encode("OutcomeService/StreamOutcomes", &json)
            .unwrap()
    };
    let messages: Vec<Bytes> = vec![
        encode(format!(r#"{{"tag": 1, "outcome": {}}}"#, click("e1", &token()))),
        encode(r#"{"tag": 2}"#.to_owned()),
        encode(format!(r#"{{"tag": 3, "outcome": {}}}"#, click("e2", b""))),
    ];
    let answers: Vec<Bytes> = server.runtime.block_on(async {
        let requests = tokio_stream::iter(messages);
        let answers = server
            .client
            .stream("OutcomeService/StreamOutcomes", requests)
            .await
            .unwrap();
        answers.map(|answer| answer.unwrap()).collect().await
    });
    // Field 1, a varint: the tag.
    let tags: Vec<u8> = answers.iter().map(|answer| answer[1]).collect();
    assert_eq!(tags, [1, 2, 3]);
}
