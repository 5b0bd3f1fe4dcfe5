use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::{
    Active, Applied, CandidateLimits, Certainty, Choice, Effect, Question, RuleIx, Standing, Wish,
    apply::{apply_some, apply_where},
};

/// Which rules made an answer what it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Causes {
    /// The smallest set that suffices, each needed; certain before unknown, higher tier first, then id.
    pub because_of: SmallVec<[RuleIx; 4]>,
    /// Rules that alone would have done it too: kept the value back, or changed the wish.
    pub also: SmallVec<[RuleIx; 4]>,
}

/// The causes of what the limits did to the wishes of a query, one a candidate in their order.
///
/// A slate and a split are answered as a whole, and so are they explained: the smallest set of rules that makes
/// the whole what it is, given to every candidate whose answer is not its wish; to one that is kept back, what keeps
/// it back alone.
#[must_use]
pub fn causes_all(question: &Question, limits: &[CandidateLimits], wishes: &[Wish]) -> Vec<Causes> {
    match question {
        Question::Bid(_) | Question::SendTime(_) | Question::Score => limits
            .iter()
            .zip(wishes)
            .map(|(limits, wish)| causes(limits, wish.choice))
            .collect(),
        Question::Recommendation { .. } | Question::Budget(_) => joint(question, limits, wishes),
    }
}

fn joint(question: &Question, limits: &[CandidateLimits], wishes: &[Wish]) -> Vec<Causes> {
    let rules = rules_of(limits);
    let answer = |some: &[RuleIx]| -> Vec<_> {
        let kept: HashSet<RuleIx> = some.iter().copied().collect();
        apply_where(question, limits, wishes, |active| kept.contains(&active.rule))
            .into_iter()
            .map(|applied| (applied.choice, applied.standing, applied.fallback))
            .collect()
    };
    let (target, unlimited) = (answer(&rules), answer(&[]));
    let because_of: SmallVec<[RuleIx; 4]> = if target == unlimited {
        SmallVec::new()
    } else {
        least(rules.clone(), |some| answer(some) == target)
            .into_iter()
            .collect()
    };
    let alone = rules.iter().filter(|rule| !because_of.contains(rule));
    let also: SmallVec<[RuleIx; 4]> = alone
        .copied()
        .filter(|rule| target != unlimited && answer(&[*rule]) == target)
        .collect();
    let each = limits.iter().zip(&target).zip(&unlimited);
    each.map(|((limits, target), unlimited)| match target {
        (None, standing, None) if *standing != Standing::Allowed => causes(limits, Choice::NotShown),
        _ if target == unlimited => Causes::default(),
        _ => Causes {
            because_of: because_of.clone(),
            also: also.clone(),
        },
    })
    .collect()
}

/// Every rule that limits name: certain before unknown, higher tier first, then id.
fn rules_of(limits: &[CandidateLimits]) -> SmallVec<[RuleIx; 8]> {
    let every = limits.iter().flat_map(|limits| limits.effects.iter());
    let mut rules: Vec<(Certainty, RuleIx)> = every.map(|active| (active.certainty, active.rule)).collect();
    rules.sort_unstable();
    let mut named = HashSet::new();
    let rules = rules.into_iter().map(|(_, rule)| rule);
    rules.filter(|rule| named.insert(*rule)).collect()
}

