//! One person puts a rulebook, another brings it into force; an edit of the folder is a proposal. On the real server.

use std::{fs, path::PathBuf, time::Duration};

use balustrade::{
    domain::Role,
    grpc::client::{CallError, Client, Credentials},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tokio::time::{interval, timeout};

use crate::{
    identity_access::key_of,
    service::{self, Place, Service, answered, balustrade, capped, ended},
};

/// The health of the rules: 1 is SERVING, 2 NOT_SERVING.
const RULES: &str = "balustrade.v1.RulesService";
/// A wait that only a hang exceeds.
const PATIENCE: Duration = Duration::from_secs(20);

/// Rules that have to be approved, and three people who are known by their keys.
struct House {
    place: Place,
    keys: PathBuf,
    anna: String,
    bruno: String,
    admin: String,
}

impl House {
    fn new() -> Self {
        let place = Place::with_cap("1.00 EUR");
        let keys = place.rules().with_file_name("keys.json");
        let person = |name: &str, roles: &[Role]| key_of(&keys, name, roles, &[]).text;
        let (anna, bruno, admin) = (
            person("anna", &[Role::RuleEditor, Role::Approver, Role::Caller]),
            person("bruno", &[Role::Approver]),
            person("root", &[Role::Admin, Role::Caller]),
        );
        Self {
            place,
            keys,
            anna,
            bruno,
            admin,
        }
    }

    fn serve(&self) -> Service {
        Service::start_with(
            &self.place,
            [
                ("BALUSTRADE__RULES__ACTIVATION", "approved"),
                ("BALUSTRADE__IDENTITY__KEYS", self.keys.to_str().unwrap()),
            ],
        )
    }
}

async fn client(service: &Service, key: &str) -> Client {
    let shown = Credentials {
        key: Some(key.to_owned()),
        tls: None,
    };
    let address = format!("http://{}", service.address());
    Client::connect_as(&address, &shown).await.expect("a connection")
}

async fn refused(client: &Client, method: &str, request: &Value) -> CallError {
    let reply = client.json(method, &request.to_string()).await;
    reply.expect_err("a refusal")
}

/// The files of the folder with another cap, as a message.
pub(crate) fn files(place: &Place, cap: &str) -> Value {
    let mut files = Vec::new();
    for entry in fs::read_dir(place.rules()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = if name == "caps.yaml" {
            capped(cap)
        } else {
            fs::read_to_string(&path).unwrap()
        };
        files.push(json!({"path": name, "content": STANDARD.encode(text)}));
    }
    json!(files)
}

fn put(place: &Place, cap: &str) -> String {
    json!({"files": files(place, cap), "by": "Anna", "because": "The summer is over"}).to_string()
}

async fn price(client: &Client) -> String {
    let reply = service::decide(client).await.expect("an answer");
    let price = &reply["answers"][0]["bid"]["price_micros"];
    price.as_str().map_or_else(|| price.to_string(), str::to_owned)
}

async fn status(client: &Client, wanted: impl Fn(&Value) -> bool) -> Value {
    let mut beat = interval(Duration::from_millis(10));
    let asking = async {
        loop {
            beat.tick().await;
            let status = answered(client, "RulesService/GetRulebookStatus", "{}").await;
            if wanted(&status) {
                return status;
            }
        }
    };
    timeout(PATIENCE, asking)
        .await
        .expect("the state of the rules never was as wanted")
}

fn says_proposal(status: &Value) -> bool {
    let why = status["why"][0]["message"].as_str().unwrap_or_default();
    why.contains("only a proposal")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_comes_into_force_once_one_person_put_it_and_another_approved() {
    let house = House::new();
    let first = house.place.digest();
    let service = house.serve();
    let (anna, bruno) = (
        client(&service, &house.anna).await,
        client(&service, &house.bruno).await,
    );
    assert_eq!(price(&anna).await, "1000000", "somebody has to begin");

    fs::write(house.place.caps(), capped("2.00 EUR")).unwrap();
    let second = house.place.digest();
    let told = status(&anna, says_proposal).await;
    assert_eq!(
        (&told["activation"], &told["digest"]),
        (&json!("approved"), &json!(first))
    );
    assert_eq!(service.health(RULES).await, 2);
    assert_eq!(price(&anna).await, "1000000", "an edit is a proposal");

    let waits = answered(&anna, "RulesService/PutRulebook", &put(&house.place, "2.00 EUR")).await;
    assert_eq!(
        (&waits["state"], &waits["digest"], &waits["rules"]),
        (&json!("waits"), &json!(second), &json!(1))
    );
    assert_eq!(price(&anna).await, "1000000", "what was put waits");
    let approval = json!({"digest": second[..8], "by": "Somebody else", "because": "I looked"});
    let own = refused(&anna, "RulesService/ActivateRulebook", &approval).await;
    assert_eq!(
        (own.code.as_str(), own.reason.as_deref()),
        ("PERMISSION_DENIED", Some("OWN_RULEBOOK")),
        "whatever name is given"
    );
    assert_eq!(price(&anna).await, "1000000");

    let told = answered(&bruno, "RulesService/ActivateRulebook", &approval.to_string()).await;
    assert_eq!(
        (&told["digest"], &told["author"]),
        (&json!(second), &json!("Anna"))
    );
    assert_eq!(price(&anna).await, "2000000");
    assert_eq!(service.health(RULES).await, 1, "the folder is what is in force");
    let told = status(&anna, |status| status["refused_since"].is_null()).await;
    assert!(told["proposals"].as_array().is_none_or(Vec::is_empty), "{told}");
    service.kill();

    let service = house.serve();
    let (anna, admin) = (
        client(&service, &house.anna).await,
        client(&service, &house.admin).await,
    );
    assert_eq!(price(&anna).await, "2000000");
    let changes = answered(&admin, "AuditService/ListChanges", "{}").await;
    let changes = changes["changes"].as_array().unwrap();
    let by = |what: &str| {
        let change = changes.iter().find(|change| change["what"] == what).unwrap();
        (change["principal"].clone(), change["to"].clone())
    };
    assert_eq!(by("rulebook_put"), (json!("anna"), json!(second)));
    assert_eq!(by("rulebook_approved"), (json!("bruno"), json!(second)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_and_what_was_approved_outlive_a_restart() {
    let house = House::new();
    let service = house.serve();
    let anna = client(&service, &house.anna).await;
    let waits = answered(&anna, "RulesService/PutRulebook", &put(&house.place, "2.00 EUR")).await;
    let digest = waits["digest"].as_str().unwrap().to_owned();
    service.kill();

    let service = house.serve();
    let bruno = client(&service, &house.bruno).await;
    let told = answered(&bruno, "RulesService/GetRulebookStatus", "{}").await;
    let [proposal] = told["proposals"].as_array().unwrap().as_slice() else {
        panic!("{told}")
    };
    assert_eq!(
        (&proposal["digest"], &proposal["principal"], &proposal["because"]),
        (&json!(digest), &json!("anna"), &json!("The summer is over"))
    );
    let approval = json!({"digest": digest, "by": "Bruno", "because": "I looked"});
    let back = refused(&bruno, "RulesService/RollBack", &approval).await;
    assert_eq!(
        back.code, "NOT_FOUND",
        "nobody goes back to what never was in force"
    );
    answered(&bruno, "RulesService/ActivateRulebook", &approval.to_string()).await;
    let again = refused(&bruno, "RulesService/ActivateRulebook", &approval).await;
    assert_eq!(again.code, "NOT_FOUND", "it waits no more");
    service.kill();

    let service = house.serve();
    let admin = client(&service, &house.admin).await;
    assert_eq!(price(&admin).await, "2000000", "although the folder says another");
    assert_eq!(service.health(RULES).await, 2, "the folder is not in force");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_errors_or_leads_out_of_the_folder_is_not_kept() {
    let house = House::new();
    let service = house.serve();
    let anna = client(&service, &house.anna).await;
    for call in ["RulesService/PutRulebook", "RulesService/CheckRules"] {
        let mut request: Value = serde_json::from_str(&put(&house.place, "1,50 EUR")).unwrap();
        if call.ends_with("CheckRules") {
            request = json!({"files": request["files"]});
        }
        let told = answered(&anna, call, &request.to_string()).await;
        let finding = &told["findings"][0];
        assert_eq!(
            (&finding["code"], &finding["severity"], &finding["file"]),
            (&json!("R015"), &json!("error"), &json!("caps.yaml")),
            "{told}"
        );
        assert!(told["state"] == "refused" || told["sound"].is_null(), "{told}");
        for path in [
            "../caps.yaml",
            "/tmp/caps.yaml",
            "a/../../caps.yaml",
            ".caps.yaml",
            "a\\caps.yaml",
            "caps.txt",
            "",
        ] {
            request["files"][0]["path"] = json!(path);
            let refused = refused(&anna, call, &request).await;
            assert_eq!(refused.violations[0].0, "files[0].path", "{path}: {refused}");
        }
    }
    let told = answered(&anna, "RulesService/GetRulebookStatus", "{}").await;
    assert!(told["proposals"].as_array().is_none_or(Vec::is_empty), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_is_known_people_are_told_apart_by_what_they_say() {
    let place = Place::with_cap("1.00 EUR");
    let service = Service::start(&place);
    let somebody = service.client().await;
    let waits = answered(&somebody, "RulesService/PutRulebook", &put(&place, "2.00 EUR")).await;
    let approved = |by: &str| json!({"digest": waits["digest"], "by": by, "because": "I looked"});
    let own = refused(&somebody, "RulesService/ActivateRulebook", &approved("anna")).await;
    assert_eq!(own.reason.as_deref(), Some("OWN_RULEBOOK"));
    answered(
        &somebody,
        "RulesService/ActivateRulebook",
        &approved("Bruno").to_string(),
    )
    .await;
    assert_eq!(price(&somebody).await, "2000000");
    service.kill();

    // The folder is as it was set aside; an edit of it comes into force, because nothing has to be approved here.
    let service = Service::start(&place);
    let somebody = service.client().await;
    assert_eq!(price(&somebody).await, "2000000");
    fs::write(place.caps(), capped("1.50 EUR")).unwrap();
    status(&somebody, |status| status["refused_since"].is_null()).await;
    assert_eq!(price(&somebody).await, "1500000");
}

#[test]
fn a_start_without_what_was_approved_is_refused() {
    let house = House::new();
    house.serve().kill();
    let kept = house.place.data().join("rulebooks").join(house.place.digest());
    fs::write(kept.join("caps.yaml"), capped("9.00 EUR")).unwrap();
    let mut command = Service::command(&house.place.rules(), &house.place.data(), "127.0.0.1:0");
    command.env("BALUSTRADE__RULES__ACTIVATION", "approved");
    let output = ended(&mut command);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("approved last cannot be used any more"), "{said}");
}

#[test]
fn the_commands_put_and_activate_and_check_says_that_it_is_a_proposal() {
    let house = House::new();
    let service = house.serve();
    let run = |key: &str, arguments: &[&str]| {
        let mut command = balustrade();
        command.args(arguments).env("BALUSTRADE__CLIENT__KEY", key);
        command.env("BALUSTRADE__RULES__ACTIVATION", "approved");
        let output = ended(&mut command);
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(said).unwrap())
    };
    let trial = house.place.rules().with_file_name("trial");
    fs::create_dir(&trial).unwrap();
    for entry in fs::read_dir(house.place.rules()).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, trial.join(path.file_name().unwrap())).unwrap();
    }
    let trial = |cap: &str| {
        fs::write(trial.join("caps.yaml"), capped(cap)).unwrap();
        trial.to_str().unwrap().to_owned()
    };
    let server = [
        "--by",
        "ada",
        "--because",
        "Summer ends",
        "--address",
        service.address(),
    ];
    let (code, said) = run(
        &house.anna,
        &[&["rules", "put", &trial("2,00 EUR")][..], &server].concat(),
    );
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("caps.yaml:11") && said.contains("not kept"),
        "{said}"
    );
    let (code, said) = run(
        &house.anna,
        &[&["rules", "put", &trial("2.00 EUR")][..], &server].concat(),
    );
    assert_eq!(code, Some(0), "{said}");
    let digest = said
        .split_whitespace()
        .skip_while(|word| *word != "activate")
        .nth(1);
    let activate = [&["rules", "activate", digest.unwrap()][..], &server].concat();
    let (code, said) = run(&house.anna, &activate);
    assert_eq!(code, Some(1), "{said}");
    let (code, said) = run(&house.bruno, &activate);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("is in force") && said.contains("ada had put it"),
        "{said}"
    );
    let (code, said) = run(&house.anna, &["check", house.place.rules().to_str().unwrap()]);
    assert_eq!(code, Some(0));
    assert!(said.contains("they are a proposal"), "{said}");
}
