//! How to split a total: from what each arm brought for its money to equal marginal returns inside the limits.
//!
//! An arm's past gives a [`Posterior`] over concave curves. What an outcome is worth makes arms comparable; [`optimum`] divides the
//! total so that the next unit of money brings the same everywhere it may still be moved. The limits are known before:
//! they are the bounds of the optimiser, and so is the maturity of each arm. An arm that knows little may be moved only
//! a part of the way from its human part to its bounds: none while cold, n / (n + k) of it while learning, all of it when mature. So the parts
//! always add up, and an arm at its human part stays there exactly. Where a rule's band hands an arm over, the band is
//! that room.
//!
//! Two splits are thought of, each inside the same bounds: that of the mean curves, and one of curves drawn from the posteriors (Thompson
//! sampling), drawn anew with each snapshot. One split in five is the latter, by the query's seed; the propensity of a part is the
//! summed chance of the splits that hold it. The human part of what an arm may not yet be moved is also its floor: a novel arm is
//! never cut to nothing before there was something to learn from.

mod arms;
mod curve;
mod optimum;
mod posterior;
mod propose;

pub use arms::{ArmKey, Arms, Events, KnownArm};
pub use curve::{Bend, Curve};
pub use optimum::{Infeasible, Room, optimum};
pub use posterior::{Family, HeldOut, Period, Posterior, Prior};
pub use propose::{EXPLORED, propose};
