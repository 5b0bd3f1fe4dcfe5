//! Questions of the four kinds beside bids on the wire: what they become, and everything that is wrong with them.

use balustrade::{
    domain::{Attribute, Micros, Query, Question, Span, Timestamp},
    grpc::client::CallError,
};
use serde_json::{Value, json};

use crate::grpc_server::{NOW, Running};

const SEND_TIME: &str = "DecisionService/DecideSendTime";
const RECOMMEND: &str = "DecisionService/Recommend";
const BUDGET: &str = "DecisionService/AllocateBudget";
const SCORE: &str = "DecisionService/Score";

/// An instant after [`NOW`], 2026-10-26T05:33:20Z.
fn days(after: i64) -> String {
    NOW.plus(balustrade::domain::Duration::from_days(after))
        .to_string()
}

fn send_time() -> Value {
    json!({
        "request_id": "r-1",
        "facts": {"contact": {"contact_id": "c-17", "time_zone": "Europe/Rome"}, "market": {"country": "IT", "channel": "email"}},
        "message": {"message_id": "m-1", "campaign_id": "club", "channel": "email", "subject": "News", "body": "All that is new",
            "topics": {"values": ["Food"]}, "attributes": {"tone": {"word": "warm"}}},
        "not_before": days(1), "not_after": days(2), "alternatives": 3,
    })
}

fn recommend() -> Value {
    json!({
        "facts": {"contact": {"contact_id": "c-17"}},
        "campaign_id": "shop", "slate_size": 2,
        "candidates": [
            {"item_id": "a", "categories": {"values": ["zero"]}, "in_stock": true, "text": "Six bottles"},
            {"item_id": "b", "campaign_id": "paid"},
            {"item_id": "c"},
        ],
        "context_item_ids": ["c"], "session_item_ids": ["x", "y"],
    })
}

fn budget() -> Value {
    json!({
        "total_micros": 5_000_000, "currency": "EUR", "period_start": days(0), "period_end": days(7), "campaign_id": "club",
        "arms": [{"arm_id": "search", "spent_micros": 7, "last_micros": 9}, {"arm_id": "social", "campaign_id": "other"}],
    })
}

fn score() -> Value {
    json!({
        "purpose": "SCORE_PURPOSE_CHURN",
        "candidates": [{"campaign_id": "small"}, {"candidate_id": "big", "campaign_id": "large", "purpose": "SCORE_PURPOSE_LEAD_CONVERSION"}],
    })
}

/// What the decider was asked.
fn becomes(method: &str, question: &Value) -> Query {
    let server = Running::start();
    let refusal = server.refused(method, &question.to_string());
    assert_eq!(refusal.code, "UNAVAILABLE", "{refusal}");
    let query = server.asked.lock().unwrap().pop();
    query.expect("a query")
}

fn paths(refusal: &CallError) -> Vec<&str> {
    let mut paths: Vec<&str> = refusal.violations.iter().map(|(path, _)| path.as_str()).collect();
    paths.sort_unstable();
    paths
}

fn ids(query: &Query) -> Vec<(&str, &str)> {
    let each = query.candidates.iter();
    each.map(|candidate| (candidate.id.as_str(), candidate.campaign.as_str()))
        .collect()
}

#[test]
fn a_question_of_when_to_send_becomes_its_window_and_one_candidate() {
    let query = becomes(SEND_TIME, &send_time());
    let Question::SendTime(sending) = query.question else {
        panic!("a send time was asked for");
    };
    assert_eq!(sending.earliest.to_string(), days(1));
    assert_eq!(sending.latest.to_string(), days(2));
    assert_eq!(sending.alternatives, 3);
    assert_eq!(ids(&query), [("m-1", "club")]);
    let facts = &query.candidates[0].facts;
    assert_eq!(facts.word(&Attribute::MessageChannel).unwrap().as_str(), "email");
    assert!(facts.get(&Attribute::MessageTopic).is_some());
    assert_eq!(
        query.facts.word(&Attribute::ContactZone).unwrap().as_str(),
        "Europe/Rome"
    );
}

