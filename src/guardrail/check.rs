//! The independent check: every effect, unmerged, one by one, against the answer.
//!
//! It shares no code with the merging in [`crate::domain::Merged`], so that an error there cannot hide itself.

use crate::domain::{Active, CandidateLimits, Choice, Effect, Micros, Tier};

/// The first effect or limit that the answer does not satisfy, in words; `None` if it satisfies all.
pub(super) fn violated(limits: &CandidateLimits, choice: Choice) -> Option<String> {
    let of_rules = limits
        .effects
        .iter()
        .find(|active| !satisfied(limits, active, choice));
    if let Some(active) = of_rules {
        return Some(format!("`{}` of rule {}", active.effect.name(), active.rule.0));
    }
    let Choice::Bid(price) = choice else { return None };
    if let Some(reason) = limits.auction {
        return Some(format!("the auction admits no bid: {reason}"));
    }
    if price < limits.floor {
        return Some(format!("{price} is below the floor {}", limits.floor));
    }
    let left = limits.budget_left?;
    (price > left).then(|| format!("{price} is more than the budget left {left}"))
}

fn satisfied(limits: &CandidateLimits, active: &Active, choice: Choice) -> bool {
    match active.effect {
        Effect::Block | Effect::Exclude | Effect::Hold(_) => false,
        Effect::AtLeast(bound) => choice.price().is_none_or(|price| price >= bound),
        Effect::AtMost(bound) => choice.price().is_none_or(|price| price <= bound),
        Effect::Force(value) => within(limits, active.tier, choice, value, value),
        Effect::Band { low, high, .. } => within(limits, active.tier, choice, low, high),
        Effect::Adjust(_) | Effect::Note(_) => true,
    }
}

/// A directive is met inside its band, at a restriction that cuts it, or where a higher tier chose otherwise.
fn within(limits: &CandidateLimits, tier: Tier, choice: Choice, low: Micros, high: Micros) -> bool {
    let Choice::Bid(price) = choice else { return true };
    let overruled = limits
        .effects
        .iter()
        .any(|other| is_directive(&other.effect) && other.tier > tier);
    let cut = limits.effects.iter().any(|other| match other.effect {
        Effect::AtMost(bound) => price == bound && bound < low,
        Effect::AtLeast(bound) => price == bound && bound > high && other.tier >= tier,
        Effect::Block
        | Effect::Exclude
        | Effect::Hold(_)
        | Effect::Force(_)
        | Effect::Band { .. }
        | Effect::Adjust(_)
        | Effect::Note(_) => false,
    });
    (low <= price && price <= high) || overruled || cut
}

const fn is_directive(effect: &Effect) -> bool {
    match effect {
        Effect::Force(_) | Effect::Band { .. } => true,
        Effect::Block
        | Effect::Exclude
        | Effect::Hold(_)
        | Effect::AtLeast(_)
        | Effect::AtMost(_)
        | Effect::Adjust(_)
        | Effect::Note(_) => false,
    }
}
