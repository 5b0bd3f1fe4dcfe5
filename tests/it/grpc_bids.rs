//! Bids over the real socket, by the whole of Balustrade: what a rule changed, what the auction refuses, and what
//! a caller gets wrong.

use std::sync::atomic::Ordering;

use balustrade::{app::App, domain::Language, simulator::Market};
use prost::bytes::Bytes;
use serde_json::{Value, json};

use crate::served::{COMPANY, Served};

const BID: &str = "DecisionService/DecideBid";

const BRAND: &str = "
rules_of: Nova
applies_to: {brand: nova}
tier: brand
owner: anna.rossi@nova.example
time_zone: Europe/Rome
tests_at: 2026-11-02T10:00:00Z
rules:
  - id: italy-cap
    for: [bid]
    when: {market.country: IT}
    then: {at_most: 1.95 EUR}
    because: no data before March
";

fn company(rules: &str) -> String {
    format!("{COMPANY}{rules}")
}

/// Two caps, one below the other.
fn capped() -> Served {
    let cap = company(
        "  - {id: company-max-bid, for: [bid], when: {currency: EUR}, then: {at_most: 2.00 EUR}, because: Nothing was worth more}\n",
    );
    Served::under(&[("nova.yaml", BRAND), ("company.yaml", &cap)])
}

/// No rule at all that reaches a bid of these stories.
fn unbounded() -> Served {
    Served::under(&[("nova.yaml", BRAND)])
}

/// A question for these campaigns in Spain, where no rule of these stories is.
fn question(campaigns: &[&str]) -> Value {
    let candidates: Vec<Value> = campaigns.iter().map(|id| json!({"campaign_id": id})).collect();
    json!({
        "facts": {"market": {"country": "ES", "channel": "display"}, "page": {"site": "x.example"}},
        "impression": {"currency": "EUR", "auction_type": "AUCTION_TYPE_SECOND_PRICE", "bidfloor": 0.1},
        "candidates": candidates,
    })
}

fn with(mut question: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = question.pointer_mut(parent).expect("a place in the question");
    match name.parse::<usize>() {
        Ok(index) => parent[index] = value,
        Err(_) => parent[name] = value,
    }
    question
}

fn answer(server: &Served, question: &Value) -> Value {
    server.answered(BID, question)["answers"][0].clone()
}

#[test]
fn a_bid_that_a_rule_changed_names_the_rule_its_owner_and_its_line() {
    let server = capped();
    let answer = answer(
        &server,
        &with(question(&["spring"]), "/facts/market/country", json!("IT")),
    );
    assert_eq!(
        answer["bid"],
        json!({"price_micros": 1_950_000, "currency": "EUR"})
    );
    assert_eq!(answer["wish"]["price_micros"], 2_400_000);
    assert_eq!(answer["difference_micros"], -450_000);
    let why = &answer["why"];
    assert_eq!(why["verdict"], "VERDICT_CHANGED");
    assert_eq!(
        why["because_of"],
        json!([{
            "rule_id": "italy-cap", "tier": "TIER_BRAND", "owner": "anna.rossi@nova.example",
            "because": "no data before March", "file": "nova.yaml", "line": 9, "effect": "at_most 1.95 EUR",
        }])
    );
    assert_eq!(why["also"][0]["rule_id"], "company-max-bid");
    assert_eq!(
        why["sentence"],
        "Bid lowered from 2.40 to 1.95 EUR because of italy-cap (Anna Rossi: no data before March); \
         company-max-bid would have done it too."
    );
    assert_eq!(why["maturity"]["stage"], "STAGE_COLD");
}