#[test]
fn a_window_that_began_begins_now_and_the_channel_of_the_message_is_the_markets() {
    for not_before in [Value::Null, json!(days(-3))] {
        let mut question = send_time();
        question["not_before"] = not_before;
        question["facts"]["market"]["channel"] = Value::Null;
        let query = becomes(SEND_TIME, &question);
        assert_eq!(
            query.facts.word(&Attribute::MarketChannel).unwrap().as_str(),
            "email"
        );
        let Question::SendTime(sending) = query.question else {
            panic!("a send time was asked for");
        };
        assert_eq!((sending.earliest, query.now), (NOW, NOW));
    }
}

#[test]
fn a_question_of_what_to_show_becomes_its_items_without_what_is_looked_at() {
    let query = becomes(RECOMMEND, &recommend());
    assert_eq!(ids(&query), [("a", "shop"), ("b", "paid")]);
    let Question::Recommendation {
        slots,
        context,
        session,
    } = &query.question
    else {
        panic!("a slate was asked for");
    };
    assert_eq!((*slots, context.len(), session.len()), (2, 1, 2));
    let facts = &query.candidates[0].facts;
    assert_eq!(facts.word(&Attribute::Item).unwrap().as_str(), "a");
    assert!(facts.get(&Attribute::ItemInStock).is_some());
    assert!(query.candidates[1].facts.get(&Attribute::ItemInStock).is_none());
}

#[test]
fn a_question_of_how_to_split_becomes_its_total_and_arms() {
    let query = becomes(BUDGET, &budget());
    assert_eq!(ids(&query), [("search", "club"), ("social", "other")]);
    let Question::Budget(total) = &query.question else {
        panic!("a split was asked for");
    };
    assert_eq!(total.amount, Micros::new(5_000_000));
    assert_eq!(total.last, [Some(Micros::new(9)), None]);
    assert_eq!(total.spent, [Micros::new(7), Micros::ZERO]);
    let until = Timestamp::from_millis(NOW.as_millis() + 7 * 86_400_000);
    assert_eq!(total.period, Some(Span::new(NOW, until)));
}

#[test]
fn a_question_of_how_likely_becomes_a_candidate_for_each_purpose() {
    let query = becomes(SCORE, &score());
    assert_eq!(ids(&query), [("small", "small"), ("big", "large")]);
    let purposes: Vec<&str> = query
        .candidates
        .iter()
        .map(|candidate| {
            let purpose = candidate.facts.word(&Attribute::ScorePurpose);
            purpose.unwrap().as_str()
        })
        .collect();
    assert_eq!(purposes, ["churn", "lead_conversion"]);
}

#[test]
fn an_empty_question_is_told_everything_it_needs() {
    let server = Running::start();
    for (method, needs) in [
        (
            SEND_TIME,
            &["facts.contact.contact_id", "message", "not_after"][..],
        ),
        (RECOMMEND, &["campaign_id", "slate_size"]),
        (
            BUDGET,
            &["arms", "currency", "period_end", "period_start", "total_micros"],
        ),
        (SCORE, &["candidates"]),
    ] {
        let refusal = server.refused(method, "{}");
        assert_eq!(
            (refusal.code.as_str(), refusal.reason.as_deref()),
            ("INVALID_ARGUMENT", Some("BAD_INPUT"))
        );
        assert_eq!(paths(&refusal), needs, "{method}");
    }
    assert!(server.asked.lock().unwrap().is_empty());
}

/// Each change of a good question is refused, and the path of the refusal is where it was made, or the one named.
fn each_is_refused(method: &str, good: &Value, bad: &[(&str, Value, &str)]) {
    let server = Running::start();
    for (pointer, value, path) in bad {
        let mut question = good.clone();
        let (above, name) = pointer.rsplit_once('/').unwrap();
        question.pointer_mut(above).expect(pointer)[name] = value.clone();
        let refusal = server.refused(method, &question.to_string());
        assert_eq!(refusal.code, "INVALID_ARGUMENT", "{pointer}: {refusal}");
        assert_eq!(paths(&refusal), [*path], "{pointer} = {value}: {refusal}");
    }
    assert!(server.asked.lock().unwrap().is_empty());
}

