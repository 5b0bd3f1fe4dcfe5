//! What is asked of every system: load rules, prepare a request in its own form, decide and name the rules.

use crate::work::{Facts, Rule};

pub trait Peer: Sized {
    const NAME: &'static str;
    /// A request in the system's own form. Bringing it there is not timed.
    type Request;

    fn load(rules: &[Rule]) -> Result<Self, String>;
    fn request(&self, facts: &Facts) -> Self::Request;
    /// The ids of the rules that restrict; the time of this call is what is measured.
    fn decide(&mut self, request: &Self::Request) -> Vec<String>;
}

/// What became of a request of which something is missing or wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Blocks,
    LetsThrough,
    /// An error that the caller has to make something of.
    Error(String),
    /// The rules, or the request, are refused before any decision.
    Refused(String),
}
