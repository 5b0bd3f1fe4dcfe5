use super::versions::loss;
use crate::{
    domain::Timestamp,
    learning::{sequence::Moments, version::RolledBack},
    model::{
        calibration::Calibration,
        score::{Following, Row},
    },
};

/// After so many subjects both calibrations are read anew: reading one costs as much as hundreds of answers.
const READ_AGAIN: u32 = 250;

/// A version that was put in force, held against the one before it on every subject whose window closes from then on. Neither
/// has seen the subject.
#[derive(Debug)]
pub(super) struct Trial {
    pub(super) promoted: blake3::Hash,
    pub(super) before: blake3::Hash,
    calibrations: Option<(Calibration, Calibration)>,
    since_read: u32,
    /// By how much the promoted version's loss is above that of the one before.
    worse_by: Moments,
}

impl Trial {
    pub(super) fn new(promoted: blake3::Hash, before: blake3::Hash) -> Self {
        Self {
            promoted,
            before,
            calibrations: None,
            since_read: 0,
            worse_by: Moments::default(),
        }
    }

    /// Scores a subject by both, unless one of them was fitted to its time.
    pub(super) fn note(
        &mut self,
        promoted: &Following,
        before: &Following,
        (row, at, outcome): (&Row<'_>, Timestamp, bool),
        importance: f64,
    ) {
        let fitted_until = |following: &Following| following.fitted().origin().until;
        if at <= fitted_until(promoted).max(fitted_until(before)) {
            return;
        }
        if self.since_read == 0 {
            self.calibrations = Some((promoted.calibration(), before.calibration()));
        }
        self.since_read = (self.since_read + 1) % READ_AGAIN;
        let Some((new, old)) = &self.calibrations else {
            return;
        };
        let pair = promoted.probability(new, row).zip(before.probability(old, row));
        if let Some((new, old)) = pair {
            self.worse_by
                .add(loss(new, outcome) - loss(old, outcome), importance);
        }
    }

    /// Whether the promoted version is worse, beyond what chance does at any look.
    pub(super) fn is_lost(&self) -> bool {
        self.worse_by.interval().is_some_and(|(least, _)| least > 0.0)
    }

    pub(super) fn rolled_back(&self, at: Timestamp) -> RolledBack {
        RolledBack::of(&self.worse_by, at)
    }
}
