//! The types generated from `proto/balustrade/v1`, and their descriptor set.

/// The contract as an encoded `google.protobuf.FileDescriptorSet`: every file of `proto/balustrade/v1` and what
/// they import. Served by reflection, and read by the test that knows every call.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/contract.binpb"));

#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    clippy::all,
    clippy::too_many_lines,
    reason = "generated; the documentation stands in the contract, and a client's half of it is not used here"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/balustrade.v1.rs"));
}
pub(super) use generated::*;
