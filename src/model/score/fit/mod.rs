//! Fitting: from a history to the model that did best on subjects it had not seen.
//!
//! Two models are fitted, a line and boosted trees, and a third form is the mean of their log-odds. Which of them
//! answers is decided on data that the fit did not see, twice over, since a model has to describe the customers that there are
//! and to stand the time that comes:
//!
//! - *interleaved*: the history in three interleaved thirds, each scored by a model of the other two;
//! - *forward*: three steps in time (the first 40 % score the next 20 %, and so on). Its level is aligned before the
//!   log loss is taken: a base rate that moved is seen by the calibration of the next fit, and would drown what
//!   the step is to tell, which form still orders subjects rightly later.
//!
//! The form with the smallest sum of both log losses wins; between equals the simplest. The interleaved scores then
//! calibrate it (Platt's line when positives are few, isotonic when many), for no subject was scored by a model that
//! had seen it, and every season has its part. At last both models are fitted to everything.
//!
//! Everything is a function of the history: no clock, no thread, fixed seeds. The same history gives the same
//! model, to the last bit.

mod boosting;
mod logistic;

use super::{
    fitted::{Fitted, Form, Origin, Tried},
    history::{History, Seen, Term},
    layout::Layout,
    linear::Linear,
    trees::Trees,
};
use crate::model::{calibration::Scores, ftrl::sigmoid};

/// Below this many subjects of either outcome there is nothing to fit.
pub const FEWEST_OF_EACH: usize = 10;
/// A fit is due once so many subjects are new, and a twentieth of those kept: less moves a model little.
pub const NEW_AT_LEAST: u64 = 100;
const NEW_PART: u64 = 20;
const FOLDS: usize = 3;
/// Where each step forward begins and ends, in fifths of the history.
const STEPS: [(usize, usize); 3] = [(2, 3), (3, 4), (4, 5)];

/// Whether a fit is due when so many of those kept are new since the last one.
#[must_use]
pub fn is_due(new: u64, kept: usize) -> bool {
    new >= NEW_AT_LEAST.max(kept as u64 / NEW_PART)
}

/// A model, and what it said of each subject while that was held back.
#[derive(Debug, Clone)]
pub struct Fit {
    /// The model.
    pub fitted: Fitted,
    /// Every subject of the interleaved thirds, in time order.
    pub held: Vec<HeldBack>,
    /// What their cells name.
    pub terms: Vec<Term>,
}

/// A subject that was held back, and what the model of the others said of it.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldBack {
    /// Who.
    pub seen: Seen,
    /// What the winning form said, before calibration.
    pub log_odds: f64,
}

/// The best model of a history; `None` if either outcome is too rare, or no model could be fitted.
#[must_use]
pub fn fit(history: &History) -> Option<Fit> {
    let mut rows: Vec<&Seen> = history.iter().collect();
    rows.sort_by_key(|seen| seen.at);
    fit_rows(history.terms(), &rows)
}

/// The same of chosen subjects, in time order.
#[must_use]
pub fn fit_rows(terms: &[Term], rows: &[&Seen]) -> Option<Fit> {
    if !both_outcomes(rows) {
        return None;
    }
    let interleaved = interleaved(terms, rows);
    let tried = tried(&interleaved, &forward(terms, rows));
    let chosen = tried
        .iter()
        .min_by(|a, b| (a.interleaved + a.forward).total_cmp(&(b.interleaved + b.forward)));
    let whole = Pair::fit(terms, rows)?;
    let form = chosen.map_or_else(|| whole.simplest(), |tried| tried.form);
    let mut scores = Scores::of_all();
    for held in &interleaved {
        scores.note(held.log_odds(form), held.label(), 1.0);
    }
    let held = interleaved
        .iter()
        .map(|held| HeldBack {
            seen: held.seen.clone(),
            log_odds: held.log_odds(form),
        })
        .collect();
    let fitted = Fitted {
        layout: whole.layout,
        linear: whole.linear.unwrap_or_default(),
        trees: whole.trees.unwrap_or_default(),
        form,
        calibration: scores.fit(),
        origin: origin(rows, tried),
    };
    let terms = terms.to_vec();
    Some(Fit { fitted, held, terms })
}

fn origin(rows: &[&Seen], tried: Vec<Tried>) -> Origin {
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Origin {
        rows: count(rows.len()),
        positives: count(rows.iter().filter(|seen| seen.outcome).count()),
        from: rows.first().map(|seen| seen.at).unwrap_or_default(),
        until: rows.last().map(|seen| seen.at).unwrap_or_default(),
        tried,
    }
}

fn both_outcomes(rows: &[&Seen]) -> bool {
    let positives = rows.iter().filter(|seen| seen.outcome).count();
    positives >= FEWEST_OF_EACH && rows.len() - positives >= FEWEST_OF_EACH
}

/// Both models of the same rows.
struct Pair {
    layout: Layout,
    linear: Option<Linear>,
    trees: Option<Trees>,
}

/// What both models say of a subject that they were not fitted to.
struct Held<'a> {
    linear: Option<f64>,
    trees: Option<f64>,
    seen: &'a Seen,
}

