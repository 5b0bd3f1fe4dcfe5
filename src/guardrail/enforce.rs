//! From a proposal to a checked answer: pure, total, plain data.

use std::sync::Arc;

use smallvec::SmallVec;

use super::{baseline, group::Group};
use crate::domain::{
    Applied, Bounded, CandidateLimits, Causes, Choice, Effect, FallbackReason, Frequency, Grounds, Kind,
    NoBid, Proposal, Proposed, Question, Record, RuleIx, Source, Taken, Ticket, TicketKey, Verdict, Wish,
};

/// One candidate's checked answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// What the limits did.
    pub verdict: Verdict,
    /// The value that may leave; `None` where held or blocked.
    pub choice: Option<Choice>,
    /// What the model would have done without limits; `None` where it was not asked or did not speak.
    pub wish: Option<Choice>,
    /// The wish that its reasons start from: the model's, else people's; `None` where nobody's was looked at.
    pub explained_by: Option<Wish>,
    /// Whose value it is.
    pub source: Source,
    /// The rules that made it so, and those that would have too.
    pub causes: Causes,
    /// What each rule in shadow would have made of it.
    pub shadow: Vec<(RuleIx, Applied)>,
    /// Rules whose condition could not be known, applied or skipped as they declare.
    pub unknown: SmallVec<[RuleIx; 2]>,
    /// What a person has to approve, where the verdict is held.
    pub tickets: Vec<Ticket>,
    /// The model's opinion; `None` where there is none.
    pub proposed: Option<Proposed>,
    /// Why a fallback answered, if one did.
    pub fallback: Option<FallbackReason>,
    /// What was no longer to be had when it was to be reserved.
    pub taken: Option<Taken>,
    /// What the independent check found wrong with the proposal, if anything. Always an alarm.
    pub alarm: Option<String>,
}

/// The checked answers to a query. Plain data: nothing makes a decide reply of it.
#[derive(Debug, Clone)]
pub struct Enforced {
    bounded: Arc<Bounded>,
    answers: Vec<Answer>,
    heard: Heard,
    snapshot: u64,
}

/// What the answers were made of beside the limits; the slices have one entry a candidate.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    /// What the model said, where it was usable.
    pub(super) opinions: SmallVec<[Option<Proposed>; 1]>,
    /// What people would do.
    pub(super) baselines: SmallVec<[Wish; 1]>,
    /// Why a model that said nothing did not.
    pub(super) silence: FallbackReason,
}

impl Enforced {
    /// What was asked, with its limits.
    #[must_use]
    pub fn bounded(&self) -> &Bounded {
        &self.bounded
    }

    /// One answer a candidate, in the query's order.
    #[must_use]
    pub fn answers(&self) -> &[Answer] {
        &self.answers
    }

    pub(super) const fn heard(&self) -> &Heard {
        &self.heard
    }

    /// The model snapshot that proposed.
    #[must_use]
    pub const fn snapshot(&self) -> u64 {
        self.snapshot
    }

    /// Replaces the answer of one candidate whose budget was taken by another query when its own part was to be
    /// reserved.
    pub(super) fn out_of_budget(&mut self, candidate: usize) {
        if let Some(answer) = self.answers.get_mut(candidate) {
            answer.verdict = Verdict::Changed;
            answer.choice = Some(Choice::NoBid(NoBid::Budget));
            answer.taken = Some(Taken::Budget);
            answer.causes = Causes::default();
        }
    }

    /// Takes the value back of one candidate whose contact another query reached in the meantime, because of the
    /// rules whose caps it would exceed.
    pub(super) fn reached(&mut self, candidate: usize, exceeded: Frequency) {
        let because_of = self.capped_at(candidate, exceeded);
        let verdict = match self.bounded.query.question {
            // Later there may be an instant that is free.
            Question::SendTime(_) => Verdict::Held,
            Question::Bid(_) | Question::Recommendation { .. } | Question::Budget(_) | Question::Score => {
                Verdict::Blocked
            }
        };
        if let Some(answer) = self.answers.get_mut(candidate) {
            answer.verdict = verdict;
            answer.choice = None;
            answer.wish = None;
            answer.taken = Some(Taken::Contact(exceeded));
            answer.causes = Causes {
                because_of,
                ..Causes::default()
            };
        }
    }

