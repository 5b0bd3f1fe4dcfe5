//! Compiles the contract in `proto/`.

fn main() {}
