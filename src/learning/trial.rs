use std::sync::Arc;

use super::{sequence::Moments, version::RolledBack};
use crate::{
    domain::Timestamp,
    model::{Snapshot, features::Features},
};

/// A version that a person put in force, held against what decided before it: on every bid whose window closes from then on, and
/// that neither has seen.
#[derive(Debug)]
pub(super) struct Trial {
    promoted: Arc<Snapshot>,
    /// `None` where the journal was followed.
    before: Option<Arc<Snapshot>>,
    /// By how much the promoted version's loss is above the other's.
    worse_by: Moments,
}

impl Trial {
    pub(super) fn new(promoted: Arc<Snapshot>, before: Option<Arc<Snapshot>>) -> Self {
        Self {
            promoted,
            before,
            worse_by: Moments::default(),
        }
    }

    /// Scores an example by both; `learnt` is what is known by now, before the example is learnt from.
    pub(super) fn note(&mut self, features: &Features, label: f64, learnt: Option<f64>) {
        let own = self
            .promoted
            .response(features)
            .map(|(probability, _)| probability);
        let other = match &self.before {
            Some(before) => before.response(features).map(|(probability, _)| probability),
            None => learnt,
        };
        if let Some((own, other)) = own.zip(other) {
            self.worse_by.add(loss(own, label) - loss(other, label), 1.0);
        }
    }

    /// What the outcomes say, once they say that the promoted version is worse, beyond what chance does at any look.
    pub(super) fn lost(&self, now: Timestamp) -> Option<RolledBack> {
        let (least, _) = self.worse_by.interval()?;
        (least > 0.0).then(|| RolledBack::of(&self.worse_by, now))
    }

    /// The number of what decided before; `None` where the journal was followed.
    pub(super) fn before(&self) -> Option<u64> {
        self.before.as_ref().map(|before| before.number())
    }
}

fn loss(probability: f64, label: f64) -> f64 {
    let p = probability.clamp(1e-6, 1.0 - 1e-6);
    -(label * p.ln() + (1.0 - label) * (1.0 - p).ln())
}
