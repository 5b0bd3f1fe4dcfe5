//! Who speaks of one brand sees and moves nothing of another.

use balustrade::{
    domain::Role,
    grpc::client::{CallError, Client, Credentials},
};
use serde_json::{Value, json};
use tokio_stream::StreamExt as _;

use crate::{identity_access::key, served::Guarded};

/// A server, and a key of `nova` for each of these roles.
struct House {
    server: Guarded,
    nova: Client,
    every: Client,
}

impl House {
    fn open() -> Self {
        let server = Guarded::open(|settings, folder| {
            let keys = folder.join("keys.json");
            let made = |brands: &[&str]| key(&keys, &Role::ALL, brands, None).text;
            std::fs::write(folder.join("nova"), made(&["nova"])).unwrap();
            std::fs::write(folder.join("every"), made(&[])).unwrap();
            settings.identity.keys = Some(keys);
        });
        let client = |name: &str| {
            let key = std::fs::read_to_string(server.folder().join(name)).unwrap();
            server.client(&Credentials {
                key: Some(key),
                tls: None,
            })
        };
        let (nova, every) = (client("nova"), client("every"));
        Self { server, nova, every }
    }

    fn call(&self, client: &Client, method: &str, request: &Value) -> Result<Value, CallError> {
        let reply = self
            .server
            .runtime
            .block_on(client.json(method, &request.to_string()));
        reply.map(|reply| serde_json::from_str(&reply).unwrap())
    }
}

fn bid(campaigns: &[&str]) -> Value {
    let candidates: Vec<Value> = campaigns
        .iter()
        .map(|campaign| json!({"candidate_id": campaign, "campaign_id": campaign}))
        .collect();
    json!({
        "impression": {"currency": "EUR", "auction_type": "AUCTION_TYPE_FIRST_PRICE"},
        "candidates": candidates,
    })
}

const DECIDE: &str = "DecisionService/DecideBid";

#[test]
fn a_caller_asks_for_its_own_brands_and_learns_of_no_other() {
    let house = House::open();
    assert!(house.call(&house.nova, DECIDE, &bid(&["spring"])).is_ok());
    assert!(
        house
            .call(&house.every, DECIDE, &bid(&["spring", "autumn"]))
            .is_ok()
    );
    let mut told = Vec::new();
    for campaign in ["autumn", "nobody"] {
        let refused = house
            .call(&house.nova, DECIDE, &bid(&["spring", campaign]))
            .unwrap_err();
        assert_eq!(refused.code, "PERMISSION_DENIED");
        assert_eq!(refused.reason.as_deref(), Some("BRAND_NOT_ALLOWED"));
        assert_eq!(refused.violations[0].0, "candidates[1].campaign_id");
        told.push(refused.violations[0].1.replace(campaign, "X"));
    }
    assert_eq!(
        told[0], told[1],
        "whether others have such a campaign is not told"
    );
}

#[test]
fn the_stream_of_decisions_keeps_to_the_brands_too() {
    let house = House::open();
    let message = |tag: u64, campaign: &str| {
        let request = json!({"tag": tag, "bid": bid(&[campaign])}).to_string();
        house.nova.encode("DecisionService/Decide", &request).unwrap()
    };
    let questions = tokio_stream::iter(vec![message(1, "autumn"), message(2, "spring")]);
    let answers = house.server.runtime.block_on(async {
        let answers = house
            .nova
            .stream("DecisionService/Decide", questions)
            .await
            .unwrap();
        answers.map(|answer| answer.unwrap()).collect::<Vec<_>>().await
    });
    let refused = String::from_utf8_lossy(&answers[0]).into_owned();
    assert!(refused.contains("BRAND_NOT_ALLOWED"), "{refused}");
    assert!(!String::from_utf8_lossy(&answers[1]).contains("BRAND_NOT_ALLOWED"));
}

#[test]
fn an_auditor_reads_decisions_of_its_own_brands_and_others_do_not_exist() {
    let house = House::open();
    let read = |client: &Client, campaigns: &[&str]| {
        let decided = house.call(&house.every, DECIDE, &bid(campaigns)).unwrap();
        let asked = json!({"decision_id": decided["stamp"]["decision_id"]});
        house.call(client, "AuditService/GetDecision", &asked)
    };
    assert!(read(&house.nova, &["spring"]).is_ok());
    assert!(read(&house.every, &["autumn"]).is_ok());
    for others in [&["autumn"][..], &["spring", "autumn"]] {
        let refused = read(&house.nova, others).unwrap_err();
        assert_eq!(
            (refused.code.as_str(), refused.reason.as_deref()),
            ("NOT_FOUND", Some("UNKNOWN_DECISION"))
        );
    }
}

#[test]
fn a_brand_stops_itself_and_nothing_else() {
    let house = House::open();
    let hand = |scope: Value| json!({"scope": scope, "by": "anna", "because": "a wrong creative"});
    for call in ["RulesService/StopDecisions", "RulesService/ResumeDecisions"] {
        for scope in [
            json!({"brand": "other"}),
            json!({"all": true}),
            json!({"kind": "bid"}),
            json!({"country": "IT"}),
        ] {
            let refused = house.call(&house.nova, call, &hand(scope.clone())).unwrap_err();
            assert_eq!(refused.code, "PERMISSION_DENIED", "{call} {scope}");
        }
        assert!(
            house
                .call(&house.nova, call, &hand(json!({"brand": "nova"})))
                .is_ok()
        );
    }
    let back = json!({"digest": "0123456789", "by": "anna", "because": "x"});
    let refused = house
        .call(&house.nova, "RulesService/RollBack", &back)
        .unwrap_err();
    assert_eq!(refused.code, "PERMISSION_DENIED", "rules are of every brand");
}

#[test]
fn maturity_is_told_of_its_own_campaigns() {
    let house = House::open();
    let campaigns = |client: &Client| {
        let told = house
            .call(client, "ModelsService/GetMaturity", &json!({}))
            .unwrap();
        let models = told["models"].as_array().unwrap().clone();
        let named = models
            .iter()
            .map(|model| model["campaign_id"].as_str().unwrap().to_owned());
        named.collect::<Vec<_>>()
    };
    assert_eq!(campaigns(&house.nova), ["spring"]);
    assert_eq!(campaigns(&house.every).len(), 2);
}