/// The causes of what the limits did to one candidate's `wish` for a bid, an instant or a probability.
///
/// Starting from all effects, the least preferred is dropped while the answer stays the same, until none can
/// be: what is left suffices, and each of it is needed. Without effect on the wish there are no causes.
#[must_use]
pub fn causes(limits: &CandidateLimits, wish: Choice) -> Causes {
    if limits.effects.is_empty() {
        return Causes::default();
    }
    let every: SmallVec<[&Active; 8]> = limits.effects.iter().collect();
    let answer = |first: &[&Active], then: &[&Active]| {
        let applied = apply_some(limits, first.iter().chain(then).copied(), wish);
        (applied.choice, applied.standing, applied.fallback)
    };
    let (target, unlimited) = (answer(&every, &[]), answer(&[], &[]));
    let kept = if target == unlimited {
        SmallVec::new()
    } else if only_tightens(limits) {
        least_of_tightening(&every, |first, then| answer(first, then) == target)
    } else {
        least(every.clone(), |some| answer(some, &[]) == target)
    };
    let mut causes = Causes::default();
    for active in &kept {
        if !causes.because_of.contains(&active.rule) {
            causes.because_of.push(active.rule);
        }
    }
    let did_the_same = every.iter().filter(|active| {
        let alone = answer(&[**active], &[]);
        // Where no value left, only what alone also keeps it back did the same.
        alone != unlimited && (target.0.is_some() || alone.0.is_none())
    });
    for active in did_the_same {
        if !causes.because_of.contains(&active.rule) {
            push_once(&mut causes.also, active, &every);
        }
    }
    causes
}

/// Whether rules that are no cause could go, one or all, and neither the answers nor their causes would change.
///
/// That is so where only what tightens decides: between two sets of such effects that answer alike, every set
/// answers alike. With a directive or an adjustment it may be otherwise (two adjustments can cancel each other out,
/// and neither is then a cause), and in a slate or a split, where one candidate takes what another leaves.
#[must_use]
pub fn only_causes_matter(question: &Question, limits: &[CandidateLimits]) -> bool {
    match question {
        Question::Bid(_) | Question::SendTime(_) | Question::Score => limits.iter().all(only_tightens),
        Question::Recommendation { .. } | Question::Budget(_) => false,
    }
}

/// Whether each further effect of a candidate can only bring its answer nearer to the one that all of them give.
fn only_tightens(limits: &CandidateLimits) -> bool {
    let any = |is: fn(&Effect) -> bool| limits.effects.iter().any(|active| is(&active.effect));
    // A candidate that is kept back is so whatever people chose for it. But one that is held is not blocked by a
    // cap that is reached, although that cap alone would block it.
    if !limits.is_free() {
        return !(any(|effect| matches!(effect, Effect::Cap(_)))
            && any(|effect| matches!(effect, Effect::Hold(_))));
    }
    !any(|effect| match effect {
        Effect::Block
        | Effect::Exclude
        | Effect::Hold(_)
        | Effect::AtLeast(_)
        | Effect::AtMost(_)
        | Effect::Cap(_)
        | Effect::AtMostPer(_)
        | Effect::Times { .. }
        | Effect::Share { .. }
        | Effect::Step { .. }
        | Effect::Note(_) => false,
        Effect::Force(_)
        | Effect::Band { .. }
        | Effect::ForceAt(_)
        | Effect::BandAt(_)
        | Effect::StartList { .. }
        | Effect::Pin(_)
        | Effect::Adjust(_)
        | Effect::Boost(_) => true,
    })
}

/// What each rule in shadow would have made of `wish`, had it been in force: only those that change the answer.
#[must_use]
pub fn shadowed(limits: &CandidateLimits, wish: Choice) -> Vec<(RuleIx, Applied)> {
    if limits.shadow.is_empty() {
        return Vec::new();
    }
    let actual = apply_some(limits, limits.effects.iter(), wish);
    let with = |shadow| apply_some(limits, limits.effects.iter().chain(std::iter::once(shadow)), wish);
    let differs = |applied: &Applied| (applied.choice, applied.standing) != (actual.choice, actual.standing);
    let shadows = limits.shadow.iter().map(|shadow| (shadow.rule, with(shadow)));
    shadows.filter(|(_, applied)| differs(applied)).collect()
}

