//! What the program refuses to begin, and how it ends.

use std::{collections::BTreeSet, fs, sync::Arc};

use balustrade::{
    domain::DecisionId,
    journal::{Entry, Journal, Offset, Settings},
};
use tokio::{runtime::Runtime, sync::watch};

use crate::service::{Place, Service, decide, ended};

/// What a start came to that has to be refused.
fn refused(place: &Place, data: &str, address: &str) -> String {
    let data = place.data().with_file_name(data);
    let output = ended(&mut Service::command(&place.rules(), &data, address));
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_second_server_on_the_same_data_is_refused_and_told_who_has_it() {
    let place = Place::with_cap("2.00 EUR");
    let first = Service::start(&place);
    let why = refused(&place, "data", "127.0.0.1:0");
    assert!(
        why.contains("in use by another process (process ") && why.contains("choose another data folder"),
        "{why}"
    );
    drop(first);
    // Its death, even by SIGKILL, frees the folder.
    Service::start(&place);
}

#[test]
fn a_second_server_on_the_same_address_is_refused_though_listeners_could_share_it() {
    let place = Place::with_cap("2.00 EUR");
    let first = Service::start(&place);
    let why = refused(&place, "other", first.address());
    assert!(
        why.contains("cannot serve on") && why.contains(first.address()),
        "{why}"
    );
    assert!(why.contains("in use"), "{why}");
}

#[test]
fn an_empty_or_missing_rules_folder_is_refused_with_the_remedy() {
    let place = Place::with_cap("2.00 EUR");
    for file in fs::read_dir(place.rules()).unwrap() {
        fs::remove_file(file.unwrap().path()).unwrap();
    }
    let why = refused(&place, "data", "127.0.0.1:0");
    assert!(
        why.contains("no rule files") && why.contains("starter set"),
        "{why}"
    );
    fs::remove_dir(place.rules()).unwrap();
    let why = refused(&place, "data", "127.0.0.1:0");
    assert!(
        why.contains("No such file") && why.contains("starter set"),
        "{why}"
    );
}

#[test]
fn broken_rules_without_an_earlier_rulebook_are_refused_by_file_and_line() {
    let place = Place::with_cap("2.00 EURO");
    let why = refused(&place, "data", "127.0.0.1:0");
    assert!(
        why.contains("caps.yaml:11:") && why.contains("balustrade check"),
        "{why}"
    );
}

#[test]
fn an_order_to_stop_under_load_loses_no_accepted_request() {
    let place = Place::with_cap("2.00 EUR");
    let service = Service::start(&place);
    let runtime = Runtime::new().unwrap();
    let answered = runtime.block_on(stopped_under_load(&service));
    assert_eq!(service.code(), Some(0));
    assert!(answered.len() >= ENOUGH);
    // Whatever was decided was answered, and the other way round.
    let journal = Journal::open(&place.data().join("journal"), Settings::default()).unwrap();
    let kept: BTreeSet<DecisionId> = journal
        .read_from(Offset::START)
        .map(|entry| match entry.unwrap().1 {
            Entry::Decision(record) => record.decision,
            other @ (Entry::Outcome { .. } | Entry::Observation(_)) => panic!("nobody sent {other:?}"),
        })
        .collect();
    assert_eq!(kept, answered);
}

/// Answers after which the order is given.
const ENOUGH: usize = 300;

/// The decisions that were answered, before and after the order.
async fn stopped_under_load(service: &Service) -> BTreeSet<DecisionId> {
    let (count, mut counted) = watch::channel(0_usize);
    let count = Arc::new(count);
    let mut askers = tokio::task::JoinSet::new();
    for _ in 0..24 {
        let (client, count) = (service.client().await, Arc::clone(&count));
        askers.spawn(async move {
            let mut answers = Vec::new();
            // The end of the server ends the loop.
            while let Ok(reply) = decide(&client).await {
                let id = reply["stamp"]["decision_id"].as_str().unwrap();
                answers.push(id.parse::<DecisionId>().unwrap());
                count.send_modify(|count| *count += 1);
            }
            answers
        });
    }
    counted.wait_for(|count| *count >= ENOUGH).await.unwrap();
    service.terminate();
    askers.join_all().await.into_iter().flatten().collect()
}