    /// The rules of a candidate whose caps are of that frequency.
    fn capped_at(&self, candidate: usize, exceeded: Frequency) -> SmallVec<[RuleIx; 4]> {
        let limits = self.bounded.limits.get(candidate);
        let effects = limits.into_iter().flat_map(|limits| limits.effects.iter());
        let caps = effects
            .filter(|active| matches!(&active.effect, Effect::Cap(cap) if cap.frequency() == exceeded));
        caps.map(|active| active.rule).collect()
    }
}

/// Checks a proposal and explains it.
///
/// A choice that the limits permit leaves as it is. One that they do not permit, or that the independent check
/// rejects, is replaced by the safe default and raises an alarm; it is never repaired.
///
/// ```
/// # use std::sync::Arc;
/// # use balustrade::{domain::*, guardrail::enforce};
/// # fn answer(bounded: Bounded, proposed: Proposed) -> Option<Verdict> {
/// let proposal = Proposal { bounded: Arc::new(bounded), candidates: vec![Some(proposed)], snapshot: 7 };
/// enforce(proposal).answers().first().map(|answer| answer.verdict)
/// # }
/// ```
#[must_use]
pub fn enforce(proposal: Proposal) -> Enforced {
    let Proposal {
        bounded,
        candidates,
        snapshot,
    } = proposal;
    let kind = bounded.query.question.kind();
    let mut opinions: SmallVec<[Option<Proposed>; 1]> = candidates
        .into_iter()
        .map(|opinion| opinion.filter(|proposed| is_usable(kind, proposed)))
        .collect();
    opinions.resize(bounded.limits.len(), None);
    let heard = Heard {
        baselines: baseline::wishes(&bounded.query, &bounded.campaigns),
        opinions,
        silence: FallbackReason::NoOpinion,
    };
    answered(bounded, heard, snapshot)
}

/// The answer when no model could be asked: people's baseline inside the limits where it failed, the declared safe
/// default where time ran out; with the reason.
pub(super) fn without_model(bounded: Arc<Bounded>, reason: FallbackReason) -> Enforced {
    let heard = Heard {
        opinions: smallvec::smallvec![None; bounded.limits.len()],
        baselines: baseline::wishes(&bounded.query, &bounded.campaigns),
        silence: reason,
    };
    answered(bounded, heard, 0)
}

/// The answers to what was heard, inside the limits.
pub(super) fn answered(bounded: Arc<Bounded>, heard: Heard, snapshot: u64) -> Enforced {
    let Heard {
        opinions,
        baselines,
        silence,
    } = &heard;
    let groups = Group::each(&bounded.query.question, &bounded.limits, baselines, opinions);
    let mut answers: Vec<Answer> = groups.flat_map(|group| group.answers(*silence)).collect();
    for (place, answer) in answers.iter_mut().enumerate() {
        if answer.verdict == Verdict::Held {
            answer.tickets = tickets(&bounded, place);
        }
    }
    Enforced {
        bounded,
        answers,
        heard,
        snapshot,
    }
}

/// What somebody has to approve before a candidate can be answered, one a rule that holds it.
fn tickets(bounded: &Bounded, place: usize) -> Vec<Ticket> {
    let limits = bounded.limits.get(place);
    let effects = limits.into_iter().flat_map(|limits| limits.effects.iter());
    let holds = effects.filter_map(|active| {
        let Effect::Hold(role) = &active.effect else {
            return None;
        };
        Some(Ticket {
            key: TicketKey::of(bounded.rules.get(active.rule)?, bounded, place)?,
            rule: active.rule,
            role: role.clone(),
        })
    });
    holds.collect()
}

