//! The simulated market: a seeded stand-in for the real thing, for the demo, the tests and the bench.
//!
//! No bid data may be shipped, so a newcomer's first decisions are made here. A [`Market`] offers
//! [`Impression`]s in time order, with a day and a week as central Europe lives them: busy evenings, quiet
//! nights. Each has the facts of a bid request, an auction, and a candidate of every campaign. Whoever bids
//! is told by [`Market::resolve`] what came of it: a loss, or a win and perhaps a click and, hours later, a
//! conversion.
//!
//! Beneath lies a truth that no caller sees and a learner can find: what rivals pay, by exchange, placement,
//! country and hour; how likely each campaign is clicked, by country, device, topic, placement and creative;
//! how often and how late a click becomes a conversion, and what it is worth. [`Market::click_probability`]
//! tells it to those who hold a model against it.
//!
//! Everything follows from the seed and the number of the impression, nothing from the order of the calls: two
//! bidders in the same market meet the same rivals and the same people, so that their difference is their own.
//!
//! Nothing here is real: sites end in `.example`, contacts are numbers, and every text says less than it
//! seems to.
//!
//! ```
//! use balustrade::{domain::Timestamp, simulator::Market};
//!
//! let market = Market::new(7, &[], Timestamp::from_millis(1_793_600_000_000));
//! let first = market.impressions().next().ok_or("a market never ends")?;
//! assert_eq!(Some(first), market.impressions().next());
//! assert!(market.to_string().contains("simulated market"));
//! # Ok::<(), &str>(())
//! ```

mod draws;
mod entrant;
mod history;
mod impression;
mod market;
mod offer;
mod rivals;
mod sentences;
mod topics;
mod traffic;
mod world;

pub use history::History;
pub use impression::Impression;
pub use market::{Impressions, Market};
