//! What it takes to win: the distribution of the competing price, per currency, exchange and placement.
//!
//! A price is rarely seen. A second-price win tells it, and so does a loss with `min_to_win`; a plain loss says
//! only that it was above the bid, and a first-price win that it was not. Each is a count in one of three
//! histograms over a logarithmic grid of prices, so reports may come in any order and be taken back. The curve is
//! the self-consistent estimate of these counts (Turnbull 1976; without first-price wins it is the product-limit
//! estimate of Kaplan and Meier 1958), with the more general curve as prior: placement <- exchange <- currency <-
//! the documented prior, each worth [`SHRINKAGE`] reports.
//!
//! With no report at all the competing price is taken as log-normal around 1.00 of the currency, two thirds of
//! it between 0.32 and 3.16.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::features::hash;
use crate::domain::{Attribute, Currency, Facts, Micros};

/// How many reports the next more general curve is worth.
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
    counts: BTreeMap<u64, (Option<u64>, Box<Counts>)>,
    changed: BTreeSet<u64>,
}

/// Curves of more placements than this are not kept apart; their exchange's stands in.
const MOST_CURVES: usize = 20_000;

impl Reports {
    /// Counts a report `times` times: once, or minus once to take it back.
    pub fn note(&mut self, market: Market, told: Told, times: f64) {
        let mut parent = None;
        for key in market.0.into_iter().flatten() {
            if self.counts.len() >= MOST_CURVES && !self.counts.contains_key(&key) {
                return;
            }
            let empty = || {
                (
                    parent,
                    Box::new(Counts {
                        exact: [0.0; CELLS],
                        above: [0.0; CELLS],
                        at_most: [0.0; CELLS],
                    }),
                )
            };
            let (_, counts) = self.counts.entry(key).or_insert_with(empty);
            let (grid, price) = match told {
                Told::Price(price) => (&mut counts.exact, price),
                Told::Above(bid) => (&mut counts.above, bid),
                Told::AtMost(bid) => (&mut counts.at_most, bid),
            };
            if let Some(cell) = grid.get_mut(cell_of(price)) {
                *cell = (*cell + times).max(0.0);
            }
            self.changed.insert(key);
            parent = Some(key);
        }
    }

    /// The curves of these reports: `before`, and anew where reports came since.
    ///
    /// A curve is fitted again when it, not when only its parent, was reported on.
    #[must_use]
    pub fn fit(&mut self, before: &Arc<WinCurves>) -> Arc<WinCurves> {
        if self.changed.is_empty() {
            return Arc::clone(before);
        }
        let mut curves = WinCurves::clone(before);
        let mut changed: Vec<u64> = std::mem::take(&mut self.changed).into_iter().collect();
        changed.sort_by_key(|key| self.depth(*key));
        for key in changed {
            if let Some((parent, counts)) = self.counts.get(&key) {
                let prior = parent
                    .and_then(|parent| curves.curves.get(&parent))
                    .unwrap_or(&curves.prior);
                let curve = Curve::fitted(counts, prior);
                curves.curves.insert(key, Arc::new(curve));
            }
        }
        Arc::new(curves)
    }

    fn depth(&self, key: u64) -> usize {
        let parent = |key| self.counts.get(&key).and_then(|(parent, _)| *parent);
        std::iter::successors(Some(key), |&key| parent(key))
            .take(4)
            .count()
    }
}

/// The distribution of the competing price at one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Chance that the price lies below the upper end of each cell.
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

    fn fitted(counts: &Counts, prior: &Self) -> Self {
        let prior = prior.mass();
        let mut mass = prior;
        for _ in 0..ROUNDS {
            mass = counts.expected(&mass, &prior);
        }
        Self::of(mass)
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
        let top = position(value_micros);
        let gain = |bid: f64| (value_micros - bid) * self.at(position(bid));
        let mut best = (0.0, value_micros);
        for step in 1..=STEPS {
            let bid = 10_f64.powf(LOWEST_DECADE + (top - f64::from(step) / 4.0) / CELLS_A_DECADE);
            let gained = gain(bid);
            if gained > best.0 {
                best = (gained, bid);
            }
        }
        best.1
    }
}

/// Quarter cells in one decade.
const STEPS: u32 = 64;

impl Counts {
    /// One step of self-consistency: every report spread over the prices it leaves possible, as the present
    /// estimate has them.
    fn expected(&self, mass: &Grid, prior: &Grid) -> Grid {
        let mut next = [0.0; CELLS];
        for ((next, prior), exact) in next.iter_mut().zip(prior).zip(&self.exact) {
            *next = exact + SHRINKAGE * prior;
        }
        // Walking up: what each `above` below this cell adds, a unit of mass.
        let mut tail: f64 = mass.iter().sum();
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
        let mut head: f64 = mass.iter().sum();
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
#[derive(Debug, Clone)]
pub struct WinCurves {
    curves: BTreeMap<u64, Arc<Curve>>,
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
    /// The most particular curve known of a market.
    #[must_use]
    pub fn of(&self, market: Market) -> &Curve {
        let known = market
            .0
            .iter()
            .rev()
            .flatten()
            .find_map(|key| self.curves.get(key));
        known.unwrap_or(&self.prior)
    }

    /// Whether any report was heard from the market's currency.
    #[must_use]
    pub fn knows(&self, market: Market) -> bool {
        market.0.iter().flatten().any(|key| self.curves.contains_key(key))
    }

    pub(super) fn digest(&self, hasher: &mut blake3::Hasher) {
        for (key, curve) in &self.curves {
            hasher.update(&key.to_le_bytes());
            for below in &curve.below {
                hasher.update(&below.to_le_bytes());
            }
        }
    }
}

fn position(price_micros: f64) -> f64 {
    ((price_micros.max(1.0).log10() - LOWEST_DECADE) * CELLS_A_DECADE).clamp(0.0, to_f64(CELLS))
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
