//! Learns what each arm brings for its money.

use std::sync::Arc;

use super::example::{Asked, Example, Lesson};
use crate::{
    domain::{Campaign, Observation},
    model::budget::Arms,
};

/// What is learnt so far.
#[derive(Debug, Default)]
pub(super) struct Learnt {
    published: Arc<Arms>,
}

impl Learnt {
    /// A window has closed. A negative `importance` takes back what the same example taught before.
    pub(super) fn learn(&mut self, _asked: &Asked, _example: &Example, _lesson: &Lesson, _importance: f64) {}

    /// A row of history was imported; `campaign` is its campaign, where it is declared.
    pub(super) fn observe(&mut self, _row: &Observation, _campaign: Option<&Campaign>) {}

    /// What is known now. Cheap where nothing changed since the last time.
    pub(super) fn knowledge(&mut self) -> Arc<Arms> {
        Arc::clone(&self.published)
    }
}
