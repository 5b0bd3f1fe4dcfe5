use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;

use crate::grpc::client::{Bytes, CallError, Client, field, field_key};

/// The unary call that is measured.
pub(super) const DECIDE_BID: &str = "DecisionService/DecideBid";
/// The stream that is measured.
pub(super) const DECIDE: &str = "DecisionService/Decide";
/// Field numbers of the contract: `DecideBidRequest.request_id`, `DecideRequest.bid`, `DecideResponse.refusal`.
const REQUEST_ID: u8 = 1;
const BID: u8 = 2;
const REFUSAL: u8 = 7;
/// How many pages are asked about.
const PAGES: usize = 64;

/// What one question looks like.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub(super) campaign: String,
    pub(super) candidates: usize,
    pub(super) text_bytes: usize,
}

impl Shape {
    /// The question about a page, in JSON: some 500 bytes on the wire with one candidate and no text.
    pub(super) fn json(&self, page: usize) -> String {
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
                "contact": {
                    "contact_id": format!("{:032x}", 0x9e37_79b9_7f4a_7c15_u128 * (page as u128 + 1)),
                    "segments": {"values": ["seg-football", "seg-commuter"]},
                    "consents": {"values": ["measurement"]},
                },
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
        question.to_string()
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

/// Prose of that many bytes.
fn text(bytes: usize) -> String {
    let prose =
        "La squadra di casa vince la partita nel secondo tempo davanti al pubblico delle grandi occasioni. ";
    prose.chars().cycle().take(bytes).collect()
}

/// Questions, encoded once; each is given a request id of its own as it leaves, so none is a repeated one.
#[derive(Debug)]
pub(super) struct Questions {
    bodies: Vec<Bytes>,
    next: AtomicU64,
}

// === impl Questions ===

impl Questions {
    pub(super) fn encode(shape: &Shape, client: &Client) -> Result<Self, CallError> {
        let pages = (0..PAGES).map(|page| client.encode(DECIDE_BID, &shape.json(page)));
        let begun = jiff::Timestamp::now().as_microsecond().unsigned_abs();
        Ok(Self {
            bodies: pages.collect::<Result<_, _>>()?,
            // Another run may aim at the same server: its ids are from another instant.
            next: AtomicU64::new(begun << 12),
        })
    }

    /// Bytes of a question, for people.
    pub(super) fn bytes(&self) -> u64 {
        self.bodies.first().map_or(0, |body| named(0, body).len() as u64)
    }

    /// The next question, as a unary call carries it.
    pub(super) fn unary(&self) -> Bytes {
        let (number, body) = self.draw();
        named(number, body)
    }

    /// The next question, as the stream carries it.
    pub(super) fn streamed(&self) -> Bytes {
        field(BID, &self.unary())
    }

    fn draw(&self) -> (u64, &[u8]) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let place = usize::try_from(number % PAGES as u64).unwrap_or_default();
        (number, self.bodies.get(place).map_or(&[], |body| body))
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
