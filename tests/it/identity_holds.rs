//! Whoever asks does not approve, and whoever speaks of one brand neither sees nor answers the holds of another.

use balustrade::{
    domain::Role,
    grpc::client::{CallError, Client, Credentials},
};
use serde_json::{Value, json};

use crate::{
    identity_access::key_of,
    served::{COMPANY, Guarded},
};

/// A server whose bids in Spain wait, and people of some brands.
struct House(Guarded);

/// Name, roles, brands.
const PEOPLE: [(&str, &[Role], &[&str]); 4] = [
    ("bidder", &[Role::Caller, Role::Approver], &[]),
    ("second-bidder", &[Role::Caller], &[]),
    ("legal", &[Role::Approver, Role::Auditor, Role::Caller], &[]),
    ("nova", &[Role::Approver, Role::Auditor], &["nova"]),
];

impl House {
    fn open() -> Self {
        let rules = format!(
            "{COMPANY}  - {{id: spain-waits, for: [bid, send_time], when: {{market.country: ES}}, then: {{hold: legal}}, \
             if_unknown: skip, accept_risk: told later, because: Not yet cleared}}\n"
        );
        Self(Guarded::open(|settings, folder| {
            std::fs::write(folder.join("rules/company.yaml"), &rules).unwrap();
            let keys = folder.join("keys.json");
            for (name, roles, brands) in PEOPLE {
                let made = key_of(&keys, name, roles, brands);
                std::fs::write(folder.join(name), made.text).unwrap();
            }
            settings.identity.keys = Some(keys);
        }))
    }

    fn call(&self, who: &str, method: &str, request: &Value) -> Result<Value, CallError> {
        let key = std::fs::read_to_string(self.0.folder().join(who)).unwrap();
        let client: Client = self.0.client(&Credentials {
            key: Some(key),
            tls: None,
        });
        let reply = self.0.runtime.block_on(client.json(method, &request.to_string()));
        reply.map(|reply| serde_json::from_str(&reply).unwrap())
    }

    fn bid(&self, who: &str, campaign: &str, approvals: &[&str]) -> Value {
        let request = json!({
            "facts": {"market": {"country": "ES", "channel": "display"}},
            "impression": {"currency": "EUR", "auction_type": "AUCTION_TYPE_FIRST_PRICE"},
            "candidates": [{"campaign_id": campaign, "creative_id": "red"}],
            "approvals": approvals,
        });
        let reply = self.call(who, "DecisionService/DecideBid", &request);
        reply.unwrap_or_else(|error| panic!("{error}"))
    }

    fn approve(&self, who: &str, ticket: &str) -> Result<Value, CallError> {
        let request = json!({"ticket": ticket, "approve": true, "by": who, "because": "Cleared"});
        self.call(who, "RulesService/ResolveHold", &request)
    }
}

fn ticket(reply: &Value) -> String {
    let ticket = &reply["answers"][0]["why"]["holds"][0]["ticket"];
    ticket.as_str().unwrap().to_owned()
}

fn verdict(reply: &Value) -> &str {
    reply["answers"][0]["why"]["verdict"].as_str().unwrap()
}

#[test]
fn a_record_names_who_asked() {
    let house = House::open();
    let decided = house.bid("bidder", "spring", &[]);
    let asked = json!({"decision_id": decided["stamp"]["decision_id"]});
    let told = house.call("legal", "AuditService/GetDecision", &asked).unwrap();
    assert_eq!(told["decision"]["caller"], "bidder");
}

#[test]
fn whoever_asked_does_not_approve() {
    let house = House::open();
    let held = ticket(&house.bid("bidder", "spring", &[]));
    let own = house.approve("bidder", &held).unwrap_err();
    assert_eq!(
        (own.code.as_str(), own.reason.as_deref()),
        ("PERMISSION_DENIED", Some("OWN_HOLD"))
    );
    assert_eq!(verdict(&house.bid("bidder", "spring", &[&held])), "VERDICT_HELD");
    house.approve("legal", &held).unwrap();
    for who in ["bidder", "second-bidder"] {
        assert_eq!(verdict(&house.bid(who, "spring", &[&held])), "VERDICT_ALLOWED");
    }
}

#[test]
fn an_approval_does_not_lift_a_hold_of_whoever_gave_it() {
    let house = House::open();
    let held = ticket(&house.bid("bidder", "spring", &[]));
    // Legal has not asked for it yet, so it may approve; what it asks for afterwards waits for another.
    house.approve("legal", &held).unwrap();
    assert_eq!(verdict(&house.bid("legal", "spring", &[&held])), "VERDICT_HELD");
    assert_eq!(
        verdict(&house.bid("bidder", "spring", &[&held])),
        "VERDICT_ALLOWED"
    );
}

#[test]
fn holds_of_another_brand_are_neither_seen_nor_answered() {
    let house = House::open();
    let (own, other) = (
        ticket(&house.bid("bidder", "spring", &[])),
        ticket(&house.bid("bidder", "autumn", &[])),
    );
    let listed = |who: &str| {
        let told = house.call(who, "RulesService/ListHolds", &json!({})).unwrap();
        let holds = told["holds"].as_array().unwrap().clone();
        let named = holds
            .iter()
            .map(|hold| (hold["brand"].clone(), hold["ticket"].clone()));
        named.collect::<Vec<_>>()
    };
    assert_eq!(listed("nova"), [(json!("nova"), json!(own))]);
    assert_eq!(listed("legal").len(), 2);
    let refused = house.approve("nova", &other).unwrap_err();
    assert_eq!(refused.reason.as_deref(), Some("UNKNOWN_TICKET"), "{refused}");
    house.approve("nova", &own).unwrap();
}

#[test]
fn lists_and_replays_keep_to_the_brands_too() {
    let house = House::open();
    let (own, other) = (
        house.bid("bidder", "spring", &[]),
        house.bid("bidder", "autumn", &[]),
    );
    let listed = |who: &str| {
        let told = house.call(who, "AuditService/ListDecisions", &json!({})).unwrap();
        told["decisions"].as_array().unwrap().len()
    };
    assert_eq!((listed("nova"), listed("legal")), (1, 2));
    let replayed = |who: &str, decided: &Value| {
        let asked = json!({"decision_id": decided["stamp"]["decision_id"]});
        house.call(who, "AuditService/ReplayDecision", &asked)
    };
    assert!(replayed("nova", &own).is_ok());
    assert!(replayed("legal", &other).is_ok());
    assert_eq!(replayed("nova", &other).unwrap_err().code, "NOT_FOUND");
    let all = house.call("nova", "AuditService/ReplayDecisions", &json!({}));
    assert_eq!(all.unwrap_err().code, "PERMISSION_DENIED");
}
