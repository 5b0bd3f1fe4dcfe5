//! Budgets against a recorded second-price market.
//!
//! Each impression of a log is offered in turn; a bid wins if it exceeds the price that was really paid, and pays
//! that price. A bid above what is left of the budget does not leave. Three bidders are held against each other:
//! constant, linear in the predicted click without a pace, and paced. The first two are given the amount
//! that would have spent the same share of the market on an earlier log: the strongest form that they have
//! without looking ahead.

use std::fmt;

use super::ipinyou::Impression;
use crate::domain::Micros;

/// The budgets: these shares of what all rows of the market cost together.
pub const BUDGET_SHARES: [f64; 3] = [1.0 / 2.0, 1.0 / 8.0, 1.0 / 32.0];

/// Somebody who bids on a replayed market.
pub trait Bidder {
    /// The bid for the impression at `at` of the log, CPM, while `left` of the budget is left; `None` is no bid.
    fn bid(&mut self, at: usize, row: &Impression, left: Micros) -> Option<Micros>;

    /// What became of the latest bid.
    fn told(&mut self, at: usize, row: &Impression, result: Told);
}

/// What became of a bid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// It lost, or there was none.
    Lost,
    /// It won at the row's price, and nobody clicked.
    Shown,
    /// It won at the row's price, and was clicked.
    Clicked,
}

/// What came of one replay.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Replayed {
    /// The budget, in summed CPM micros.
    pub budget: Micros,
    /// What was spent of it.
    pub spent: Micros,
    /// Impressions won.
    pub wins: u32,
    /// Clicks among them.
    pub clicks: u32,
}

impl Replayed {
    /// Spent share of the budget.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.spent.to_f64() / self.budget.to_f64()
    }
}

/// What all rows cost together: the sum of their CPM prices.
#[must_use]
pub fn total_price(rows: &[Impression]) -> Micros {
    rows.iter().fold(Micros::ZERO, |sum, row| sum.plus(row.price))
}

/// Offers every row in turn to `bidder`.
pub fn replay(rows: &[Impression], clicked: &[bool], budget: Micros, bidder: &mut impl Bidder) -> Replayed {
    let mut replayed = Replayed {
        budget,
        spent: Micros::ZERO,
        wins: 0,
        clicks: 0,
    };
    for (at, (row, clicked)) in rows.iter().zip(clicked).enumerate() {
        let left = budget.minus(replayed.spent);
        let bid = bidder.bid(at, row, left).filter(|bid| *bid <= left);
        let result = match (bid.is_some_and(|bid| bid > row.price), clicked) {
            (false, _) => Told::Lost,
            (true, false) => Told::Shown,
            (true, true) => Told::Clicked,
        };
        if result != Told::Lost {
            replayed.spent = replayed.spent.plus(row.price);
            replayed.wins += 1;
            replayed.clicks += u32::from(*clicked);
        }
        bidder.told(at, row, result);
    }
    replayed
}

/// A scale times a weight a row: constant if the weights are 1, linear if they are predictions.
#[derive(Debug, Clone)]
pub struct Scaled<'a> {
    /// CPM micros per weight.
    pub scale: f64,
    /// One a row.
    pub weights: &'a [f64],
}

impl Bidder for Scaled<'_> {
    fn bid(&mut self, at: usize, _: &Impression, _: Micros) -> Option<Micros> {
        Micros::from_f64(self.scale * self.weights.get(at)?)
    }

    fn told(&mut self, _: usize, _: &Impression, _: Told) {}
}

/// The scale at which bids of `weights` on an earlier log would have spent `share` of what it cost.
#[must_use]
pub fn scale_for(share: f64, rows: &[Impression], weights: &[f64]) -> f64 {
    let wanted = share * total_price(rows).to_f64();
    let spent = |scale: f64| -> f64 {
        let won = rows
            .iter()
            .zip(weights)
            .filter(|(row, weight)| scale * **weight > row.price.to_f64());
        won.map(|(row, _)| row.price.to_f64()).sum()
    };
    let (mut low, mut high) = (0.0, 1e15);
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if spent(middle) < wanted {
            low = middle
        } else {
            high = middle
        }
    }
    low
}

/// The replays of one strategy at one budget, over several seeds.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Which strategy, at which budget.
    pub name: String,
    /// One a seed.
    pub replays: Vec<Replayed>,
}

impl Summary {
    /// Mean clicks.
    #[must_use]
    pub fn clicks(&self) -> f64 {
        self.mean(|replayed| f64::from(replayed.clicks))
    }

    /// Least, mean and greatest spent share.
    #[must_use]
    pub fn shares(&self) -> (f64, f64, f64) {
        let shares = || self.replays.iter().map(Replayed::share);
        (
            shares().fold(f64::INFINITY, f64::min),
            self.mean(Replayed::share),
            shares().fold(0.0, f64::max),
        )
    }

    #[expect(clippy::cast_precision_loss, reason = "seeds are few")]
    fn mean(&self, figure: impl Fn(&Replayed) -> f64) -> f64 {
        self.replays.iter().map(figure).sum::<f64>() / self.replays.len().max(1) as f64
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (least, mean, greatest) = self.shares();
        let wins = self.mean(|replayed| f64::from(replayed.wins));
        write!(
            f,
            "{:<24} spent {:6.2} % [{:6.2}, {:6.2}], {wins:7.1} wins, {:6.2} clicks",
            self.name,
            mean * 100.0,
            least * 100.0,
            greatest * 100.0,
            self.clicks(),
        )
    }
}