/// A model's numbers are usable if they are what they claim to be: of the kind that was asked, and possible. A negative
/// relevance says of an item that it is not wished for.
fn is_usable(kind: Kind, proposed: &Proposed) -> bool {
    let possible = |choice: Choice| match (kind, choice) {
        (Kind::Bid, Choice::Bid(price)) => price.get() > 0,
        (Kind::Score, Choice::Score(probability)) => (0..=1_000_000).contains(&probability.get()),
        (Kind::Budget, Choice::Share(part)) => part.get() >= 0,
        (Kind::Bid, Choice::NoBid(_))
        | (Kind::SendTime, Choice::Send(_))
        | (Kind::Recommendation, Choice::Show(_) | Choice::NotShown) => true,
        (Kind::Bid | Kind::SendTime | Kind::Recommendation | Kind::Budget | Kind::Score, _) => false,
    };
    let grounds = proposed.grounds.as_deref();
    grounds.is_none_or(|grounds| are_numbers(kind, grounds))
        && proposed.propensity > 0.0
        && proposed.propensity <= 1.0
        && (kind == Kind::Recommendation || proposed.relevance.get() >= 0)
        && possible(proposed.wish)
        && possible(proposed.choice)
}

/// Whether what a model says beside its choice is of the kind that was asked, and every number is one.
fn are_numbers(kind: Kind, grounds: &Grounds) -> bool {
    let chance = |chance: Option<f64>| chance.is_none_or(|chance| (0.0..=1.0).contains(&chance));
    match (kind, grounds) {
        (Kind::SendTime, Grounds::SendTime { alternatives }) => alternatives
            .iter()
            .all(|alternative| chance(alternative.outcome_probability)),
        (Kind::Recommendation, Grounds::Item { .. }) => true,
        (Kind::Budget, Grounds::Arm { marginal_return }) => marginal_return.is_finite(),
        (Kind::Score, Grounds::Score { up, down }) => up
            .iter()
            .chain(down)
            .all(|reason| (-1.0..=1.0).contains(&reason.contribution)),
        (Kind::Bid | Kind::SendTime | Kind::Recommendation | Kind::Budget | Kind::Score, _) => false,
    }
}

/// The answers that a record keeps, with what explains them, one a candidate. Plain data, as every [`Answer`].
///
/// Where nobody's wish was looked at the record holds none to explain by: the value that left stands in for it, or one
/// that the candidate's limits could have met.
#[must_use]
pub fn read_back(record: &Record) -> Vec<Answer> {
    let limits: Vec<CandidateLimits> = record
        .candidates
        .iter()
        .map(|candidate| candidate.limits.clone())
        .collect();
    let opinions: Vec<Option<Proposed>> = record
        .candidates
        .iter()
        .map(|candidate| candidate.proposed.clone())
        .collect();
    let stand_ins: Vec<Wish> = record
        .candidates
        .iter()
        .map(|candidate| {
            let stand_in = || baseline::stand_in(&record.question, candidate);
            candidate.explained_by.unwrap_or_else(stand_in)
        })
        .collect();
    let groups = Group::each(&record.question, &limits, &stand_ins, &opinions);
    let verdicts: Vec<Verdict> = record
        .candidates
        .iter()
        .map(|candidate| candidate.verdict)
        .collect();
    let mut left = verdicts.as_slice();
    let answers = groups.flat_map(|group| {
        let (of_group, rest) = left.split_at_checked(group.len()).unwrap_or((left, &[]));
        left = rest;
        group.explained(of_group)
    });
    let kept = answers.zip(&record.candidates);
    kept.map(|(answer, candidate)| {
        let spoken = candidate
            .proposed
            .clone()
            .filter(|_| candidate.fallback.is_none());
        Answer {
            verdict: candidate.verdict,
            choice: candidate.choice,
            wish: candidate.choice.and(candidate.proposed.as_ref()).and(answer.wish),
            source: spoken.map_or(Source::Fallback, |proposed| proposed.source),
            causes: candidate.causes.clone(),
            fallback: candidate.fallback,
            taken: candidate.taken,
            tickets: candidate.tickets.clone(),
            ..answer
        }
    })
    .collect()
}
