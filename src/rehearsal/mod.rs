//! Decisions that are not live: the tests that stand in rule files, and the road of an edited rulebook into force.
//!
//! They go through the same `enforce` as live ones, with a stated proposal, and nothing here can make a reply.

mod activation;
mod rule_tests;
mod untested;

pub use activation::{Activation, Activations, Checked, StartError, Status, checked, listed, reviewed};
pub use rule_tests::{Failure, run};
