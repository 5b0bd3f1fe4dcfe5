//! A slate: which items stand in which slots.
//!
//! People's part is placed first (pins, then the list of a novel market), the rest is filled by relevance. A
//! restriction is never broken for either: what is out, or one too many of its sort, leaves its slot to the next.

use std::{cmp::Reverse, collections::BinaryHeap};

use smallvec::SmallVec;

use super::{
    Active, Applied, CandidateLimits, Choice, Effect, FallbackReason, Micros, PerFact, Standing, Tier,
};

/// What the limits say of one item.
#[derive(Debug)]
struct Item<'a> {
    standing: Standing,
    per_fact: SmallVec<[&'a PerFact; 2]>,
    /// Relevance after boosts.
    relevance: i128,
}

impl Item<'_> {
    /// Whether it may stand, and is not wished away.
    fn is_wanted(&self) -> bool {
        self.standing == Standing::Allowed && self.relevance >= 0
    }
}

/// What people want of the slots.
#[derive(Debug, Default)]
struct Wanted {
    /// (slot, item), at most one item a slot.
    pins: Vec<(u16, usize)>,
    /// (place in the list, item).
    list: Vec<(u16, usize)>,
    /// Slots, from the last up, that the list leaves to the model.
    model_slots: u16,
}

/// Two rules of one tier want different things.
struct AtOdds;

/// The smallest and the greatest sum of boosts, in basis points: a tenth, and tenfold.
const LEAST_BOOST: i32 = -9_000;
const GREATEST_BOOST: i32 = 90_000;

/// The answer for each item: in a slot, not shown, or kept back.
///
/// `relevance` holds what each item is ordered by; of two alike the earlier candidate comes first. An item of negative
/// relevance is not wished for: it stands where people put it, or not at all. Slots are filled from 1 without a gap.
pub(super) fn slate(
    limits: &[CandidateLimits],
    slots: u16,
    relevance: impl Fn(usize) -> Micros,
    keep: impl Fn(&Active) -> bool + Copy,
) -> Vec<Applied> {
    let items: Vec<Item<'_>> = limits
        .iter()
        .enumerate()
        .map(|(at, limits)| item(limits, relevance(at), keep))
        .collect();
    let Ok(wanted) = wanted(limits, keep) else {
        return safe_default(limits, &items, slots, FallbackReason::Conflict);
    };
    let shown = Filled::new(&items, slots).people(&wanted).model().shown();
    if shown.is_empty() && items.iter().any(Item::is_wanted) {
        return safe_default(limits, &items, slots, FallbackReason::Contradiction);
    }
    answers(&items, &shown, None)
}

/// Fills a slate slot by slot: people's part as ever, and what `choose` takes for each slot that is left, of the
/// candidates that may stand there beside those that stand already. It is asked slot after slot, and with `None`
/// leaves one to nobody. `None` where rules are at odds.
///
/// So a model can choose inside the limits, and know what it chose from.
pub fn fill_slate(
    limits: &[CandidateLimits],
    slots: u16,
    mut choose: impl FnMut(&[usize]) -> Option<usize>,
) -> Option<Vec<Choice>> {
    let all = limits.iter();
    let items: Vec<Item<'_>> = all.map(|limits| item(limits, Micros::ZERO, |_| true)).collect();
    let wanted = wanted(limits, |_| true).ok()?;
    let mut filled = Filled::new(&items, slots).people(&wanted);
    let crowds = items.iter().any(|item| !item.per_fact.is_empty());
    let mut among: Vec<usize> = (0..items.len()).filter(|at| filled.fits(*at)).collect();
    for slot in 0..usize::from(slots) {
        if filled.slots.get(slot).is_some_and(Option::is_some) {
            continue;
        }
        let Some(at) = choose(&among) else {
            continue;
        };
        filled.put(slot, at);
        // Whoever does not fit beside some does not fit beside more.
        among.retain(|other| *other != at && (!crowds || filled.fits(*other)));
    }
    let mut choices = vec![Choice::NotShown; items.len()];
    for (slot, at) in (1_u16..).zip(filled.shown()) {
        if let Some(choice) = choices.get_mut(at) {
            *choice = Choice::Show(slot);
        }
    }
    Some(choices)
}

