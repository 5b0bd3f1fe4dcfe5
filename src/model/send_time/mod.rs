//! When to send: from what is known of a contact's hours to the best instant inside the limits.

use super::Snapshot;
use crate::domain::{Bounded, Proposed};

/// What is known at one moment: when contacts answer.
#[derive(Debug, Clone, Default)]
pub struct SendTimes {}

impl SendTimes {
    /// Everything in it, to the digest of a snapshot.
    pub fn digest(&self, _: &mut blake3::Hasher) {}
}

/// One opinion a candidate, in the candidates' order; `None` where nothing is known.
#[must_use]
pub fn propose(_: &Snapshot, bounded: &Bounded) -> Vec<Option<Proposed>> {
    vec![None; bounded.query.candidates.len()]
}
