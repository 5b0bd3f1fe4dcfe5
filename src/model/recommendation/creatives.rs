//! Which creative or message to show: a bandit over what each brought so far.
//!
//! Creatives differ from items in that nobody owns one: what counts is which of them people answer, and the way to
//! know is to show them. Each arm's rate is believed relative to that of all the arms it stands among, so the
//! prior says nothing of the rate itself: only that creatives are alike until they show otherwise ([`PRIOR`]). What
//! is drawn and how: [`thompson`](crate::model::thompson).

use serde::{Deserialize, Serialize};

use crate::model::thompson::Arm;

/// How many answers say as much as the prior, which is Gamma(1, 1): a mean of one, the rate of them all, and a
/// deviation of as much. The weakest that has a finite mode at all; a stronger one would have to know how much
/// creatives differ, which is another figure in every campaign.
pub const PRIOR: f64 = 1.0;
/// The most arms of one question.
pub const MOST_ARMS: usize = 50;
/// The rate before anything was shown, and how many showings that is worth. It cancels out between arms.
const FIRST_RATE: (f64, f64) = (0.02, 50.0);

/// How often a creative was shown, and answered.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Shown {
    /// Times shown.
    pub shown: f64,
    /// Times answered.
    pub answered: f64,
}

impl Shown {
    /// Counts a showing and its answer, 0 to 1; with `times` -1 takes it back.
    pub fn add(&mut self, answer: f64, times: f64) {
        self.shown = (self.shown + times).max(0.0);
        self.answered = (self.answered + times * answer).max(0.0);
    }
}

/// The rate of all of them together.
#[must_use]
pub fn pooled_rate(arms: &[Shown]) -> f64 {
    let (rate, worth) = FIRST_RATE;
    let shown: f64 = arms.iter().map(|arm| arm.shown).sum();
    let answered: f64 = arms.iter().map(|arm| arm.answered).sum();
    rate.mul_add(worth, answered) / (shown + worth)
}

/// The beliefs to draw from, in order, sharpened.
#[must_use]
pub fn beliefs(arms: &[Shown]) -> Vec<Arm> {
    let rate = pooled_rate(arms);
    let belief = |arm: &Shown| Arm::counted(PRIOR, arm.answered, rate * arm.shown).sharpened();
    arms.iter().map(belief).collect()
}
