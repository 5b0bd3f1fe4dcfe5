//! What to show: from what a contact took to a slate inside the limits.
//!
//! Items are ordered by what the contact's own items say of them: exactly (EASE) while there are few enough, by
//! co-occurrence beyond, by popularity for a contact of whom nothing is known. The latest items speak loudest: an item
//! counts half as much after [`RECENT`] further ones, because what somebody wants changes faster than what goes
//! together. Creatives and messages are another question, and a bandit answers it ([`creatives`]).

pub mod creatives;
pub mod ease;
mod items;
pub mod neighbours;
mod propose;
mod relevance;
mod shelf;
mod slate;

pub use items::{Items, MOST_ITEMS, MOST_TAKEN, RECENT, Reason, Taken};
pub use propose::{candidates, known, propose, relevances, relevances_of};
pub use relevance::{History, Relevances};
pub use shelf::{MOST_ON_SHELF, News};
