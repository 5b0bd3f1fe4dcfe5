//! Whatever call is made wrongly, its refusal says the reason for programs, the field for people, and when to come back.

use balustrade::grpc::{
    DESCRIPTORS,
    client::{CallError, Client},
};
use prost::{Message as _, bytes::Bytes};
use prost_types::{DescriptorProto, FileDescriptorSet, field_descriptor_proto::Type};

use crate::{grpc_server::Running, served::Served};

/// A call and the message that it takes.
struct Call {
    name: String,
    message: DescriptorProto,
}

fn calls() -> Vec<Call> {
    let set = FileDescriptorSet::decode(DESCRIPTORS).unwrap();
    let own = || set.file.iter().filter(|file| file.package() == "balustrade.v1");
    let message = |name: &str| {
        let mut messages = own().flat_map(|file| &file.message_type);
        messages
            .find(|message| name.strip_prefix(".balustrade.v1.") == Some(message.name()))
            .unwrap()
            .clone()
    };
    let each = own().flat_map(|file| &file.service).flat_map(|service| {
        let called = |method: &prost_types::MethodDescriptorProto| Call {
            name: format!("{}/{}", service.name(), method.name()),
            message: message(method.input_type()),
        };
        service.method.iter().map(called).collect::<Vec<_>>()
    });
    each.collect()
}

/// What any refusal has to say.
fn well_said(call: &Call, refused: &CallError) {
    let name = &call.name;
    let reason = refused.reason.as_deref().unwrap_or_default();
    let is_word = |c: char| c.is_ascii_uppercase() || c == '_';
    assert!(
        !reason.is_empty() && reason.chars().all(is_word),
        "{name}: no reason in {refused:?}"
    );
    assert_ne!(refused.code, "INTERNAL", "{name}: {refused:?}");
    assert_ne!(refused.code, "UNKNOWN", "{name}: {refused:?}");
    if reason == "BAD_INPUT" {
        assert!(!refused.violations.is_empty(), "{name}: {refused:?}");
    }
    for (field, why) in &refused.violations {
        let first = field.split(['.', '[']).next().unwrap_or_default();
        assert!(
            call.message.field.iter().any(|known| known.name() == first),
            "{name} has no field `{field}` ({why})"
        );
    }
    if refused.code == "UNAVAILABLE" {
        assert!(refused.retry_after.is_some(), "{name}: {refused:?}");
    }
}

/// A field of a message as the wire has it: its number and these bytes.
fn field(number: i32, bytes: &[u8]) -> Vec<u8> {
    let mut message = Vec::new();
    prost::encoding::encode_key(
        u32::try_from(number).unwrap(),
        prost::encoding::WireType::LengthDelimited,
        &mut message,
    );
    prost::encoding::encode_varint(bytes.len() as u64, &mut message);
    message.extend(bytes);
    message
}

/// Messages that nobody should send: nothing at all, each text too long, blank or with a control character in it, each
/// message inside an empty one.
fn odd(message: &DescriptorProto) -> Vec<Vec<u8>> {
    let mut odd = vec![Vec::new()];
    for known in &message.field {
        if matches!(known.r#type(), Type::String | Type::Bytes) {
            for text in [&[b'x'; 5_000][..], b" ", b"a\x07b", "\u{202e}".as_bytes()] {
                odd.push(field(known.number(), text));
            }
        }
        if known.r#type() == Type::Message {
            odd.push(field(known.number(), b""));
        }
    }
    // Everything at once.
    odd.push(odd.concat());
    odd
}

fn asked(server: &Served, client: &Client, call: &Call, message: Vec<u8>) -> Result<Bytes, CallError> {
    server
        .runtime
        .block_on(client.bytes(&call.name, Bytes::from(message)))
}

#[test]
fn every_call_refuses_odd_messages_with_a_reason_and_the_fields() {
    let server = Served::under(&[]);
    let (mut refusals, mut named) = (0, 0);
    for call in calls() {
        for message in odd(&call.message) {
            if let Err(refused) = asked(&server, &server.client, &call, message) {
                well_said(&call, &refused);
                refusals += 1;
                named += refused.violations.len();
            }
        }
    }
    assert!(
        refusals > 200 && named > 300,
        "{refusals} refusals, {named} fields"
    );
}

#[test]
fn every_call_says_that_bytes_are_no_message_of_it_and_that_a_message_is_too_large() {
    let server = Running::start();
    for call in calls() {
        let sent = |bytes: Vec<u8>| {
            let called = server.client.bytes(&call.name, Bytes::from(bytes));
            server.runtime.block_on(called).expect_err("a refusal")
        };
        let is_stream = ["DecisionService/Decide", "OutcomeService/StreamOutcomes"].contains(&&*call.name);
        let undecodable = sent(vec![0xff; 16]);
        if !is_stream {
            assert_eq!(
                (undecodable.code.as_str(), undecodable.reason.as_deref()),
                ("INVALID_ARGUMENT", Some("UNDECODABLE")),
                "{}: {undecodable:?}",
                call.name
            );
        }
        let most = match call.name.split('/').next() {
            Some("DecisionService") => 256 << 10,
            Some("OutcomeService") => 1 << 20,
            Some("RulesService") => 32 << 20,
            _ => 4 << 20,
        };
        let large = sent(vec![0; most + 1]);
        if !is_stream {
            assert_eq!(
                (large.code.as_str(), large.reason.as_deref()),
                ("RESOURCE_EXHAUSTED", Some("TOO_LARGE")),
                "{}: {large:?}",
                call.name
            );
        }
    }
}
