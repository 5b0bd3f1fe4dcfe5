use std::sync::atomic::{AtomicU64, Ordering};

use clap::ValueEnum;
use jiff::{Span, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

use crate::grpc::client::{Bytes, CallError, Client, field, field_key};

/// The stream that is measured.
pub(super) const DECIDE: &str = "DecisionService/Decide";
/// Field numbers of the contract: `request_id` of every question, `DecideResponse.refusal`.
const REQUEST_ID: u8 = 1;
const REFUSAL: u8 = 7;
/// How many different questions are asked.
const QUESTIONS: usize = 64;

/// How questions of one kind are asked.
#[derive(Debug, Clone, Copy)]
struct Way {
    /// The unary call.
    method: &'static str,
    /// Its field in `DecideRequest`.
    field: u8,
    json: fn(&Shape, usize) -> Value,
}

const BIDS: Way = Way {
    method: "DecisionService/DecideBid",
    field: 2,
    json: Shape::bid,
};

/// The kinds, by turns.
const MIXED: [Way; 5] = [
    BIDS,
    Way {
        method: "DecisionService/DecideSendTime",
        field: 3,
        json: Shape::send_time,
    },
    Way {
        method: "DecisionService/Recommend",
        field: 4,
        json: Shape::recommendation,
    },
    Way {
        method: "DecisionService/AllocateBudget",
        field: 5,
        json: Shape::budget,
    },
    Way {
        method: "DecisionService/Score",
        field: 6,
        json: Shape::score,
    },
];

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kinds {
    /// Bids.
    #[default]
    Bid,
    /// Bids, send times, slates, splits and scores by turns.
    Mixed,
}

impl Kinds {
    const fn ways(self) -> &'static [Way] {
        match self {
            Self::Bid => &[BIDS],
            Self::Mixed => &MIXED,
        }
    }
}

/// What one question looks like.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub(super) kinds: Kinds,
    pub(super) campaign: String,
    /// Of a bid, a slate, a split.
    pub(super) candidates: usize,
    pub(super) text_bytes: usize,
}

impl Shape {
    /// A bid to ask first, and its call.
    pub(super) fn first(&self) -> (&'static str, String) {
        (BIDS.method, self.bid(0).to_string())
    }

    /// The question about a page: some 500 bytes on the wire with one candidate and no text.
    fn bid(&self, page: usize) -> Value {
        let candidates: Vec<_> = (0..self.candidates).map(|at| self.candidate(at)).collect();
        let site = format!("www.page-{page}.example");
        let mut question = json!({
            "facts": {
                "market": {"country": "IT", "region": "IT-25", "channel": "display", "language": "it"},
                "page": {
                    "site": site,
                    "url": format!("https://{site}/sport/calcio/2026/11/la-partita-di-ieri-{page}.html"),
                    "language": "it",
                    "content": {"labels": [
                        {"topic": "Sports", "risk": "RISK_LOW"}, {"topic": "Soccer", "risk": "RISK_LOW"},
                    ]},
                },
                "device": {"type": "phone", "os": "android", "browser": "firefox"},
                "contact": contact(page),
            },
            "impression": {
                "floor_micros": 400_000, "currency": "EUR", "auction_type": "AUCTION_TYPE_FIRST_PRICE",
                "deals": [{"deal_id": "d4", "floor_micros": 450_000}],
                "bcat": ["IAB7", "IAB25"], "badv": ["rival.example"], "tmax_ms": 100,
                "exchange": "e3", "placement": "p-top", "width": 300, "height": 250, "position": "above_fold",
            },
            "candidates": candidates,
        });
        let page = question
            .pointer_mut("/facts/page")
            .and_then(|page| page.as_object_mut());
        if let Some(page) = page
            && self.text_bytes > 0
        {
            page.insert("text".to_owned(), text(self.text_bytes).into());
        }
        question
    }

    fn send_time(&self, page: usize) -> Value {
        json!({
            "facts": person(page),
            "message": {
                "message_id": "news", "campaign_id": self.campaign, "channel": "email", "subject": "Le notizie di oggi",
            },
            "not_after": in_days(7),
            "alternatives": 2,
        })
    }

    fn recommendation(&self, page: usize) -> Value {
        let items =
            (0..self.candidates.max(10)).map(|at| json!({"item_id": format!("item-{at}"), "in_stock": true}));
        json!({
            "facts": person(page), "campaign_id": self.campaign, "slate_size": 5, "candidates": items.collect::<Vec<_>>(),
        })
    }

