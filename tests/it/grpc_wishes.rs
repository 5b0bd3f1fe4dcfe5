//! What a caller sees where a model spoke and rules bound it, of the four kinds beside bids: the wish, the difference,
//! what the model said beside, and the sentence in three languages. The model of these stories wishes what it is told.

use std::{
    future::ready,
    path::Path,
    sync::{Arc, Mutex},
};

use arc_swap::ArcSwap;
use balustrade::{
    domain::{
        Alternative, Bounded, CandidateId, Choice, Contribution, Durable, Estimate, Grounds, Language,
        Micros, Proposal, Proposed, Question, Record, Recorder, RecorderError, Timestamp, Wish, Word,
        apply_all,
    },
    grpc::Bounds,
    guardrail::{Guardrail, Parts, Recordings},
    journal::{Durability, Journal, Settings},
    rules::{Sources, compile},
};
use serde_json::{Value, json};
use tower::service_fn;

use crate::{
    grpc_kinds::{lead, message, shelf, split},
    grpc_server::Running,
    guardrail_laws::proposed,
};

fn at(text: &str) -> Timestamp {
    text.parse::<jiff::Timestamp>().unwrap().into()
}

/// What is wished of each candidate, and what is said beside.
fn wishes(bounded: &Bounded) -> Vec<(Wish, Grounds)> {
    let reason = |fact: &str, contribution| Contribution {
        fact: Word::new(fact).unwrap(),
        value: Word::new("yes").unwrap(),
        contribution,
    };
    let each = bounded.query.candidates.iter().enumerate();
    each.map(|(place, _)| match &bounded.query.question {
        Question::SendTime(_) => {
            let wish = Choice::Send(at("2026-10-26T22:10:00Z"));
            let other = |text, chance| Alternative {
                at: at(text),
                outcome_probability: chance,
            };
            let alternatives = vec![
                other("2026-10-27T09:00:00Z", Some(0.11)),
                other("2026-10-27T08:00:00Z", None),
            ];
            (wish.into(), Grounds::SendTime { alternatives })
        }
        Question::Recommendation { .. } => {
            let relevance = Micros::new(10 - i64::try_from(place).unwrap());
            let wish = Wish {
                choice: Choice::NotShown,
                relevance,
            };
            let because_of = vec![CandidateId::new("glass-set").unwrap()];
            (wish, Grounds::Item { because_of })
        }
        Question::Budget(total) => {
            let parts = [9, 1];
            let part = Choice::Share(Micros::new(total.amount.get() / 10 * parts[place]));
            let marginal_return = 0.25;
            (part.into(), Grounds::Arm { marginal_return })
        }
        Question::Score => {
            let (up, down) = (vec![reason("visits", 0.4)], vec![reason("bounced", -0.1)]);
            let wish = Choice::Score(Micros::new(970_000));
            (wish.into(), Grounds::Score { up, down })
        }
        Question::Bid(_) => panic!("no bid is asked for"),
    })
    .collect()
}

fn opinions(bounded: &Bounded) -> Vec<Option<Proposed>> {
    let wished = wishes(bounded);
    let bare: Vec<Wish> = wished.iter().map(|(wish, _)| *wish).collect();
    let applied = apply_all(&bounded.query.question, &bounded.limits, &bare);
    let each = wished.into_iter().zip(applied);
    each.map(|((wish, grounds), applied)| {
        let estimate = Estimate {
            outcome_probability: 0.12,
            ..Estimate::default()
        };
        Some(Proposed {
            relevance: wish.relevance,
            estimate: Some(estimate),
            grounds: Some(Box::new(grounds)),
            // Of what rules keep back the wish is told too: it says what they changed.
            ..proposed(wish.choice, applied.choice.unwrap_or(wish.choice))
        })
    })
    .collect()
}

struct House {
    server: Running,
    _folder: tempfile::TempDir,
}

/// A journal that accepts nothing more.
struct Full;

impl Recorder for Full {
    fn record(&self, _: Record) -> Result<Option<Durable>, RecorderError> {
        Err(RecorderError::Full)
    }
}

