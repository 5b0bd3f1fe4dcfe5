//! What the tried rules would have done to money and outcomes, as far as it can be known.
//!
//! A bid that left and would not have: the log tells what had been paid and what had followed, and both would be gone.
//! The interval is that of a sum over traffic drawn anew: with x what one decision adds (0 for most), the sum over n
//! decisions has about the variance `sum of x² - (sum of x)² / n`.
//!
//! A bid that would have had another price: where prices were explored, the log holds bids that by chance had the new
//! one. They are weighed by how seldom that was (SNIPS, see [`crate::learning::evaluation::estimators`]), and where
//! they are too few there is no number.
//!
//! A bid that would have left and did not: nothing in the log can tell. What the model of today expects is told, and
//! labelled so.

use std::collections::{BTreeMap, HashMap};

use super::{once::Changed, report::Worth};
use crate::{
    domain::{
        CandidateId, Choice, Currency, DecisionId, Event, Objective, Outcome, Question, Record, Timestamp,
    },
    learning::evaluation::estimators::{Logged, estimate},
};

/// Bids whose outcomes matter, and what the model said of those that never were.
#[derive(Debug, Default)]
pub(super) struct Bids {
    followed: HashMap<DecisionId, Vec<Followed>>,
    gained: BTreeMap<String, Gained>,
}

#[derive(Debug, Default)]
struct Gained {
    bids: u64,
    told: u64,
    value_micros: i128,
}

/// A bid that left, and what became of it.
#[derive(Debug)]
struct Followed {
    candidate: CandidateId,
    currency: Currency,
    objective: Objective,
    made: Timestamp,
    under_trial: UnderTrial,
    outcomes: Vec<Outcome>,
}

/// What would have become of a bid under the tried rules.
#[derive(Debug, Clone, Copy, PartialEq)]
enum UnderTrial {
    /// It would not have left.
    Lost,
    /// Its price would be set otherwise; the recorded one was drawn with this probability, and is the new one with
    /// that one.
    Moved { propensity: f64, target: f64 },
}

/// A sum and what its interval is made of.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    sum: f64,
    squares: f64,
}

impl Sum {
    fn add(&mut self, x: f64) {
        self.sum += x;
        self.squares += x * x;
    }

    /// The sum with the ends of its interval, over so many decisions.
    fn interval(self, decisions: f64) -> [f64; 3] {
        let variance = (self.squares - self.sum * self.sum / decisions.max(1.0)).max(0.0);
        let half = 1.96 * variance.sqrt();
        [self.sum, (self.sum - half).max(0.0), self.sum + half]
    }
}

// === impl Bids ===

impl Bids {
    /// Takes note of a decision that came out otherwise.
    pub(super) fn note(&mut self, record: &Record, changed: &Changed) {
        if !matches!(record.question, Question::Bid(_)) {
            return;
        }
        for (place, answer) in &changed.answers {
            let Some(then) = record.candidates.get(*place) else {
                continue;
            };
            let price = |choice: Option<Choice>| choice.and_then(Choice::price);
            match (price(then.choice), price(answer.choice)) {
                (Some(_), None) => self.follow(record, *place, UnderTrial::Lost),
                (None, Some(_)) => {
                    let gained = self.gained.entry(then.currency.to_string()).or_default();
                    gained.bids += 1;
                    let estimate = answer.proposed.as_ref().and_then(|proposed| proposed.estimate);
                    if let Some((estimate, won)) = estimate.and_then(|of| Some((of, of.win_probability?))) {
                        gained.told += 1;
                        let value = estimate.expected_value.to_f64() / 1_000.0 * won;
                        gained.value_micros += i128::from(rounded(value));
                    }
                }
                (Some(_), Some(_)) | (None, None) => {}
            }
        }
        for (place, after) in &changed.moved {
            let then = record.candidates.get(*place);
            let drawn = then.and_then(|then| then.proposed.as_ref());
            if let (Some(then), Some(drawn)) = (then, drawn) {
                let target = if then.choice == Some(*after) { 1.0 } else { 0.0 };
                let propensity = drawn.propensity;
                self.follow(record, *place, UnderTrial::Moved { propensity, target });
            }
        }
    }

    fn follow(&mut self, record: &Record, place: usize, under_trial: UnderTrial) {
        let Some(then) = record.candidates.get(place) else {
            return;
        };
        self.followed.entry(record.decision).or_default().push(Followed {
            candidate: then.id.clone(),
            currency: then.currency,
            objective: then.objective.clone(),
            made: record.now,
            under_trial,
            outcomes: Vec::new(),
        });
    }

    /// An outcome that stands.
    pub(super) fn hear(&mut self, outcome: &Outcome) {
        let Some(followed) = self.followed.get_mut(&outcome.decision) else {
            return;
        };
        for bid in followed
            .iter_mut()
            .filter(|bid| bid.candidate == outcome.candidate)
        {
            let key = outcome.key();
            match bid.outcomes.iter_mut().find(|known| known.key() == key) {
                Some(known) => known.clone_from(outcome),
                None => bid.outcomes.push(outcome.clone()),
            }
        }
    }

