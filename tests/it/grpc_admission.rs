//! Who gets in when too many come; and the bare echo that figures are held against.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex},
};

use balustrade::{
    domain::{RecorderError, Role},
    grpc::{
        Bounds, Ways,
        client::{Client, Credentials},
        echo, listen,
    },
    guardrail::{Asked, Decision, Refusal},
};
use prost::bytes::Bytes;
use tokio::{runtime::Runtime, sync::Semaphore, sync::watch};
use tokio_stream::StreamExt as _;
use tower::service_fn;

use crate::{grpc_server::Running, identity_access::key_of};

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

/// Calls that wait inside until they are let go.
struct Waiting {
    entered: Arc<Semaphore>,
    leave: Arc<Semaphore>,
    server: Running,
    clients: [Client; 3],
}

impl Waiting {
    /// At most `most` inside, of three callers.
    fn of(most: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys.json");
        let keys = ["one", "two", "three"].map(|name| key_of(&file, name, &[Role::Caller], &[]).text);
        let ways = Ways {
            keys: Some(file),
            ..Ways::default()
        };
        let (entered, leave) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let doors = (Arc::clone(&entered), Arc::clone(&leave));
        let decider = service_fn(move |_: Asked| {
            let (entered, leave) = doors.clone();
            async move {
                entered.add_permits(1);
                leave.acquire().await.unwrap().forget();
                Err::<Decision, _>(Refusal::NotRecorded(RecorderError::Full))
            }
        });
        let bounds = Bounds {
            concurrent_requests: most,
            ..Bounds::default()
        };
        let server = Running::over_known(decider, bounds, &ways);
        let clients = keys.map(|key| {
            let shown = Credentials {
                key: Some(key),
                tls: None,
            };
            let connected = Client::connect_as(&server.address, &shown);
            server.runtime.block_on(connected).unwrap()
        });
        Self {
            entered,
            leave,
            server,
            clients,
        }
    }

    /// How many further calls of a caller are let in before one is refused, and why that one is.
    fn enter(&self, caller: usize) -> (usize, String) {
        self.server.runtime.block_on(async {
            for inside in 0.. {
                let client = self.clients[caller].clone();
                let called = tokio::spawn(async move { client.json(BID, QUESTION).await });
                tokio::select! {
                    entered = self.entered.acquire() => entered.unwrap().forget(),
                    refused = called => return (inside, refused.unwrap().unwrap_err().reason.unwrap()),
                }
            }
            unreachable!("a bound is a bound")
        })
    }

    /// Lets so many of those inside go, and waits until they have gone.
    fn go(&self, calls: usize) {
        self.leave.add_permits(calls);
    }
}

#[test]
fn one_caller_never_takes_all_places_and_whoever_comes_next_finds_room() {
    let waiting = Waiting::of(8);
    let over = || "OVER_SHARE".to_owned();
    assert_eq!(waiting.enter(0), (6, over()), "alone it may have three quarters");
    assert_eq!(
        waiting.enter(1),
        (2, "OVERLOADED".to_owned()),
        "the rest is for others"
    );
    assert_eq!(waiting.enter(0).0, 0, "it holds more than its part");
    waiting.go(8);
}

#[test]
fn whoever_held_more_while_there_was_room_keeps_nobody_out_once_that_is_done() {
    let waiting = Waiting::of(16);
    assert_eq!(waiting.enter(0).0, 12);
    assert_eq!(
        waiting.enter(1).0,
        16 / 4,
        "a part of the two inside and of one more"
    );
    assert_eq!(waiting.enter(2), (0, "OVERLOADED".to_owned()));
    waiting.go(12);
    // Places are given back when answers leave, which the next caller may overtake: it asks until it is let in.
    while waiting.enter(2).0 == 0 {}
    waiting.go(16);
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
