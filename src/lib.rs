//! Balustrade: people set the limits, the model works inside them, every answer says why, outcomes teach it.

pub mod app;
pub mod cli;
pub mod domain;
pub mod grpc;
pub mod guardrail;
pub mod journal;
pub mod learning;
pub mod model;
pub mod rehearsal;
pub mod rules;
pub mod settings;
pub mod simulator;