/// The sentence in the language of a header.
fn sentence(server: &Served, accept: Language, question: &Value) -> String {
    let client = server.client.clone().speaking(accept);
    let reply = server
        .runtime
        .block_on(client.json(BID, &question.to_string()))
        .unwrap();
    let reply: Value = serde_json::from_str(&reply).unwrap();
    reply["answers"][0]["why"]["sentence"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn the_sentence_is_told_in_the_language_that_the_caller_asks_for() {
    let server = capped();
    let italy = with(question(&["spring"]), "/facts/market/country", json!("IT"));
    assert_eq!(
        sentence(&server, Language::Italian, &italy),
        "Offerta abbassata da 2,40 a 1,95 EUR a causa di italy-cap (Anna Rossi: no data before March); \
         lo avrebbe fatto anche company-max-bid."
    );
    assert_eq!(
        sentence(&server, Language::Spanish, &italy),
        "Puja rebajada de 2,40 a 1,95 EUR debido a italy-cap (Anna Rossi: no data before March); \
         company-max-bid también lo habría hecho."
    );
    let dear = with(italy, "/impression/bidfloor", json!(2.2));
    assert_eq!(
        sentence(&server, Language::Italian, &dear),
        "Nessuna offerta anziché 2,40 EUR: il prezzo sarebbe sotto il minimo di 2,20 EUR a causa di \
         company-max-bid (Board: Nothing was worth more); lo avrebbe fatto anche italy-cap."
    );
    assert_eq!(
        sentence(&server, Language::Spanish, &question(&["autumn"])),
        "Puja de 1,00 EUR, como la fijaron las personas."
    );
}

#[test]
fn each_candidate_is_answered_on_its_own_in_the_order_of_the_request() {
    let server = capped();
    let reply = server.answered(
        BID,
        &with(
            question(&["autumn", "spring"]),
            "/facts/market/country",
            json!("IT"),
        ),
    );
    let prices: Vec<&Value> = (0..2)
        .map(|at| &reply["answers"][at]["bid"]["price_micros"])
        .collect();
    assert_eq!(prices, [&json!(1_000_000), &json!(1_950_000)]);
    assert_eq!(
        reply["answers"][0]["why"]["sentence"],
        "Bid 1.00 EUR, as people set it."
    );
    assert_eq!(reply["answers"][0]["why"]["verdict"], "VERDICT_ALLOWED");
}

#[test]
fn what_may_be_bid_is_never_raised_to_the_floor() {
    let server = capped();
    let italy = with(question(&["spring"]), "/facts/market/country", json!("IT"));
    let answer = answer(&server, &with(italy, "/impression/bidfloor", json!(2.2)));
    assert_eq!(
        answer["no_bid"],
        json!({"reason": "NO_BID_REASON_BELOW_FLOOR", "nbr": 503, "loss_reason": 100})
    );
    assert!(answer.get("bid").is_none());
    assert_eq!(answer["wish"]["price_micros"], 2_400_000);
    assert_eq!(
        answer["why"]["sentence"],
        "No bid instead of 2.40 EUR: the price would be below the floor of 2.20 EUR because of \
         company-max-bid (Board: Nothing was worth more); italy-cap would have done it too."
    );
}

#[test]
fn a_deal_brings_its_own_floor_and_its_name_into_the_bid() {
    let server = unbounded();
    let deals = |deals: Value, private: bool| {
        let offered = with(question(&["spring"]), "/impression/deals", deals);
        answer(
            &server,
            &with(offered, "/impression/private_auction", json!(private)),
        )
    };
    let fits = deals(
        json!([{"deal_id": "d1", "floor_micros": 900_000, "campaign_ids": ["spring"]}]),
        true,
    );
    assert_eq!(fits["bid"]["deal_id"], "d1");
    let dear = deals(json!([{"deal_id": "d1", "floor_micros": 2_500_000}]), true);
    assert_eq!(dear["no_bid"]["reason"], "NO_BID_REASON_BELOW_FLOOR");
    let others = json!([{"deal_id": "d1", "campaign_ids": ["autumn"]}]);
    let shut = deals(others.clone(), true);
    assert_eq!(
        shut["no_bid"],
        json!({"reason": "NO_BID_REASON_NO_DEAL", "nbr": 509, "loss_reason": 213})
    );
    let open = deals(others, false);
    assert_eq!(open["bid"]["price_micros"], 2_400_000);
    assert!(open["bid"].get("deal_id").is_none());
}

#[test]
fn what_the_publisher_does_not_take_is_no_bid_with_its_reason() {
    let server = unbounded();
    let mut asked = question(&["spring"]);
    asked["candidates"][0]["ad_categories"] = json!({"values": ["IAB8"]});
    asked["candidates"][0]["ad_attributes"] = json!({"values": [13]});
    asked["candidates"][0]["ad_domain"] = json!("shop.nova.example");
    for (field, value, reason) in [
        ("currency", json!("USD"), "CURRENCY"),
        ("bcat", json!(["IAB7", "IAB8"]), "BLOCKED_CATEGORY"),
        ("badv", json!(["nova.example"]), "BLOCKED_ADVERTISER"),
        ("battr", json!([13]), "BLOCKED_ATTRIBUTE"),
    ] {
        let answer = answer(
            &server,
            &with(asked.clone(), &format!("/impression/{field}"), value),
        );
        assert_eq!(answer["no_bid"]["reason"], format!("NO_BID_REASON_{reason}"));
        assert!(answer.get("bid").is_none());
    }
    assert!(answer(&server, &asked).get("bid").is_some());
}

/// Teaches twelve days of a simulated market, so that the model leads.
fn taught(app: &App) {
    let rules = app.activations.rules().load_full();
    let campaigns: Vec<_> = rules.campaigns().cloned().collect();
    let market = Market::new(3, &campaigns, app.clock.now()).with_daily_impressions(1_500);
    for observation in market.history(12) {
        app.journal.observe(observation).unwrap();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(app.journal.settled()).unwrap();
    app.catch_up().unwrap();
}

#[test]
fn a_model_that_leads_shades_a_first_price_and_is_truthful_at_a_second() {
    let server = Served::over(&[("nova.yaml", BRAND)], taught);
    // The middle of several: each is drawn around the best price.
    let wished = |question: &Value| {
        let mut wishes: Vec<i64> = (0..15)
            .map(|_| {
                answer(&server, question)["wish"]["price_micros"]
                    .as_i64()
                    .unwrap()
            })
            .collect();
        wishes.sort_unstable();
        wishes[7]
    };
    let second = with(
        question(&["spring"]),
        "/impression/exchange",
        json!("northgate.example"),
    );
    let first = with(
        second.clone(),
        "/impression/auction_type",
        json!("AUCTION_TYPE_FIRST_PRICE"),
    );
    let said = answer(&server, &second);
    assert_eq!(said["why"]["source"], "SOURCE_MODEL", "{said}");
    let (worth, truthful, shaded) = (
        said["estimate"]["expected_value_micros"].as_i64().unwrap(),
        wished(&second),
        wished(&first),
    );
    assert!((truthful - worth).abs() <= 1, "{truthful} for a value of {worth}");
    assert!(shaded < truthful, "{shaded} of {truthful}");
    // A deal with a second price in an auction with a first one.
    let deal = json!([{"deal_id": "d1", "auction_type": "AUCTION_TYPE_SECOND_PRICE"}]);
    assert_eq!(wished(&with(first, "/impression/deals", deal)), truthful);
}

#[test]
fn bad_input_names_each_field_and_nothing_is_recorded() {
    let server = capped();
    let before = server.written();
    let many: Vec<Value> = (0..51)
        .map(|at| json!({"candidate_id": format!("c{at}"), "campaign_id": "spring"}))
        .collect();
    let good = question(&["spring"]);
    let cases = [
        (
            with(good.clone(), "/impression/bidfloor", json!("NaN")),
            "impression.bidfloor",
        ),
        (
            with(good.clone(), "/impression/bidfloor", json!(-0.1)),
            "impression.bidfloor",
        ),
        (
            with(good.clone(), "/impression/currency", json!("Euro")),
            "impression.currency",
        ),
        (
            with(good.clone(), "/impression/auction_type", json!(0)),
            "impression.auction_type",
        ),
        (
            with(
                good.clone(),
                "/facts/contact",
                json!({"time_zone": "Europe/Roma"}),
            ),
            "facts.contact.time_zone",
        ),
        (with(good.clone(), "/candidates", json!(many)), "candidates"),
        (question(&["unheard-of"]), "candidates[0].campaign_id"),
        (question(&["spring", "unheard-of"]), "candidates[1].campaign_id"),
        (json!({}), "impression"),
    ];
    for (request, path) in cases {
        let refusal = server.refused(BID, &request);
        assert_eq!(refusal.code, "INVALID_ARGUMENT", "{path}: {refusal}");
        assert_eq!(refusal.reason.as_deref(), Some("BAD_INPUT"), "{path}");
        let named = refusal.violations.iter().any(|(field, _)| field == path);
        assert!(named, "{path}: {refusal}");
    }
    for (bytes, code, reason) in [
        (vec![0_u8; 10 << 20], "RESOURCE_EXHAUSTED", "TOO_LARGE"),
        (vec![0xFF; 8], "INVALID_ARGUMENT", "UNDECODABLE"),
    ] {
        let refusal = server
            .runtime
            .block_on(server.client.bytes(BID, Bytes::from(bytes)));
        let refusal = refusal.expect_err("a refusal");
        assert_eq!(
            (refusal.code.as_str(), refusal.reason.as_deref()),
            (code, Some(reason))
        );
    }
    assert_eq!(server.written(), before);
    assert_eq!(server.app.guardrail.counts().decisions.load(Ordering::Relaxed), 0);
    // The good one is recorded: the journal would have told.
    answer(&server, &good);
    assert_ne!(server.written(), before);
}

#[test]
fn a_near_deadline_gets_the_safe_default_and_says_so() {
    let list = "term,match,language\nwar,word,en\n";
    let words = company(
        "  - {id: words, for: [bid], when: {any: [{page.text: {mentions: lists/w.csv}}, {ad.text: {mentions: lists/w.csv}}]}, then: block, \
         if_unknown: skip, accept_risk: it is a test, because: Never beside it}\n",
    );
    let server = Served::under(&[("company.yaml", &words), ("lists/w.csv", list)]);
    // Reading this much text takes far longer than the millisecond that the caller grants.
    let prose = "quiet ".repeat(10_000);
    let mut asked = with(question(&["autumn"]), "/facts/page/text", json!(prose));
    asked["candidates"][0]["ad_text"] = json!(prose);
    let in_time = answer(&server, &asked);
    assert!(in_time["why"].get("fallback_reason").is_none(), "{in_time}");
    let late = answer(&server, &with(asked, "/impression/tmax_ms", json!(1)));
    assert_eq!(late["why"]["fallback_reason"], "FALLBACK_REASON_DEADLINE");
    assert_eq!(late["why"]["source"], "SOURCE_FALLBACK");
    assert_eq!(late["no_bid"]["reason"], "NO_BID_REASON_SAFE_DEFAULT");
    for absent in ["bid", "wish", "estimate"] {
        assert!(late.get(absent).is_none(), "{absent}");
    }
    assert_eq!(
        late["why"]["sentence"],
        "No bid: that is the declared safe default, because too little time was left to ask the model."
    );
}
