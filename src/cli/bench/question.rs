use std::sync::atomic::{AtomicU64, Ordering};

use prost::{
    bytes::{BufMut as _, Bytes, BytesMut},
    encoding::{WireType, encode_key, encode_varint, encoded_len_varint},
};
use serde_json::json;

use crate::grpc::client::{CallError, Client};

/// The unary call that is measured.
pub(super) const DECIDE_BID: &str = "DecisionService/DecideBid";
/// The stream that is measured.
pub(super) const DECIDE: &str = "DecisionService/Decide";
/// Field numbers of the contract: `DecideBidRequest.request_id`, `DecideRequest.bid`.
const REQUEST_ID: u32 = 1;
const BID: u32 = 2;
/// Letters of a request id.
const ID_BYTES: u64 = 16;
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
        self.bodies.first().map_or(0, |body| named_bytes(body))
    }

    /// The next question, as a unary call carries it.
    pub(super) fn unary(&self) -> Bytes {
        let (number, body) = self.draw();
        let mut question = BytesMut::with_capacity(body.len() + 2 + 16);
        put_named(&mut question, number, body);
        question.freeze()
    }

    /// The next question, as the stream carries it.
    pub(super) fn streamed(&self) -> Bytes {
        let (number, body) = self.draw();
        let length = named_bytes(body);
        let mut question = BytesMut::with_capacity(1 + encoded_len_varint(length) + body.len() + 2 + 16);
        encode_key(BID, WireType::LengthDelimited, &mut question);
        encode_varint(length, &mut question);
        put_named(&mut question, number, body);
        question.freeze()
    }

    fn draw(&self) -> (u64, &[u8]) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let place = usize::try_from(number % PAGES as u64).unwrap_or_default();
        (number, self.bodies.get(place).map_or(&[], |body| body))
    }
}

const fn named_bytes(body: &[u8]) -> u64 {
    body.len() as u64 + 2 + ID_BYTES
}

fn put_named(into: &mut BytesMut, number: u64, body: &[u8]) {
    encode_key(REQUEST_ID, WireType::LengthDelimited, into);
    encode_varint(ID_BYTES, into);
    for place in (0..16).rev() {
        let digit = (number >> (place * 4)) & 0xf;
        into.put_u8(b"0123456789abcdef".get(digit as usize).copied().unwrap_or(b'0'));
    }
    into.put_slice(body);
}

/// Whether an answer of the stream is a refusal (`DecideResponse.refusal`, field 7). The tag before it, a
/// varint of field 1, is not on the wire when it is 0, as it is here.
pub fn is_refusal(answer: &[u8]) -> bool {
    const KEY: u8 = 7 << 3 | WireType::LengthDelimited as u8;
    answer.first() == Some(&KEY)
}