#[test]
fn each_bad_field_of_a_send_time_is_named_by_its_path() {
    each_is_refused(
        SEND_TIME,
        &send_time(),
        &[
            (
                "/facts/contact/contact_id",
                Value::Null,
                "facts.contact.contact_id",
            ),
            (
                "/facts/contact/contact_id",
                json!("anna@nova.example"),
                "facts.contact.contact_id",
            ),
            (
                "/facts/contact/time_zone",
                json!("Europe/Atlantis"),
                "facts.contact.time_zone",
            ),
            (
                "/facts/contact/time_zone",
                json!("CET+1"),
                "facts.contact.time_zone",
            ),
            ("/facts/contact/time_zone", json!(""), "facts.contact.time_zone"),
            ("/facts/market/channel", json!("sms"), "facts.market.channel"),
            ("/message/message_id", Value::Null, "message.message_id"),
            ("/message/campaign_id", Value::Null, "message.campaign_id"),
            ("/message/channel", Value::Null, "message.channel"),
            ("/message/body", json!(""), "message.body"),
            ("/message/body", json!("x".repeat(70_000)), "message.body"),
            (
                "/message/topics",
                json!({"values": [""]}),
                "message.topics.values[0]",
            ),
            (
                "/message/attributes",
                json!({"tone": {}}),
                "message.attributes[\"tone\"]",
            ),
            ("/not_after", Value::Null, "not_after"),
            ("/not_after", json!(days(1)), "not_after"),
            ("/not_after", json!(days(-1)), "not_after"),
            ("/not_after", json!(days(91)), "not_after"),
            ("/not_after", json!("9999-12-31T00:00:00Z"), "not_after"),
            ("/alternatives", json!(11), "alternatives"),
            ("/tmax_ms", json!(0), "tmax_ms"),
            ("/request_id", json!("x".repeat(300)), "request_id"),
        ],
    );
}

#[test]
fn each_bad_field_of_a_recommendation_is_named_by_its_path() {
    let many: Vec<Value> = (0..10_001)
        .map(|at| json!({"item_id": format!("i{at}")}))
        .collect();
    let ids: Vec<String> = (0..1_001).map(|at| format!("i{at}")).collect();
    each_is_refused(
        RECOMMEND,
        &recommend(),
        &[
            ("/slate_size", json!(0), "slate_size"),
            ("/slate_size", json!(101), "slate_size"),
            ("/candidates", json!([{"item_id": "c"}]), "candidates"),
            ("/candidates", json!(many), "candidates"),
            ("/candidates", json!([{}]), "candidates[0].item_id"),
            (
                "/candidates",
                json!([{"item_id": "a"}, {"item_id": "b"}, {"item_id": "a"}]),
                "candidates[2].item_id",
            ),
            (
                "/candidates",
                json!([{"item_id": "a", "text": ""}]),
                "candidates[0].text",
            ),
            ("/campaign_id", json!(""), "campaign_id"),
            ("/context_item_ids", json!(ids[..101]), "context_item_ids"),
            ("/context_item_ids", json!(["a", ""]), "context_item_ids[1]"),
            ("/session_item_ids", json!(ids), "session_item_ids"),
        ],
    );
}

#[test]
fn a_candidate_without_a_campaign_of_its_own_or_of_the_request_is_named() {
    let server = Running::start();
    let mut slate = recommend();
    slate["campaign_id"] = Value::Null;
    let refusal = server.refused(RECOMMEND, &slate.to_string());
    assert_eq!(
        paths(&refusal),
        ["candidates[0].campaign_id", "candidates[2].campaign_id"]
    );
    let mut split = budget();
    split["campaign_id"] = Value::Null;
    let refusal = server.refused(BUDGET, &split.to_string());
    assert_eq!(paths(&refusal), ["arms[0].campaign_id"]);
    let mut scores = score();
    scores["purpose"] = Value::Null;
    let refusal = server.refused(SCORE, &scores.to_string());
    assert_eq!(paths(&refusal), ["candidates[0].purpose"]);
}

