//! Who gets in when too many come; and the bare echo that figures are held against.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex},
};

use balustrade::{
    domain::RecorderError,
    grpc::{Bounds, client::Client, echo, listen},
    guardrail::{Asked, Decision, Refusal},
};
use prost::bytes::Bytes;
use tokio::{runtime::Runtime, sync::Semaphore, sync::watch};
use tokio_stream::StreamExt as _;
use tower::service_fn;

use crate::grpc_server::Running;

const BID: &str = "DecisionService/DecideBid";
const QUESTION: &str = r#"{"impression": {"currency": "EUR", "auction_type": "AUCTION_TYPE_SECOND_PRICE"},
                           "candidates": [{"campaign_id": "c"}]}"#;

#[test]
fn one_more_than_may_be_inside_is_refused_at_once_and_let_in_later() {
    let (entered, leave) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let doors = (Arc::clone(&entered), Arc::clone(&leave));
    let decider = service_fn(move |_: Asked| {
        let (entered, leave) = doors.clone();
        async move {
            entered.add_permits(1);
            let _left = leave.acquire().await;
            Err::<Decision, _>(Refusal::NotRecorded(RecorderError::Full))
        }
    });
    let bounds = Bounds {
        concurrent_requests: 1,
        ..Bounds::default()
    };
    let server = Running::over(decider, Arc::new(Mutex::default()), bounds);
    server.runtime.block_on(async {
        let client = server.client.clone();
        let first = tokio::spawn(async move { client.json(BID, QUESTION).await });
        entered.acquire().await.unwrap().forget();
        let second = server.client.json(BID, QUESTION).await.expect_err("a refusal");
        assert_eq!(second.code, "RESOURCE_EXHAUSTED");
        assert_eq!(second.reason.as_deref(), Some("OVERLOADED"));
        assert!(second.retry_after.is_some());
        leave.add_permits(2);
        assert_eq!(
            first.await.unwrap().expect_err("a full journal").code,
            "UNAVAILABLE"
        );
        let third = server
            .client
            .json(BID, QUESTION)
            .await
            .expect_err("a full journal");
        assert_eq!(third.code, "UNAVAILABLE");
    });
}

#[test]
fn the_bare_echo_sends_back_what_it_is_sent() {
    let listeners = listen("127.0.0.1:0".parse().unwrap(), NonZeroUsize::MIN).unwrap();
    let address = format!("http://{}", listeners[0].local_addr().unwrap());
    let (shutdown, called_off) = watch::channel(false);
    let echoing = std::thread::spawn(move || echo(listeners, &Bounds::default(), &called_off));
    let sent = vec![Bytes::from_static(b"one"), Bytes::from_static(b"two")];
    Runtime::new().unwrap().block_on(async {
        let client = Client::connect(&address).await.unwrap();
        assert_eq!(client.bytes(BID, sent[0].clone()).await.unwrap(), sent[0]);
        let requests = tokio_stream::iter(sent.clone());
        let answers = client.stream("DecisionService/Decide", requests).await.unwrap();
        let answers: Vec<Bytes> = answers.map(|answer| answer.unwrap()).collect().await;
        assert_eq!(answers, sent);
    });
    shutdown.send(true).unwrap();
    echoing.join().unwrap().unwrap();
}
