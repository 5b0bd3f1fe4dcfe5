//! The order to stop: what was accepted is finished, within a time.

use std::{collections::BTreeSet, sync::Arc};

use balustrade::{
    domain::DecisionId,
    grpc::client::Client,
    journal::{Entry, Journal, Offset, Settings},
};
use prost::bytes::Bytes;
use tokio::{
    runtime::Runtime,
    sync::{mpsc, watch},
};
use tokio_stream::{StreamExt as _, wrappers::UnboundedReceiverStream};

use crate::service::{Place, Service, alone, decide, stream_request};

#[test]
fn an_order_to_stop_under_load_loses_no_accepted_request() {
    let _alone = alone();
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
        .filter_map(|entry| match entry.unwrap().1 {
            Entry::Decision(record) => Some(record.decision),
            // Under which rules and settings it started.
            Entry::Change(_) => None,
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

/// A stream on which one question was answered, and the end at which more can be asked.
async fn stream_under_way(
    client: &Client,
) -> (mpsc::UnboundedSender<Bytes>, balustrade::grpc::client::Answers) {
    let (questions, asked) = mpsc::unbounded_channel();
    questions.send(stream_request(client)).unwrap();
    let asked = UnboundedReceiverStream::new(asked);
    let mut answers = client.stream("DecisionService/Decide", asked).await.unwrap();
    answers.next().await.unwrap().unwrap();
    (questions, answers)
}

#[test]
fn a_stream_under_way_is_answered_to_its_end_after_the_order_to_stop() {
    let place = Place::with_cap("2.00 EUR");
    let service = Service::start(&place);
    Runtime::new().unwrap().block_on(async {
        let client = service.client().await;
        let (questions, mut answers) = stream_under_way(&client).await;
        service.terminate();
        service.says("stopping");
        for _ in 0..200 {
            questions.send(stream_request(&client)).unwrap();
        }
        drop(questions);
        let mut count = 0;
        while let Some(answer) = answers.next().await {
            answer.unwrap();
            count += 1;
        }
        assert_eq!(count, 200);
    });
    assert_eq!(service.code(), Some(0));
    assert!(!place.log().contains("connections were cut"), "{}", place.log());
}

#[test]
fn a_client_that_never_ends_its_stream_does_not_hold_the_server() {
    let place = Place::with_cap("2.00 EUR");
    let service = Service::start_with(&place, [("BALUSTRADE__GRPC__DRAIN_MS", "100")]);
    Runtime::new().unwrap().block_on(async {
        let client = service.client().await;
        let (questions, mut answers) = stream_under_way(&client).await;
        service.terminate();
        // The stream is cut; without an end to the drain there would be no end to this wait.
        while let Some(Ok(_)) = answers.next().await {}
        drop(questions);
    });
    assert_eq!(service.code(), Some(0));
    assert!(place.log().contains("connections were cut"), "{}", place.log());
}
