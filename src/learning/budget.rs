//! Learns what each arm brings for its money.
//!
//! What an arm spent and brought is kept by period: that of the split, else the day. A split says what an arm may spend
//! from now on; the next split of the same period says what it has spent by then, and so corrects the one before. The outcomes of
//! a split are counted when its window has closed, and a period speaks once those of all its splits are. Imported history brings both at
//! once. From the latest periods the curve of the arm is fitted anew, at the next snapshot and only where something
//! changed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::example::{Asked, Example, Lesson};
use crate::{
    domain::{Campaign, CandidateId, Micros, Observation, Timestamp, Word},
    model::budget::{ArmKey, Arms, Events, KnownArm, Period, Posterior, Prior},
};

/// How many periods of an arm are kept; older ones speak of another market.
const KEPT_PERIODS: usize = 180;
/// More than any arm spends in a period, in micros: ten thousand million units.
const IMPOSSIBLE: Micros = Micros::new(10_000_000_000 * 1_000_000);
const DAY_MILLIS: i64 = 86_400_000;
/// The return that is believed of an arm before its own is known moves in steps of e^(1/4), so that not every outcome of one
/// arm moves the curves of all.
const STEPS: f64 = 4.0;

/// What is learnt so far.
#[derive(Debug, Default)]
pub(super) struct Learnt {
    arms: BTreeMap<ArmKey, Followed>,
    changed: BTreeSet<ArmKey>,
    /// The step of the return of each event at the last snapshot.
    steps: BTreeMap<Word, i64>,
    published: Arc<Arms>,
}

/// What is followed of one arm.
#[derive(Debug)]
struct Followed {
    event: Word,
    periods: BTreeMap<Timestamp, Spent>,
    events: Events,
}

/// One period of an arm.
#[derive(Debug, Default)]
struct Spent {
    millis: i64,
    /// What splits gave: when, and what had been spent by then.
    given: Vec<Given>,
    /// How many of them have closed windows.
    closed: i64,
    /// What history says was spent.
    imported: i64,
    outcomes: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Given {
    at: Timestamp,
    part: i64,
    spent: Option<i64>,
}

impl Spent {
    /// What was spent: of every split up to the next one what that says, of the last one all it gave.
    fn micros(&self) -> i64 {
        let mut sum = self.imported;
        for (place, given) in self.given.iter().enumerate() {
            let before = given.spent.unwrap_or(0);
            let further = match self.given.get(place + 1).and_then(|next| next.spent) {
                Some(by_then) => by_then - before,
                None => given.part - before,
            };
            sum = sum.saturating_add(further.max(0));
        }
        sum
    }

    /// As the curves are fitted to it, by the day; `None` while the window of one of its splits is open.
    fn by_the_day(&self) -> Option<Period> {
        let complete = i64::try_from(self.given.len()).is_ok_and(|given| self.closed >= given);
        let days = float(self.millis) / float(DAY_MILLIS);
        (complete && days > 0.0).then(|| Period {
            spend_micros: float(self.micros()) / days,
            outcomes: float(self.outcomes.max(0)) / days,
        })
    }
}

impl Learnt {
    /// A split gave an arm its part.
    pub(super) fn decided(&mut self, asked: &Asked, example: &Example) {
        let Some(part) = asked.choice.amount().filter(|part| is_possible(*part)) else {
            return;
        };
        let told = asked.funding.and_then(|funding| funding.spent);
        let given = Given {
            at: example.made,
            part: part.get(),
            spent: told.filter(|spent| is_possible(*spent)).map(Micros::get),
        };
        let (start, millis) = period(asked, example);
        let period = self.period(key(asked, example), &example.objective, (start, millis));
        if let Err(place) = period.given.binary_search(&given) {
            period.given.insert(place, given);
        }
    }

    /// A window has closed. A negative `importance` takes back what the same example taught before.
    pub(super) fn learn(&mut self, asked: &Asked, example: &Example, lesson: &Lesson, importance: f64) {
        let key = key(asked, example);
        let (start, _) = period(asked, example);
        let Some(arm) = self.arms.get_mut(&key) else {
            return;
        };
        let outcomes = i64::from(lesson.hits);
        let (closed, outcomes) = if importance < 0.0 {
            arm.events.remove(example.closes, lesson.hits);
            (-1, -outcomes)
        } else {
            arm.events.add(example.closes, lesson.hits);
            (1, outcomes)
        };
        // A correction of a period that is kept no more changes nothing.
        if let Some(period) = arm.periods.get_mut(&start) {
            period.closed += closed;
            period.outcomes += outcomes;
        }
        self.changed.insert(key);
    }

