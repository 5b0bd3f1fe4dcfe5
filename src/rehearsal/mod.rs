//! Decisions that are not live: the tests that stand in rule files, the road of an edited rulebook into
//! force, the switch that stops live ones, and past decisions looked at again.
//!
//! They go through the same `enforce` as live ones, with a stated proposal, and nothing here can make a reply.

mod activation;
mod checked;
mod holds;
mod kept;
mod list;
mod past;
mod proposals;
mod replay;
mod rule_tests;
mod shelf;
mod simulate;
mod switch;
mod unfit;
mod untested;

pub use activation::{Activation, Activations, Status};
pub use checked::{Checked, checked, holds_rules, listed, reviewed};
pub use holds::{HeldTicket, HoldState, Holds, ResolveError};
pub use list::{Filter, list};
pub use past::{Progress, Told};
pub use proposals::Proposal;
pub use replay::{
    Difference, Differing, ModelAgain, ReplayReport, Within, differences, model_again, replay, replayed,
};
pub use rule_tests::{Failure, run};
pub use shelf::{KeptRulebook, Shelf};
pub use simulate::{
    Change, Edit, Refused, Scope, Segment, Shift, SimulateReport, Trial, Turn, Worth, simulate,
};
pub use switch::{StopSwitch, SwitchError};
pub use unfit::{ApproveError, RollBackError, StartError};