/// The most by which people's boosts multiply a relevance.
pub const MOST_BOOST: f64 = 10.0;

/// By how much people's boosts multiply the relevance of a candidate.
#[must_use]
pub fn boost(limits: &CandidateLimits) -> f64 {
    f64::from(boost_of(limits.effects.iter())) / 10_000.0
}

fn boost_of<'a>(effects: impl Iterator<Item = &'a Active>) -> i32 {
    let boosts = effects.map(|active| {
        if let Effect::Boost(by) = active.effect {
            by.get()
        } else {
            0
        }
    });
    10_000
        + boosts
            .fold(0, i32::saturating_add)
            .clamp(LEAST_BOOST, GREATEST_BOOST)
}

fn item<'a>(
    limits: &'a CandidateLimits,
    relevance: Micros,
    keep: impl Fn(&Active) -> bool + Copy,
) -> Item<'a> {
    if limits.effects.is_empty() && limits.window.is_none() {
        return Item {
            standing: Standing::Allowed,
            per_fact: SmallVec::new(),
            relevance: i128::from(relevance.get()) * 10_000,
        };
    }
    let mut per_fact = SmallVec::new();
    for active in limits.effects.iter().filter(|active| keep(active)) {
        if let Effect::AtMostPer(limit) = &active.effect {
            per_fact.push(&**limit);
        }
    }
    let factor = i128::from(boost_of(limits.effects.iter().filter(|active| keep(active))));
    Item {
        standing: limits.standing(limits.effects.iter().filter(move |active| keep(active))),
        per_fact,
        relevance: i128::from(relevance.get()) * factor,
    }
}

/// Pins and lists of the highest tier that speaks of each slot.
fn wanted(limits: &[CandidateLimits], keep: impl Fn(&Active) -> bool) -> Result<Wanted, AtOdds> {
    let mut pins: Vec<(u16, Tier, usize)> = Vec::new();
    let mut lists: Vec<(Tier, Option<u16>, u16, usize)> = Vec::new();
    for (at, limits) in limits.iter().enumerate() {
        for active in limits.effects.iter().filter(|active| keep(active)) {
            if let Effect::Pin(slot) = active.effect {
                pins.push((slot, active.tier, at));
            } else if let Effect::StartList {
                place, model_slots, ..
            } = active.effect
            {
                lists.push((active.tier, place, model_slots, at));
            }
        }
    }
    let (list, model_slots) = one_list(lists)?;
    Ok(Wanted {
        pins: one_a_slot(pins)?,
        list,
        model_slots,
    })
}

fn one_a_slot(mut pins: Vec<(u16, Tier, usize)>) -> Result<Vec<(u16, usize)>, AtOdds> {
    pins.sort_by_key(|pin| (pin.0, Reverse(pin.1), pin.2));
    pins.dedup();
    let mut kept: Vec<(u16, Tier, usize)> = Vec::new();
    for pin in pins {
        match kept.last() {
            Some(last) if last.0 == pin.0 && last.1 == pin.1 && last.2 != pin.2 => return Err(AtOdds),
            Some(last) if last.0 == pin.0 => {}
            Some(_) | None => kept.push(pin),
        }
    }
    // An item stands once: of two slots the one that the higher tier chose.
    let mut once: Vec<(u16, Tier, usize)> = Vec::new();
    for pin in kept {
        match once.iter_mut().find(|known| known.2 == pin.2) {
            Some(known) if known.1 == pin.1 => return Err(AtOdds),
            Some(known) if known.1 < pin.1 => *known = pin,
            Some(_) => {}
            None => once.push(pin),
        }
    }
    Ok(once.into_iter().map(|(slot, _, item)| (slot, item)).collect())
}

type List = (Vec<(u16, usize)>, u16);

