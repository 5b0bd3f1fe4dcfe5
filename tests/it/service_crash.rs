//! SIGKILL of the real server under load, with a book of every outcome that it acknowledged.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use balustrade::{
    domain::{CampaignId, Event, Ledger as _, Micros, OutcomeReply, Quarantine, Timestamp},
    grpc::client::{CallError, Client},
    journal::{Entry, Journal, Offset, Settings},
};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng as _, SeedableRng as _},
};
use serde_json::Value;
use tokio::{runtime::Runtime, sync::watch, task::JoinSet};

use crate::service::{Place, Service, alone, answered, decide};

/// A win that was reported; its event id is its name in the book.
#[derive(Debug, Clone)]
struct Report {
    decision: String,
    price_micros: i64,
    json: String,
}

/// What was reported, and what of it was acknowledged.
#[derive(Debug, Default)]
struct Book {
    sent: BTreeMap<String, Report>,
    acknowledged: BTreeSet<String>,
}

impl Book {
    fn missing(&self) -> Vec<String> {
        let sent = self.sent.keys();
        sent.filter(|name| !self.acknowledged.contains(*name))
            .cloned()
            .collect()
    }
}

fn rounds() -> u64 {
    if std::env::var_os("BALUSTRADE_TEST_LONG").is_some() {
        50
    } else {
        8
    }
}

#[test]
fn every_acknowledged_outcome_survives_kills_under_load_once() {
    let _alone = alone();
    let place = Place::with_cap("2.00 EUR");
    let runtime = Runtime::new().unwrap();
    let book = Arc::new(Mutex::new(Book::default()));
    let (mut torn, mut known) = (0, BTreeSet::new());
    for round in 0..rounds() {
        let service = Service::start(&place);
        runtime.block_on(all_there_once(&service, &book.lock().unwrap(), &known));
        torn += runtime.block_on(sent_again(&service, &mut book.lock().unwrap()));
        known.clone_from(&book.lock().unwrap().acknowledged);
        runtime.block_on(killed_under_load(service, &book, round));
    }
    let service = Service::start(&place);
    runtime.block_on(all_there_once(&service, &book.lock().unwrap(), &known));
    torn += runtime.block_on(sent_again(&service, &mut book.lock().unwrap()));
    service.terminate();
    assert_eq!(service.code(), Some(0));
    let book = book.lock().unwrap();
    println!(
        "{} outcomes in {} rounds, {torn} without an answer at a kill",
        book.sent.len(),
        rounds()
    );
    the_journal_holds_exactly(&place, &book);
}

/// Decides and reports on sixteen connections, and kills the server at an acknowledgement that the round draws.
async fn killed_under_load(service: Service, book: &Arc<Mutex<Book>>, round: u64) {
    let mut draws = ChaCha8Rng::seed_from_u64(round);
    let last = 20 + draws.next_u64() % 130;
    let (count, mut counted) = watch::channel(0_u64);
    let count = Arc::new(count);
    let mut reporters = JoinSet::new();
    for worker in 0..16 {
        let (client, book, count) = (service.client().await, Arc::clone(book), Arc::clone(&count));
        let mut prices = ChaCha8Rng::seed_from_u64(round * 100 + worker);
        reporters.spawn(async move {
            // The death of the server ends the loop.
            for number in 0.. {
                let name = format!("{round}-{worker}-{number}");
                let price_micros = 1 + i64::from(prices.next_u32() % 2_000_000);
                if report(&client, &book, name, price_micros).await.is_err() {
                    return;
                }
                count.send_modify(|count| *count += 1);
            }
        });
    }
    let mut reporters = std::pin::pin!(reporters.join_all());
    tokio::select! {
        _ = &mut reporters => panic!("the server failed before it was killed"),
        reached = counted.wait_for(|count| *count >= last) => drop(reached.unwrap()),
    }
    service.kill();
    reporters.await;
}

