//! Whether what people chose was followed, or something stronger stood against it.

use super::{Checked, count_together};
use crate::domain::{
    Active, CandidateLimits, Choice, Effect, Micros, PerFact, Question, Sort, Spans, Tier, Timestamp,
};

/// Whether a directive of one candidate was followed, as far as restrictions and higher tiers let it be.
pub(super) fn followed(
    checked: Checked<'_>,
    at: usize,
    limits: &CandidateLimits,
    active: &Active,
    choice: Choice,
) -> bool {
    let tier = active.tier;
    match (&active.effect, choice) {
        (Effect::Force(value), _) => within(checked, limits, tier, choice, *value, *value),
        (Effect::Band { low, high, .. }, _) => within(checked, limits, tier, choice, *low, *high),
        (Effect::ForceAt(at), Choice::Send(instant)) => near(limits, tier, at, instant),
        (Effect::BandAt(band), Choice::Send(instant)) => near(limits, tier, &band.near, instant),
        (Effect::Pin(slot), Choice::Show(_) | Choice::NotShown) => pinned(checked, at, tier, *slot, choice),
        (
            Effect::StartList {
                place, model_slots, ..
            },
            Choice::Show(slot),
        ) => listed(checked, tier, *place, *model_slots, slot) || is_pinned(limits),
        _ => true,
    }
}

fn is_pinned(limits: &CandidateLimits) -> bool {
    limits
        .effects
        .iter()
        .any(|active| matches!(active.effect, Effect::Pin(_)))
}

/// A directive is met inside its band, at a restriction that cuts it, or where a higher tier chose otherwise.
fn within(
    checked: Checked<'_>,
    limits: &CandidateLimits,
    tier: Tier,
    choice: Choice,
    low: Micros,
    high: Micros,
) -> bool {
    let Some(amount) = choice.amount() else {
        return true;
    };
    let overruled = limits
        .effects
        .iter()
        .any(|other| other.effect.sort() == Sort::Directive && other.tier > tier);
    let of_total = match checked.question {
        Question::Budget(total) => amount == total.amount && amount < low,
        Question::Bid(_) | Question::SendTime(_) | Question::Recommendation { .. } | Question::Score => false,
    };
    (low <= amount && amount <= high) || overruled || of_total || cut(limits, tier, amount, (low, high))
}

/// Whether a restriction that does not meet a band holds the amount at its own end.
fn cut(limits: &CandidateLimits, tier: Tier, amount: Micros, (low, high): (Micros, Micros)) -> bool {
    let above = |bound: Micros| amount == bound && bound < low;
    let below = |bound: Micros, of: Tier| amount == bound && bound > high && of >= tier;
    limits.effects.iter().any(|other| {
        if let Effect::AtMost(bound) = other.effect {
            return above(bound);
        }
        if let Effect::AtLeast(bound) = other.effect {
            return below(bound, other.tier);
        }
        if let Effect::Share { at_least, at_most } | Effect::Step { at_least, at_most } = other.effect {
            return above(at_most) || below(at_least, other.tier);
        }
        false
    })
}

/// An instant that people chose, or any where none of theirs is allowed, or a higher tier chose.
fn near(limits: &CandidateLimits, tier: Tier, chosen: &Spans, instant: Timestamp) -> bool {
    let overruled = limits
        .effects
        .iter()
        .any(|other| other.tier > tier && matches!(other.effect, Effect::ForceAt(_) | Effect::BandAt(_)));
    chosen.contains(instant) || overruled || !any_allowed(limits, chosen)
}

/// Whether any instant of theirs is allowed. Sets of ranges meet exactly where one of them begins inside all others.
fn any_allowed(limits: &CandidateLimits, chosen: &Spans) -> bool {
    let mut sets: Vec<&Spans> = vec![chosen];
    sets.extend(&limits.window);
    for active in limits.effects.iter() {
        if let Effect::Times { allowed, .. } = &active.effect {
            sets.push(allowed);
        } else if let Effect::Cap(cap) = &active.effect {
            sets.push(&cap.allowed);
        }
    }
    let mut starts = sets.iter().flat_map(|set| set.ranges()).map(|range| range.from);
    starts.any(|start| sets.iter().all(|set| set.contains(start)))
}