fn one_list(lists: Vec<(Tier, Option<u16>, u16, usize)>) -> Result<List, AtOdds> {
    let Some(tier) = lists.iter().map(|(tier, ..)| *tier).max() else {
        return Ok((Vec::new(), u16::MAX));
    };
    let mut places: Vec<(usize, Option<u16>, u16)> = lists
        .into_iter()
        .filter(|list| list.0 == tier)
        .map(|(_, place, model_slots, at)| (at, place, model_slots))
        .collect();
    places.sort_unstable();
    places.dedup();
    let model_slots = places.first().map_or(u16::MAX, |(.., slots)| *slots);
    let twice = places.windows(2).any(|two| matches!(two, [a, b] if a.0 == b.0));
    if twice || places.iter().any(|(.., slots)| *slots != model_slots) {
        return Err(AtOdds);
    }
    let mut list: Vec<(u16, usize)> = places
        .into_iter()
        .filter_map(|(at, place, _)| Some((place?, at)))
        .collect();
    list.sort_unstable();
    Ok((list, model_slots))
}

/// A slate in the making.
struct Filled<'i, 'a> {
    items: &'i [Item<'a>],
    /// The item of each slot.
    slots: Vec<Option<usize>>,
    /// Items with a limit of their sort that stand already.
    standing: Vec<usize>,
}

impl<'i, 'a> Filled<'i, 'a> {
    fn new(items: &'i [Item<'a>], slots: u16) -> Self {
        Self {
            items,
            slots: vec![None; usize::from(slots)],
            standing: Vec::new(),
        }
    }

    /// Whether an item may stand beside those that stand already.
    fn fits(&self, at: usize) -> bool {
        let Some(item) = self.items.get(at) else {
            return false;
        };
        item.standing == Standing::Allowed
            && !self.standing.contains(&at)
            && (item.per_fact.is_empty()
                || crowded(self.items, self.standing.iter().copied().chain([at])).is_none())
    }

    fn put(&mut self, slot: usize, at: usize) -> bool {
        let free = self.slots.get(slot).is_some_and(Option::is_none);
        if !free || !self.fits(at) {
            return false;
        }
        if let Some(place) = self.slots.get_mut(slot) {
            *place = Some(at);
        }
        self.standing.push(at);
        true
    }

    /// Pins, then the list from the first free slot on.
    fn people(mut self, wanted: &Wanted) -> Self {
        for (slot, at) in &wanted.pins {
            self.put(usize::from(*slot).saturating_sub(1), *at);
        }
        let human = self.slots.len().saturating_sub(usize::from(wanted.model_slots));
        let mut list = wanted.list.iter().map(|(_, at)| *at);
        for slot in 0..human {
            if self.slots.get(slot).is_some_and(Option::is_some) {
                continue;
            }
            for at in list.by_ref() {
                if self.put(slot, at) {
                    break;
                }
            }
        }
        self
    }

    /// The most relevant of the rest. A slate is short and the rest may be long: a heap sorts no more than is used.
    fn model(mut self) -> Self {
        let wanted = self.items.iter().enumerate().filter(|(_, item)| item.is_wanted());
        let rest: Vec<(i128, Reverse<usize>)> =
            wanted.map(|(at, item)| (item.relevance, Reverse(at))).collect();
        let mut rest = BinaryHeap::from(rest);
        for slot in 0..self.slots.len() {
            if self.slots.get(slot).is_some_and(Option::is_some) {
                continue;
            }
            while let Some((_, Reverse(at))) = rest.pop() {
                if self.put(slot, at) {
                    break;
                }
            }
        }
        self
    }

    /// The items in order; a slot that nobody fills is closed up.
    fn shown(self) -> Vec<usize> {
        self.slots.into_iter().flatten().collect()
    }
}

/// A limit of which more stand than it lets, if any.
fn crowded<'a>(items: &[Item<'a>], shown: impl Iterator<Item = usize> + Clone) -> Option<&'a PerFact> {
    let limits = |at: usize| {
        items
            .get(at)
            .into_iter()
            .flat_map(|item| item.per_fact.iter().copied())
    };
    shown.clone().flat_map(limits).find(|limit| {
        let alike = |other: usize| limits(other).any(|other| together(limit, other));
        let count = shown.clone().filter(|other| alike(*other)).count();
        count > usize::from(limit.most)
    })
}

