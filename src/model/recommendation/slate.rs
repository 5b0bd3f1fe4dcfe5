//! From relevances to a slate, with a little variety whose probability is known.
//!
//! Items stand in the order of relevance × noise. The noise is E^(−1/s) with E exponential, one draw an item: then, of
//! whatever items may still stand in a slot, the one with relevance r (boosts included) comes first with probability
//!
//! ```text
//! r^s / Σ r_j^s
//! ```
//!
//! (Luce's choice rule; exponential races are memoryless, so it holds slot after slot and for whatever set the
//! limits leave.) The sharpness s says how close two relevances must be to change places: at 20, an item with nine
//! tenths of another's relevance stands before it one time in nine.

use smallvec::SmallVec;

use crate::{
    domain::{CandidateLimits, Choice, Micros, Stage, boost, fill_slate},
    model::thompson::{Draws, greatest, probability},
};

use super::creatives::{Shown, beliefs};

/// How sharp the order is at a stage; `None` is without noise.
pub(super) const fn sharpness(stage: Stage) -> Option<u8> {
    match stage {
        Stage::Cold => None,
        Stage::Learning | Stage::Stale => Some(20),
        Stage::Mature => Some(40),
    }
}

/// A slate that was drawn.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Drawn {
    /// What orders each candidate without limits; negative where it is not wished for.
    pub(super) relevances: Vec<Micros>,
    /// The answer for each candidate.
    pub(super) choices: Vec<Choice>,
    /// Of each that was chosen for a slot: how likely, given what stands before it, and whether it was the only one.
    pub(super) odds: Vec<Option<Odds>>,
    /// Whether the slate follows people's order, because chance had it so.
    pub(super) by_hand: bool,
}

/// How an item came to its slot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Odds {
    pub(super) propensity: f64,
    pub(super) forced: bool,
}

/// A relevance of one, in millionths: a million, so that six further digits can tell items apart.
const ONE: f64 = 1e12;

/// People's order of the candidates while a rule hands a new market over: so great a share of slates follows it, so that what the
/// model's order brings can be compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct ByHand<'a> {
    /// What orders each; `None` is one that is not to be shown.
    pub(super) order: &'a [Option<f64>],
    /// The share.
    pub(super) share: f64,
}

/// The stream of a decision's seed that says whose order a slate follows.
const WHOSE: u64 = 0;

/// How likely it is that a slate follows people's order, and the model's, given what stands in it so far.
#[derive(Debug, Clone, Copy)]
struct Whose {
    human: f64,
    model: f64,
    /// Whether this one follows people's.
    is_human: bool,
}

impl Whose {
    fn drawn(by_hand: Option<ByHand<'_>>, seed: u64) -> Self {
        let human = by_hand.map_or(0.0, |by_hand| by_hand.share);
        Self {
            human,
            model: 1.0 - human,
            is_human: human > 0.0 && Draws::new(seed, WHOSE).uniform() < human,
        }
    }

    /// The probability of what comes next, which people's order would have put there, and the model's, with these.
    fn next(&mut self, by_human: f64, by_model: f64) -> f64 {
        let before = self.human + self.model;
        self.human *= by_human;
        self.model *= by_model;
        ((self.human + self.model) / before).clamp(f64::MIN_POSITIVE, 1.0)
    }
}

/// Draws a slate of items. `relevances` are above 0; `None` is an item that is not to be shown.
pub(super) fn items(
    limits: &[CandidateLimits],
    slots: u16,
    relevances: &[Option<f64>],
    sharpness: Option<u8>,
    by_hand: Option<ByHand<'_>>,
    seed: u64,
) -> Option<Drawn> {
    let model = Order::of(limits, relevances, sharpness, seed);
    let human = by_hand.map(|by_hand| Order::of(limits, by_hand.order, None, seed));
    let mut whose = Whose::drawn(by_hand, seed);
    let mut odds = vec![None; limits.len()];
    let choices = fill_slate(limits, slots, |among| {
        let foremost = model.foremost(among)?;
        let of_people = human.as_ref().and_then(|human| human.foremost(among));
        let of_people = of_people.map(|foremost| foremost.at);
        let chosen = of_people.filter(|_| whose.is_human).unwrap_or(foremost.at);
        let by_model = match sharpness {
            Some(_) if foremost.all > 0.0 => model.weight(chosen) / foremost.all,
            Some(_) | None => f64::from(u8::from(chosen == foremost.at)),
        };
        let by_human = f64::from(u8::from(of_people == Some(chosen)));
        if let Some(odds) = odds.get_mut(chosen) {
            *odds = Some(Odds {
                propensity: whose.next(by_human, by_model),
                forced: foremost.free == 1,
            });
        }
        Some(chosen)
    })?;
    let followed = human.filter(|_| whose.is_human).unwrap_or(model);
    Some(Drawn {
        relevances: followed.wished(),
        choices,
        odds,
        by_hand: whose.is_human,
    })
}

/// Candidates in the order of relevance × noise.
struct Order {
    /// Relevance with noise, before boosts.
    noisy: Vec<Option<f64>>,
    entrants: Vec<Option<Entrant>>,
}

/// Who comes first among some.
struct Foremost {
    at: usize,
    /// What all of them weigh, and how many they are.
    all: f64,
    free: usize,
}

