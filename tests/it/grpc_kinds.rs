//! The four kinds beside bids over the real socket, under the starter rules and before any model learnt, so that people
//! lead: value, causes, outcomes, and what the journal tells of them later.

use balustrade::domain::{Duration, Language};
use serde_json::{Value, json};

use crate::served::{BEGIN, Served};

const SEND_TIME: &str = "DecisionService/DecideSendTime";
const RECOMMEND: &str = "DecisionService/Recommend";
const BUDGET: &str = "DecisionService/AllocateBudget";
const SCORE: &str = "DecisionService/Score";

/// A message of the club to somebody in Rome, between two instants.
pub(crate) fn message(not_before: &str, not_after: &str) -> Value {
    json!({
        "facts": {
            "market": {"country": "IT"},
            "contact": {"contact_id": "c-17", "time_zone": "Europe/Rome"},
        },
        "message": {"message_id": "m-1", "campaign_id": "nova-club", "channel": "email", "subject": "Novità"},
        "not_before": not_before, "not_after": not_after, "alternatives": 2,
    })
}

/// Two slots and three items of the shop, of which the first is sold out.
pub(crate) fn shelf() -> Value {
    let item = |id: &str, category: &str, in_stock: bool| json!({"item_id": id, "categories": {"values": [category]}, "in_stock": in_stock});
    json!({
        "facts": {"market": {"country": "IT"}, "contact": {"contact_id": "c-17"}},
        "campaign_id": "nova-club", "slate_size": 2,
        "candidates": [item("nova-zero-6", "zero", false), item("nova-spritz-6", "spritz", true), item("glass", "glasses", true)],
    })
}

/// A thousand euros among two arms that had these parts before.
pub(crate) fn split(search: i64, social: i64) -> Value {
    let arm = |id: &str, last: i64| json!({"arm_id": id, "last_micros": last * 1_000_000, "spent_micros": 0});
    json!({
        "campaign_id": "nova-club", "total_micros": 1_000_000_000_i64, "currency": "EUR",
        "period_start": "2026-11-23T00:00:00Z", "period_end": "2026-11-30T00:00:00Z",
        "arms": [arm("search", search), arm("social", social)],
    })
}

/// How likely somebody in Italy is to become a customer.
pub(crate) fn lead() -> Value {
    json!({
        "facts": {"market": {"country": "IT"}, "contact": {"contact_id": "c-17"}},
        "purpose": "SCORE_PURPOSE_LEAD_CONVERSION",
        "candidates": [{"campaign_id": "nova-club"}],
    })
}

fn sentence(server: &Served, method: &str, question: &Value, at: &str, language: Language) -> String {
    let client = server.client.clone().speaking(language);
    let reply = server
        .runtime
        .block_on(client.json(method, &question.to_string()))
        .unwrap();
    let reply: Value = serde_json::from_str(&reply).unwrap();
    reply.pointer(at).expect(at).as_str().unwrap().to_owned()
}

#[test]
fn a_message_goes_out_at_the_hour_that_people_declared_as_the_recipient_lives_it() {
    let server = Served::starter();
    let reply = server.answered(
        SEND_TIME,
        &message("2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z"),
    );
    let sent = &reply["send_time"];
    assert_eq!(
        (&sent["at"], &sent["time_zone"], &sent["local_time"]),
        (
            &json!("2026-11-23T09:00:00Z"),
            &json!("Europe/Rome"),
            &json!("2026-11-23T10:00")
        )
    );
}

#[test]
fn a_message_of_the_night_waits_until_the_morning_and_says_whose_promise_that_is() {
    let server = Served::starter();
    let night = message("2026-11-23T21:00:00Z", "2026-11-24T08:00:00Z");
    let reply = server.answered(SEND_TIME, &night);
    assert_eq!(reply["send_time"]["local_time"], "2026-11-24T08:00");
    assert_eq!(reply["why"]["verdict"], "VERDICT_CHANGED");
    let cause = &reply["why"]["because_of"][0];
    assert_eq!(
        (cause["rule_id"].as_str(), cause["file"].as_str()),
        (Some("club-quiet-nights"), Some("nova-club.yaml"))
    );
    // A contact of its own for each language: two a week is another promise.
    let said = |language: Language| {
        let mut night = night.clone();
        night["facts"]["contact"]["contact_id"] = json!(language.tag());
        sentence(&server, SEND_TIME, &night, "/why/sentence", language)
    };
    for language in Language::ALL {
        let sentence = said(language);
        for part in [
            "2026-11-24 08:00 (Europe/Rome)",
            "club-quiet-nights (Giulia Conti: Our contact promise",
        ] {
            assert!(sentence.contains(part), "`{part}` in {sentence}");
        }
    }
}