/// A pinned item stands in its slot, unless a stronger pin has the slot or the item, a restriction keeps it out, or the
/// slate ends before the slot.
fn pinned(checked: Checked<'_>, at: usize, tier: Tier, slot: u16, choice: Choice) -> bool {
    if choice == Choice::Show(slot) {
        return true;
    }
    let pins = |item: usize| {
        checked.effects(item).filter_map(|active| {
            if let Effect::Pin(slot) = active.effect {
                return Some((slot, active.tier));
            }
            None
        })
    };
    let stronger_here = (0..checked.limits.len()).any(|item| {
        pins(item).any(|(other, of)| {
            of > tier && (item == at || other == slot) || of == tier && item == at && other != slot
        })
    });
    // A slate that is shorter than asked for is closed up, and pins move up with it.
    let shown = checked.slots().count();
    let ends_before =
        shown < usize::from(slot) || is_short(checked, shown) && choice.slot().is_some_and(|at| at < slot);
    stronger_here
        || ends_before
        || choice == Choice::NotShown && is_crowded_out(checked, at)
        || beyond(checked, slot)
}

/// Whether fewer items are shown than were asked for.
fn is_short(checked: Checked<'_>, shown: usize) -> bool {
    match checked.question {
        Question::Recommendation { slots, .. } => shown < usize::from(*slots),
        Question::Bid(_) | Question::SendTime(_) | Question::Budget(_) | Question::Score => false,
    }
}

/// Whether the slot is beyond those asked for.
const fn beyond(checked: Checked<'_>, slot: u16) -> bool {
    match checked.question {
        Question::Recommendation { slots, .. } => slot > *slots,
        Question::Bid(_) | Question::SendTime(_) | Question::Budget(_) | Question::Score => true,
    }
}

/// Whether as many of its sort stand already as a limit lets: its own, or one of an item that stands.
fn is_crowded_out(checked: Checked<'_>, at: usize) -> bool {
    let own = || checked.effects(at).filter_map(per_fact);
    let standing = checked.slots().flat_map(|(item, _)| checked.effects(item));
    let of_its_sort = standing
        .filter_map(per_fact)
        .filter(|limit| own().any(|own| count_together(limit, own)));
    own()
        .chain(of_its_sort)
        .any(|limit| checked.alike(limit) >= usize::from(limit.most))
}

fn per_fact(active: &Active) -> Option<&PerFact> {
    if let Effect::AtMostPer(limit) = &active.effect {
        Some(limit)
    } else {
        None
    }
}

/// While a list leads, no other item stands among the slots of people unless every listed one that could stand does.
fn listed(checked: Checked<'_>, tier: Tier, place: Option<u16>, model_slots: u16, slot: u16) -> bool {
    let Question::Recommendation { slots, .. } = checked.question else {
        return true;
    };
    let overruled = (0..checked.limits.len()).any(|item| {
        checked
            .effects(item)
            .any(|active| active.tier > tier && matches!(active.effect, Effect::StartList { .. }))
    });
    let of_people = slot <= slots.saturating_sub(model_slots);
    if overruled || !of_people || place.is_some() {
        return true;
    }
    (0..checked.limits.len()).all(|item| {
        let is_listed = checked.effects(item).any(|active| {
            active.tier == tier && matches!(active.effect, Effect::StartList { place: Some(_), .. })
        });
        let stands = |choice: &Option<Choice>| choice.is_none_or(|choice| choice.slot().is_some());
        !is_listed || checked.choices.get(item).is_none_or(stands) || is_crowded_out(checked, item)
    })
}
