//! Learns when contacts answer.
//!
//! A message teaches once, when the objective's window after its instant has closed: sent in that hour of the
//! recipient's week, answered or not. Room is bounded where the knowledge lies: so many traces a contact, so many
//! contacts ([`contacts`](crate::model::contacts)).

use std::sync::Arc;

use super::example::{Asked, Example, Lesson};
use crate::{
    domain::{Campaign, Choice, Observation, Source, Timestamp, zone_of},
    model::{
        contacts::{ContactKey, Day},
        send_time::{Hour, SendTimes, Time, Trace, Who},
    },
};

/// What is learnt so far.
#[derive(Debug, Default)]
pub(super) struct Learnt {
    known: SendTimes,
    changed: bool,
    published: Arc<SendTimes>,
}

impl Learnt {
    /// A window has closed. A negative `importance` takes back what the same example taught before.
    pub(super) fn learn(&mut self, asked: &Asked, _: &Example, lesson: &Lesson, importance: f64) {
        let (Choice::Send(at), Some(answer)) = (asked.choice, lesson.label) else {
            return;
        };
        let who = Who::of(&asked.brand, &asked.facts);
        let hour = Hour::of(at, &zone_of(&asked.facts));
        self.known
            .learn(who, Trace::sent(Day::of(at), hour, answer), importance);
        if let Some(time) = drawn_time(asked) {
            self.known.compare(who, time, answer, importance);
        }
        self.changed = true;
    }

    /// A row of history was imported: a message, or, where the outcome happened at the row's very instant, something
    /// that the contact did of its own accord.
    pub(super) fn observe(&mut self, row: &Observation, _: Option<&Campaign>) {
        let who = Who::of(&row.brand, &row.facts);
        let (day, hour) = (Day::of(row.at), Hour::of(row.at, &zone_of(&row.facts)));
        let trace = match answered(row) {
            Some(at) if at == row.at => Trace::unasked(day, hour, 1.0),
            Some(_) => Trace::sent(day, hour, 1.0),
            None => Trace::sent(day, hour, 0.0),
        };
        self.known.learn(who, trace, 1.0);
        self.changed = true;
    }

    /// A contact is erased.
    pub(super) fn forget(&mut self, contact: ContactKey) {
        self.known.forget(contact);
        self.changed = true;
    }

    /// What is known now. Cheap where nothing changed since the last time.
    pub(super) fn knowledge(&mut self) -> Arc<SendTimes> {
        if std::mem::take(&mut self.changed) {
            self.published = Arc::new(self.known.clone());
        }
        Arc::clone(&self.published)
    }
}

/// Whose time a message had, where chance decided it: only such messages can be compared.
fn drawn_time(asked: &Asked) -> Option<Time> {
    let by_chance = asked.propensity.is_some_and(|propensity| propensity < 1.0) && !asked.forced;
    if !by_chance {
        return None;
    }
    match asked.source? {
        Source::Human => Some(Time::Fixed),
        Source::Model | Source::Blend => Some(Time::Chosen),
        Source::Fallback => None,
    }
}

/// When the first outcome of the objective followed, within its window.
fn answered(row: &Observation) -> Option<Timestamp> {
    let closes = row.at.plus(row.objective.window);
    let hits = row
        .events
        .iter()
        .filter(|(event, at)| event.name() == row.objective.event.as_str() && *at <= closes);
    hits.map(|(_, at)| *at).min()
}
