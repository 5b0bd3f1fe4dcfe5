use smallvec::SmallVec;

use super::{
    Active, Applied, CandidateLimits, Certainty, Choice, Question, RuleIx, Standing, Wish,
    apply::{apply_some, apply_where},
};

/// Which rules made an answer what it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
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
    let answer = |kept: &[RuleIx]| -> Vec<_> {
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
    let mut named: SmallVec<[RuleIx; 8]> = SmallVec::new();
    for (_, rule) in rules {
        if !named.contains(&rule) {
            named.push(rule);
        }
    }
    named
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
    let answer = |effects: &[&Active]| {
        let applied = apply_some(limits, effects.iter().copied(), wish);
        (applied.choice, applied.standing, applied.fallback)
    };
    let every: SmallVec<[&Active; 8]> = limits.effects.iter().collect();
    let (target, unlimited) = (answer(&every), answer(&[]));
    let kept = if target == unlimited {
        SmallVec::new()
    } else {
        least(every.clone(), |some| answer(some) == target)
    };
    let mut causes = Causes::default();
    for active in &kept {
        push_once(&mut causes.because_of, active.rule);
    }
    for active in &every {
        let alone = answer(&[*active]);
        // Where no value left, only what alone also keeps it back did the same.
        let did_the_same = alone != unlimited && (target.0.is_some() || alone.0.is_none());
        if did_the_same && !causes.because_of.contains(&active.rule) {
            push_once(&mut causes.also, active.rule);
        }
    }
    causes
}

/// What each rule in shadow would have made of `wish`, had it been in force: only those that change the answer.
#[must_use]
pub fn shadowed(limits: &CandidateLimits, wish: Choice) -> Vec<(RuleIx, Applied)> {
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

fn push_once(rules: &mut SmallVec<[RuleIx; 4]>, rule: RuleIx) {
    if !rules.contains(&rule) {
        rules.push(rule);
    }
}
