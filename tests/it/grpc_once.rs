//! A call that changes something is done once under the name that its caller gives it.

use balustrade::{
    domain::{Duration, Role},
    grpc::{
        DESCRIPTORS,
        client::{Client, Credentials},
    },
};
use prost::Message as _;
use prost_types::FileDescriptorSet;
use serde_json::{Value, json};

use crate::{
    identity_access::key_of,
    served::{Guarded, Served},
    service::{Place, Service, answered},
};

const STOP: &str = "RulesService/StopDecisions";

fn stop(brand: &str, id: &str) -> Value {
    json!({"scope": {"brand": brand}, "by": "anna", "because": "a wrong creative", "request_id": id})
}

fn changes(server: &Served, what: &str) -> usize {
    let _ = server.written();
    let told = server.answered("AuditService/ListChanges", &json!({}));
    let changes = told["changes"].as_array().unwrap();
    changes.iter().filter(|change| change["what"] == what).count()
}

#[test]
fn the_same_call_under_the_same_name_gives_the_first_answer_for_a_day() {
    let server = Served::under(&[]);
    let first = server.answered(STOP, &stop("nova", "r-1"));
    server.wait(Duration::from_secs(3_600));
    assert_eq!(server.answered(STOP, &stop("nova", "r-1")), first);
    assert_eq!(changes(&server, "stopped"), 1, "it was done once");

    let other = server.refused(STOP, &stop("other", "r-1"));
    assert_eq!(
        (other.code.as_str(), other.reason.as_deref()),
        ("ALREADY_EXISTS", Some("REQUEST_ID_USED"))
    );
    server.wait(Duration::from_secs(23 * 3_600));
    assert_ne!(
        server.answered(STOP, &stop("nova", "r-1")),
        first,
        "a day later it is a new call"
    );
    assert_eq!(changes(&server, "stopped"), 2);
    assert_eq!(
        server.refused(STOP, &stop("nova", "")).violations[0].0,
        "request_id"
    );
}

#[test]
fn what_was_refused_may_be_tried_again() {
    let server = Served::under(&[]);
    let resume =
        json!({"scope": {"brand": "nova"}, "by": "anna", "because": "it is over", "request_id": "r-2"});
    let resumed = "RulesService/ResumeDecisions";
    assert_eq!(server.refused(resumed, &resume).code, "NOT_FOUND");
    server.answered(STOP, &stop("nova", "r-1"));
    server.answered(resumed, &resume);
    assert_eq!(server.answered(resumed, &resume), json!({}));
}

/// The calls whose message names itself, the decide calls apart: those decide anew.
fn named_calls() -> Vec<String> {
    let set = FileDescriptorSet::decode(DESCRIPTORS).unwrap();
    let own = || set.file.iter().filter(|file| file.package() == "balustrade.v1");
    let names_itself = |message: &str| {
        let messages = || own().flat_map(|file| &file.message_type);
        let found = messages().find(|found| message.ends_with(&format!(".{}", found.name())));
        found
            .unwrap()
            .field
            .iter()
            .any(|field| field.name() == "request_id")
    };
    let services = own().flat_map(|file| &file.service);
    let of = services.filter(|service| service.name() != "DecisionService");
    let calls = of.flat_map(|service| {
        let named = |method: &&prost_types::MethodDescriptorProto| names_itself(method.input_type());
        let said =
            |method: &prost_types::MethodDescriptorProto| format!("{}/{}", service.name(), method.name());
        service.method.iter().filter(named).map(said).collect::<Vec<_>>()
    });
    calls.collect()
}

#[test]
fn every_call_that_changes_what_decides_can_be_named() {
    let server = Served::under(&[]);
    server.answered(STOP, &stop("nova", "r-1"));
    let calls = named_calls();
    for call in [
        "AuditService/EraseSubject",
        "ModelsService/Promote",
        "ModelsService/ResumeHandOver",
        "ModelsService/RollBackModels",
        "ModelsService/Train",
        "RulesService/ActivateRulebook",
        "RulesService/ResolveHold",
        "RulesService/ResumeDecisions",
        "RulesService/RollBack",
        STOP,
    ] {
        assert!(calls.iter().any(|named| named == call), "{call} names itself not");
    }
    for call in calls {
        let taken = server.refused(&call, &json!({"request_id": "r-1"}));
        assert_eq!(taken.code, "ALREADY_EXISTS", "{call}: {taken}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_that_is_repeated_after_a_kill_gives_its_receipt_again_and_names_nobody() {
    let place = Place::with_cap("1.00 EUR");
    let service = Service::start(&place);
    let client = service.client().await;
    let bid = r#"{"facts": {"market": {"country": "IT"}, "contact": {"contact_id": "kestrel-4711"}},
        "impression": {"currency": "EUR", "auction_type": "AUCTION_TYPE_FIRST_PRICE"},
        "candidates": [{"campaign_id": "spring"}]}"#;
    answered(&client, "DecisionService/DecideBid", bid).await;
    let erase = r#"{"contact_id": "kestrel-4711", "by": "dpo", "because": "asked to", "request_id": "e-1"}"#;
    let receipt = answered(&client, "AuditService/EraseSubject", erase).await;
    assert_eq!(receipt["erased"], true, "{receipt}");
    service.kill();

    let service = Service::start(&place);
    let client = service.client().await;
    assert_eq!(
        answered(&client, "AuditService/EraseSubject", erase).await,
        receipt
    );
    for entry in std::fs::read_dir(place.data().join("answers")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("kestrel"));
    }
}

#[test]
fn one_caller_s_names_are_none_of_another_s() {
    let server = Guarded::open(|settings, folder| {
        let keys = folder.join("keys.json");
        for name in ["one", "two"] {
            let made = key_of(&keys, name, &[Role::Admin], &[]);
            std::fs::write(folder.join(name), made.text).unwrap();
        }
        settings.identity.keys = Some(keys);
    });
    let stopped = |name: &str, brand: &str| {
        let key = std::fs::read_to_string(server.folder().join(name)).unwrap();
        let client: Client = server.client(&Credentials {
            key: Some(key),
            tls: None,
        });
        let request = stop(brand, "r-1").to_string();
        server.runtime.block_on(client.json(STOP, &request))
    };
    stopped("one", "nova").unwrap();
    stopped("two", "other").unwrap();
    assert_eq!(stopped("two", "nova").unwrap_err().code, "ALREADY_EXISTS");
}
