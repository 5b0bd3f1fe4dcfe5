//! The canary: under rules that block or hold everything, no price appears on the wire, whatever is asked.
//!
//! The replies are read as bare protobuf fields, without the contract's types: what has no price in its bytes has
//! none for any client.

use proptest::{
    collection::vec, option, prelude::*, sample::select, strategy::ValueTree as _, test_runner::TestRunner,
};
use prost::bytes::Bytes;
use serde_json::{Value, json};
use tokio_stream::StreamExt as _;

use crate::served::{COMPANY, Served};

/// One field: its number, and its bytes where it is a message, a text or bytes.
type Field<'a> = (u64, Option<&'a [u8]>);

fn varint(bytes: &mut &[u8]) -> u64 {
    let (mut value, mut shift) = (0, 0);
    loop {
        let (first, rest) = bytes.split_first().expect("a whole varint");
        *bytes = rest;
        value |= u64::from(first & 0x7F) << shift;
        if first & 0x80 == 0 {
            return value;
        }
        shift += 7;
    }
}

fn fields(mut bytes: &[u8]) -> Vec<Field<'_>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let length = match key & 7 {
            0 => {
                varint(&mut bytes);
                found.push((key >> 3, None));
                continue;
            }
            1 => 8,
            2 => usize::try_from(varint(&mut bytes)).unwrap(),
            5 => 4,
            other => panic!("wire type {other}"),
        };
        let (value, rest) = bytes.split_at(length);
        bytes = rest;
        found.push((key >> 3, Some(value)));
    }
    found
}

/// The messages or texts under a field number.
fn under<'a>(fields: &[Field<'a>], number: u64) -> Vec<&'a [u8]> {
    let of = fields.iter().filter(|(found, _)| *found == number);
    of.filter_map(|(_, bytes)| *bytes).collect()
}

/// `VERDICT_HELD` of the contract.
const HELD: u64 = 3;

/// A reply of `DecideBid` carries a no-bid with this reason for each of `candidates`, and nothing that is a value.
fn is_bare(reply: &[u8], candidates: usize, verdict: u64) {
    const CANDIDATE_ID: u64 = 1;
    const NO_BID: u64 = 3;
    const WHY: u64 = 4;
    let answers = fields(reply);
    let answers = under(&answers, 2);
    assert_eq!(answers.len(), candidates);
    for answer in answers {
        let answer = fields(answer);
        let numbers: Vec<u64> = answer.iter().map(|(number, _)| *number).collect();
        // Neither `bid` (2), `wish` (5), `difference_micros` (6), `estimate` (7) nor `limited_by` (8).
        assert_eq!(numbers, [CANDIDATE_ID, NO_BID, WHY]);
        why_is_bare(under(&answer, WHY)[0], verdict);
    }
}

/// Of an explanation: the verdict, the causes and the sentence; no source, maturity, propensity, forced flag.
fn why_is_bare(bytes: &[u8], verdict: u64) {
    let why = fields(bytes);
    let mut spoken: Vec<u64> = why.iter().map(|(number, _)| *number).collect();
    spoken.dedup();
    // A hold also names who has to approve it (12).
    let expected: &[u64] = if verdict == HELD {
        &[1, 3, 7, 12]
    } else {
        &[1, 3, 7]
    };
    assert_eq!(spoken, expected);
    let head = &bytes[..2];
    assert_eq!(head, [1 << 3, u8::try_from(verdict).unwrap()], "the verdict");
    let sentence = std::str::from_utf8(under(&why, 7)[0]).unwrap();
    assert!(
        !sentence.contains("EUR") && !sentence.contains(|c: char| c.is_ascii_digit()),
        "{sentence}"
    );
}