/// Whether two items count together: they share a value, or one's is unknown.
fn together(a: &PerFact, b: &PerFact) -> bool {
    a.attribute == b.attribute
        && match (&a.values, &b.values) {
            (Some(a), Some(b)) => a.iter().any(|value| b.contains(value)),
            (None, _) | (_, None) => true,
        }
}

fn answers(items: &[Item<'_>], shown: &[usize], fallback: Option<FallbackReason>) -> Vec<Applied> {
    let slot = |at: usize| shown.iter().position(|item| *item == at);
    let choice = |at: usize| match slot(at).and_then(|slot| u16::try_from(slot + 1).ok()) {
        Some(slot) => Choice::Show(slot),
        None => Choice::NotShown,
    };
    let each = items.iter().enumerate();
    each.map(|(at, item)| Applied {
        choice: (item.standing == Standing::Allowed).then(|| choice(at)),
        standing: item.standing,
        fallback,
        clip: None,
    })
    .collect()
}

/// The declared slate, if every restriction permits all of it; else nothing is shown.
fn safe_default(
    limits: &[CandidateLimits],
    items: &[Item<'_>],
    slots: u16,
    reason: FallbackReason,
) -> Vec<Applied> {
    let declared: Vec<Choice> = limits
        .iter()
        .map(CandidateLimits::declared_or_not_shown)
        .collect();
    if let Some(shown) = in_order(&declared, slots)
        && !shown.is_empty()
        && restrictions_permit(items, &shown)
    {
        return answers(items, &shown, Some(reason));
    }
    let kept_back = |item: &Item<'_>| Applied {
        choice: None,
        standing: item.standing.max(Standing::Blocked),
        fallback: Some(reason),
        clip: None,
    };
    items.iter().map(kept_back).collect()
}

/// The items that choices show, by slot; `None` where slots are shared, missing or too many.
fn in_order(choices: &[Choice], slots: u16) -> Option<Vec<usize>> {
    let mut placed: Vec<(u16, usize)> = choices
        .iter()
        .enumerate()
        .filter_map(|(at, choice)| Some((choice.slot()?, at)))
        .collect();
    placed.sort_unstable();
    let gapless = (1..=slots)
        .zip(&placed)
        .all(|(slot, (placed, _))| slot == *placed);
    (gapless && placed.len() <= usize::from(slots)).then(|| placed.into_iter().map(|(_, at)| at).collect())
}

fn restrictions_permit(items: &[Item<'_>], shown: &[usize]) -> bool {
    let free = |at: &usize| {
        items
            .get(*at)
            .is_some_and(|item| item.standing == Standing::Allowed)
    };
    shown.iter().all(free) && crowded(items, shown.iter().copied()).is_none()
}

/// Whether the limits permit these choices, one an item (`None` is kept back): every restriction, and what people
/// chose, as [`slate`] would place it.
pub(super) fn permits(limits: &[CandidateLimits], slots: u16, choices: &[Option<Choice>]) -> bool {
    let stated: Vec<Choice> = choices
        .iter()
        .map(|choice| choice.unwrap_or(Choice::NotShown))
        .collect();
    let Some(shown) = in_order(&stated, slots) else {
        return false;
    };
    // Ordered by what was chosen, the slate comes out as it is exactly where people's part is in its place. What was
    // not chosen is not wished for: showing less than could be is no contradiction.
    let rank = |at: usize| match shown.iter().position(|item| *item == at) {
        Some(place) => Micros::new(i64::try_from(shown.len() - place).unwrap_or(i64::MAX)),
        None => Micros::new(-1),
    };
    let applied = slate(limits, slots, rank, |active| {
        !matches!(active.effect, Effect::Boost(_))
    });
    let shown_again: Vec<Option<u16>> = applied
        .iter()
        .map(|applied| applied.choice.and_then(Choice::slot))
        .collect();
    let kept_back = applied
        .iter()
        .zip(choices)
        .all(|(applied, choice)| applied.choice.is_some() || choice.is_none());
    let same = shown_again.iter().zip(&stated).all(|(again, choice)| {
        // A shorter slate than could be is permitted; another one is not.
        *again == choice.slot()
            || choice.slot().is_none() && again.is_some_and(|slot| usize::from(slot) > shown.len())
    });
    kept_back && same
}
