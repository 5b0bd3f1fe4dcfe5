//! A bid question on the wire: what it becomes, and everything that is wrong with it.

use balustrade::{
    domain::{Attribute, AuctionType, FactValue, Micros, Query, Question},
    grpc::client::CallError,
};
use proptest::prelude::*;
use prost::bytes::Bytes;
use tokio_stream::StreamExt as _;

use crate::grpc_server::{NOW, Running};

const BID: &str = "DecisionService/DecideBid";

const GOOD: &str = r#"{
    "request_id": "r-1",
    "facts": {
        "market": {"country": "IT", "channel": "display"},
        "page": {"site": "WWW.Ansa.it.", "text": "calcio", "content": {"labels": [{"topic": "Sports", "risk": "RISK_LOW"}]}},
        "contact": {"contact_id": "9f8a7c", "segments": {"values": []}},
        "attributes": {"weather": {"word": "rain"}}
    },
    "impression": {
        "bidfloor": 0.5, "currency": "EUR", "auction_type": "AUCTION_TYPE_FIRST_PRICE",
        "deals": [{"deal_id": "d1", "floor_micros": 900000}], "bcat": ["IAB7"], "badv": ["Rival.example"], "battr": [13],
        "tmax_ms": 80, "width": 300, "height": 250
    },
    "candidates": [
        {"campaign_id": "spring", "creative_id": "red"},
        {"candidate_id": "mine", "campaign_id": "spring", "ad_domain": "Shop.example"}
    ]
}"#;

/// What the decider was asked.
fn becomes(request: &str) -> Query {
    let server = Running::start();
    let refusal = server.refused(BID, request);
    assert_eq!(refusal.code, "UNAVAILABLE", "{refusal}");
    let query = server.asked.lock().unwrap().pop();
    query.expect("a query")
}

fn paths(refusal: &CallError) -> Vec<&str> {
    let mut paths: Vec<&str> = refusal.violations.iter().map(|(path, _)| path.as_str()).collect();
    paths.sort_unstable();
    paths
}

/// A good request with one part replaced.
fn with(part: &str, other: &str) -> String {
    assert!(GOOD.contains(part), "`{part}` is not in the good request");
    GOOD.replace(part, other)
}

#[test]
fn a_good_request_becomes_the_query_it_says() {
    let query = becomes(GOOD);
    assert_eq!(query.now, NOW);
    assert_eq!(query.request.unwrap().as_str(), "r-1");
    let Question::Bid(auction) = query.question else {
        panic!("a bid was asked for");
    };
    assert_eq!(auction.floor, Micros::new(500_000));
    assert_eq!(auction.auction_type, AuctionType::FirstPrice);
    assert_eq!(auction.currency.as_str(), "EUR");
    assert_eq!(auction.deals[0].floor, Micros::new(900_000));
    assert_eq!(auction.blocked_advertisers[0].as_str(), "rival.example");
    assert_eq!(auction.blocked_attributes[0].as_str(), "13");
    assert!(!auction.private);
    let word = |attribute| query.facts.word(&attribute).map(ToString::to_string);
    assert_eq!(word(Attribute::PageSite).as_deref(), Some("www.ansa.it"));
    assert_eq!(word(Attribute::SlotSize).as_deref(), Some("300x250"));
    assert_eq!(
        query.facts.get(&Attribute::ContactSegment),
        Some(&FactValue::Words(Vec::new()))
    );
    assert_eq!(query.facts.get(&Attribute::ContactConsent), None);
    let names: Vec<&str> = query
        .candidates
        .iter()
        .map(|candidate| candidate.id.as_str())
        .collect();
    assert_eq!(names, ["spring/red", "mine"]);
}

#[test]
fn two_requests_get_two_names_and_two_seeds() {
    let server = Running::start();
    server.refused(BID, GOOD);
    server.refused(BID, GOOD);
    let asked = server.asked.lock().unwrap();
    assert_ne!(asked[0].decision, asked[1].decision);
    assert_ne!(asked[0].seed, asked[1].seed);
}

#[test]
fn an_empty_request_is_told_everything_it_needs() {
    let server = Running::start();
    let refusal = server.refused(BID, "{}");
    assert_eq!(
        (refusal.code.as_str(), refusal.reason.as_deref()),
        ("INVALID_ARGUMENT", Some("BAD_INPUT"))
    );
    assert_eq!(paths(&refusal), ["candidates", "impression"]);
    assert!(server.asked.lock().unwrap().is_empty());
}