/// A server under the starter rules and that model; `recorder` stands in for its journal.
fn house(recorder: Option<Arc<dyn Recorder>>) -> House {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        durability: Durability::Memory,
        ..Settings::default()
    };
    let journal = Arc::new(Journal::open(folder.path(), settings).unwrap());
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let rulebook = compile(&Sources::read(&rules).unwrap()).rulebook.unwrap();
    let parts = Parts {
        rules: Arc::new(ArcSwap::from_pointee(rulebook)),
        stops: Arc::default(),
        ledger: journal.ledger(),
        recorder: recorder.unwrap_or_else(|| Arc::clone(&journal) as _),
        recordings: Recordings::default(),
        simulation: None,
    };
    let model = service_fn(|bounded: Arc<Bounded>| {
        let candidates = opinions(&bounded);
        ready(Ok::<_, &'static str>(Proposal {
            bounded,
            candidates,
            snapshot: 9,
        }))
    });
    let decider = Guardrail::new(model, parts);
    House {
        server: Running::over(decider, Arc::new(Mutex::new(Vec::new())), Bounds::default()),
        _folder: folder,
    }
}

impl House {
    fn ask(&self, call: &str, question: &Value) -> Value {
        let call = format!("DecisionService/{call}");
        self.server.answered(&call, &question.to_string())
    }

    /// The sentence in Italian and in Spanish.
    fn said(&self, call: &str, question: &Value, pointer: &str) -> [String; 2] {
        [Language::Italian, Language::Spanish].map(|language| {
            let client = self.server.client.clone().speaking(language);
            let mut question = question.clone();
            // Two messages a week: each language has a contact of its own.
            if let Some(contact) = question.pointer_mut("/facts/contact/contact_id") {
                *contact = json!(language.tag());
            }
            let (method, question) = (format!("DecisionService/{call}"), question.to_string());
            let reply = client.json(&method, &question);
            let reply = self.server.runtime.block_on(reply).unwrap();
            let reply: Value = serde_json::from_str(&reply).unwrap();
            reply.pointer(pointer).unwrap().as_str().unwrap().to_owned()
        })
    }
}

#[test]
fn a_message_that_a_rule_moved_says_from_when_to_when_and_names_other_instants() {
    let house = house(None);
    let question = message("2026-10-26T08:00:00Z", "2026-10-27T12:00:00Z");
    let reply = house.ask("DecideSendTime", &question);
    assert_eq!(reply["send_time"]["local_time"], "2026-10-27T08:00");
    assert_eq!(reply["send_time"]["outcome_probability"], 0.12);
    assert_eq!(reply["wish"], "2026-10-26T22:10:00Z");
    assert_eq!(reply["difference"], "31800s");
    let others: Vec<&str> = reply["alternatives"]
        .as_array()
        .unwrap()
        .iter()
        .map(|other| other["local_time"].as_str().unwrap())
        .collect();
    assert_eq!(others, ["2026-10-27T10:00", "2026-10-27T09:00"]);
    let why = &reply["why"];
    assert_eq!(
        (why["source"].as_str(), why["propensity"].as_f64()),
        (Some("SOURCE_MODEL"), Some(1.0))
    );
    let promise =
        "club-quiet-nights (Giulia Conti: Our contact promise, printed on the back of the club card).";
    assert_eq!(
        why["sentence"].as_str().unwrap(),
        format!("Send moved from 2026-10-26 23:10 to 2026-10-27 08:00 (Europe/Rome) because of {promise}")
    );
    assert_eq!(
        house.said("DecideSendTime", &question, "/why/sentence"),
        [
            format!(
                "Invio spostato da 2026-10-26 23:10 a 2026-10-27 08:00 (Europe/Rome) a causa di {promise}"
            ),
            format!("Envío movido de 2026-10-26 23:10 a 2026-10-27 08:00 (Europe/Rome) debido a {promise}"),
        ]
    );
}

#[test]
fn a_slate_says_what_stands_elsewhere_than_wished_and_what_speaks_for_it() {
    let house = house(None);
    let reply = house.ask("Recommend", &shelf());
    let first = &reply["items"][0];
    assert_eq!(
        (first["item_id"].as_str(), first["wish_slot"].as_u64()),
        (Some("nova-spritz-6"), Some(2))
    );
    assert_eq!(first["because_of_item_ids"], json!(["glass-set"]));
    assert_eq!(
        reply["wish_item_ids"],
        json!(["nova-spritz-6"]),
        "what is out has no wish"
    );
    let because = "shop-only-what-we-have (Giulia Conti: Nothing annoys like a basket that cannot be paid).";
    let sentence = |pointer: &str| reply.pointer(pointer).unwrap().as_str().unwrap().to_owned();
    assert_eq!(
        sentence("/items/0/why/sentence"),
        format!("Moved from slot 2 to slot 1 because of {because}")
    );
    assert_eq!(
        sentence("/items/1/why/sentence"),
        format!("Shown in slot 2, where the model would have shown another because of {because}")
    );
    assert_eq!(
        sentence("/why/sentence"),
        format!("Showing nova-spritz-6 and glass because of {because}")
    );
    assert_eq!(reply["why"]["verdict"], "VERDICT_CHANGED");
    assert_eq!(
        house.said("Recommend", &shelf(), "/why/sentence"),
        [
            format!("In mostra nova-spritz-6 e glass a causa di {because}"),
            format!("Se muestran nova-spritz-6 y glass debido a {because}"),
        ]
    );
}

