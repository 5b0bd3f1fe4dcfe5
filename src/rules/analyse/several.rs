//! Rules that are at odds over several candidates at once: two items in one slot, and parts that exceed the whole.
//!
//! Conditions are solved for one candidate. Here the examples of two or more rules are put side by side in one
//! query, where what they say of it agrees, and the rulebook is asked whether each still meets its own. So what is
//! told is true; where the examples do not agree nothing is told.

use std::cmp::Reverse;

use super::{
    Claim, Found,
    amounts::Range,
    book::{Book, EffectAt},
    witness::Witness,
};
use crate::{
    domain::{Active, BasisPoints, Certainty, Effect, Kind, Tier},
    rules::draft::{Action, Amount},
};

/// Pairs of examples that are put side by side. A rulebook has to be wild to need more.
const PAIRS: usize = 2_000;

/// Arms that are put side by side.
const ARMS: usize = 16;

/// Everything, in basis points.
const WHOLE: i32 = 10_000;

/// An effect and a query of one candidate in which it is in force.
struct Placed {
    at: EffectAt,
    tier: Tier,
    witness: Witness,
}

/// Finds slots that two rules of one tier give to two items.
pub(super) fn pins(book: &Book<'_>) -> Vec<Found> {
    let slot = |action: &Action| {
        let Action::Pin(slot) = action else { return None };
        Some(*slot)
    };
    let pins = placed(book, Kind::Recommendation, slot);
    let mut left = PAIRS;
    let mut found = Vec::new();
    for (place, (slot, later)) in pins.iter().enumerate() {
        let earlier = pins.iter().take(place);
        let mut rivals = earlier.filter(|(other, earlier)| other == slot && earlier.tier == later.tier);
        let tie = rivals.find_map(|(_, earlier)| {
            left = left.checked_sub(1)?;
            let both = earlier.witness.beside(&later.witness)?;
            let is_so = in_force(book, &both, &[earlier.at, later.at], |effect| {
                *effect == Effect::Pin(*slot)
            });
            is_so.then_some((earlier.at, both))
        });
        found.extend(tie.map(|(first, witness)| Found {
            claim: Claim::SameSlot {
                first,
                second: later.at,
            },
            witness: Some(witness),
        }));
    }
    found
}

/// Finds shares that demand more than the whole between them.
pub(super) fn shares(book: &Book<'_>) -> Vec<Found> {
    let least = |action: &Action| match Range::of(action).at_least {
        Some(Amount::Part(part)) if part > BasisPoints::default() => Some(part),
        Some(Amount::Part(_) | Amount::Price(_)) | None => None,
    };
    let mut arms = placed(book, Kind::Budget, least);
    // A demand on any arm whatever is meant for as many as there are.
    arms.retain(|(_, placed)| placed.witness.names_its_arm());
    arms.sort_by_key(|(part, placed)| (Reverse(*part), placed.at));
    let mut left = PAIRS;
    let mut told: Vec<EffectAt> = Vec::new();
    let mut found = Vec::new();
    for (place, (part, first)) in arms.iter().enumerate() {
        if told.contains(&first.at) {
            continue;
        }
        let (mut sum, mut all, mut beside) = (part.get(), vec![first.at], first.witness.clone());
        for (part, other) in arms.iter().skip(place + 1) {
            let next = left.checked_sub(1).filter(|_| sum <= WHOLE && all.len() < ARMS);
            let Some(next) = next else { break };
            left = next;
            if let Some(more) = beside.beside(&other.witness) {
                sum += part.get();
                all.push(other.at);
                beside = more;
            }
        }
        let is_share = |effect: &Effect| matches!(effect, Effect::Share { .. });
        if sum > WHOLE && in_force(book, &beside, &all, is_share) {
            told.extend(&all);
            found.push(Found {
                claim: Claim::MoreThanAll(all),
                witness: Some(beside),
            });
        }
    }
    found
}

/// Every effect of a kind of decision of which something is read, each in a query of one candidate.
fn placed<T>(book: &Book<'_>, kind: Kind, read: impl Fn(&Action) -> Option<T>) -> Vec<(T, Placed)> {
    let mut placed = Vec::new();
    for (rule, draft) in book.enforced().filter(|(_, draft)| draft.kinds.contains(&kind)) {
        for (effect, this) in draft.effects.iter().enumerate() {
            let at = EffectAt { rule, effect };
            let Some(value) = read(&this.action) else { continue };
            let witness = book.certain(at).and_then(|goal| book.find(kind, &[goal]).found());
            placed.extend(witness.map(|witness| {
                let tier = draft.card.tier;
                (value, Placed { at, tier, witness })
            }));
        }
    }
    placed
}

/// Whether each of these effects is in force for certain for its own candidate.
fn in_force(book: &Book<'_>, witness: &Witness, all: &[EffectAt], is: impl Fn(&Effect) -> bool) -> bool {
    let limits = witness.limits(book.rulebook);
    let of = |active: &Active, at: &EffectAt| {
        active.rule == at.rule && active.certainty == Certainty::Certain && is(&active.effect)
    };
    let pairs = limits.iter().zip(all);
    limits.len() == all.len()
        && pairs
            .into_iter()
            .all(|(limits, at)| limits.effects.iter().any(|active| of(active, at)))
}
