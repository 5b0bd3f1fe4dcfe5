//! What to show: from what a contact took to a slate inside the limits.

use super::Snapshot;
use crate::domain::{Bounded, Proposed};

/// What is known at one moment: which items go together, and what contacts took.
#[derive(Debug, Clone, Default)]
pub struct Items {}

impl Items {
    /// Everything in it, to the digest of a snapshot.
    pub fn digest(&self, _: &mut blake3::Hasher) {}
}

/// One opinion a candidate, in the candidates' order; `None` where nothing is known.
#[must_use]
pub fn propose(_: &Snapshot, bounded: &Bounded) -> Vec<Option<Proposed>> {
    vec![None; bounded.query.candidates.len()]
}