/// [`shadowed`] for every candidate of a query, in their order.
#[must_use]
pub fn shadowed_all(
    question: &Question,
    limits: &[CandidateLimits],
    wishes: &[Wish],
) -> Vec<Vec<(RuleIx, Applied)>> {
    let joint = match question {
        Question::Bid(_) | Question::SendTime(_) | Question::Score => false,
        Question::Recommendation { .. } | Question::Budget(_) => true,
    };
    if !joint {
        let each = limits.iter().zip(wishes);
        return each.map(|(limits, wish)| shadowed(limits, wish.choice)).collect();
    }
    let mut told = vec![Vec::new(); limits.len()];
    let mut rules: Vec<RuleIx> = limits
        .iter()
        .flat_map(|limits| limits.shadow.iter())
        .map(|shadow| shadow.rule)
        .collect();
    rules.sort_unstable();
    rules.dedup();
    if rules.is_empty() {
        return told;
    }
    let actual = apply_where(question, limits, wishes, |_| true);
    for rule in rules {
        let with: Vec<CandidateLimits> = limits.iter().map(|limits| enforced(limits, rule)).collect();
        let applied = apply_where(question, &with, wishes, |_| true);
        for (told, (applied, actual)) in told.iter_mut().zip(applied.into_iter().zip(&actual)) {
            if (applied.choice, applied.standing) != (actual.choice, actual.standing) {
                told.push((rule, applied));
            }
        }
    }
    told
}

/// The limits as they were with one rule of the shadow in force.
fn enforced(limits: &CandidateLimits, rule: RuleIx) -> CandidateLimits {
    let mut with = limits.clone();
    for shadow in limits.shadow.iter().filter(|shadow| shadow.rule == rule) {
        with.effects.insert(shadow.clone());
    }
    with
}

/// Drops what is not needed, the least preferred first, to a fixed point.
fn least<T: Copy>(mut kept: SmallVec<[T; 8]>, suffices: impl Fn(&[T]) -> bool) -> SmallVec<[T; 8]> {
    loop {
        let before = kept.len();
        for at in (0..before).rev() {
            let dropped = kept.remove(at);
            if !suffices(&kept) {
                kept.insert(at, dropped);
            }
        }
        if kept.len() == before {
            return kept;
        }
    }
}

/// [`least`] where a set that suffices still does with more: each effect that is needed is found by halving, so
/// that thousands in force, as where many facts are missing, do not take thousands of tries.
///
/// `suffices` is asked of two slices together: the first so many, and those that are needed of the others.
fn least_of_tightening<T: Copy>(every: &[T], suffices: impl Fn(&[T], &[T]) -> bool) -> SmallVec<[T; 8]> {
    let mut needed: SmallVec<[T; 8]> = SmallVec::new();
    let mut open = every;
    while !suffices(&[], &needed) {
        // The shortest beginning that suffices: its last one is needed.
        let (mut too_few, mut enough) = (0, open.len());
        while enough - too_few > 1 {
            let half = usize::midpoint(too_few, enough);
            let first = open.get(..half).unwrap_or_default();
            if suffices(first, &needed) {
                enough = half;
            } else {
                too_few = half;
            }
        }
        let Some((last, before)) = open.get(..enough).and_then(<[T]>::split_last) else {
            break;
        };
        needed.insert(0, *last);
        open = before;
    }
    needed
}

/// Names an effect's rule unless it is named; `every` are the effects in their order, in which those of one rule and
/// one certainty stand together.
fn push_once(rules: &mut SmallVec<[RuleIx; 4]>, active: &Active, every: &[&Active]) {
    let certain = every.partition_point(|other| other.certainty == Certainty::Certain);
    let certain = every.get(..certain).unwrap_or_default();
    let is_both = active.certainty == Certainty::Unknown
        && certain
            .binary_search_by_key(&active.rule, |other| other.rule)
            .is_ok();
    let is_named = rules.last() == Some(&active.rule) || is_both && rules.contains(&active.rule);
    if !is_named {
        rules.push(active.rule);
    }
}
