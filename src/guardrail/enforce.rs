//! From a proposal to a checked answer: pure, total, plain data.

use std::sync::Arc;

use smallvec::SmallVec;

use super::check;
use crate::domain::{
    Applied, Bounded, Campaign, CandidateLimits, CandidateRecord, Causes, Certainty, Choice, Effect,
    FallbackReason, Micros, NoBid, Proposal, Proposed, RuleIx, SafeDefault, Source, Standing, Verdict, apply,
    causes, permits, shadowed,
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
    /// Whose value it is.
    pub source: Source,
    /// The rules that made it so, and those that would have too.
    pub causes: Causes,
    /// What each rule in shadow would have made of it.
    pub shadow: Vec<(RuleIx, Applied)>,
    /// Rules whose condition could not be known, applied or skipped as they declare.
    pub unknown: SmallVec<[RuleIx; 2]>,
    /// The model's opinion; `None` where there is none.
    pub proposed: Option<Proposed>,
    /// Why a fallback answered, if one did.
    pub fallback: Option<FallbackReason>,
    /// What the independent check found wrong with the proposal, if anything. Always an alarm.
    pub alarm: Option<String>,
}

/// The checked answers to a query. Plain data: nothing makes a decide reply of it.
#[derive(Debug, Clone)]
pub struct Enforced {
    bounded: Arc<Bounded>,
    answers: Vec<Answer>,
    snapshot: u64,
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

    /// The model snapshot that proposed.
    #[must_use]
    pub const fn snapshot(&self) -> u64 {
        self.snapshot
    }

