//! What it takes to win: the distribution of the competing price, per currency, exchange and placement.
//!
//! A price is rarely seen. A second-price win tells it, and so does a loss with `min_to_win`; a plain loss says
//! only that it was above the bid, and a first-price win that it was not. Each is a count in one of three
//! histograms over a logarithmic grid of prices, so reports may come in any order and be taken back. A curve is
//! the self-consistent estimate of its counts (Turnbull 1976; without first-price wins it is the product-limit
//! estimate of Kaplan and Meier 1958), with the documented prior as one report more. What serves is each curve
//! shrunk to the more general one, placement to exchange to currency to prior: n reports of its own weigh
//! n / (n + [`SHRINKAGE`]).
//!
//! With no report at all the competing price is taken as log-normal around 1.00 of the currency, two thirds of
//! it between 0.32 and 3.16.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::features::hash;
use crate::domain::{Attribute, Currency, Facts, Micros};

/// How many reports the more general curve is worth.
pub const SHRINKAGE: f64 = 20.0;
/// Cells of the grid: 16 a decade from 0.001 to 1,000 of the currency's unit.
pub const CELLS: usize = 96;

const CELLS_A_DECADE: f64 = 16.0;
const LOWEST_DECADE: f64 = 3.0;
const ROUNDS: usize = 40;

type Grid = [f64; CELLS];

/// Where an auction takes place, from the general to the particular: currency, exchange, placement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Market([Option<u64>; 3]);

impl Market {
    /// The market of an impression with these facts.
    #[must_use]
    pub fn of(currency: Currency, facts: &Facts) -> Self {
        let root = hash(0, currency.as_str().as_bytes());
        let below = |parent: u64, attribute| {
            facts
                .word(&attribute)
                .map(|word| hash(parent, word.as_str().as_bytes()))
        };
        let exchange = below(root, Attribute::Exchange);
        let placement = below(exchange.unwrap_or(root ^ 1), Attribute::Placement);
        Self([Some(root), exchange, placement])
    }
}

/// What one auction told of the competing price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// It was this.
    Price(Micros),
    /// It was above this bid, which lost.
    Above(Micros),
    /// It was not above this bid, which won.
    AtMost(Micros),
}

#[derive(Debug, Clone)]
struct Counts {
    exact: Grid,
    above: Grid,
    at_most: Grid,
}

/// Every report, counted.
#[derive(Debug, Clone, Default)]
pub struct Reports {
    counts: BTreeMap<u64, Box<Counts>>,
    changed: BTreeSet<u64>,
}

/// Curves of more placements than this are not kept apart; their exchange's stands in.
const MOST_CURVES: usize = 20_000;

impl Reports {
    /// Counts a report `times` times: once, or minus once to take it back.
    pub fn note(&mut self, market: Market, told: Told, times: f64) {
        for key in market.0.into_iter().flatten() {
            if self.counts.len() >= MOST_CURVES && !self.counts.contains_key(&key) {
                return;
            }
            let counts = self.counts.entry(key).or_default();
            let (grid, price) = match told {
                Told::Price(price) => (&mut counts.exact, price),
                Told::Above(bid) => (&mut counts.above, bid),
                Told::AtMost(bid) => (&mut counts.at_most, bid),
            };
            if let Some(cell) = grid.get_mut(cell_of(price)) {
                *cell = (*cell + times).max(0.0);
            }
            self.changed.insert(key);
        }
    }

    /// The curves of these reports: those of `before`, and anew where reports came since. Each depends on its
    /// own reports alone, so it does not matter how often this is asked.
    #[must_use]
    pub fn fit(&mut self, before: &Arc<WinCurves>) -> Arc<WinCurves> {
        if self.changed.is_empty() {
            return Arc::clone(before);
        }
        let mut curves = WinCurves::clone(before);
        for key in std::mem::take(&mut self.changed) {
            if let Some(counts) = self.counts.get(&key) {
                curves
                    .curves
                    .insert(key, Arc::new((counts.total(), counts.fitted(&curves.prior))));
            }
        }
        Arc::new(curves)
    }
}

/// The distribution of the competing price at one place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// Chance that the price lies below the upper end of each cell.
    #[serde(with = "super::cells")]
    below: Grid,
}

impl Curve {
    /// The documented prior.
    #[must_use]
    pub fn prior() -> Self {
        let mut mass = [0.0; CELLS];
        for (at, cell) in mass.iter_mut().enumerate() {
            let decade = LOWEST_DECADE + (to_f64(at) + 0.5) / CELLS_A_DECADE;
            *cell = (-0.5 * ((decade - 6.0) / 0.5).powi(2)).exp();
        }
        Self::of(mass)
    }

    fn of(mass: Grid) -> Self {
        let total: f64 = mass.iter().sum();
        let mut sum = 0.0;
        let below = mass.map(|cell| {
            sum += cell;
            (sum / total).min(1.0)
        });
        Self { below }
    }

    /// A mean of two curves, `weight` of it this one.
    fn blended(&self, weight: f64, other: &Self) -> Self {
        let mut below = other.below;
        for (below, own) in below.iter_mut().zip(&self.below) {
            *below += weight * (own - *below);
        }
        Self { below }
    }

    fn mass(&self) -> Grid {
        let mut before = 0.0;
        self.below
            .map(|below| below - std::mem::replace(&mut before, below))
    }

