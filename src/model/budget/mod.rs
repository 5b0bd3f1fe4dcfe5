//! How to split a total: from each arm's response to equal marginal returns inside the limits.

use super::Snapshot;
use crate::domain::{Bounded, Proposed};

/// What is known at one moment: what each arm brings for its money.
#[derive(Debug, Clone, Default)]
pub struct Arms {}

impl Arms {
    /// Everything in it, to the digest of a snapshot.
    pub fn digest(&self, _: &mut blake3::Hasher) {}
}

/// One opinion a candidate, in the candidates' order; `None` where nothing is known.
#[must_use]
pub fn propose(_: &Snapshot, bounded: &Bounded) -> Vec<Option<Proposed>> {
    vec![None; bounded.query.candidates.len()]
}