fn questions() -> impl Strategy<Value = Value> {
    let word = |words: &'static [&'static str]| option::of(select(words));
    let page = (
        word(&["x.example", "ansa.example"]),
        word(&["calcio", "guerra e pace"]),
        option::of(vec((select(&["Sports", "Terrorism"][..]), 0..5_i32), 0..3)),
    );
    let auction = (
        option::of(0.0..900.0_f64),
        1..=2_i32,
        select(&["EUR", "USD"][..]),
        vec((0..5_000_000_i64, any::<bool>()), 0..3),
        any::<bool>(),
        option::of(1..200_u32),
    );
    let candidates = vec(
        (
            select(&["spring", "autumn"][..]),
            word(&["red", "test"]),
            option::of(vec(select(&["IAB8", "IAB7"][..]), 0..3)),
        ),
        1..6,
    );
    let market = (
        word(&["IT", "ES", "US"]),
        word(&["display", "video"]),
        word(&["phone", "desktop"]),
        option::of(0..99_u32),
    );
    (page, auction, candidates, market).prop_map(question)
}

type Page = (
    Option<&'static str>,
    Option<&'static str>,
    Option<Vec<(&'static str, i32)>>,
);
type Sold = (
    Option<f64>,
    i32,
    &'static str,
    Vec<(i64, bool)>,
    bool,
    Option<u32>,
);
type Shown = Vec<(&'static str, Option<&'static str>, Option<Vec<&'static str>>)>;
type Seen = (
    Option<&'static str>,
    Option<&'static str>,
    Option<&'static str>,
    Option<u32>,
);

fn question((page, sold, shown, seen): (Page, Sold, Shown, Seen)) -> Value {
    let (site, text, labels) = page;
    let (floor, payment, currency, deals, private, tmax) = sold;
    let (country, channel, device, age) = seen;
    let labels = labels.map(|labels| {
        let each = labels
            .iter()
            .map(|(topic, risk)| json!({"topic": topic, "risk": risk}));
        json!({"labels": each.collect::<Vec<_>>()})
    });
    let deals = deals.iter().enumerate().map(|(at, (floor, ours))| {
        let campaigns: &[&str] = if *ours { &["spring"] } else { &[] };
        json!({"deal_id": format!("d{at}"), "floor_micros": floor, "campaign_ids": campaigns})
    });
    let candidates = shown.iter().enumerate().map(|(at, (campaign, creative, categories))| {
        let categories = categories.as_ref().map(|words| json!({"values": words}));
        json!({"candidate_id": format!("c{at}"), "campaign_id": campaign, "creative_id": creative, "ad_categories": categories})
    });
    json!({
        "facts": {
            "market": {"country": country, "channel": channel},
            "page": {"site": site, "text": text, "content": labels},
            "device": {"type": device}, "contact": {"age_years": age},
        },
        "impression": {
            "bidfloor": floor, "auction_type": payment, "currency": currency, "private_auction": private,
            "tmax_ms": tmax, "deals": deals.collect::<Vec<_>>(),
        },
        "candidates": candidates.collect::<Vec<_>>(),
    })
}

/// Three hundred random questions and the number of candidates of each.
fn hundreds() -> Vec<(Value, usize)> {
    let mut runner = TestRunner::deterministic();
    let each = (0..300).map(|_| questions().new_tree(&mut runner).unwrap().current());
    each.map(|question| {
        let candidates = question["candidates"].as_array().unwrap().len();
        (question, candidates)
    })
    .collect()
}

fn no_value_leaves(then: &str, verdict: u64) {
    let rules =
        format!("{COMPANY}  - {{id: nothing, for: [bid], then: {then}, because: The house is shut}}\n");
    let server = Served::under(&[("company.yaml", &rules)]);
    let questions = hundreds();
    for (question, candidates) in &questions {
        let bytes = server
            .client
            .encode("DecisionService/DecideBid", &question.to_string())
            .unwrap();
        let reply = server
            .runtime
            .block_on(server.client.bytes("DecisionService/DecideBid", bytes));
        is_bare(&reply.unwrap(), *candidates, verdict);
    }
    let messages: Vec<Bytes> = (1_u64..)
        .zip(&questions)
        .map(|(tag, (question, _))| {
            let message = json!({"tag": tag, "bid": question}).to_string();
            server.client.encode("DecisionService/Decide", &message).unwrap()
        })
        .collect();
    let replies: Vec<Bytes> = server.runtime.block_on(async {
        let stream = server
            .client
            .stream("DecisionService/Decide", tokio_stream::iter(messages))
            .await;
        stream.unwrap().map(|reply| reply.unwrap()).collect().await
    });
    assert_eq!(replies.len(), questions.len());
    for (reply, (_, candidates)) in replies.iter().zip(&questions) {
        let answer = fields(reply);
        // The tag (1), and a bid answer (2).
        let numbers: Vec<u64> = answer.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [1, 2]);
        is_bare(under(&answer, 2)[0], *candidates, verdict);
    }
}

#[test]
fn nothing_leaves_under_a_rulebook_that_blocks_everything() {
    no_value_leaves("block", 4);
}

#[test]
fn nothing_leaves_under_a_rulebook_that_holds_everything() {
    no_value_leaves("{hold: legal}", 3);
}

// === The kinds beside bids ===

const OBJECTIVES: &str = "
objectives:
  - {id: click, event: click, window: 30 min, for: [bid, send_time, recommendation, budget, score]}
";

const CAMPAIGNS: &str = "
campaigns:
  - {id: club, brand: nova, objective: click, goal: manual, currency: EUR, baseline: {send_at: \"10:00\", list: [i0, i1], share: 50%, probability: 5%}}
";

const DEFAULTS: &str = "
owner: board@nova.example
because: A missed impression costs nothing
safe_default: {bid: no_bid, send_time: held, recommendation: baseline, budget: last_split, score: blocked}
";

/// Which fields of a reply may be there: at the top, and in each answer of a list.
struct Shape {
    call: &'static str,
    /// Its number in the stream's messages.
    number: u64,
    top: &'static [u64],
    /// The list field, what may stand in each of its messages, and where the explanation stands.
    each: Option<(u64, &'static [u64], u64)>,
    /// The explanation of the whole.
    why: Option<u64>,
}

const SHAPES: [Shape; 4] = [
    Shape {
        call: "DecideSendTime",
        number: 3,
        top: &[1, 4, 7],
        each: None,
        why: Some(4),
    },
    Shape {
        call: "Recommend",
        number: 4,
        top: &[1, 3, 4],
        each: Some((4, &[1, 2], 2)),
        why: Some(3),
    },
    Shape {
        call: "AllocateBudget",
        number: 5,
        top: &[1, 2, 3],
        each: Some((2, &[1, 4], 4)),
        why: Some(3),
    },
    Shape {
        call: "Score",
        number: 6,
        // Of a score the horizon (6) and the campaign (10) are the question's own.
        top: &[1, 2],
        each: Some((2, &[1, 6, 7, 10], 7)),
        why: None,
    },
];

impl Shape {
    fn holds(&self, reply: &[u8], candidates: usize, verdict: u64) {
        let reply = fields(reply);
        let mut numbers: Vec<u64> = reply.iter().map(|(number, _)| *number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers, self.top, "{}", self.call);
        if let Some(why) = self.why {
            why_is_bare(under(&reply, why)[0], verdict);
        }
        let Some((list, allowed, why)) = self.each else {
            return;
        };
        let answers = under(&reply, list);
        assert_eq!(answers.len(), candidates, "{}", self.call);
        for answer in answers {
            let answer = fields(answer);
            let numbers: Vec<u64> = answer.iter().map(|(number, _)| *number).collect();
            assert_eq!(numbers, allowed, "{}", self.call);
            why_is_bare(under(&answer, why)[0], verdict);
        }
    }
}

/// Facts, how many candidates, and a number that the question may use as it likes.
type Drawn = (Option<&'static str>, Option<&'static str>, usize, i64);

fn drawn() -> impl Strategy<Value = Drawn> {
    (
        option::of(select(&["IT", "ES", "US"][..])),
        option::of(select(&["Europe/Rome", "Asia/Kolkata"][..])),
        2..9_usize,
        0..900_000_000_i64,
    )
}

/// A question of that call, by its name in the stream, with its number of candidates.
fn other((country, zone, many, number): Drawn, call: &str) -> (&'static str, Value, usize) {
    let facts = json!({
        "market": {"country": country},
        "contact": {"contact_id": format!("c{number}"), "time_zone": zone},
    });
    let list = |named: &str| -> Vec<Value> {
        let each = (0..many).map(|at| match named {
            "item_id" => json!({"item_id": format!("i{at}"), "in_stock": at % 2 == 0}),
            "arm_id" => json!({"arm_id": format!("a{at}"), "last_micros": number, "spent_micros": number}),
            _ => json!({"candidate_id": format!("s{at}"), "campaign_id": "club", "purpose": 1 + at % 3}),
        });
        each.collect()
    };
    match call {
        "DecideSendTime" => {
            let message =
                json!({"message_id": "m", "campaign_id": "club", "channel": "email", "body": "ciao"});
            let question = json!({"facts": facts, "message": message, "not_after": "2026-12-01T00:00:00Z", "alternatives": many});
            ("send_time", question, 1)
        }
        "Recommend" => {
            let question = json!({"facts": facts, "campaign_id": "club", "slate_size": 1 + number % 7, "candidates": list("item_id")});
            ("recommendation", question, many)
        }
        "AllocateBudget" => {
            let question = json!({
                "campaign_id": "club", "total_micros": 1 + number, "currency": "EUR", "arms": list("arm_id"),
                "period_start": "2026-11-01T00:00:00Z", "period_end": "2026-12-01T00:00:00Z",
            });
            ("budget", question, many)
        }
        _ => (
            "score",
            json!({"facts": facts, "candidates": list("candidate_id")}),
            many,
        ),
    }
}

fn no_value_of_another_kind_leaves(then: &str, verdict: u64) {
    let kinds = "[send_time, recommendation, budget, score]";
    let rules =
        format!("{COMPANY}  - {{id: nothing, for: {kinds}, then: {then}, because: The house is shut}}\n");
    let server = Served::under(&[
        ("company.yaml", &rules),
        ("objectives.yaml", OBJECTIVES),
        ("campaigns.yaml", CAMPAIGNS),
        ("defaults.yaml", DEFAULTS),
    ]);
    let mut runner = TestRunner::deterministic();
    for shape in &SHAPES {
        let call = format!("DecisionService/{}", shape.call);
        let questions: Vec<(&str, Value, usize)> = (0..40)
            .map(|_| other(drawn().new_tree(&mut runner).unwrap().current(), shape.call))
            .collect();
        for (_, question, candidates) in &questions {
            let bytes = server.client.encode(&call, &question.to_string()).unwrap();
            let reply = server.runtime.block_on(server.client.bytes(&call, bytes));
            shape.holds(&reply.unwrap(), *candidates, verdict);
        }
        let messages: Vec<Bytes> = questions
            .iter()
            .map(|(name, question, _)| {
                let message = json!({"tag": 7, *name: question}).to_string();
                server.client.encode("DecisionService/Decide", &message).unwrap()
            })
            .collect();
        let replies: Vec<Bytes> = server.runtime.block_on(async {
            let questions = tokio_stream::iter(messages);
            let stream = server.client.stream("DecisionService/Decide", questions).await;
            stream.unwrap().map(|reply| reply.unwrap()).collect().await
        });
        assert_eq!(replies.len(), questions.len());
        for (reply, (_, _, candidates)) in replies.iter().zip(&questions) {
            let answer = fields(reply);
            shape.holds(under(&answer, shape.number)[0], *candidates, verdict);
        }
    }
}

#[test]
fn nothing_of_another_kind_leaves_under_a_rulebook_that_blocks_everything() {
    no_value_of_another_kind_leaves("block", 4);
}

#[test]
fn nothing_of_another_kind_leaves_under_a_rulebook_that_holds_everything() {
    no_value_of_another_kind_leaves("{hold: legal}", HELD);
}