impl Pair {
    /// `None` if no model could be fitted.
    fn fit(terms: &[Term], rows: &[&Seen]) -> Option<Self> {
        let layout = Layout::of(terms, rows);
        let table = layout.reader(terms).table(rows);
        let outcomes: Vec<f64> = rows
            .iter()
            .map(|seen| f64::from(u8::from(seen.outcome)))
            .collect();
        let linear = logistic::fit(&layout, &table, &outcomes);
        let trees = boosting::fit(&table, layout.columns().len(), &outcomes);
        (linear.is_some() || trees.is_some()).then_some(Self {
            layout,
            linear,
            trees,
        })
    }

    const fn simplest(&self) -> Form {
        if self.linear.is_some() {
            Form::Linear
        } else {
            Form::Trees
        }
    }

    fn held<'a>(&self, terms: &[Term], rows: &[&'a Seen]) -> Vec<Held<'a>> {
        let reader = self.layout.reader(terms);
        let held = |seen: &&'a Seen| {
            let values = reader.values(seen);
            let linear = self.linear.as_ref();
            let trees = self.trees.as_ref();
            Held {
                linear: linear.map(|linear| linear.log_odds(&self.layout, &values)),
                trees: trees.map(|trees| trees.log_odds(&values)),
                seen,
            }
        };
        rows.iter().map(held).collect()
    }
}

impl Held<'_> {
    /// What a form says; NaN if a model that it needs could not be fitted.
    fn log_odds(&self, form: Form) -> f64 {
        let (linear, trees) = (self.linear.unwrap_or(f64::NAN), self.trees.unwrap_or(f64::NAN));
        match form {
            Form::Linear => linear,
            Form::Trees => trees,
            Form::Both => form.mixed(linear, trees),
        }
    }

    fn label(&self) -> f64 {
        f64::from(u8::from(self.seen.outcome))
    }
}

/// Each third, scored by a model of the other two; in time order.
fn interleaved<'a>(terms: &[Term], rows: &[&'a Seen]) -> Vec<Held<'a>> {
    let mut held: Vec<(usize, Held<'a>)> = Vec::with_capacity(rows.len());
    for fold in 0..FOLDS {
        let of = |kept: bool| -> (Vec<usize>, Vec<&'a Seen>) {
            let part = rows.iter().enumerate();
            part.filter(|(at, _)| (at % FOLDS == fold) == kept)
                .map(|(at, seen)| (at, *seen))
                .unzip()
        };
        let ((_, learnt), (places, kept)) = (of(false), of(true));
        let fitted = both_outcomes(&learnt)
            .then(|| Pair::fit(terms, &learnt))
            .flatten();
        if let Some(pair) = fitted {
            held.extend(places.into_iter().zip(pair.held(terms, &kept)));
        }
    }
    held.sort_by_key(|(at, _)| *at);
    held.into_iter().map(|(_, held)| held).collect()
}

/// Each step forward, scored by a model of what was before it.
fn forward<'a>(terms: &[Term], rows: &[&'a Seen]) -> Vec<Vec<Held<'a>>> {
    STEPS
        .iter()
        .filter_map(|(begin, end)| {
            let (begin, end) = (rows.len() * begin / 5, rows.len() * end / 5);
            let (learnt, kept) = (rows.get(..begin)?, rows.get(begin..end)?);
            let worth_it = both_outcomes(learnt) && both_outcomes(kept);
            let pair = worth_it.then(|| Pair::fit(terms, learnt)).flatten()?;
            Some(pair.held(terms, kept))
        })
        .collect()
}

/// What each form reached; one that was not finite everywhere is left out.
fn tried(interleaved: &[Held<'_>], forward: &[Vec<Held<'_>>]) -> Vec<Tried> {
    let of = |form: Form| {
        let steps: Vec<f64> = forward
            .iter()
            .map(|held| log_loss(held, form, level(held, form)))
            .collect();
        Tried {
            form,
            interleaved: log_loss(interleaved, form, 0.0),
            forward: steps.iter().sum::<f64>() / steps.len().max(1) as f64,
        }
    };
    let whole = |tried: &Tried| tried.interleaved.is_finite() && tried.forward.is_finite();
    Form::ALL.into_iter().map(of).filter(whole).collect()
}

/// The mean log loss; NaN of nobody.
fn log_loss(held: &[Held<'_>], form: Form, shift: f64) -> f64 {
    let loss = |held: &Held<'_>| {
        let log_odds = held.log_odds(form) + shift;
        // ln(1 + e^-m) of the margin, without overflow.
        let margin = if held.seen.outcome { log_odds } else { -log_odds };
        (-margin.abs()).exp().ln_1p() + (-margin).max(0.0)
    };
    held.iter().map(loss).sum::<f64>() / held.len() as f64
}

/// The shift of log-odds under which as many outcomes are expected as there were.
fn level(held: &[Held<'_>], form: Form) -> f64 {
    let wanted: f64 = held.iter().map(Held::label).sum();
    let (mut low, mut high) = (-20.0, 20.0);
    for _ in 0..50 {
        let middle = f64::midpoint(low, high);
        let expected: f64 = held
            .iter()
            .map(|held| sigmoid(held.log_odds(form) + middle))
            .sum();
        if expected < wanted {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}