#[test]
fn each_bad_field_is_named_by_its_path() {
    let server = Running::start();
    let names = |part: &str, other: &str, path: &str| {
        let refusal = server.refused(BID, &with(part, other));
        assert_eq!(refusal.code, "INVALID_ARGUMENT", "{other}");
        assert_eq!(paths(&refusal), [path], "{other}");
    };
    for floor in ["\"NaN\"", "\"Infinity\"", "-0.5", "1000.1"] {
        names(
            "\"bidfloor\": 0.5",
            &format!("\"bidfloor\": {floor}"),
            "impression.bidfloor",
        );
    }
    for floor in ["-1", "1000000001"] {
        names(
            "\"bidfloor\": 0.5",
            &format!("\"floor_micros\": {floor}"),
            "impression.floor_micros",
        );
    }
    names("\"EUR\"", "\"eur\"", "impression.currency");
    names("\"currency\": \"EUR\", ", "", "impression.currency");
    names("\"AUCTION_TYPE_FIRST_PRICE\"", "7", "impression.auction_type");
    names("\"AUCTION_TYPE_FIRST_PRICE\"", "0", "impression.auction_type");
    names("\"RISK_LOW\"", "9", "facts.page.content.labels[0].risk");
    names("\"IT\"", "\"ITA\"", "facts.market.country");
    names("\"9f8a7c\"", "\"anna@nova.example\"", "facts.contact.contact_id");
    names("\"9f8a7c\"", "\"+39 06 1234567\"", "facts.contact.contact_id");
    names("\"tmax_ms\": 80", "\"tmax_ms\": 0", "impression.tmax_ms");
    names("\"height\": 250", "\"height\": 0", "impression.height");
    names(", \"height\": 250", "", "impression.height");
    names("\"deal_id\": \"d1\", ", "", "impression.deals[0].deal_id");
    names("\"text\": \"calcio\"", "\"text\": \"\"", "facts.page.text");
    names(
        "\"weather\": {\"word\": \"rain\"}",
        "\"weather\": {}",
        "facts.attributes[\"weather\"]",
    );
    names("\"weather\"", "\"page.site\"", "facts.attributes[\"page.site\"]");
    names(
        "\"candidate_id\": \"mine\"",
        "\"candidate_id\": \"spring/red\"",
        "candidates[1].candidate_id",
    );
    let long = format!("\"{}\"", "x".repeat(300));
    names("\"r-1\"", &long, "request_id");
    assert!(server.asked.lock().unwrap().is_empty());
}

#[test]
fn fifty_candidates_are_answered_and_fifty_one_are_not() {
    let many = |count: usize| {
        let each: Vec<String> = (0..count)
            .map(|at| format!(r#"{{"campaign_id": "c{at}"}}"#))
            .collect();
        format!(
            r#"{{"impression": {{"currency": "EUR", "auction_type": "AUCTION_TYPE_SECOND_PRICE"}}, "candidates": [{}]}}"#,
            each.join(",")
        )
    };
    assert_eq!(becomes(&many(50)).candidates.len(), 50);
    let server = Running::start();
    assert_eq!(paths(&server.refused(BID, &many(51))), ["candidates"]);
}

#[test]
fn a_thousand_faults_fit_into_the_headers_of_a_client() {
    let server = Running::start();
    let words = vec!["\"\""; 1_000].join(",");
    let refusal = server.refused(BID, &with("[\"IAB7\"]", &format!("[{words}]")));
    assert_eq!(refusal.code, "INVALID_ARGUMENT");
    assert!(refusal.violations.last().unwrap().1.starts_with("and "));
}

#[test]
fn the_stream_answers_in_order_and_goes_on_after_a_refusal() {
    let server = Running::start();
    let encode = |json: &str| server.client.encode("DecisionService/Decide", json).unwrap();
    let messages = vec![
        encode(r#"{"tag": 1, "bid": {}}"#),
        encode(r#"{"tag": 2, "score": {}}"#),
        encode(r#"{"tag": 3}"#),
        encode(&format!(r#"{{"tag": 4, "bid": {GOOD}}}"#)),
    ];
    let answers: Vec<Bytes> = server.runtime.block_on(async {
        let requests = tokio_stream::iter(messages);
        let answers = server
            .client
            .stream("DecisionService/Decide", requests)
            .await
            .unwrap();
        answers.map(|answer| answer.unwrap()).collect().await
    });
    // Field 1, a varint: the tag.
    let tags: Vec<u8> = answers.iter().map(|answer| answer[1]).collect();
    assert_eq!(tags, [1, 2, 3, 4]);
    assert_eq!(server.asked.lock().unwrap().len(), 1);
}

#[test]
fn any_bytes_are_a_question_or_a_refusal_that_names_fields() {
    let server = Running::start();
    let good = server.client.encode(BID, GOOD).unwrap();
    let config = ProptestConfig::with_cases(256);
    proptest!(config, |(noise in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6), cut: prop::sample::Index)| {
        let mut bytes = good.to_vec();
        for (at, byte) in &noise {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        bytes.truncate(cut.index(bytes.len() * 4).max(1));
        let answer = server.runtime.block_on(server.client.bytes(BID, bytes.into()));
        let refusal = answer.expect_err("the decider refuses what reaches it");
        let named = refusal.code == "INVALID_ARGUMENT" && !refusal.violations.is_empty();
        // Bytes that are no message at all are refused by the decoder, before there are fields.
        let undecodable = refusal.code == "INVALID_ARGUMENT" && refusal.reason.as_deref() == Some("UNDECODABLE");
        prop_assert!(named || undecodable || refusal.code == "UNAVAILABLE", "{}", refusal);
    });
}
