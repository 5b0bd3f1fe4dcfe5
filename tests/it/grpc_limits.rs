//! What one client may take of the server, over the real socket.

use std::time::Duration;

use balustrade::grpc::{
    Bounds, Reflection,
    client::{Client, Credentials},
};
use prost::bytes::Bytes;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest,
};

use crate::grpc_server::Running;

/// A wait that only a hang exceeds.
const PATIENCE: Duration = Duration::from_secs(30);
const STATUS: &str = "RulesService/GetRulebookStatus";

fn address(server: &Running) -> &str {
    server.address.strip_prefix("http://").unwrap()
}

/// Waits until the server closes it, whatever it says before.
async fn closed(mut stream: TcpStream) {
    let end = timeout(PATIENCE, stream.read_to_end(&mut Vec::new())).await;
    let _ = end.expect("it is closed");
}

#[test]
fn headers_above_the_limit_are_refused_and_the_next_request_is_answered() {
    let server = Running::start();
    let credentials = Credentials {
        key: Some("k".repeat(20 << 10)),
        tls: None,
    };
    server.runtime.block_on(async {
        let client = Client::connect_as(&server.address, &credentials).await.unwrap();
        let refused = client.bytes(STATUS, Bytes::new()).await.unwrap_err();
        assert_ne!(refused.code, "OK");
        assert!(server.client.bytes(STATUS, Bytes::new()).await.is_ok());
    });
}

#[test]
fn a_connection_that_never_says_anything_is_closed() {
    let server = Running::bounded(Bounds {
        handshake: Duration::from_millis(50),
        ..Bounds::default()
    });
    server.runtime.block_on(async {
        let silent = TcpStream::connect(address(&server)).await.unwrap();
        closed(silent).await;
        assert!(
            server.client.bytes(STATUS, Bytes::new()).await.is_ok(),
            "who has begun stays"
        );
    });
}

#[test]
fn where_all_places_are_taken_a_connection_that_was_never_used_gives_way() {
    let server = Running::bounded(Bounds {
        connections: 3,
        ..Bounds::default()
    });
    server.runtime.block_on(async {
        assert!(server.client.bytes(STATUS, Bytes::new()).await.is_ok());
        let mut silent = Vec::new();
        for _ in 0..2 {
            let mut stream = TcpStream::connect(address(&server)).await.unwrap();
            stream.write_all(PREFACE).await.unwrap();
            // The server's greeting: the connection is taken.
            stream.readable().await.unwrap();
            silent.push(stream);
        }
        let second = Client::connect(&server.address).await.unwrap();
        assert!(second.bytes(STATUS, Bytes::new()).await.is_ok());
        closed(silent.remove(0)).await;
        assert!(
            server.client.bytes(STATUS, Bytes::new()).await.is_ok(),
            "who was used stays"
        );
    });
}

/// How a client of HTTP/2 begins: the preface and empty settings.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

#[test]
fn a_connection_above_the_limit_is_closed_at_once_and_its_place_is_free_again_afterwards() {
    let server = Running::bounded(Bounds {
        connections: 2,
        ..Bounds::default()
    });
    server.runtime.block_on(async {
        assert!(server.client.bytes(STATUS, Bytes::new()).await.is_ok());
        let second = Client::connect(&server.address).await.unwrap();
        assert!(second.bytes(STATUS, Bytes::new()).await.is_ok());
        let third = TcpStream::connect(address(&server)).await.unwrap();
        closed(third).await;
        drop(second);
        let again = async {
            loop {
                if let Ok(client) = Client::connect(&server.address).await
                    && client.bytes(STATUS, Bytes::new()).await.is_ok()
                {
                    return;
                }
            }
        };
        timeout(PATIENCE, again).await.expect("the place is free again");
    });
}

#[test]
fn a_client_that_opens_and_resets_without_end_is_cut_off() {
    let server = Running::start();
    server.runtime.block_on(async {
        let stream = TcpStream::connect(address(&server)).await.unwrap();
        let (mut requests, connection) = h2::client::handshake(stream).await.unwrap();
        let ended = tokio::spawn(connection);
        let flood = async {
            loop {
                let Ok(mut ready) = requests.clone().ready().await else {
                    return;
                };
                let request = http::Request::post(format!("{}/balustrade.v1.{STATUS}", server.address));
                let Ok((_, mut sent)) = ready.send_request(request.body(()).unwrap(), false) else {
                    return;
                };
                sent.send_reset(h2::Reason::CANCEL);
                requests = ready;
            }
        };
        timeout(PATIENCE, flood)
            .await
            .expect("the flood is ended by the server");
        let why = timeout(PATIENCE, ended)
            .await
            .expect("the connection ends")
            .unwrap();
        let why = why.unwrap_err();
        // The goodbye may be lost behind what the flood still writes.
        assert!(
            why.is_io() || why.reason() == Some(h2::Reason::ENHANCE_YOUR_CALM),
            "{why}"
        );
        assert!(
            server.client.bytes(STATUS, Bytes::new()).await.is_ok(),
            "others are answered"
        );
    });
}

async fn services(server: &Running) -> Result<String, tonic::Status> {
    let channel = tonic::transport::Endpoint::from_shared(server.address.clone()).unwrap();
    let mut client = ServerReflectionClient::new(channel.connect().await.unwrap());
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut answers = client
        .server_reflection_info(tokio_stream::iter([request]))
        .await?
        .into_inner();
    Ok(format!("{:?}", answers.message().await?))
}

#[test]
fn the_contract_is_read_over_the_wire_unless_reflection_is_off() {
    let server = Running::start();
    let told = server.runtime.block_on(services(&server)).unwrap();
    assert!(told.contains("balustrade.v1.DecisionService"), "{told}");
    let server = Running::with_reflection(Reflection::Off);
    let refused = server.runtime.block_on(services(&server)).unwrap_err();
    assert_eq!(refused.code(), tonic::Code::Unimplemented);
}
