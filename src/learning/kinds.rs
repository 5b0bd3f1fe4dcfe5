//! What the kinds beside bids learn, each in its own part.

use super::{
    budget,
    example::{Asked, Example, Lesson},
    recommendation, score, send_time,
};
use crate::{
    domain::{Campaign, Kind, Observation},
    model::contacts::ContactKey,
};

/// The parts.
#[derive(Debug, Default)]
pub(super) struct Kinds {
    pub(super) send_times: send_time::Learnt,
    pub(super) items: recommendation::Learnt,
    pub(super) arms: budget::Learnt,
    pub(super) scores: score::ScoreLearning,
}

impl Kinds {
    /// A value left.
    pub(super) fn decided(&mut self, asked: &Asked, example: &Example) {
        match asked.kind {
            Kind::Budget => self.arms.decided(asked, example),
            Kind::Recommendation => self.items.decided(asked, example),
            Kind::Bid | Kind::SendTime | Kind::Score => {}
        }
    }

    /// A window has closed. A negative `importance` takes back what the same example taught before.
    pub(super) fn learn(&mut self, asked: &Asked, example: &Example, lesson: &Lesson, importance: f64) {
        match asked.kind {
            Kind::Bid => {}
            Kind::SendTime => self.send_times.learn(asked, example, lesson, importance),
            Kind::Recommendation => self.items.learn(asked, example, lesson, importance),
            Kind::Budget => self.arms.learn(asked, example, lesson, importance),
            Kind::Score => self.scores.learn(asked, example, lesson, importance),
        }
    }

    /// A contact of a brand is erased.
    pub(super) fn forget(&mut self, contact: ContactKey) {
        self.send_times.forget(contact);
        self.items.forget(contact);
    }

    /// A row of history was imported; `campaign` is its campaign, where it is declared.
    pub(super) fn observe(&mut self, row: &Observation, campaign: Option<&Campaign>) {
        match row.kind {
            Kind::Bid => {}
            Kind::SendTime => self.send_times.observe(row, campaign),
            Kind::Recommendation => self.items.observe(row, campaign),
            Kind::Budget => self.arms.observe(row, campaign),
            Kind::Score => self.scores.observe(row, campaign),
        }
    }
}
