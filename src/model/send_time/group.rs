use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    hours::{HOURS, Hour},
    shape::{self, Spread, Week, hours},
    trace::{Trace, weight},
};
use crate::model::contacts::Day;

/// How long recipients are counted back at the most, in days.
const RECIPIENT_DAYS: i32 = 400;

/// Weighted counts of a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Counts {
    #[serde(with = "crate::model::cells")]
    pub(super) answers: Week,
    #[serde(with = "crate::model::cells")]
    pub(super) sent: Week,
    /// Sums: messages, answers to them, unasked acts.
    pub(super) messages: f64,
    pub(super) answered: f64,
    pub(super) unasked: f64,
    /// How many contacts were last written to on each day, as far back as recipients are counted.
    pub(super) recipients: BTreeMap<Day, u32>,
    /// Messages at the model's time, and at people's, since ever: for the lift.
    pub(super) chosen: Tally,
    pub(super) fixed: Tally,
}

/// Messages and answers.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Messages.
    pub sent: f64,
    /// Answers to them.
    pub answered: f64,
}

impl Tally {
    pub(super) fn add(&mut self, answer: f64, times: f64) {
        self.sent = (self.sent + times).max(0.0);
        self.answered = (self.answered + times * answer).max(0.0);
    }

    pub(super) fn rate(self) -> Option<f64> {
        (self.sent > 0.0).then(|| self.answered / self.sent)
    }
}

/// Whose time a message was sent at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// The campaign's.
    Fixed,
    /// The model's.
    Chosen,
}

/// What choosing the time has brought, against the campaign's fixed time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lift {
    /// Messages at the times the model chose.
    pub chosen: Tally,
    /// Messages at the fixed time that were held out at random.
    pub fixed: Tally,
    /// Difference of the two shares of answers.
    pub difference: f64,
    /// Standard error of the difference.
    pub error: f64,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            answers: [0.0; HOURS],
            sent: [0.0; HOURS],
            messages: 0.0,
            answered: 0.0,
            unasked: 0.0,
            recipients: BTreeMap::new(),
            chosen: Tally::default(),
            fixed: Tally::default(),
        }
    }
}

impl Counts {
    pub(super) fn add(&mut self, trace: Trace, times: f64) {
        let weight = times * weight(trace.day);
        let answered = weight * trace.answer();
        add_to(&mut self.answers, trace.hour, answered);
        if trace.is_sent() {
            add_to(&mut self.sent, trace.hour, weight);
            self.messages = (self.messages + weight).max(0.0);
            self.answered = (self.answered + answered).max(0.0);
        } else {
            self.unasked = (self.unasked + answered).max(0.0);
        }
    }

    /// A contact that was last written to on `before` was now written to on `day`.
    pub(super) fn written_to(&mut self, before: Option<Day>, day: Day) {
        if let Some(count) = before.and_then(|before| self.recipients.get_mut(&before)) {
            *count = count.saturating_sub(1);
        }
        *self.recipients.entry(day.max(before.unwrap_or(day))).or_default() += 1;
        let latest = self.recipients.keys().next_back().copied().unwrap_or(day);
        self.recipients
            .retain(|day, count| *count > 0 && latest.since(*day) <= RECIPIENT_DAYS);
    }

    pub(super) fn evidence(&self, spread: &Spread, rate: f64, scale: f64) -> shape::Evidence {
        let unasked = self.unasked / hours();
        shape::Evidence {
            answers: spread.over(&self.answers).map(|answers| answers * scale),
            expected: spread
                .over(&self.sent)
                .map(|sent| (sent * rate + unasked) * scale),
        }
    }
}

pub(super) fn add_to(week: &mut Week, hour: Hour, amount: f64) {
    if let Some(cell) = week.get_mut(hour.number()) {
        *cell = (*cell + amount).max(0.0);
    }
}
