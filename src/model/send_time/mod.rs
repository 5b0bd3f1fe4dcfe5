//! When to send: from what is known of a contact's hours to the best instant inside the limits.
//!
//! The week has 168 hours on the recipient's clock. What is learnt of an hour is the rate of answers to what was
//! sent in it, never the answers alone: those would only repeat the schedule of the past. A contact's week is drawn
//! towards its segment's, the segment's towards its account's (the brand), the account's towards everybody's, and
//! that towards a flat one, each by its own evidence (empirical Bayes with Gamma beliefs). How far a contact's own
//! hours are to be trusted is learnt too: every answer is foretold, under several degrees of trust, before it is
//! learnt from, and the degree that foretold best serves ([`TRUSTS`]).
//!
//! Evidence fades with a half-life of [`HALF_LIFE_DAYS`]. Of the usual 60 to 90 days it is the longest: a contact
//! gets a few messages a month, so what is missing is evidence rather than freshness; and it is the window over
//! which the audience is counted for maturity.
//!
//! An answer counts by the chance that a person gave it. Room: four bytes a message, the latest [`MOST_TRACES`] of a
//! contact, so a million contacts need about 200 MB at the most (see [`contacts`](super::contacts)).

mod group;
mod hours;
mod propose;
mod shape;
mod state;
mod trace;

pub use group::{Lift, Tally, Time};
pub use hours::{HOURS, Hour, Moment, moments};
pub use propose::{HELD_OUT, propose};
pub use shape::{Evidence, Spread, Week};
pub use state::{Belief, MOST_TRACES, SendTimes, TRUSTS, Who};
pub use trace::{HALF_LIFE_DAYS, Trace};
