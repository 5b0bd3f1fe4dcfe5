//! A split: how a total is divided among arms.
//!
//! Each arm has an interval; the parts add up to the total. A wish outside is moved to the nearest split inside,
//! by the sum of squared distances: every arm that can move is moved by the same amount (the projection onto a
//! simplex with bounds; see Held, Wolfe and Crowder, *Validation of subgradient optimization*, 1974).

use std::sync::Arc;

use super::{
    Active, Applied, BasisPoints, Campaign, CandidateLimits, Choice, Clip, Directive, FallbackReason,
    Interval, Merged, Micros, SafeDefault, Standing,
};

/// What the limits leave an arm.
struct Arm {
    standing: Standing,
    /// What restrictions leave.
    bounds: Interval,
    /// What people chose inside that; the same where they did not.
    chosen: Interval,
    conflict: bool,
}

/// The part of each arm.
pub(super) fn split(
    limits: &[CandidateLimits],
    total: Micros,
    wish: impl Fn(usize) -> Micros,
    keep: impl Fn(&Active) -> bool + Copy,
) -> Vec<Applied> {
    let arms: Vec<Arm> = limits.iter().map(|limits| arm(limits, total, keep)).collect();
    if arms.iter().all(|arm| arm.standing != Standing::Allowed) {
        return answers(&arms, None, None);
    }
    if arms.iter().any(|arm| arm.conflict) {
        return safe_default(limits, &arms, total, FallbackReason::Conflict);
    }
    if !feasible(&arms, total, |arm| arm.bounds) {
        return safe_default(limits, &arms, total, FallbackReason::Contradiction);
    }
    if !feasible(&arms, total, |arm| arm.chosen) {
        return safe_default(limits, &arms, total, FallbackReason::Conflict);
    }
    let wishes: Vec<i64> = (0..arms.len()).map(|at| wish(at).get()).collect();
    let parts = nearest(&arms, &wishes, total);
    answers(&arms, Some(&parts), None)
}

/// What the limits leave each arm of a split of `total`, in the candidates' order: what the restrictions permit and,
/// inside that, what people chose. `None` of an arm: it is kept back and gets nothing. `None` at all: the limits
/// leave no split, or no arm that may get a part.
#[must_use]
pub fn arm_bounds(limits: &[CandidateLimits], total: Micros) -> Option<Vec<Option<Interval>>> {
    let arms: Vec<Arm> = limits.iter().map(|limits| arm(limits, total, |_| true)).collect();
    let possible = !arms.iter().any(|arm| arm.conflict)
        && feasible(&arms, total, |arm| arm.bounds)
        && feasible(&arms, total, |arm| arm.chosen);
    if !possible || arms.iter().all(|arm| arm.standing != Standing::Allowed) {
        return None;
    }
    let each = arms
        .iter()
        .map(|arm| (arm.standing == Standing::Allowed).then_some(arm.chosen));
    Some(each.collect())
}

/// What people would give each arm: the declared shares of `total`, scaled so that they fill it; equal parts where
/// none is declared. Rounded down to whole micros.
#[must_use]
pub fn declared_parts(total: Micros, campaigns: &[Arc<Campaign>]) -> Vec<Micros> {
    let share = |campaign: &Arc<Campaign>| campaign.baselines.share.map_or(0, BasisPoints::get).max(0);
    let sum: i64 = campaigns.iter().map(|campaign| i64::from(share(campaign))).sum();
    let arms = i128::try_from(campaigns.len().max(1)).unwrap_or(1);
    let part = |campaign: &Arc<Campaign>| match sum {
        0 => i128::from(total.get()) / arms,
        sum => i128::from(total.get()) * i128::from(share(campaign)) / i128::from(sum),
    };
    campaigns
        .iter()
        .map(|campaign| Micros::saturated(part(campaign)))
        .collect()
}

fn arm(limits: &CandidateLimits, total: Micros, keep: impl Fn(&Active) -> bool + Copy) -> Arm {
    let merged = Merged::of(limits.effects.iter().filter(|active| keep(active)));
    if merged.standing != Standing::Allowed {
        // What is kept back gets nothing; where a rule demands a part for it, nothing is both.
        let nothing = Interval {
            at_least: merged.interval.at_least,
            at_most: Micros::ZERO,
        };
        return Arm {
            standing: merged.standing,
            bounds: nothing,
            chosen: nothing,
            conflict: false,
        };
    }
    let bounds = Interval {
        at_least: merged.interval.at_least,
        at_most: merged.interval.at_most.min(total),
    };
    let (chosen, conflict) = match merged.directive {
        None => (bounds, false),
        Some(Directive::Conflict { .. }) => (bounds, true),
        Some(Directive::Within { band, .. }) => {
            (cut(band, bounds), merged.lower_tier_at_least > band.at_most)
        }
    };
    Arm {
        standing: Standing::Allowed,
        bounds,
        chosen,
        conflict,
    }
}

/// A band inside bounds; where they do not meet, the bound nearest to it.
fn cut(band: Interval, bounds: Interval) -> Interval {
    let end = |amount: Micros| bounds.nearest(amount).unwrap_or(amount);
    Interval {
        at_least: end(band.at_least),
        at_most: end(band.at_most),
    }
}

