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
}

/// How an item came to its slot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Odds {
    pub(super) propensity: f64,
    pub(super) forced: bool,
}

/// A relevance of one, in millionths: a million, so that six further digits can tell items apart.
const ONE: f64 = 1e12;

/// Draws a slate of items. `relevances` are above 0; `None` is an item that is not to be shown.
pub(super) fn items(
    limits: &[CandidateLimits],
    slots: u16,
    relevances: &[Option<f64>],
    sharpness: Option<u8>,
    seed: u64,
) -> Option<Drawn> {
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
    let entrants: Vec<Option<Entrant>> = limits
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
    let mut odds = vec![None; limits.len()];
    let choices = fill_slate(limits, slots, |among| {
        let (mut best, mut all, mut free) = (None, 0.0, 0_usize);
        for at in among {
            let Some(entrant) = entrants.get(*at).copied().flatten() else {
                continue;
            };
            all += entrant.weight;
            free += 1;
            best = first_most(best, (*at, entrant));
        }
        let (chosen, entrant) = best?;
        let propensity = match sharpness {
            Some(_) if all > 0.0 => (entrant.weight / all).clamp(f64::MIN_POSITIVE, 1.0),
            Some(_) | None => 1.0,
        };
        if let Some(odds) = odds.get_mut(chosen) {
            *odds = Some(Odds {
                propensity,
                forced: free == 1,
            });
        }
        Some(chosen)
    })?;
    let relevances = noisy.iter().map(|value| match value {
        Some(value) => Micros::from_f64((value * ONE).min(9e17)).unwrap_or_default(),
        None => NOT_WISHED,
    });
    Some(Drawn {
        relevances: relevances.collect(),
        choices,
        odds,
    })
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
    seed: u64,
) -> Option<Drawn> {
    let unlimited = vec![CandidateLimits::default(); limits.len()];
    let (wished, _) = thompson(&unlimited, slots, shown, seed)?;
    let (choices, odds) = thompson(limits, slots, shown, seed)?;
    let relevance = |(choice, shown): (&Choice, &Option<Shown>)| match (choice.slot(), shown) {
        (Some(slot), _) => Micros::new(i64::from(u16::MAX - slot)),
        (None, Some(_)) => Micros::ZERO,
        (None, None) => NOT_WISHED,
    };
    Some(Drawn {
        relevances: wished.iter().zip(shown).map(relevance).collect(),
        choices,
        odds,
    })
}

type Filled = (Vec<Choice>, Vec<Option<Odds>>);

fn thompson(limits: &[CandidateLimits], slots: u16, shown: &[Option<Shown>], seed: u64) -> Option<Filled> {
    let known: Vec<Shown> = shown.iter().map(|shown| shown.unwrap_or_default()).collect();
    let mut beliefs = beliefs(&known);
    for (belief, limits) in beliefs.iter_mut().zip(limits) {
        // A boost multiplies the rate, so it moves its logarithm.
        belief.mean += boost(limits).max(f64::MIN_POSITIVE).ln();
    }
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
        let place = greatest(&values)?;
        let arms: Vec<_> = free.iter().filter_map(|at| beliefs.get(*at).copied()).collect();
        let chosen = *free.get(place)?;
        let propensity = probability(&arms, place)?;
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
