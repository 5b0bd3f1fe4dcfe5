//! The independent check: every effect, unmerged, one by one, against the answers.
//!
//! It shares no code with the merging in [`crate::domain`], so that an error there cannot hide itself.

mod directives;

use self::directives::followed;
use crate::domain::{Active, CandidateLimits, Choice, Effect, PerFact, Question};

/// Answers with what bounds them, in the candidates' order.
#[derive(Clone, Copy)]
struct Checked<'a> {
    question: &'a Question,
    limits: &'a [CandidateLimits],
    choices: &'a [Option<Choice>],
}

/// The first effect or limit that the answers do not satisfy, in words; `None` if they satisfy all. An answer that
/// was kept back satisfies everything.
pub(super) fn violated(
    question: &Question,
    limits: &[CandidateLimits],
    choices: &[Option<Choice>],
) -> Option<String> {
    let checked = Checked {
        question,
        limits,
        choices,
    };
    let each = limits.iter().zip(choices).enumerate();
    let mut answered = each.filter_map(|(at, (limits, choice))| Some((at, limits, (*choice)?)));
    answered
        .find_map(|(at, limits, choice)| checked.candidate(at, limits, choice))
        .or_else(|| checked.whole())
}

impl<'a> Checked<'a> {
    fn candidate(self, at: usize, limits: &CandidateLimits, choice: Choice) -> Option<String> {
        let broken = |active: &&Active| !self.satisfied(at, limits, active, choice);
        if let Some(active) = limits.effects.iter().find(broken) {
            return Some(format!("`{}` of rule {}", active.effect.name(), active.rule.0));
        }
        self.asked(limits, choice)
    }

    /// What the question itself demands of one answer.
    fn asked(self, limits: &CandidateLimits, choice: Choice) -> Option<String> {
        match (self.question, choice) {
            (Question::Bid(_), Choice::Bid(price)) => {
                if let Some(reason) = limits.auction {
                    return Some(format!("the auction admits no bid: {reason}"));
                }
                if price < limits.floor {
                    return Some(format!("{price} is below the floor {}", limits.floor));
                }
                let left = limits.budget_left?;
                (price > left).then(|| format!("{price} is more than the budget left {left}"))
            }
            (Question::SendTime(sending), Choice::Send(at)) => (at < sending.earliest
                || at >= sending.latest)
                .then(|| format!("{at} is not between {} and {}", sending.earliest, sending.latest)),
            (Question::Score, Choice::Score(probability)) => {
                (probability.get() > 1_000_000).then(|| format!("{probability} is more than certain"))
            }
            (Question::Bid(_), Choice::NoBid(_))
            | (Question::Recommendation { .. }, Choice::Show(_) | Choice::NotShown)
            | (Question::Budget(_), Choice::Share(_)) => None,
            (
                Question::Bid(_)
                | Question::SendTime(_)
                | Question::Recommendation { .. }
                | Question::Budget(_)
                | Question::Score,
                _,
            ) => Some("the answer is of another kind than the question".to_owned()),
        }
    }

    /// What the question demands of the answers together.
    fn whole(self) -> Option<String> {
        match self.question {
            Question::Bid(_) | Question::SendTime(_) | Question::Score => None,
            Question::Recommendation { slots, .. } => {
                let mut shown: Vec<u16> = self.slots().map(|(_, slot)| slot).collect();
                shown.sort_unstable();
                let orderly = shown.iter().copied().eq((1..=*slots).take(shown.len()));
                (!orderly).then(|| format!("the slots {shown:?} are not the first of {slots}"))
            }
            Question::Budget(total) => {
                let parts = self.choices.iter().flatten().filter_map(|choice| choice.amount());
                let sum: i128 = parts.map(|part| i128::from(part.get())).sum();
                let nothing = self.choices.iter().all(Option::is_none);
                (!nothing && sum != i128::from(total.amount.get()))
                    .then(|| format!("the parts do not add up to {}", total.amount))
            }
        }
    }

    fn satisfied(self, at: usize, limits: &CandidateLimits, active: &Active, choice: Choice) -> bool {
        let amount = |holds: &dyn Fn(i64) -> bool| choice.amount().is_none_or(|amount| holds(amount.get()));
        match &active.effect {
            Effect::Block | Effect::Exclude | Effect::Hold(_) => false,
            Effect::AtLeast(bound) => amount(&|amount| amount >= bound.get()),
            Effect::AtMost(bound) => amount(&|amount| amount <= bound.get()),
            Effect::Share { at_least, at_most } | Effect::Step { at_least, at_most } => {
                amount(&|amount| at_least.get() <= amount && amount <= at_most.get())
            }
            Effect::Cap(cap) => match choice.instant() {
                Some(instant) => cap.allowed.contains(instant),
                None => !cap.allowed.is_empty(),
            },
            Effect::Times { allowed, .. } => choice.instant().is_none_or(|instant| allowed.contains(instant)),
            Effect::AtMostPer(limit) => {
                choice.slot().is_none() || self.alike(limit) <= usize::from(limit.most)
            }
            Effect::Force(_)
            | Effect::Band { .. }
            | Effect::ForceAt(_)
            | Effect::BandAt(_)
            | Effect::StartList { .. }
            | Effect::Pin(_) => followed(self, at, limits, active, choice),
            Effect::Adjust(_) | Effect::Boost(_) | Effect::Note(_) => true,
        }
    }

    /// The items that are shown, each with its slot.
    fn slots(self) -> impl Iterator<Item = (usize, u16)> + Clone {
        let each = self.choices.iter().enumerate();
        each.filter_map(|(at, choice)| Some((at, choice.and_then(Choice::slot)?)))
    }

    /// How many shown items count together under a limit of their sort.
    fn alike(self, limit: &PerFact) -> usize {
        let shown = self.slots().filter(|(at, _)| {
            self.effects(*at).any(
                |active| matches!(&active.effect, Effect::AtMostPer(other) if count_together(limit, other)),
            )
        });
        shown.count()
    }

    fn effects(self, at: usize) -> impl Iterator<Item = &'a Active> {
        self.limits
            .get(at)
            .into_iter()
            .flat_map(|limits| limits.effects.iter())
    }
}

/// Whether what one limit counts, the other counts too: a value that both have, or one that is unknown.
fn count_together(limit: &PerFact, other: &PerFact) -> bool {
    let known = limit.values.as_ref().zip(other.values.as_ref());
    other.attribute == limit.attribute
        && known.is_none_or(|(a, b)| a.iter().any(|value| b.iter().any(|other| other == value)))
}
