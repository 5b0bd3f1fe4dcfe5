//! The stop switch and the way back to an older rulebook, on the real server.

use std::fs;

use balustrade::grpc::client::Client;
use serde_json::{Value, json};

use crate::service::{self, Place, Service, answered, balustrade, capped, ended};

async fn decide(client: &Client) -> Value {
    service::decide(client).await.expect("an answer")
}

/// The price that left, in micros; JSON carries 64 bits as a text.
fn price(reply: &Value) -> String {
    let price = &reply["answers"][0]["bid"]["price_micros"];
    price.as_str().map_or_else(|| price.to_string(), str::to_owned)
}

fn verdict(reply: &Value) -> &str {
    reply["answers"][0]["why"]["verdict"].as_str().unwrap()
}

fn cause(reply: &Value) -> &str {
    reply["answers"][0]["why"]["because_of"][0]["rule_id"]
        .as_str()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_blocks_at_once_survives_a_kill_and_is_lifted() {
    let place = Place::with_cap("1.00 EUR");
    let service = Service::start(&place);
    let switched = |service: &Service, command: &str, scope: &[&str]| {
        let address = service.address().to_owned();
        let hand = [
            "--by",
            "ada@shop.example",
            "--because",
            "A wrong creative is out",
            "--address",
            &address,
        ];
        let output = ended(balustrade().arg(command).args(scope).args(hand));
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(verdict(&decide(&service.client().await).await), "VERDICT_CHANGED");

    let told = switched(&service, "stop", &["--brand", "shop"]);
    assert!(
        told.contains("stopped: brand shop") && told.contains("A wrong creative is out"),
        "{told}"
    );
    let stopped = decide(&service.client().await).await;
    assert_eq!(
        (verdict(&stopped), cause(&stopped)),
        ("VERDICT_BLOCKED", "stop/brand/shop")
    );
    assert!(
        stopped["stamp"]["versions"]["stops"]
            .as_str()
            .is_some_and(|digest| digest.len() == 64),
        "{stopped}"
    );

    service.kill();
    let service = Service::start(&place);
    let again = decide(&service.client().await).await;
    assert_eq!(
        verdict(&again),
        "VERDICT_BLOCKED",
        "a switch that was pulled stays pulled"
    );
    assert!(place.log().contains("decisions are stopped"));

    switched(&service, "stop", &["--country", "ES"]);
    let told = switched(&service, "resume", &["--brand", "shop"]);
    assert!(
        told.contains("country ES") && !told.contains("brand shop"),
        "{told}"
    );
    assert_eq!(
        verdict(&decide(&service.client().await).await),
        "VERDICT_CHANGED",
        "Spain is stopped, this is Italy"
    );
    let told = switched(&service, "resume", &["--country", "ES"]);
    assert_eq!(told.trim(), "nothing is stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_without_a_reason_or_of_nothing_is_refused_with_the_field() {
    let place = Place::with_cap("1.00 EUR");
    let service = Service::start(&place);
    let client = service.client().await;
    let refused = client
        .json("RulesService/StopDecisions", r#"{"scope": {"kind": "bids"}}"#)
        .await
        .unwrap_err();
    let fields: Vec<&str> = refused
        .violations
        .iter()
        .map(|(field, _)| field.as_str())
        .collect();
    assert_eq!(fields, ["scope.kind", "by", "because"]);
    let hand = json!({"scope": {"brand": "shop"}, "by": "ada", "because": "over"}).to_string();
    let refused = client
        .json("RulesService/ResumeDecisions", &hand)
        .await
        .unwrap_err();
    assert_eq!(refused.code, "NOT_FOUND");
}

#[test]
fn a_damaged_switch_is_no_reason_to_start_unstopped() {
    let place = Place::with_cap("1.00 EUR");
    fs::create_dir_all(place.data()).unwrap();
    fs::write(place.data().join("stops.json"), "[{").unwrap();
    let output = ended(&mut Service::command(
        &place.rules(),
        &place.data(),
        "127.0.0.1:0",
    ));
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("what was stopped is not known"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn going_back_sets_the_edit_aside_until_it_changes_even_over_a_restart() {
    let place = Place::with_cap("1.00 EUR");
    let first = place.digest();
    let service = Service::start(&place);
    service.kill();
    fs::write(place.caps(), capped("2.00 EUR")).unwrap();
    let second = place.digest();
    let service = Service::start(&place);
    assert_eq!(price(&decide(&service.client().await).await), "2000000");

    let back = json!({"digest": first[..8], "by": "ada", "because": "The edit was a mistake"}).to_string();
    let client = service.client().await;
    let reply = answered(&client, "RulesService/RollBack", &back).await;
    assert_eq!(reply["digest"], first);
    assert_eq!(price(&decide(&client).await), "1000000");
    service.kill();

    let service = Service::start(&place);
    let client = service.client().await;
    assert_eq!(
        price(&decide(&client).await),
        "1000000",
        "a restart does not bring the mistake back"
    );
    let status = answered(&client, "RulesService/GetRulebookStatus", "{}").await;
    assert!(
        status["why"][0]["message"]
            .as_str()
            .unwrap()
            .contains("The edit was a mistake"),
        "{status}"
    );
    let unknown = json!({"digest": "0123456789", "by": "ada", "because": "x"}).to_string();
    assert_eq!(
        client
            .json("RulesService/RollBack", &unknown)
            .await
            .unwrap_err()
            .code,
        "NOT_FOUND"
    );
    let forward = json!({"digest": second, "by": "ada", "because": "It was none"}).to_string();
    answered(&client, "RulesService/RollBack", &forward).await;
    assert_eq!(price(&decide(&client).await), "2000000");
    service.kill();

    let service = Service::start(&place);
    let client = service.client().await;
    let status = answered(&client, "RulesService/GetRulebookStatus", "{}").await;
    assert!(
        status["refused_since"].is_null(),
        "the folder is in force: {status}"
    );
}

#[test]
fn what_was_changed_is_on_record_and_the_journal_verifies_against_its_checkpoint() {
    let place = Place::with_cap("1.00 EUR");
    let service = Service::start(&place);
    let address = service.address().to_owned();
    let hand = ["--by", "ada@shop.example", "--because", "A wrong creative is out"];
    let asked = |args: &[&str]| {
        let output = ended(balustrade().args(args).args(["--address", &address]));
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    asked(&[&["stop", "--brand", "shop"][..], &hand].concat());
    asked(&[&["audit", "erase", "--contact", "nobody"][..], &hand].concat());
    let changes = asked(&["audit", "changes"]);
    for part in [
        "rulebook_activated",
        "settings_changed",
        "stopped",
        "brand/shop",
        "ada@shop.example",
    ] {
        assert!(changes.contains(part), "{part} in\n{changes}");
    }
    let checkpoint = place.data().join("checkpoint.json");
    fs::write(&checkpoint, asked(&["audit", "checkpoint"])).unwrap();
    let against = ["audit", "verify", "--against", checkpoint.to_str().unwrap()];
    let online = asked(&against);
    assert!(online.starts_with("whole: "), "{online}");
    service.terminate();
    assert_eq!(service.code(), Some(0));

    let data = place.data();
    let offline = |args: &[&str]| ended(balustrade().args(args).args(["--data", data.to_str().unwrap()]));
    assert_eq!(offline(&against).status.code(), Some(0));
    let segment = data.join("journal/00000000000000000000.seg");
    let mut bytes = fs::read(&segment).unwrap();
    bytes[100] ^= 4;
    fs::write(&segment, bytes).unwrap();
    let damaged = offline(&["audit", "verify"]);
    assert_eq!(damaged.status.code(), Some(1));
    let told = String::from_utf8(damaged.stdout).unwrap();
    assert!(
        told.contains("00000000000000000000.seg") && told.contains("byte 64"),
        "{told}"
    );
}