#[test]
fn a_split_says_what_each_arm_would_have_got_and_what_one_more_unit_brings() {
    let house = house(None);
    let mut question = split(0, 0);
    for arm in 0..2 {
        question["arms"][arm]["last_micros"] = Value::Null;
    }
    let reply = house.ask("AllocateBudget", &question);
    let search = &reply["allocations"][0];
    assert_eq!(search["amount_micros"], 600_000_000);
    assert_eq!(search["wish_micros"], 900_000_000);
    assert_eq!(search["difference_micros"], -300_000_000);
    assert_eq!(search["marginal_return"], 0.25);
    assert_eq!(search["limited_by"], "share 100.00 to 600.00 EUR");
    let because = "split-no-arm-alone (Giulia Conti: An arm with nothing teaches us nothing, and a jump begins the \
                   learning anew).";
    assert_eq!(
        search["why"]["sentence"].as_str().unwrap(),
        format!("Given 600.00 instead of 900.00 EUR because of {because}")
    );
    assert_eq!(
        reply["why"]["sentence"].as_str().unwrap(),
        format!(
            "1000.00 EUR split: search 600.00, social 400.00 instead of search 900.00, social 100.00 because of \
             {because}"
        )
    );
    assert_eq!(
        house.said("AllocateBudget", &question, "/allocations/0/why/sentence"),
        [
            format!("Assegnati 600,00 anziché 900,00 EUR a causa di {because}"),
            format!("Asignados 600,00 en lugar de 900,00 EUR debido a {because}"),
        ]
    );
}

#[test]
fn a_score_says_what_it_would_have_been_and_what_moved_it() {
    let house = house(None);
    let reply = house.ask("Score", &lead());
    let answer = &reply["answers"][0];
    assert_eq!(
        (answer["probability"].as_f64(), answer["wish"].as_f64()),
        (Some(0.8), Some(0.97))
    );
    assert_eq!(answer["difference"], -0.17);
    assert_eq!(answer["band"], "SCORE_BAND_HIGH");
    assert_eq!(
        answer["up"],
        json!([{"fact": "visits", "value": "yes", "contribution": 0.4}])
    );
    assert_eq!(answer["down"][0]["fact"], "bounced");
    let because = "score-never-certain (Giulia Conti: Whoever is sure to come needs no voucher; above this we would \
                   stop asking).";
    assert_eq!(
        answer["why"]["sentence"].as_str().unwrap(),
        format!("Score lowered from 97% to 80% because of {because}")
    );
    assert_eq!(
        house.said("Score", &lead(), "/answers/0/why/sentence"),
        [
            format!("Punteggio abbassato da 97% a 80% a causa di {because}"),
            format!("Puntuación rebajada de 97 % a 80 % debido a {because}"),
        ]
    );
}

/// Fault tried: one setting for all kinds.
#[test]
fn what_spends_or_sends_must_be_on_record_and_the_rest_is_answered() {
    let house = house(Some(Arc::new(Full)));
    let night = message("2026-10-26T08:00:00Z", "2026-10-27T12:00:00Z");
    for (call, question) in [("DecideSendTime", night), ("AllocateBudget", split(500, 500))] {
        let refusal = house
            .server
            .refused(&format!("DecisionService/{call}"), &question.to_string());
        assert_eq!(
            (refusal.code.as_str(), refusal.reason.as_deref()),
            ("UNAVAILABLE", Some("NOT_RECORDED")),
            "{call}"
        );
    }
    for (call, question) in [("Recommend", shelf()), ("Score", lead())] {
        let reply = house.ask(call, &question);
        assert!(reply["stamp"]["decision_id"].is_string(), "{call}");
    }
}
