//! Decisions that are not live: the tests that stand in rule files, the road of an edited rulebook into
//! force, and the switch that stops live ones.
//!
//! They go through the same `enforce` as live ones, with a stated proposal, and nothing here can make a reply.

mod activation;
mod kept;
mod rule_tests;
mod switch;
mod untested;

pub use activation::{
    Activation, Activations, Checked, RollBackError, StartError, Status, checked, listed, reviewed,
};
pub use rule_tests::{Failure, run};
pub use switch::{StopSwitch, SwitchError};
