//! What to show where the caller names nothing, or very much: the items that are known, under the same rules.
//!
//! Faults that were planted, and all were told: the shelf of another campaign; categories forgotten; stock remembered; an item
//! that nobody took for long still put forward; what is blocked kept in the ranking; items that boosts bring forward left behind with
//! those that met no rule.

use balustrade::{
    app::App,
    domain::{
        Attribute, BrandId, CampaignId, CandidateId, Duration, Event, FactValue, Facts, Kind, Objective,
        ObjectiveId, Observation, Word,
    },
};
use serde_json::{Value, json};

use crate::served::{BEGIN, COMPANY, Served};

const RECOMMEND: &str = "DecisionService/Recommend";

const SHOPS: &str = "
campaigns:
  - {id: shop, brand: nova, objective: buy, goal: manual, currency: EUR, baseline: {list: [listed]}}
  - {id: kiosk, brand: nova, objective: buy, goal: manual, currency: EUR, baseline: {list: [paper]}}
";

const BUY: &str = "
objectives:
  - {id: buy, event: click, window: 30 min, for: [recommendation]}
";

fn word(text: &str) -> Word {
    Word::new(text).unwrap()
}

const DEFAULTS: &str = "
owner: board@nova.example
because: An empty slate costs nothing
safe_default: {bid: no_bid, recommendation: baseline}
";

/// Somebody took an item of a category, so long from now.
fn taken(campaign: &str, item: &str, category: &str, contact: &str, ago: Duration) -> Observation {
    let at = BEGIN.plus(ago);
    let mut facts: Facts = [(Attribute::Contact, FactValue::Word(word(contact)))]
        .into_iter()
        .collect();
    facts.set(Attribute::ItemCategory, FactValue::Words(vec![word(category)]));
    facts.set(Attribute::ItemInStock, FactValue::Flag(true));
    Observation {
        at,
        kind: Kind::Recommendation,
        campaign: CampaignId::new(campaign).unwrap(),
        brand: BrandId::new("nova").unwrap(),
        objective: Objective {
            id: ObjectiveId::new("buy").unwrap(),
            event: word("click"),
            window: Duration::from_secs(1_800),
        },
        candidate: Some(CandidateId::new(item).unwrap()),
        facts,
        spend: None,
        bid: None,
        won: None,
        market_price: None,
        events: vec![(Event::Click, at)],
    }
}

/// A shop in which item 0 was taken most, the others ever less; items from 30 on by one person each.
fn shop(app: &App, items: usize) {
    for item in 0..items {
        for contact in 0..30_usize.saturating_sub(item).max(1) {
            let category = if item < 25 { "wine" } else { "tea" };
            let (name, contact) = (format!("i{item}"), format!("c{contact}"));
            let day = Duration::from_days(-1 - (item % 20) as i64);
            app.journal
                .observe(taken("shop", &name, category, &contact, day))
                .unwrap();
        }
    }
    app.journal
        .observe(taken("kiosk", "gum", "sweets", "c1", Duration::from_days(-1)))
        .unwrap();
    learnt(app);
}

fn learnt(app: &App) {
    tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(app.journal.settled())
        .unwrap();
    app.catch_up().unwrap();
}

fn served(rules: &str, teach: impl FnOnce(&App)) -> Served {
    let rules = format!("{COMPANY}{rules}");
    let files = [
        ("campaigns.yaml", SHOPS),
        ("objectives.yaml", BUY),
        ("defaults.yaml", DEFAULTS),
        ("company.yaml", &rules),
    ];
    Served::over(&files, teach)
}

fn question(campaign: &str, slots: u32) -> Value {
    json!({"facts": {"contact": {"contact_id": "stranger"}}, "campaign_id": campaign, "slate_size": slots})
}

fn items(reply: &Value) -> Vec<String> {
    let items = reply["items"].as_array().cloned().unwrap_or_default();
    items
        .iter()
        .map(|item| item["item_id"].as_str().unwrap().to_owned())
        .collect()
}

