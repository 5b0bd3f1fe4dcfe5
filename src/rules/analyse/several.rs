//! Rules that are at odds over several candidates at once: two items in one slot, and parts that exceed the whole or
//! leave some of it over.
//!
//! Conditions are solved for one candidate. Here the examples of two or more rules are put side by side in one
//! query, where what they say of it agrees, and the rulebook is asked whether each still meets its own. So what is
//! told is true; where the examples do not agree nothing is told.

use std::{cmp::Reverse, collections::BTreeSet};

use super::{
    Claim, Found,
    amounts::Range,
    book::{Book, EffectAt},
    witness::Witness,
};
use crate::{
    domain::{Active, Attribute, BasisPoints, CandidateLimits, Certainty, Effect, Kind, RuleIx, Tier, Word},
    rules::draft::{Action, Amount},
};

/// Pairs of examples that are put side by side. A rulebook has to be wild to need more.
const PAIRS: usize = 2_000;

/// Arms that are put side by side.
const ARMS: usize = 16;

/// Items that are put in the place of one.
const ITEMS: usize = 64;

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
    let pins = placed(book, Kind::Recommendation, slot);
    let mut left = PAIRS;
    let mut found = Vec::new();
    for (place, (slot, later)) in pins.iter().enumerate() {
        let earlier = pins.iter().take(place);
        let mut rivals = earlier.filter(|(other, earlier)| other == slot && earlier.tier == later.tier);
        let tie = rivals.find_map(|(_, earlier)| {
            left = left.checked_sub(1)?;
            let both = side_by_side(book, *slot, earlier, later)?;
            Some((earlier.at, both))
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

/// Finds rules that give one slot to two items that they are about.
pub(super) fn crowded(book: &Book<'_>) -> Vec<Found> {
    let pins = placed(book, Kind::Recommendation, slot);
    let found = pins.iter().filter_map(|(slot, pin)| {
        let witness = side_by_side(book, *slot, pin, pin)?;
        let claim = Claim::CrowdedSlot(pin.at);
        Some(Found {
            claim,
            witness: Some(witness),
        })
    });
    found.collect()
}

const fn slot(action: &Action) -> Option<u16> {
    if let Action::Pin(slot) = action {
        return Some(*slot);
    }
    None
}

/// A query of two items of which each has the slot by its own pin.
fn side_by_side(book: &Book<'_>, slot: u16, first: &Placed, second: &Placed) -> Option<Witness> {
    let items = || book.terms.named(&Attribute::Item).take(ITEMS);
    let renamed = items().filter_map(|item| second.witness.named(item));
    let seconds = std::iter::once(second.witness.clone()).chain(renamed);
    let mut pairs = seconds.filter_map(|second| first.witness.beside(&second));
    let pinned = |effect: &Effect| *effect == Effect::Pin(slot);
    pairs.find(|both| in_force(book, both, &[first.at, second.at], pinned))
}

/// Finds shares that leave less than the whole to all the arms that anybody names.
///
/// Whether a query has further arms nobody can know; that some are named nowhere is unlikely, because tests state
/// whole splits.
pub(super) fn ceilings(book: &Book<'_>) -> Vec<Found> {
    let most = |action: &Action| match Range::of(action).at_most {
        Some(Amount::Part(part)) if part.get() < WHOLE => Some(part),
        Some(Amount::Part(_) | Amount::Price(_)) | None => None,
    };
    let capped = placed(book, Kind::Budget, most);
    let mut told: Vec<EffectAt> = Vec::new();
    let mut found = Vec::new();
    for (_, first) in capped.iter().take(PAIRS) {
        if told.contains(&first.at) {
            continue;
        }
        let Some(witness) = of_all_arms(book, &first.witness) else {
            continue;
        };
        let limits = witness.limits(book.rulebook);
        let tightest = limits.iter().map(|limits| tightest(limits, &capped));
        let Some(tightest) = tightest.collect::<Option<Vec<_>>>() else {
            continue;
        };
        let sum: i32 = tightest.iter().map(|(part, _)| part.get()).sum();
        let mut all: Vec<EffectAt> = tightest.into_iter().map(|(_, at)| at).collect();
        all.sort_unstable();
        all.dedup();
        if sum < WHOLE && all.contains(&first.at) {
            told.extend(&all);
            found.push(Found {
                claim: Claim::LessThanAll(all),
                witness: Some(witness),
            });
        }
    }
    found
}

/// The query of one arm with every other beside it that a rule or a test of its brand names.
fn of_all_arms(book: &Book<'_>, witness: &Witness) -> Option<Witness> {
    let mut names: BTreeSet<&str> = book.terms.named(&Attribute::Arm).collect();
    for test in book.rulebook.tests() {
        let arms = test.query.candidates.iter().zip(&test.campaigns);
        let own = arms.filter(|(_, campaign)| campaign.brand == witness.campaign.brand);
        names.extend(own.filter_map(|(arm, _)| arm.facts.word(&Attribute::Arm).map(Word::as_str)));
    }
    if !(2..=ARMS).contains(&names.len()) {
        return None;
    }
    let mut arms = names.iter().map(|name| witness.named(name));
    let first = arms.next()??;
    arms.try_fold(first, |beside, arm| beside.beside(&arm?))
}

/// The tightest share that bounds a candidate for certain.
fn tightest(limits: &CandidateLimits, capped: &[(BasisPoints, Placed)]) -> Option<(BasisPoints, EffectAt)> {
    let is_certain = |rule: RuleIx| {
        limits.effects.iter().any(|active| {
            active.rule == rule
                && active.certainty == Certainty::Certain
                && matches!(active.effect, Effect::Share { .. })
        })
    };
    let bounds = capped.iter().filter(|(_, placed)| is_certain(placed.at.rule));
    bounds.map(|(part, placed)| (*part, placed.at)).min()
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