    /// A row of history was imported; `campaign` is its campaign, where it is declared.
    pub(super) fn observe(&mut self, row: &Observation, _campaign: Option<&Campaign>) {
        let Some(spend) = row.spend.filter(|spend| is_possible(*spend)) else {
            return;
        };
        let named = row.candidate.clone();
        let Some(arm) = named.or_else(|| CandidateId::new(row.campaign.as_str()).ok()) else {
            return;
        };
        let closes = row.at.plus(row.objective.window);
        let hits = row
            .events
            .iter()
            .filter(|(event, at)| event.name() == row.objective.event.as_str() && *at <= closes);
        let hits = u32::try_from(hits.count()).unwrap_or(u32::MAX);
        let key = (row.campaign.clone(), arm);
        let period = self.period(key.clone(), &row.objective.event, (day_of(row.at), DAY_MILLIS));
        period.imported = period.imported.saturating_add(spend.get());
        period.outcomes += i64::from(hits);
        if let Some(arm) = self.arms.get_mut(&key) {
            arm.events.add(row.at, hits);
        }
    }

    /// What is known now. Cheap where nothing changed since the last time.
    pub(super) fn knowledge(&mut self) -> Arc<Arms> {
        if self.changed.is_empty() {
            return Arc::clone(&self.published);
        }
        let rates = self.rates();
        let steps: BTreeMap<Word, i64> = rates
            .iter()
            .map(|(event, rate)| (event.clone(), step_of(*rate)))
            .collect();
        let mut arms = self.published.arms.clone();
        for (key, followed) in &self.arms {
            let step = steps.get(&followed.event);
            let moved = step != self.steps.get(&followed.event);
            if !moved && !self.changed.contains(key) {
                continue;
            }
            match step.and_then(|step| followed.known(float(*step) / STEPS)) {
                Some(known) => arms.insert(key.clone(), known),
                None => arms.remove(key),
            };
        }
        self.steps = steps;
        self.changed.clear();
        self.published = Arc::new(Arms { arms, rates });
        Arc::clone(&self.published)
    }

    /// Outcomes a micro of all arms that are after the same event.
    fn rates(&self) -> BTreeMap<Word, f64> {
        let mut sums: BTreeMap<&Word, (f64, f64)> = BTreeMap::new();
        for arm in self.arms.values() {
            let (spend, outcomes) = sums.entry(&arm.event).or_default();
            for period in arm.periods.values().filter_map(Spent::by_the_day) {
                *spend += period.spend_micros;
                *outcomes += period.outcomes;
            }
        }
        let spoken = sums
            .into_iter()
            .filter(|(_, (spend, outcomes))| *spend > 0.0 && *outcomes > 0.0);
        spoken
            .map(|(event, (spend, outcomes))| (event.clone(), outcomes / spend))
            .collect()
    }

    fn period(&mut self, key: ArmKey, event: &Word, (start, millis): (Timestamp, i64)) -> &mut Spent {
        self.changed.insert(key.clone());
        let arm = self.arms.entry(key).or_insert_with(|| Followed {
            event: event.clone(),
            periods: BTreeMap::new(),
            events: Events::default(),
        });
        // An edit of the objective begins a new count: outcomes of two sorts cannot be added.
        if arm.event != *event {
            arm.event = event.clone();
            arm.periods.clear();
        }
        let full = arm.periods.len() >= KEPT_PERIODS && !arm.periods.contains_key(&start);
        if full {
            arm.periods.pop_first();
        }
        let period = arm.periods.entry(start).or_default();
        period.millis = millis;
        period
    }
}

impl Followed {
    /// What it brings, where the return that is believed of it beforehand is `e^log_rate`.
    fn known(&self, log_rate: f64) -> Option<KnownArm> {
        let periods: Vec<Period> = self.periods.values().filter_map(Spent::by_the_day).collect();
        if !periods.iter().any(|period| period.spend_micros > 0.0) {
            return None;
        }
        let prior = Prior {
            rate: log_rate.exp(),
            usual_micros: 1.0,
        };
        Some(KnownArm {
            posterior: Arc::new(Posterior::fit(&periods, prior)?),
            events: Arc::new(self.events.clone()),
        })
    }
}

fn key(asked: &Asked, example: &Example) -> ArmKey {
    (example.campaign.clone(), asked.candidate.clone())
}

/// The start of the period that a split pays for, and its length in milliseconds; the day where it says none.
fn period(asked: &Asked, example: &Example) -> (Timestamp, i64) {
    let told = asked.funding.and_then(|funding| funding.period);
    told.map_or_else(
        || (day_of(example.made), DAY_MILLIS),
        |period| (period.from, period.until.since(period.from).as_millis()),
    )
}

const fn day_of(at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.day() * DAY_MILLIS)
}

/// An amount that an arm can have spent.
fn is_possible(amount: Micros) -> bool {
    (Micros::ZERO..=IMPOSSIBLE).contains(&amount)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the logarithm of a positive float is small"
)]
fn step_of(rate: f64) -> i64 {
    (rate.ln() * STEPS).round() as i64
}

#[expect(clippy::cast_precision_loss, reason = "models work in floats")]
const fn float(number: i64) -> f64 {
    number as f64
}
