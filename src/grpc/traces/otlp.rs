//! The types of OTLP, generated from the published protocol in `third_party/opentelemetry`.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::too_many_lines,
    reason = "generated from a protocol of others"
)]

include!(concat!(env!("OUT_DIR"), "/opentelemetry.rs"));