fn feasible(arms: &[Arm], total: Micros, interval: impl Fn(&Arm) -> Interval) -> bool {
    let sum = |end: fn(Interval) -> Micros| -> i128 {
        arms.iter().map(|arm| i128::from(end(interval(arm)).get())).sum()
    };
    let total = i128::from(total.get());
    let each = arms.iter().all(|arm| !interval(arm).is_empty());
    each && sum(|interval| interval.at_least) <= total && total <= sum(|interval| interval.at_most)
}

/// The split inside the arms' intervals that is nearest to the wishes, in whole micros.
///
/// What rounding leaves over goes, one micro each, to the first arms that one more would move.
fn nearest(arms: &[Arm], wishes: &[i64], total: Micros) -> Vec<i64> {
    let part = |(arm, wish): (&Arm, &i64), shift: i128| {
        let low = arm.chosen.at_least.get();
        let shifted =
            i64::try_from(i128::from(*wish) + shift).unwrap_or(if shift < 0 { i64::MIN } else { i64::MAX });
        shifted.clamp(low, arm.chosen.at_most.get().max(low))
    };
    let parts = |shift: i128| arms.iter().zip(wishes).map(move |pair| part(pair, shift));
    let sum = |shift: i128| -> i128 { parts(shift).map(i128::from).sum() };
    let total = i128::from(total.get());
    let greatest = wishes.iter().map(|wish| wish.unsigned_abs()).max().unwrap_or(0);
    let far = total + i128::from(greatest);
    // The greatest shift at which no more than the total is given.
    let (mut low, mut high) = (-far, far);
    while low < high {
        let middle = low + (high - low + 1) / 2;
        if sum(middle) <= total {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    let mut given: Vec<i64> = parts(low).collect();
    let mut over = total - sum(low);
    for (part, further) in given.iter_mut().zip(parts(low + 1)) {
        if over > 0 && *part < further {
            *part = further;
            over -= 1;
        }
    }
    given
}

fn answers(arms: &[Arm], parts: Option<&[i64]>, fallback: Option<FallbackReason>) -> Vec<Applied> {
    let each = arms.iter().enumerate();
    each.map(|(at, arm)| Applied {
        choice: parts
            .and_then(|parts| parts.get(at))
            .filter(|_| arm.standing == Standing::Allowed)
            .map(|part| Choice::Share(Micros::new(*part))),
        standing: arm.standing,
        fallback,
        clip: None::<Clip>,
    })
    .collect()
}

/// The declared split, where every restriction permits it; else nothing leaves: held where people have to look.
fn safe_default(
    limits: &[CandidateLimits],
    arms: &[Arm],
    total: Micros,
    reason: FallbackReason,
) -> Vec<Applied> {
    let declared = |limits: &CandidateLimits| match limits.safe_default {
        SafeDefault::Answer(choice) => choice.amount().map_or(0, Micros::get),
        SafeDefault::NoValue | SafeDefault::Held => 0,
    };
    let parts: Vec<i64> = limits.iter().map(declared).collect();
    if restrictions_permit(arms, &parts, total) {
        return answers(arms, Some(&parts), Some(reason));
    }
    let blocked = limits
        .iter()
        .any(|limits| limits.safe_default == SafeDefault::NoValue);
    let standing = if blocked {
        Standing::Blocked
    } else {
        Standing::Held
    };
    let kept_back = |arm: &Arm| Applied {
        choice: None,
        standing: arm.standing.max(standing),
        fallback: Some(reason),
        clip: None,
    };
    arms.iter().map(kept_back).collect()
}

fn restrictions_permit(arms: &[Arm], parts: &[i64], total: Micros) -> bool {
    let within = |(arm, part): (&Arm, &i64)| match arm.standing {
        Standing::Allowed => arm.bounds.holds(Micros::new(*part)),
        Standing::Held | Standing::Blocked => *part == 0 && !arm.bounds.is_empty(),
    };
    let sum: i128 = parts.iter().copied().map(i128::from).sum();
    sum == i128::from(total.get()) && arms.iter().zip(parts).all(within)
}

/// Whether the limits permit these parts, one an arm (`None` is kept back).
pub(super) fn permits(limits: &[CandidateLimits], total: Micros, choices: &[Option<Choice>]) -> bool {
    let arms: Vec<Arm> = limits.iter().map(|limits| arm(limits, total, |_| true)).collect();
    if arms.iter().all(|arm| arm.standing != Standing::Allowed) {
        return choices.iter().all(Option::is_none);
    }
    let parts: Vec<i64> = choices
        .iter()
        .map(|choice| choice.and_then(Choice::amount).map_or(0, Micros::get))
        .collect();
    let chosen = |(arm, part): (&Arm, &i64)| {
        arm.standing != Standing::Allowed || !arm.conflict && arm.chosen.holds(Micros::new(*part))
    };
    let named =
        |(arm, choice): (&Arm, &Option<Choice>)| choice.is_some() == (arm.standing == Standing::Allowed);
    restrictions_permit(&arms, &parts, total)
        && arms.iter().zip(&parts).all(chosen)
        && arms.iter().zip(choices).all(named)
}
