//! Holds the model against the person's value in each new market, and freezes the hand-over where the model is worth less.
//!
//! Bids, send times and slates draw whose value is used, with a known probability, so what came of both can be compared
//! ([`Compared`]). Of a slate one item counts: that of the first slot in which the model's order and people's could differ. What
//! stands before it is the same in both, so the slot is, too; and the items of one slate are no independent trials. A score moves
//! nobody: there the model's probability is compared with the person's on the very same subjects, by log loss. The interval holds at
//! every look, so that a hand-over may be judged after each outcome. A split is made once a period, and of one in ten of those
//! nothing could be said for years, so splits draw no share for the person.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    example::Lesson,
    sequence::{Compared, Moments},
};
use crate::{
    domain::{
        CandidateRecord, Choice, Effect, Goal, Kind, LimitedBy, Micros, Proposed, Record, Source, Timestamp,
    },
    model::{
        bid::band_of,
        exploration::HUMAN_SHARE,
        hand_over::{Frozen, HandOvers, Market},
    },
};

/// The part of one decision in the comparison of its market.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Part {
    market: Market,
    told: Told,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Told {
    /// A bid, with what an outcome is worth.
    Bid(Drawn, Worth),
    /// A message, or an item of a slate.
    Chosen(Drawn),
    /// Both probabilities of a score.
    Score { model: f64, human: f64 },
}

/// Whose value was drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Drawn {
    Human,
    Model,
}

/// What outcomes are worth, in micros of the currency.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Worth {
    /// Each so much.
    Each(f64),
    /// What was told of them, times this.
    Told(f64),
}

impl Part {
    /// Of a candidate that a rule's band bounded; `None` where there is nothing to compare.
    pub(super) fn of(record: &Record, candidate: &CandidateRecord, goal: Option<Goal>) -> Option<Self> {
        let proposed = candidate
            .proposed
            .as_ref()
            .filter(|proposed| candidate.fallback.is_none() && !proposed.forced)?;
        let mut effects = candidate.limits.effects.iter();
        let banded = effects.any(|active| {
            matches!(
                active.effect,
                Effect::Band { .. } | Effect::BandAt(_) | Effect::StartList { .. }
            )
        });
        let frozen = proposed.limited_by == Some(LimitedBy::Freeze);
        let kind = record.question.kind();
        if !banded || (frozen && kind != Kind::Score) {
            return None;
        }
        let told = match kind {
            Kind::Bid => Told::Bid(drawn(proposed)?, Worth::of(goal?)?),
            Kind::SendTime => Told::Chosen(drawn(proposed)?),
            Kind::Score => Told::Score {
                model: proposed.estimate?.outcome_probability,
                human: band_of(&candidate.limits)?.to_f64() / 1e6,
            },
            Kind::Recommendation => Told::Chosen(first_drawn(record, candidate)?),
            Kind::Budget => return None,
        };
        Some(Self {
            market: Market::of(&candidate.campaign, kind, &candidate.facts, &record.facts),
            told,
        })
    }

    /// What the decision was worth, once nothing more is expected of it.
    fn reward(&self, lesson: &Lesson) -> Option<f64> {
        if !lesson.over {
            return None;
        }
        match self.told {
            Told::Bid(_, worth) => {
                let paid = lesson.paid.unwrap_or_default().to_f64() / 1_000.0;
                let value = match worth {
                    Worth::Each(micros) => f64::from(lesson.hits) * micros,
                    Worth::Told(factor) => lesson.value.unwrap_or_default().to_f64() * factor,
                };
                Some(value - paid)
            }
            Told::Chosen(_) => lesson.label,
            Told::Score { model, human } => {
                let label = lesson.label?;
                Some(loss(human, label) - loss(model, label))
            }
        }
    }
}

impl Worth {
    fn of(goal: Goal) -> Option<Self> {
        match goal {
            Goal::MaximiseConversions { value_per_outcome } => Some(Self::Each(value_per_outcome.to_f64())),
            Goal::TargetCost(cost) => Some(Self::Each(cost.to_f64())),
            Goal::TargetReturn(basis_points) => Some(Self::Told(1e4 / f64::from(basis_points.max(1)))),
            Goal::Manual => None,
        }
    }
}

/// Whose value a proposal was, where chance decided that between a person's and a model's.
fn drawn(proposed: &Proposed) -> Option<Drawn> {
    let estimate = proposed.estimate?;
    let spoke = match proposed.choice {
        Choice::Bid(_) | Choice::NoBid(_) => estimate.expected_value > Micros::ZERO,
        Choice::Send(_) => true,
        Choice::Show(_) | Choice::NotShown | Choice::Share(_) | Choice::Score(_) => false,
    };
    match proposed.source {
        Source::Human => spoke.then_some(Drawn::Human),
        Source::Model => spoke.then_some(Drawn::Model),
        Source::Blend | Source::Fallback => None,
    }
}