#[test]
fn a_window_in_the_night_is_held_and_carries_no_instant() {
    let server = Served::starter();
    let reply = server.answered(
        SEND_TIME,
        &message("2026-11-23T21:00:00Z", "2026-11-23T22:00:00Z"),
    );
    assert_eq!(reply["why"]["verdict"], "VERDICT_HELD");
    for absent in ["send_time", "alternatives", "wish", "difference"] {
        assert!(reply.get(absent).is_none(), "{absent}");
    }
    assert_eq!(
        reply["why"]["sentence"],
        "Held: the limits leave no instant of the window because of club-quiet-nights (Giulia Conti: Our contact \
         promise, printed on the back of the club card)."
    );
}

#[test]
fn a_message_that_went_out_counts_against_the_week_and_a_cancelled_one_does_not() {
    let server = Served::starter();
    let week = || {
        let reply = server.answered(
            SEND_TIME,
            &message("2026-11-23T00:00:00Z", "2026-11-26T00:00:00Z"),
        );
        server.written();
        reply
    };
    let (first, second) = (week(), week());
    let third = week();
    assert_eq!(third["why"]["verdict"], "VERDICT_HELD", "{third}");
    assert_eq!(third["why"]["because_of"][0]["rule_id"], "club-two-a-week");
    let report = |reply: &Value, event: &str| {
        let stamp = &reply["stamp"];
        let outcome = json!({
            "decision_id": stamp["decision_id"], "token": stamp["token"], "candidate_id": "m-1",
            "event_id": event, "occurred_at": "2026-11-23T09:00:00Z", event: {},
        });
        let reply = server.answered("OutcomeService/RecordOutcomes", &json!({"outcomes": [outcome]}));
        reply["results"][0]["status"].as_str().unwrap().to_owned()
    };
    for event in ["sent", "open", "unsubscribe"] {
        assert_eq!(report(&first, event), "OUTCOME_STATUS_ACCEPTED", "{event}");
    }
    assert_eq!(report(&second, "cancelled"), "OUTCOME_STATUS_ACCEPTED");
    server.written();
    assert!(week()["send_time"]["at"].is_string());
}