    /// Chance to win with this bid: 0 to 1, never falling in the bid. Linear in the logarithm within a cell.
    #[must_use]
    pub fn win_probability(&self, bid: Micros) -> f64 {
        if bid <= Micros::ZERO {
            return 0.0;
        }
        self.at(position(bid.to_f64()))
    }

    fn at(&self, position: f64) -> f64 {
        let cell = floor(position);
        let upper = self.below.get(cell).copied().unwrap_or(1.0);
        let lower = cell
            .checked_sub(1)
            .and_then(|cell| self.below.get(cell))
            .copied()
            .unwrap_or(0.0);
        (lower + (upper - lower) * (position - to_f64(cell)).clamp(0.0, 1.0)).clamp(0.0, 1.0)
    }

    /// The bid that earns the most in a first-price auction: argmax of (value - bid) x P(win | bid), between a
    /// tenth of the value and the value, to a quarter of a cell (4 %).
    #[must_use]
    pub fn first_price_bid(&self, value_micros: f64) -> f64 {
        let top = decades(value_micros);
        let quarter = 10_f64.powf(-0.25 / CELLS_A_DECADE);
        let (mut bid, mut best) = (value_micros, (0.0, value_micros));
        for step in 1..=STEPS {
            bid *= quarter;
            let at = on_grid(top - f64::from(step) * 0.25 / CELLS_A_DECADE);
            let gained = (value_micros - bid) * self.at(at);
            if gained > best.0 {
                best = (gained, bid);
            }
        }
        best.1
    }
}

/// Quarter cells in one decade.
const STEPS: u32 = 64;

impl Default for Counts {
    fn default() -> Self {
        Self {
            exact: [0.0; CELLS],
            above: [0.0; CELLS],
            at_most: [0.0; CELLS],
        }
    }
}

impl Counts {
    fn total(&self) -> f64 {
        self.exact.iter().chain(&self.above).chain(&self.at_most).sum()
    }

    fn fitted(&self, prior: &Curve) -> Curve {
        let prior = prior.mass();
        let mut mass = prior;
        for _ in 0..ROUNDS {
            mass = self.expected(&mass, &prior);
        }
        Curve::of(mass)
    }

    /// One step of self-consistency: every report spread over the prices it leaves possible, as the present
    /// estimate has them.
    fn expected(&self, mass: &Grid, prior: &Grid) -> Grid {
        let mut next = [0.0; CELLS];
        for ((next, prior), exact) in next.iter_mut().zip(prior).zip(&self.exact) {
            *next = exact + prior;
        }
        // Walking up: what each `above` below this cell adds, a unit of mass.
        let total: f64 = mass.iter().sum();
        let (mut tail, mut head) = (total, total);
        let mut pull = 0.0;
        let last = CELLS - 1;
        for (at, ((next, mass), above)) in next.iter_mut().zip(mass).zip(&self.above).enumerate() {
            *next += pull * mass;
            tail = (tail - mass).max(0.0);
            if at == last {
                *next += above;
            } else if *above > 0.0 && tail > 1e-300 {
                pull += above / tail;
            }
        }
        // Walking down: what each `at most` above this cell adds.
        let mut pull = 0.0;
        for ((next, mass), at_most) in next.iter_mut().zip(mass).zip(&self.at_most).rev() {
            if *at_most > 0.0 && head > 1e-300 {
                pull += at_most / head;
            }
            *next += pull * mass;
            head = (head - mass).max(0.0);
        }
        next
    }
}

/// The curves that serve. A clone shares all of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WinCurves {
    /// With the number of reports behind each.
    curves: BTreeMap<u64, Arc<(f64, Curve)>>,
    prior: Arc<Curve>,
}

impl Default for WinCurves {
    fn default() -> Self {
        Self {
            curves: BTreeMap::new(),
            prior: Arc::new(Curve::prior()),
        }
    }
}

impl WinCurves {
    /// The curve of a market, shrunk to the more general ones.
    #[must_use]
    pub fn of(&self, market: Market) -> Curve {
        let known = market.0.iter().flatten().filter_map(|key| self.curves.get(key));
        known.fold(Curve::clone(&self.prior), |general, curve| {
            let (reports, own) = &**curve;
            own.blended(reports / (reports + SHRINKAGE), &general)
        })
    }

    /// Whether anything was reported from the market's currency.
    #[must_use]
    pub fn knows(&self, market: Market) -> bool {
        market.0.iter().flatten().any(|key| self.curves.contains_key(key))
    }

    pub(super) fn digest(&self, hasher: &mut blake3::Hasher) {
        for (key, curve) in &self.curves {
            hasher.update(&key.to_le_bytes());
            hasher.update(&curve.0.to_le_bytes());
            for below in &curve.1.below {
                hasher.update(&below.to_le_bytes());
            }
        }
    }
}

fn position(price_micros: f64) -> f64 {
    on_grid(decades(price_micros))
}

fn decades(price_micros: f64) -> f64 {
    price_micros.max(1.0).log10()
}

fn on_grid(decades: f64) -> f64 {
    ((decades - LOWEST_DECADE) * CELLS_A_DECADE).clamp(0.0, to_f64(CELLS))
}

fn cell_of(price: Micros) -> usize {
    floor(position(price.to_f64()))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a position lies on the grid"
)]
fn floor(position: f64) -> usize {
    (position as usize).min(CELLS - 1)
}

#[expect(clippy::cast_precision_loss, reason = "a cell number is small")]
const fn to_f64(cell: usize) -> f64 {
    cell as f64
}