/// One decision and its win, into the book before it is sent and again when it is acknowledged.
async fn report(
    client: &Client,
    book: &Mutex<Book>,
    name: String,
    price_micros: i64,
) -> Result<(), CallError> {
    let stamp = decide(client).await?["stamp"].clone();
    let json = serde_json::json!({
        "decision_id": stamp["decision_id"], "token": stamp["token"], "candidate_id": "c", "event_id": name,
        "occurred_at": stamp["decided_at"], "win": {"price_micros": price_micros},
    });
    let report = Report {
        decision: stamp["decision_id"].as_str().unwrap().to_owned(),
        price_micros,
        json: json.to_string(),
    };
    let batch = format!(r#"{{"outcomes": [{}]}}"#, report.json);
    book.lock().unwrap().sent.insert(name.clone(), report);
    let reply = client.json("OutcomeService/RecordOutcomes", &batch).await?;
    let reply: Value = serde_json::from_str(&reply).unwrap();
    assert_eq!(
        reply["results"][0]["status"], "OUTCOME_STATUS_ACCEPTED",
        "{reply}"
    );
    book.lock().unwrap().acknowledged.insert(name);
    Ok(())
}

/// What was acknowledged and is not in `known` is found by its decision, once and as it was sent; sent again, it
/// is a duplicate. (What is in `known` was found after an earlier kill.)
async fn all_there_once(service: &Service, book: &Book, known: &BTreeSet<String>) {
    let client = service.client().await;
    let fresh: Vec<&String> = book.acknowledged.difference(known).collect();
    for name in &fresh {
        let report = &book.sent[*name];
        let question = format!(r#"{{"decision_id": "{}"}}"#, report.decision);
        let kept = answered(&client, "AuditService/GetDecision", &question).await;
        assert_eq!(kept["decision"]["decision_id"], report.decision.as_str());
        let outcomes = kept["outcomes"].as_array().unwrap();
        assert_eq!(outcomes.len(), 1, "{kept}");
        assert_eq!(outcomes[0]["event_id"], name.as_str());
        assert_eq!(outcomes[0]["amount_micros"], report.price_micros);
    }
    let again = fresh.iter().map(|name| &book.sent[*name]);
    for status in record(&client, again).await {
        assert_eq!(status.0, "OUTCOME_STATUS_DUPLICATE", "{status:?}");
    }
}

/// Sends what was never acknowledged once more, as a careful reporter does; now it is acknowledged. Its decision may have gone with the
/// process, because replies of decisions do not wait for a write: that is said.
async fn sent_again(service: &Service, book: &mut Book) -> usize {
    let missing = book.missing();
    let client = service.client().await;
    let again = record(&client, missing.iter().map(|name| &book.sent[name])).await;
    for (status, reason) in &again {
        let kept = matches!(
            (status.as_str(), reason.as_str()),
            ("OUTCOME_STATUS_ACCEPTED" | "OUTCOME_STATUS_DUPLICATE", _)
                | ("OUTCOME_STATUS_QUARANTINED", "decision_lost")
        );
        assert!(kept, "{status} {reason}");
    }
    let torn = missing.len();
    book.acknowledged.extend(missing);
    torn
}

/// What became of each report of a batch; of no reports, nothing.
async fn record<'a>(client: &Client, reports: impl Iterator<Item = &'a Report>) -> Vec<(String, String)> {
    let reports: Vec<&str> = reports.map(|report| report.json.as_str()).collect();
    let mut said = Vec::new();
    for batch in reports.chunks(1_000) {
        let batch = format!(r#"{{"outcomes": [{}]}}"#, batch.join(","));
        let reply = answered(client, "OutcomeService/RecordOutcomes", &batch).await;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let results = reply["results"].as_array().unwrap();
        said.extend(
            results
                .iter()
                .map(|result| (text(&result["status"]), text(&result["reason"]))),
        );
    }
    assert_eq!(said.len(), reports.len());
    said
}

/// Read without the server: each report once and as it was sent, nothing that nobody sent, and the campaign has
/// spent the prices of its wins.
fn the_journal_holds_exactly(place: &Place, book: &Book) {
    let journal = Journal::open(&place.data().join("journal"), Settings::default()).unwrap();
    let (mut kept, mut decisions, mut spent) = (BTreeSet::new(), BTreeSet::new(), Micros::ZERO);
    for entry in journal.read_from(Offset::START) {
        match entry.unwrap().1 {
            Entry::Decision(record) => {
                let id = record.decision.to_string();
                assert!(decisions.insert(id), "{} is there twice", record.decision);
            }
            Entry::Outcome { outcome, reply, .. } => {
                let name = outcome.event_id.as_str().to_owned();
                let report = book.sent.get(&name).expect("only what was sent");
                let price = Micros::new(report.price_micros);
                assert_eq!(outcome.event, Event::Win { price });
                assert_eq!(outcome.decision.to_string(), report.decision);
                if reply == OutcomeReply::Quarantined(Quarantine::DecisionLost) {
                    assert!(!decisions.contains(&report.decision));
                } else {
                    assert_eq!(reply, OutcomeReply::Accepted);
                    assert!(decisions.contains(&report.decision));
                    spent = spent.plus(price);
                }
                assert!(kept.insert(name), "{outcome:?} is there twice");
            }
            Entry::Observation(row) => panic!("nobody imported {row:?}"),
            Entry::Change(_) => {}
        }
    }
    assert_eq!(kept, book.acknowledged);
    let campaign = CampaignId::new("spring").unwrap();
    let now = Timestamp::from(jiff::Timestamp::now());
    assert_eq!(journal.ledger().spend(&campaign, now).spent, spent);
}
