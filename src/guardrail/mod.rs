//! Nothing leaves unguarded.
//!
//! [`Guardrail`] is a `tower` service from [`Asked`] to [`Decision`]. It reads the limits from the rulebook, asks
//! the model inside them, checks the answer twice and writes it down:
//!
//! ```text
//! Asked -> limits (rules + auction + budget left) -> Bounded -> model -> Proposal -> enforce -> Enforced -> Decision
//! ```
//!
//! A reply can be built only from a [`Decision`], and only this room makes one: its constructor is private, and
//! it is neither `Clone`, `Default` nor `Deserialize`. [`enforce`] is pure and total; tests, `check` and replay
//! use it too, and nothing turns its [`Enforced`] into a decision but the live path here.

mod again;
mod approval;
mod asked;
mod baseline;
mod bound;
mod campaigns;
mod check;
mod counts;
mod decision;
mod enforce;
mod fallback;
mod group;
mod record;
mod recording;
mod refusal;
mod reservation;
mod service;
mod shortlist;
mod stop;

pub use crate::rules::vocabulary::Misstated;
pub use again::{asked_before, enforced_again, heard_before, read_before};
pub use approval::Approvals;
pub use bound::bound;
pub use counts::Counts;
pub use decision::{Decision, Gap};
pub use enforce::{Answer, Enforced, enforce, read_back};
pub use recording::{Recording, Recordings};
pub use refusal::Refusal;
pub use service::{Asked, Guardrail, Parts, Rules, Stops};
