//! How likely the outcome is: a model a purpose, the better one on held-out time.

use super::Snapshot;
use crate::domain::{Bounded, Proposed};

/// What is known at one moment: how facts tell the outcome of a purpose.
#[derive(Debug, Clone, Default)]
pub struct Scores {}

impl Scores {
    /// Everything in it, to the digest of a snapshot.
    pub fn digest(&self, _: &mut blake3::Hasher) {}
}

/// One opinion a candidate, in the candidates' order; `None` where nothing is known.
#[must_use]
pub fn propose(_: &Snapshot, bounded: &Bounded) -> Vec<Option<Proposed>> {
    vec![None; bounded.query.candidates.len()]
}