#[test]
fn what_is_sold_out_is_not_shown_and_the_reply_says_why() {
    let server = Served::starter();
    let reply = server.answered(RECOMMEND, &shelf());
    let items: Vec<&str> = reply["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["item_id"].as_str().unwrap())
        .collect();
    assert_eq!(items, ["nova-spritz-6", "glass"]);
    assert_eq!(reply["excluded"][0]["item_id"], "nova-zero-6");
    let why = &reply["excluded"][0]["why"];
    assert_eq!(why["verdict"], "VERDICT_BLOCKED");
    assert_eq!(
        why["sentence"],
        "Blocked because of shop-only-what-we-have (Giulia Conti: Nothing annoys like a basket that cannot be paid)."
    );
    assert!(
        reply["why"]["sentence"]
            .as_str()
            .unwrap()
            .starts_with("Showing nova-spritz-6 and glass")
    );
}

#[test]
fn what_somebody_is_looking_at_is_not_recommended_again() {
    let server = Served::starter();
    let mut shelf = shelf();
    shelf["context_item_ids"] = json!(["nova-spritz-6"]);
    let reply = server.answered(RECOMMEND, &shelf);
    assert_eq!(reply["items"][0]["item_id"], "glass");
    assert!(!reply.to_string().contains("nova-spritz-6"), "{reply}");
}

#[test]
fn a_split_keeps_to_its_steps_and_names_the_bounds() {
    let server = Served::starter();
    let reply = server.answered(BUDGET, &split(300, 700));
    let parts: Vec<i64> = reply["allocations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|arm| arm["amount_micros"].as_i64().unwrap())
        .collect();
    assert_eq!(parts, [450_000_000, 550_000_000]);
    assert_eq!(reply["why"]["verdict"], "VERDICT_CHANGED");
    assert_eq!(reply["why"]["because_of"][0]["rule_id"], "split-no-arm-alone");
    assert_eq!(
        reply["allocations"][0]["limited_by"],
        "step_at_most 150.00 to 450.00 EUR"
    );
    assert_eq!(reply["allocations"][1].get("limited_by"), None);
    let sentence = reply["why"]["sentence"].as_str().unwrap();
    assert!(
        sentence.starts_with("1000.00 EUR split: search 450.00, social 550.00"),
        "{sentence}"
    );
}

#[test]
fn bounds_that_no_split_meets_are_named_and_nothing_leaves() {
    let server = Served::starter();
    let reply = server.answered(BUDGET, &split(100, 900));
    assert_eq!(reply["why"]["verdict"], "VERDICT_HELD");
    assert_eq!(reply["why"]["fallback_reason"], "FALLBACK_REASON_CONTRADICTION");
    for arm in reply["allocations"].as_array().unwrap() {
        for absent in [
            "amount_micros",
            "wish_micros",
            "difference_micros",
            "marginal_return",
        ] {
            assert!(arm.get(absent).is_none(), "{absent}");
        }
    }
}

#[test]
fn a_score_stands_beside_what_people_expect_and_says_its_horizon() {
    let server = Served::starter();
    let reply = server.answered(SCORE, &lead());
    let answer = &reply["answers"][0];
    assert_eq!(answer["candidate_id"], "nova-club");
    assert_eq!(answer["probability"], 0.05);
    assert_eq!(answer["band"], "SCORE_BAND_MEDIUM");
    assert_eq!(answer["horizon"], "1800s");
}

#[test]
fn the_journal_tells_a_decision_of_each_kind_as_its_reply_did() {
    let server = Served::starter();
    let night = message("2026-11-23T21:00:00Z", "2026-11-24T08:00:00Z");
    for (method, question, kind, why) in [
        (SEND_TIME, night, "send_time", None),
        (RECOMMEND, shelf(), "recommendation", Some("/why")),
        (BUDGET, split(300, 700), "budget", Some("/why")),
        (SCORE, lead(), "score", None),
    ] {
        let reply = server.answered(method, &question);
        server.written();
        let id = &reply["stamp"]["decision_id"];
        let kept = server.answered("AuditService/GetDecision", &json!({"decision_id": id}));
        let kept = &kept["decision"];
        assert_eq!(kept["kind"], kind);
        assert_eq!(kept["versions"], reply["stamp"]["versions"]);
        if let Some(why) = why {
            assert_eq!(kept.pointer(why), reply.pointer(why), "{kind}");
        }
        let first = &kept["candidates"][0];
        let (answer, why) = match kind {
            "send_time" => (
                json!({"send_at": reply["send_time"]["at"]}),
                reply.pointer("/why"),
            ),
            "recommendation" => (Value::Null, reply.pointer("/excluded/0/why")),
            "budget" => (
                json!({"share_micros": reply["allocations"][0]["amount_micros"]}),
                reply.pointer("/allocations/0/why"),
            ),
            _ => (
                json!({"probability": reply["answers"][0]["probability"]}),
                reply.pointer("/answers/0/why"),
            ),
        };
        assert_eq!(first.get("answer").unwrap_or(&Value::Null), &answer, "{kind}");
        assert_eq!(first.get("why"), why, "{kind}");
    }
}

#[test]
fn what_the_rulebook_does_not_know_is_refused_by_its_place_in_the_request() {
    let server = Served::starter();
    let mut nameless = message("2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z");
    nameless["message"]["campaign_id"] = json!("nope");
    let mut paid = shelf();
    paid["candidates"][1]["campaign_id"] = json!("nova-italy-launch");
    paid["context_item_ids"] = json!(["nova-zero-6"]);
    let mut all = shelf();
    all["campaign_id"] = json!("nope");
    let mut dollars = split(300, 700);
    dollars["currency"] = json!("USD");
    let mut club = lead();
    club["candidates"][0]["campaign_id"] = json!("piumino-autumn");
    for (method, question, path, word) in [
        (SEND_TIME, nameless, "message.campaign_id", "not declared"),
        (
            RECOMMEND,
            paid,
            "candidates[1].campaign_id",
            "no baseline for recommendation",
        ),
        (RECOMMEND, all, "campaign_id", "not declared"),
        (BUDGET, dollars, "campaign_id", "is in EUR and the total in USD"),
        (SCORE, club, "candidates[0].campaign_id", "no baseline for score"),
    ] {
        let before = server.written();
        let refusal = server.refused(method, &question);
        assert_eq!(refusal.code, "INVALID_ARGUMENT", "{refusal}");
        let [(field, problem)] = refusal.violations.as_slice() else {
            panic!("one violation: {refusal}");
        };
        assert_eq!(field, path, "{refusal}");
        assert!(problem.contains(word), "{refusal}");
        assert_eq!(server.written(), before, "nothing was recorded");
    }
}

#[test]
fn a_stop_reaches_every_kind() {
    let server = Served::starter();
    let all = json!({"scope": {"all": true}, "by": "anna", "because": "to see that it stops"});
    server.answered("RulesService/StopDecisions", &all);
    let night = message("2026-11-23T21:00:00Z", "2026-11-24T08:00:00Z");
    for (method, question, verdict) in [
        (SEND_TIME, night, "/why/verdict"),
        (RECOMMEND, shelf(), "/why/verdict"),
        (BUDGET, split(300, 700), "/why/verdict"),
        (SCORE, lead(), "/answers/0/why/verdict"),
    ] {
        let reply = server.answered(method, &question);
        assert_eq!(reply.pointer(verdict).unwrap(), "VERDICT_BLOCKED", "{reply}");
    }
}

#[test]
fn these_stories_begin_in_a_roman_night() {
    assert_eq!(
        BEGIN.plus(Duration::from_secs(0)).to_string(),
        "2026-11-23T00:00:00Z"
    );
}
