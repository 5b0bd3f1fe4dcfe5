//! Compiles the contract in `proto/` into Rust types and a descriptor set, without protoc.

use std::{env, fs, io, path::Path};

use protox::prost::Message as _;

const CONTRACT: [&str; 5] = [
    "balustrade/v1/audit.proto",
    "balustrade/v1/decision.proto",
    "balustrade/v1/models.proto",
    "balustrade/v1/outcome.proto",
    "balustrade/v1/rules.proto",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto");
    let descriptors = protox::compile(CONTRACT, ["proto"])?;
    let out_dir = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("cargo sets OUT_DIR"))?;
    fs::write(
        Path::new(&out_dir).join("contract.binpb"),
        descriptors.encode_to_vec(),
    )?;
    tonic_prost_build::configure()
        .build_transport(false)
        .btree_map(".")
        .codec_path("crate::grpc::codec::Codec")
        .compile_fds(descriptors)?;
    Ok(())
}