const NO_RULE: &str = "
  - {id: nothing, for: [recommendation], when: {item: nobody-sells-this}, then: block, if_unknown: apply, because: It needs one}
";

#[test]
fn where_nothing_is_named_the_slate_is_of_what_is_known_of_the_campaign() {
    let server = served(NO_RULE, |app| shop(app, 40));
    let shown = items(&server.answered(RECOMMEND, &question("shop", 100)));
    assert_eq!(shown.len(), 41, "forty that were taken, and the list: {shown:?}");
    assert!(
        shown.contains(&"listed".to_owned()) && !shown.contains(&"gum".to_owned()),
        "{shown:?}"
    );
    let kiosk = items(&server.answered(RECOMMEND, &question("kiosk", 10)));
    assert_eq!(kiosk.len(), 2, "{kiosk:?}");
    let mut looking = question("kiosk", 10);
    looking["context_item_ids"] = json!(["gum"]);
    assert_eq!(items(&server.answered(RECOMMEND, &looking)), ["paper"]);
}

#[test]
fn rules_read_what_was_told_of_an_item_and_nothing_else() {
    let wine = "
  - {id: no-wine, for: [recommendation], when: {item.category: wine}, then: block, if_unknown: apply, because: Not to strangers}
";
    let server = served(wine, |app| shop(app, 40));
    let reply = server.answered(RECOMMEND, &question("shop", 100));
    let shown = items(&reply);
    // The listed item has no category that anybody told, so the rule applies to it too.
    assert_eq!(shown.len(), 15, "{shown:?}");
    assert!(
        shown.iter().all(|item| item[1..].parse::<usize>().unwrap() >= 25),
        "{shown:?}"
    );
    let told = reply["excluded"].as_array().unwrap();
    assert_eq!(told.len(), 26);
    let stock = "
  - {id: in-stock, for: [recommendation], when: {item.in_stock: no}, then: block, if_unknown: apply, because: It changes by the minute}
";
    let server = served(stock, |app| shop(app, 40));
    let reply = server.answered(RECOMMEND, &question("shop", 100));
    assert!(
        items(&reply).is_empty(),
        "what was in stock at the import may be sold out: {reply}"
    );
}

#[test]
fn what_was_shown_is_known_until_nobody_took_it_for_ninety_days() {
    let server = served(NO_RULE, |_| {});
    let mut named = question("kiosk", 2);
    named["candidates"] = json!([{"item_id": "comic"}, {"item_id": "gum"}]);
    server.answered(RECOMMEND, &named);
    learnt(&server.app);
    let known = || {
        let mut items = items(&server.answered(RECOMMEND, &question("kiosk", 10)));
        items.sort_unstable();
        items
    };
    assert_eq!(known(), ["comic", "gum", "paper"]);
    let later = taken("kiosk", "gum", "sweets", "c1", Duration::from_days(91));
    server.app.journal.observe(later).unwrap();
    learnt(&server.app);
    assert_eq!(known(), ["gum", "paper"], "the comic was shown by nobody but us");
}

#[test]
fn ten_thousand_known_items_meet_the_rules_before_the_foremost_are_taken() {
    let rules = "
  - {id: front, for: [recommendation], then: {pin: {slot: 2, where: {item: i9876}}}, because: It has to go}
  - {id: wine, for: [recommendation], when: {item.category: wine}, then: block, if_unknown: skip, accept_risk: few, because: No licence}
";
    let server = served(rules, |app| shop(app, 10_000));
    let reply = server.answered(RECOMMEND, &question("shop", 4));
    let shown = items(&reply);
    // People lead while the model is young: the list first.
    assert_eq!(&shown[..2], ["listed", "i9876"], "{shown:?}");
    assert_eq!(shown.len(), 4);
    assert_eq!(reply["excluded"].as_array().unwrap().len(), 25);
    server.written();
    let kept = json!({"decision_id": reply["stamp"]["decision_id"]});
    let kept = server.answered("AuditService/GetDecision", &kept);
    let kept = kept["decision"]["candidates"].as_array().unwrap().len();
    assert!((100..=150).contains(&kept), "{kept} are on record");
}