    /// Replaces the answer of one candidate whose budget was gone when its price was to be reserved.
    pub(super) fn out_of_budget(&mut self, candidate: usize) {
        if let Some(answer) = self.answers.get_mut(candidate) {
            answer.verdict = Verdict::Changed;
            answer.choice = Some(Choice::NoBid(NoBid::Budget));
            answer.causes = Causes::default();
        }
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
    let mut proposed = candidates.into_iter();
    let answers = bounded
        .limits
        .iter()
        .zip(&bounded.campaigns)
        .map(|(limits, campaign)| {
            let opinion = proposed.next().flatten().filter(is_usable);
            answer(limits, campaign, opinion, FallbackReason::NoOpinion)
        });
    Enforced {
        answers: answers.collect(),
        bounded: Arc::clone(&bounded),
        snapshot,
    }
}

/// The answer when no model could be asked: people's baseline inside the limits where it failed, the declared safe
/// default where time ran out; with the reason.
pub(super) fn without_model(bounded: Arc<Bounded>, reason: FallbackReason) -> Enforced {
    let each = bounded.limits.iter().zip(&bounded.campaigns);
    let answers = each
        .map(|(limits, campaign)| answer(limits, campaign, None, reason))
        .collect();
    Enforced {
        bounded,
        answers,
        snapshot: 0,
    }
}

/// A model's numbers are usable if they are what they claim to be.
fn is_usable(proposed: &Proposed) -> bool {
    let price_is_usable = |choice: Choice| choice.price().is_none_or(|price| price.get() > 0);
    proposed.propensity > 0.0
        && proposed.propensity <= 1.0
        && price_is_usable(proposed.wish)
        && price_is_usable(proposed.choice)
}

fn answer(
    limits: &CandidateLimits,
    campaign: &Campaign,
    proposed: Option<Proposed>,
    silence: FallbackReason,
) -> Answer {
    let baseline = Choice::Bid(campaign.baseline);
    let wish = proposed.map_or(baseline, |proposed| proposed.wish);
    let human = apply(limits, wish);
    if human.standing != Standing::Allowed || human.fallback.is_some() {
        return Answer {
            wish: None,
            ..resolved(limits, wish, human, None)
        };
    }
    match proposed {
        None if silence == FallbackReason::Deadline => safe_default(limits, silence),
        None => Answer {
            fallback: Some(silence),
            wish: None,
            ..resolved(limits, wish, human, None)
        },
        Some(proposed) => match unfit(limits, proposed.choice) {
            None => {
                let applied = Applied {
                    choice: Some(proposed.choice),
                    ..human
                };
                resolved(limits, wish, applied, Some(proposed))
            }
            Some(alarm) => Answer {
                alarm: Some(alarm),
                ..safe_default(limits, FallbackReason::CheckFailed)
            },
        },
    }
}

/// What is wrong with a choice, by the merged limits or by each of them alone.
fn unfit(limits: &CandidateLimits, choice: Choice) -> Option<String> {
    let infeasible = || (!permits(limits, choice)).then(|| "the limits do not permit the choice".to_owned());
    check::violated(limits, choice).or_else(infeasible)
}

fn resolved(limits: &CandidateLimits, wish: Choice, applied: Applied, proposed: Option<Proposed>) -> Answer {
    let unruled = unruled(limits, wish);
    let verdict = match applied.standing {
        Standing::Blocked => Verdict::Blocked,
        Standing::Held => Verdict::Held,
        Standing::Allowed if applied.choice == unruled => Verdict::Allowed,
        Standing::Allowed => Verdict::Changed,
    };
    let source = match (applied.fallback, proposed) {
        (None, Some(proposed)) => proposed.source,
        (None | Some(_), _) => Source::Fallback,
    };
    Answer {
        verdict,
        choice: applied.choice,
        wish: applied.choice.and(unruled),
        source,
        causes: explained(limits, wish, verdict, source),
        shadow: shadowed(limits, wish),
        unknown: settled_unknown(limits),
        proposed,
        fallback: applied.fallback,
        alarm: None,
    }
}

/// The wish in this auction, with no rule and no budget in force: below the floor it is no bid.
fn unruled(limits: &CandidateLimits, wish: Choice) -> Option<Choice> {
    let auction = CandidateLimits {
        auction: limits.auction,
        floor: limits.floor,
        ..CandidateLimits::default()
    };
    apply(&auction, wish).choice
}

/// The causes of the change. Where the human value was taken exactly although the wish lay in the band, the
/// band is the cause: without it nobody would have taken that value.
fn explained(limits: &CandidateLimits, wish: Choice, verdict: Verdict, source: Source) -> Causes {
    let mut found = causes(limits, wish);
    if verdict == Verdict::Changed && source == Source::Human && found.because_of.is_empty() {
        let bands = limits
            .effects
            .iter()
            .filter(|active| matches!(active.effect, Effect::Band { .. }));
        found.because_of.extend(bands.map(|active| active.rule));
    }
    found
}

/// The answer that a record keeps, with what explains it. Plain data, as every [`Answer`].
///
/// Where no model spoke the record holds no wish to explain by: the price that left stands in for it, or the
/// floor where none left.
#[must_use]
pub fn read_back(candidate: &CandidateRecord) -> Answer {
    let CandidateRecord {
        limits,
        proposed,
        verdict,
        choice,
        fallback,
        ..
    } = candidate;
    let wish = proposed.map(|proposed| proposed.wish);
    let stand_in = || choice.unwrap_or(Choice::Bid(limits.floor.max(Micros::new(1))));
    let explained_by = wish.unwrap_or_else(stand_in);
    let spoken = proposed.filter(|_| fallback.is_none());
    let source = spoken.map_or(Source::Fallback, |proposed| proposed.source);
    Answer {
        verdict: *verdict,
        choice: *choice,
        wish: choice.and(wish).and_then(|wish| unruled(limits, wish)),
        source,
        causes: explained(limits, explained_by, *verdict, source),
        shadow: shadowed(limits, explained_by),
        unknown: settled_unknown(limits),
        proposed: *proposed,
        fallback: *fallback,
        alarm: None,
    }
}

fn settled_unknown(limits: &CandidateLimits) -> SmallVec<[RuleIx; 2]> {
    let applied = limits
        .effects
        .iter()
        .filter(|active| active.certainty == Certainty::Unknown);
    let mut rules: SmallVec<[RuleIx; 2]> = applied
        .map(|active| active.rule)
        .chain(limits.skipped.iter().copied())
        .collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}

/// What is declared for the case that nobody's value may be used, if every limit permits it.
fn safe_default(limits: &CandidateLimits, reason: FallbackReason) -> Answer {
    let choice = match limits.safe_default {
        SafeDefault::Answer(choice) if unfit(limits, choice).is_none() => Some(choice),
        SafeDefault::Answer(_) | SafeDefault::NoValue => None,
    };
    Answer {
        verdict: if choice.is_some() {
            Verdict::Changed
        } else {
            Verdict::Blocked
        },
        choice,
        wish: None,
        source: Source::Fallback,
        causes: Causes::default(),
        shadow: Vec::new(),
        unknown: settled_unknown(limits),
        proposed: None,
        fallback: Some(reason),
        alarm: None,
    }
}