/// Whose order put an item into the first slot of a slate in which both could differ; `None` of the others.
///
/// There the choice was open (it was not forced) and not certain (what both would have put there has a probability of one, whoever
/// was drawn). Items of several campaigns share no market.
fn first_drawn(record: &Record, candidate: &CandidateRecord) -> Option<Drawn> {
    let open = |other: &CandidateRecord| {
        let proposed = other.proposed.as_ref()?;
        let drawn = !proposed.forced && proposed.propensity < 1.0;
        proposed.choice.slot().filter(|_| drawn)
    };
    let first = record.candidates.iter().filter_map(open).min()?;
    let one_market = record
        .candidates
        .iter()
        .all(|other| other.campaign == candidate.campaign);
    let stands = candidate.choice?.slot() == Some(first) && open(candidate) == Some(first);
    match candidate.proposed.as_ref()?.source {
        _ if !one_market || !stands => None,
        Source::Human => Some(Drawn::Human),
        Source::Model => Some(Drawn::Model),
        Source::Blend | Source::Fallback => None,
    }
}

/// What is learnt so far.
#[derive(Debug, Default)]
pub(super) struct Learnt {
    trials: BTreeMap<Market, Trial>,
    changed: bool,
    published: Arc<HandOvers>,
    newly_frozen: Vec<(Market, Frozen)>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Trial {
    drawn: Compared,
    scored: Moments,
    frozen: Option<Frozen>,
}

impl Trial {
    fn add(&mut self, told: Told, reward: f64, times: f64) {
        match told {
            Told::Bid(drawn, _) | Told::Chosen(drawn) => {
                let weight = match drawn {
                    Drawn::Human => -1.0 / HUMAN_SHARE,
                    Drawn::Model => 1.0 / (1.0 - HUMAN_SHARE),
                };
                self.drawn.add(weight, reward, times);
            }
            Told::Score { .. } => self.scored.add(reward, times),
        }
    }

    /// By how much the model is worth less, once that is beyond what chance does at any look.
    fn lost(&self) -> Option<(f64, f64)> {
        let drawn = (self.drawn.interval(), self.drawn.count(), self.drawn.difference());
        let scored = (self.scored.interval(), self.scored.count(), self.scored.mean());
        let worse = [drawn, scored]
            .into_iter()
            .find(|(interval, _, _)| interval.is_some_and(|(_, most)| most < 0.0));
        worse.map(|(_, count, difference)| (count, -difference))
    }
}

impl Learnt {
    /// What a decision teaches has changed.
    pub(super) fn teach(&mut self, part: &Part, before: &Lesson, lesson: &Lesson, now: Timestamp) {
        let (was, is) = (part.reward(before), part.reward(lesson));
        if was == is {
            return;
        }
        let trial = self.trials.entry(part.market.clone()).or_default();
        if let Some(reward) = was {
            trial.add(part.told, reward, -1.0);
        }
        if let Some(reward) = is {
            trial.add(part.told, reward, 1.0);
        }
        let lost = trial.lost().filter(|_| trial.frozen.is_none());
        if let Some((decisions, worse_by)) = lost {
            let frozen = Frozen {
                since: now,
                decisions: whole(decisions),
                worse_by,
            };
            trial.frozen = Some(frozen);
            self.newly_frozen.push((part.market.clone(), frozen));
            self.changed = true;
        }
    }

    /// Lets a frozen hand-over go on, and begins to compare anew; whether it was frozen.
    pub(super) fn resume(&mut self, market: &Market) -> bool {
        let frozen = self
            .trials
            .get(market)
            .is_some_and(|trial| trial.frozen.is_some());
        if frozen {
            self.trials.remove(market);
            self.changed = true;
        }
        frozen
    }

    /// The hand-overs that were frozen since this was asked last.
    pub(super) fn newly_frozen(&mut self) -> Vec<(Market, Frozen)> {
        std::mem::take(&mut self.newly_frozen)
    }

    /// What is known now. Cheap where nothing changed since the last time.
    pub(super) fn knowledge(&mut self) -> Arc<HandOvers> {
        if std::mem::take(&mut self.changed) {
            let frozen = self.trials.iter();
            let frozen = frozen.filter_map(|(market, trial)| Some((market.clone(), trial.frozen?)));
            self.published = Arc::new(frozen.collect());
        }
        Arc::clone(&self.published)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count of decisions"
)]
fn whole(count: f64) -> u64 {
    count.max(0.0) as u64
}

fn loss(probability: f64, label: f64) -> f64 {
    let p = probability.clamp(1e-6, 1.0 - 1e-6);
    -(label * p.ln() + (1.0 - label) * (1.0 - p).ln())
}