#[test]
fn each_bad_field_of_a_budget_is_named_by_its_path() {
    let arms = |count: usize| -> Value {
        (0..count)
            .map(|at| json!({"arm_id": format!("a{at}")}))
            .collect::<Vec<_>>()
            .into()
    };
    each_is_refused(
        BUDGET,
        &budget(),
        &[
            ("/total_micros", json!(0), "total_micros"),
            ("/total_micros", json!(-5), "total_micros"),
            ("/total_micros", json!(1_000_000_000_000_001_i64), "total_micros"),
            ("/currency", json!("eur"), "currency"),
            ("/currency", Value::Null, "currency"),
            ("/period_start", Value::Null, "period_start"),
            ("/period_end", json!(days(0)), "period_end"),
            ("/period_end", json!(days(-1)), "period_end"),
            ("/period_end", json!(days(4_000)), "period_end"),
            ("/arms", arms(0), "arms"),
            ("/arms", arms(1), "arms"),
            ("/arms", arms(1_001), "arms"),
            (
                "/arms",
                json!([{"arm_id": "a"}, {"arm_id": "a"}]),
                "arms[1].arm_id",
            ),
            ("/arms", json!([{"arm_id": "a"}, {}]), "arms[1].arm_id"),
            (
                "/arms",
                json!([{"arm_id": "a"}, {"arm_id": "b", "spent_micros": -1}]),
                "arms[1].spent_micros",
            ),
            (
                "/arms",
                json!([{"arm_id": "a", "last_micros": -1}, {"arm_id": "b"}]),
                "arms[0].last_micros",
            ),
        ],
    );
}

#[test]
fn each_bad_field_of_a_score_is_named_by_its_path() {
    let many: Vec<Value> = (0..51)
        .map(|at| json!({"campaign_id": format!("c{at}")}))
        .collect();
    each_is_refused(
        SCORE,
        &score(),
        &[
            ("/purpose", json!(0), "purpose"),
            ("/purpose", json!(9), "purpose"),
            ("/candidates", json!([]), "candidates"),
            ("/candidates", json!(many), "candidates"),
            ("/candidates", json!([{}]), "candidates[0].campaign_id"),
            (
                "/candidates",
                json!([{"campaign_id": "a", "purpose": 9}]),
                "candidates[0].purpose",
            ),
            (
                "/candidates",
                json!([{"campaign_id": "a"}, {"campaign_id": "a"}]),
                "candidates[1].candidate_id",
            ),
        ],
    );
}

#[test]
fn the_most_that_may_be_asked_is_asked() {
    let items: Vec<Value> = (0..10_000)
        .map(|at| json!({"item_id": format!("i{at}")}))
        .collect();
    let mut slate = recommend();
    slate["slate_size"] = json!(100);
    slate["candidates"] = json!(items);
    assert_eq!(becomes(RECOMMEND, &slate).candidates.len(), 10_000);
    let arms: Vec<Value> = (0..200).map(|at| json!({"arm_id": format!("a{at}")})).collect();
    let mut split = budget();
    split["arms"] = json!(arms);
    assert_eq!(becomes(BUDGET, &split).candidates.len(), 200);
    let each: Vec<Value> = (0..50)
        .map(|at| json!({"campaign_id": format!("c{at}")}))
        .collect();
    let mut scores = score();
    scores["candidates"] = json!(each);
    assert_eq!(becomes(SCORE, &scores).candidates.len(), 50);
}

#[test]
fn what_is_no_number_and_what_is_too_large_is_refused_in_every_kind() {
    let server = Running::start();
    for method in [SEND_TIME, RECOMMEND, BUDGET, SCORE] {
        let large = vec![0_u8; 300 * 1_024];
        let refusal = server.runtime.block_on(server.client.bytes(method, large.into()));
        assert_eq!(
            refusal.expect_err("a refusal").reason.as_deref(),
            Some("TOO_LARGE"),
            "{method}"
        );
        let noise = vec![0xff_u8; 9];
        let refusal = server.runtime.block_on(server.client.bytes(method, noise.into()));
        assert_eq!(
            refusal.expect_err("a refusal").reason.as_deref(),
            Some("UNDECODABLE"),
            "{method}"
        );
    }
    // The amounts of these kinds are whole numbers: NaN cannot be written where one is due.
    let refusal = server.refused(BUDGET, &budget().to_string().replace("5000000", "\"NaN\""));
    assert_eq!(refusal.code, "INVALID_ARGUMENT", "{refusal}");
    assert!(server.asked.lock().unwrap().is_empty());
}