    fn budget(&self, _: usize) -> Value {
        let arms = (0..self.candidates.max(5))
            .map(|at| json!({"arm_id": format!("arm-{at}"), "last_micros": 200_000_000}));
        json!({
            "facts": {"market": {"country": "IT"}}, "campaign_id": self.campaign, "total_micros": 1_000_000_000,
            "currency": "EUR", "period_start": in_days(1), "period_end": in_days(8), "arms": arms.collect::<Vec<_>>(),
        })
    }

    fn score(&self, page: usize) -> Value {
        json!({
            "facts": person(page), "purpose": "SCORE_PURPOSE_LEAD_CONVERSION",
            "candidates": [{"campaign_id": self.campaign}],
        })
    }

    fn candidate(&self, at: usize) -> serde_json::Value {
        json!({
            "campaign_id": self.campaign,
            "creative_id": format!("creative-{at}"),
            "ad_categories": {"values": ["IAB8-9"]},
            "ad_domain": "shop.example",
        })
    }
}

fn contact(number: usize) -> Value {
    json!({
        "contact_id": format!("{:032x}", 0x9e37_79b9_7f4a_7c15_u128 * (number as u128 + 1)),
        "segments": {"values": ["seg-football", "seg-commuter"]},
        "consents": {"values": ["measurement"]},
    })
}

/// What is known where there is no page.
fn person(number: usize) -> Value {
    let mut contact = contact(number);
    if let Some(contact) = contact.as_object_mut() {
        contact.insert("time_zone".to_owned(), "Europe/Rome".into());
    }
    json!({"market": {"country": "IT", "language": "it"}, "contact": contact})
}

fn in_days(days: i64) -> String {
    let hours = Span::new().hours(24 * days);
    Timestamp::now()
        .checked_add(hours)
        .unwrap_or_default()
        .to_string()
}

/// Prose of that many bytes.
fn text(bytes: usize) -> String {
    let prose =
        "La squadra di casa vince la partita nel secondo tempo davanti al pubblico delle grandi occasioni. ";
    prose.chars().cycle().take(bytes).collect()
}

/// Questions, encoded once; each is given a request id of its own as it leaves, so none is a repeated one.
#[derive(Debug)]
pub(super) struct Questions {
    bodies: Vec<(Way, Bytes)>,
    next: AtomicU64,
}

// === impl Questions ===

impl Questions {
    pub(super) fn encode(shape: &Shape, client: &Client) -> Result<Self, CallError> {
        let ways = shape.kinds.ways().iter().cycle().take(QUESTIONS);
        let each = ways.enumerate().map(|(page, way)| {
            let body = client.encode(way.method, &(way.json)(shape, page).to_string())?;
            Ok::<_, CallError>((*way, body))
        });
        let begun = Timestamp::now().as_microsecond().unsigned_abs();
        Ok(Self {
            bodies: each.collect::<Result<_, _>>()?,
            // Another run may aim at the same server: its ids are from another instant.
            next: AtomicU64::new(begun << 12),
        })
    }

    /// Bytes of a question in the mean, for people.
    pub(super) fn bytes(&self) -> u64 {
        let all: usize = self.bodies.iter().map(|(_, body)| named(0, body).len()).sum();
        (all / self.bodies.len().max(1)) as u64
    }

    /// The next question, as a unary call carries it: its call and its bytes.
    pub(super) fn unary(&self) -> (&'static str, Bytes) {
        let (number, way, body) = self.draw();
        (way.method, named(number, body))
    }

    /// The next question, as the stream carries it.
    pub(super) fn streamed(&self) -> Bytes {
        let (number, way, body) = self.draw();
        field(way.field, &named(number, body))
    }

    fn draw(&self) -> (u64, Way, &[u8]) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let place = usize::try_from(number % QUESTIONS as u64).unwrap_or_default();
        let (way, body) = self
            .bodies
            .get(place)
            .map_or((BIDS, &[][..]), |(way, body)| (*way, body));
        (number, way, body)
    }
}

/// The question with a request id of its own. Fields of a message may stand in any order.
fn named(number: u64, body: &[u8]) -> Bytes {
    let id = format!("{number:016x}");
    [&field(REQUEST_ID, id.as_bytes()), body].concat().into()
}

/// Whether an answer of the stream is a refusal (`DecideResponse.refusal`). The tag before it, a
/// varint of field 1, is not on the wire when it is 0, as it is here.
pub fn is_refusal(answer: &[u8]) -> bool {
    answer.first() == Some(&field_key(REFUSAL))
}