/// What went on of the known items for a contact, but for what was taken out.
fn went_on(server: &Served, contact: &str) -> Vec<String> {
    let mut asked = question("shop", 4);
    asked["facts"]["contact"]["contact_id"] = json!(contact);
    let reply = server.answered(RECOMMEND, &asked);
    server.written();
    let kept = json!({"decision_id": reply["stamp"]["decision_id"]});
    let kept = server.answered("AuditService/GetDecision", &kept);
    let kept = kept["decision"]["candidates"].as_array().unwrap();
    let kept = kept
        .iter()
        .filter(|candidate| candidate["why"]["verdict"] != "VERDICT_BLOCKED");
    kept.map(|candidate| candidate["candidate_id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn items_that_meet_the_rules_in_parts_leave_the_same_foremost() {
    let boosts = "
  - {id: late, for: [recommendation], when: {item: [i699, i679, i659]}, then: {boost: {by: +900%}}, if_unknown: skip, accept_risk: few, because: We have too much of it}
  - {id: out, for: [recommendation], when: {item: [i3, i31, i32, i33, i601]}, then: block, if_unknown: skip, accept_risk: few, because: Recalled}
";
    let blocks = "
  - {id: wine, for: [recommendation], when: {item.category: wine}, then: block, if_unknown: skip, accept_risk: few, because: No licence}
";
    let whole = "
  - {id: front, for: [recommendation], then: {pin: {slot: 2, where: {item: nobody-sells-this}}}, because: So that all are looked at}
";
    for rules in [boosts, blocks] {
        let in_parts = served(rules, |app| shop(app, 700));
        let at_once = served(&format!("{rules}{whole}"), |app| shop(app, 700));
        for contact in ["stranger", "c0", "c1", "c29"] {
            let (parts, all) = (went_on(&in_parts, contact), went_on(&at_once, contact));
            assert_eq!(parts, all, "{contact}");
            assert!(
                (100..=150).contains(&parts.len()),
                "{} for {contact}",
                parts.len()
            );
        }
    }
}

#[test]
fn ten_thousand_items_may_be_named_in_one_message() {
    let server = served(NO_RULE, |app| shop(app, 40));
    let mut named = question("shop", 3);
    let all: Vec<Value> = (0..10_000)
        .map(|item| json!({"item_id": format!("sku-{item:012}")}))
        .collect();
    named["candidates"] = json!(all);
    assert_eq!(items(&server.answered(RECOMMEND, &named)).len(), 3);
    let one_more = named["candidates"].as_array_mut().unwrap();
    one_more.push(json!({"item_id": "one-more"}));
    let refusal = server.refused(RECOMMEND, &named);
    assert_eq!(refusal.violations[0].0, "candidates", "{refusal}");
}

#[test]
fn a_question_of_nothing_says_whose_items_it_means() {
    let server = served(NO_RULE, |_| {});
    let mut nobody = question("shop", 3);
    nobody.as_object_mut().unwrap().remove("campaign_id");
    for (question, field) in [(nobody, "campaign_id"), (question("nope", 3), "campaign_id")] {
        let refusal = server.refused(RECOMMEND, &question);
        assert_eq!(
            (refusal.code.as_str(), refusal.violations[0].0.as_str()),
            ("INVALID_ARGUMENT", field),
            "{refusal}"
        );
    }
    let mut looking = question("shop", 3);
    looking["context_item_ids"] = json!(["listed"]);
    let refusal = server.refused(RECOMMEND, &looking);
    assert_eq!(refusal.violations[0].0, "candidates", "{refusal}");
}