    /// Adds what another hand followed.
    pub(super) fn take(&mut self, other: Self) {
        self.followed.extend(other.followed);
        for (currency, gained) in other.gained {
            let own = self.gained.entry(currency).or_default();
            own.bids += gained.bids;
            own.told += gained.told;
            own.value_micros += gained.value_micros;
        }
    }

    /// What it came to, by currency, of so many decisions.
    pub(super) fn told(self, decisions: u64) -> Vec<Worth> {
        let mut bids: Vec<(DecisionId, Followed)> = self
            .followed
            .into_iter()
            .flat_map(|(decision, bids)| bids.into_iter().map(move |bid| (decision, bid)))
            .collect();
        bids.sort_by(|(a, bid), (b, other)| (a, &bid.candidate).cmp(&(b, &other.candidate)));
        let mut by_currency: BTreeMap<String, Vec<Followed>> = BTreeMap::new();
        for (_, bid) in bids {
            by_currency.entry(bid.currency.to_string()).or_default().push(bid);
        }
        for currency in self.gained.keys() {
            by_currency.entry(currency.clone()).or_default();
        }
        let each = by_currency.into_iter().map(|(currency, bids)| {
            let gained = self.gained.get(&currency);
            worth(currency, &bids, gained, as_f64(decisions))
        });
        each.collect()
    }
}

// === impl Followed ===

impl Followed {
    fn standing(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().filter(|outcome| !outcome.withdrawn)
    }

    /// What was paid for the impression, in micros.
    fn paid(&self) -> f64 {
        let price = self.standing().find_map(|outcome| match outcome.event {
            Event::Win { price } => Some(price),
            Event::Loss { .. }
            | Event::Impression
            | Event::Click
            | Event::Conversion { .. }
            | Event::Sent
            | Event::Cancelled
            | Event::Open
            | Event::Unsubscribe => None,
        });
        price.unwrap_or_default().to_f64() / 1_000.0
    }

    /// The outcomes of its objective, within its window.
    fn hits(&self) -> impl Iterator<Item = &Outcome> {
        let closes = self.made.plus(self.objective.window);
        self.standing().filter(move |outcome| {
            outcome.event.name() == self.objective.event.as_str() && outcome.at <= closes
        })
    }

    fn value(&self) -> i128 {
        let worth = self.hits().filter_map(|outcome| outcome.event.value());
        worth.map(|value| i128::from(value.get())).sum()
    }
}

fn worth(currency: String, bids: &[Followed], gained: Option<&Gained>, decisions: f64) -> Worth {
    let (mut spend, mut outcomes, mut value) = (Sum::default(), Sum::default(), 0);
    let lost = bids.iter().filter(|bid| bid.under_trial == UnderTrial::Lost);
    for bid in lost.clone() {
        spend.add(bid.paid());
        outcomes.add(as_f64(bid.hits().count() as u64));
        value += bid.value();
    }
    let [paid, paid_low, paid_high] = spend.interval(decisions).map(rounded);
    let [hits, hits_low, hits_high] = outcomes.interval(decisions);
    let rows: Vec<Logged> = bids.iter().filter_map(logged).collect();
    let (moved_by_log, moved_cannot_tell) = moved(&rows);
    Worth {
        currency,
        lost_bids: lost.count() as u64,
        lost_spend_micros: paid,
        lost_spend_low_micros: paid_low,
        lost_spend_high_micros: paid_high,
        lost_outcomes: hits,
        lost_outcomes_low: hits_low,
        lost_outcomes_high: hits_high,
        lost_value_micros: i64::try_from(value).unwrap_or(i64::MAX),
        moved_bids: rows.len() as u64,
        moved_by_log,
        moved_cannot_tell,
        gained_bids: gained.map_or(0, |gained| gained.bids),
        gained_value_by_model_micros: gained
            .map_or(0, |gained| i64::try_from(gained.value_micros).unwrap_or(i64::MAX)),
        gained_told_by_model: gained.map_or(0, |gained| gained.told),
    }
}

fn logged(bid: &Followed) -> Option<Logged> {
    let UnderTrial::Moved { propensity, target } = bid.under_trial else {
        return None;
    };
    Some(Logged {
        reward: as_f64(bid.hits().count() as u64),
        propensity,
        target,
        expected: 0.0,
        expected_of_target: 0.0,
    })
}

/// Weights of the clipped estimate end here; it is not shown.
const CLIPPED_AT: f64 = 20.0;

/// Outcomes of a thousand bids at the old prices and at the new ones, or why the log cannot tell.
fn moved(rows: &[Logged]) -> (String, String) {
    if rows.is_empty() {
        return (String::new(), String::new());
    }
    let logged: f64 = rows.iter().map(|row| row.reward).sum::<f64>() / as_f64(rows.len() as u64);
    match estimate(rows, CLIPPED_AT, 7) {
        Ok(estimates) => {
            let [value, low, high] =
                [estimates.snips.value, estimates.snips.low, estimates.snips.high].map(|of| of * 1_000.0);
            let told = format!("{:.2} -> {value:.2} [{low:.2}, {high:.2}]", logged * 1_000.0);
            (told, String::new())
        }
        Err(thin) => (String::new(), thin.to_string()),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
const fn as_f64(count: u64) -> f64 {
    count as f64
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a sum of money in micros; `as` saturates"
)]
fn rounded(micros: f64) -> i64 {
    micros.round() as i64
}