impl Order {
    fn of(limits: &[CandidateLimits], relevances: &[Option<f64>], sharpness: Option<u8>, seed: u64) -> Self {
        let mut draws = Draws::new(seed, 2);
        let most = relevances
            .iter()
            .flatten()
            .copied()
            .fold(f64::MIN_POSITIVE, f64::max);
        let noisy: Vec<Option<f64>> = relevances
            .iter()
            .map(|relevance| {
                let noise = sharpness.map_or(1.0, |s| (-(-draws.uniform().ln()).ln() / f64::from(s)).exp());
                relevance.map(|relevance| relevance / most * noise)
            })
            .collect();
        let entrants = limits
            .iter()
            .zip(relevances.iter().zip(&noisy))
            .map(|(limits, (relevance, noisy))| {
                let boost = boost(limits);
                Some(Entrant {
                    noisy: (*noisy)? * boost,
                    weight: luce((*relevance)? / most * boost, sharpness),
                })
            })
            .collect();
        Self { noisy, entrants }
    }

    fn foremost(&self, among: &[usize]) -> Option<Foremost> {
        let (mut best, mut all, mut free) = (None, 0.0, 0_usize);
        for at in among {
            let Some(entrant) = self.entrants.get(*at).copied().flatten() else {
                continue;
            };
            all += entrant.weight;
            free += 1;
            best = first_most(best, (*at, entrant));
        }
        best.map(|(at, _)| Foremost { at, all, free })
    }

    fn weight(&self, at: usize) -> f64 {
        let entrant = self.entrants.get(at).copied().flatten();
        entrant.map_or(0.0, |entrant| entrant.weight)
    }

    /// What is wished of each candidate.
    fn wished(&self) -> Vec<Micros> {
        let each = self.noisy.iter().map(|value| match value {
            Some(value) => Micros::from_f64((value * ONE).min(9e17)).unwrap_or_default(),
            None => NOT_WISHED,
        });
        each.collect()
    }
}

const NOT_WISHED: Micros = Micros::new(-1);

fn luce(relevance: f64, sharpness: Option<u8>) -> f64 {
    sharpness.map_or(relevance, |sharpness| relevance.powi(i32::from(sharpness)))
}

/// A candidate in the race for a slot, boosts included.
#[derive(Clone, Copy)]
struct Entrant {
    /// What it is ordered by.
    noisy: f64,
    /// How likely it is to come first, in proportion.
    weight: f64,
}

fn first_most(best: Option<(usize, Entrant)>, next: (usize, Entrant)) -> Option<(usize, Entrant)> {
    match best {
        Some((_, most)) if most.noisy >= next.1.noisy => best,
        Some(_) | None => Some(next),
    }
}

/// Draws a slate of creatives: Thompson sampling, anew for each slot, among those that may stand in it.
pub(super) fn creatives(
    limits: &[CandidateLimits],
    slots: u16,
    shown: &[Option<Shown>],
    by_hand: Option<ByHand<'_>>,
    seed: u64,
) -> Option<Drawn> {
    let unlimited = vec![CandidateLimits::default(); limits.len()];
    let (wished, _) = thompson(&unlimited, slots, shown, by_hand, seed)?;
    let (choices, odds) = thompson(limits, slots, shown, by_hand, seed)?;
    let relevance = |(choice, shown): (&Choice, &Option<Shown>)| match (choice.slot(), shown) {
        (Some(slot), _) => Micros::new(i64::from(u16::MAX - slot)),
        (None, Some(_)) => Micros::ZERO,
        (None, None) => NOT_WISHED,
    };
    Some(Drawn {
        relevances: wished.iter().zip(shown).map(relevance).collect(),
        choices,
        odds,
        by_hand: Whose::drawn(by_hand, seed).is_human,
    })
}

type Filled = (Vec<Choice>, Vec<Option<Odds>>);

fn thompson(
    limits: &[CandidateLimits],
    slots: u16,
    shown: &[Option<Shown>],
    by_hand: Option<ByHand<'_>>,
    seed: u64,
) -> Option<Filled> {
    let known: Vec<Shown> = shown.iter().map(|shown| shown.unwrap_or_default()).collect();
    let mut beliefs = beliefs(&known);
    for (belief, limits) in beliefs.iter_mut().zip(limits) {
        // A boost multiplies the rate, so it moves its logarithm.
        belief.mean += boost(limits).max(f64::MIN_POSITIVE).ln();
    }
    let human = by_hand.map(|by_hand| Order::of(limits, by_hand.order, None, seed));
    let mut whose = Whose::drawn(by_hand, seed);
    let mut draws = Draws::new(seed, 3);
    let mut odds = vec![None; limits.len()];
    let choices = fill_slate(limits, slots, |among| {
        let drawn = draws.of(&beliefs);
        let free = among
            .iter()
            .copied()
            .filter(|at| shown.get(*at).is_some_and(Option::is_some));
        let free: SmallVec<[usize; 50]> = free.collect();
        let values: SmallVec<[f64; 50]> = free.iter().filter_map(|at| drawn.get(*at).copied()).collect();
        let of_people = human.as_ref().and_then(|human| human.foremost(&free));
        let of_people = of_people.map(|foremost| foremost.at);
        let place = match of_people.filter(|_| whose.is_human) {
            Some(at) => free.iter().position(|other| *other == at)?,
            None => greatest(&values)?,
        };
        let arms: Vec<_> = free.iter().filter_map(|at| beliefs.get(*at).copied()).collect();
        let chosen = *free.get(place)?;
        let by_human = f64::from(u8::from(of_people == Some(chosen)));
        let propensity = whose.next(by_human, probability(&arms, place)?);
        if let Some(odds) = odds.get_mut(chosen) {
            *odds = Some(Odds {
                propensity,
                forced: arms.len() == 1,
            });
        }
        Some(chosen)
    })?;
    Some((choices, odds))
}
