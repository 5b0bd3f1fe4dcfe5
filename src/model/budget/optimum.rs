//! The best split inside bounds.
//!
//! Of concave curves the best split is the one at which the next micro brings the same in every arm that may still be
//! moved (the condition of Karush, Kuhn and Tucker; the method is Gross's marginal allocation, made continuous). That common
//! marginal return is found by bisection: the higher it is asked to be, the less every arm gets. What the last step of
//! the bisection leaves open, arms of the very same return, is divided evenly between its two sides.

use super::curve::Curve;

/// What one arm brings, and how much it may get.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Room {
    /// What it brings.
    pub curve: Curve,
    /// The least it may get, in micros.
    pub at_least: i64,
    /// The most it may get, in micros.
    pub at_most: i64,
}

/// Why bounds admit no split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Infeasible {
    /// One arm must get more than it may.
    #[error(
        "arm {} must get at least {at_least} micros and may get at most {at_most}: raise the one or lower the other",
        arm + 1
    )]
    Arm {
        /// Its place, from 0.
        arm: usize,
        /// Its lower bound.
        at_least: i64,
        /// Its upper bound.
        at_most: i64,
    },
    /// The lower bounds exceed the total.
    #[error(
        "the arms must get at least {at_least} micros together, and the total is {total}: lower some `at_least`"
    )]
    TooMuchDemanded {
        /// The sum of the lower bounds.
        at_least: i128,
        /// The total.
        total: i64,
    },
    /// The upper bounds do not reach the total.
    #[error(
        "the arms may get at most {at_most} micros together, and the total is {total}: raise some `at_most`"
    )]
    TooLittleAllowed {
        /// The sum of the upper bounds.
        at_most: i128,
        /// The total.
        total: i64,
    },
}

/// How often the interval of the marginal return is halved at most, on a logarithmic scale.
const HALVINGS: usize = 60;
/// The smallest marginal return that is told from none, as a part of the greatest.
const LEAST_PART: f64 = 1e-10;
/// What the bisection may leave open, as a part of what the total would bring at the common marginal return.
const OPEN: f64 = 1e-10;

/// The split of `total` with the greatest sum of values: one part an arm, in whole micros, inside the bounds; the parts
/// add up to `total`.
///
/// ```
/// use balustrade::model::budget::{Curve, Room, optimum};
///
/// let arm = |slope| Room { curve: Curve::Linear { slope }, at_least: 10, at_most: 70 };
/// assert_eq!(optimum(&[arm(1.0), arm(2.0)], 100), Ok(vec![30, 70]));
/// ```
///
/// # Errors
/// The bounds admit no split: which, and by how much.
pub fn optimum(rooms: &[Room], total: i64) -> Result<Vec<i64>, Infeasible> {
    check(rooms, total)?;
    let wanted = float(total);
    let mut low: Vec<f64> = rooms.iter().map(|room| float(room.at_least)).collect();
    let mut high: Vec<f64> = rooms.iter().map(|room| float(room.at_most)).collect();
    // A steep start (an exponent below 1) has no greatest slope: it is taken a little to the right of the bound.
    let first = wanted.max(1.0) * 1e-12;
    let slopes = |at: fn(&Room) -> i64, further: f64| {
        let slopes = rooms
            .iter()
            .map(move |room| room.curve.marginal(float(at(room)) + further));
        slopes.filter(|slope| slope.is_finite())
    };
    let greatest = slopes(|room| room.at_least, first).fold(0.0, f64::max);
    let smallest = slopes(|room| room.at_most, 0.0).fold(greatest, f64::min);
    let (mut least, mut most) = (smallest.max(greatest * LEAST_PART) * 0.999, greatest * 1.001);
    let mut parts = vec![0.0; rooms.len()];
    let (mut given_low, mut given_high): (f64, f64) = (low.iter().sum(), high.iter().sum());
    for _ in 0..HALVINGS {
        let marginal = (least * most).sqrt();
        // Between the two sides no split is better than theirs by more than the difference of their returns.
        if marginal <= 0.0 || (given_high - given_low) * (most - least) <= OPEN * marginal * wanted {
            break;
        }
        let mut sum = 0.0;
        for (part, room) in parts.iter_mut().zip(rooms) {
            *part = room
                .curve
                .spend_at(marginal, float(room.at_least), float(room.at_most));
            sum += *part;
        }
        if sum <= wanted {
            (most, given_low) = (marginal, sum);
            std::mem::swap(&mut low, &mut parts);
        } else {
            (least, given_high) = (marginal, sum);
            std::mem::swap(&mut high, &mut parts);
        }
    }
    Ok(whole(rooms, &between(&low, &high, wanted), total))
}

fn check(rooms: &[Room], total: i64) -> Result<(), Infeasible> {
    if let Some((arm, room)) = (0..).zip(rooms).find(|(_, room)| room.at_least > room.at_most) {
        return Err(Infeasible::Arm {
            arm,
            at_least: room.at_least,
            at_most: room.at_most,
        });
    }
    let at_least: i128 = rooms.iter().map(|room| i128::from(room.at_least)).sum();
    if at_least > i128::from(total) {
        return Err(Infeasible::TooMuchDemanded { at_least, total });
    }
    let at_most: i128 = rooms.iter().map(|room| i128::from(room.at_most)).sum();
    if at_most < i128::from(total) {
        return Err(Infeasible::TooLittleAllowed { at_most, total });
    }
    Ok(())
}

/// The point with that sum on the straight way from a split that gives less to one that gives more.
fn between(low: &[f64], high: &[f64], wanted: f64) -> Vec<f64> {
    let (least, most): (f64, f64) = (low.iter().sum(), high.iter().sum());
    let way = if most > least {
        ((wanted - least) / (most - least)).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let pairs = low.iter().zip(high);
    pairs.map(|(low, high)| low + way * (high - low)).collect()
}

/// In whole micros: each part rounded down, what is left over given to the first arms that may get more.
pub(super) fn whole(rooms: &[Room], parts: &[f64], total: i64) -> Vec<i64> {
    let mut given: Vec<i64> = rooms
        .iter()
        .zip(parts)
        .map(|(room, part)| truncated(*part).clamp(room.at_least, room.at_most))
        .collect();
    let sum: i128 = given.iter().map(|part| i128::from(*part)).sum();
    let mut over = i64::try_from(i128::from(total) - sum).unwrap_or(0);
    // One micro each is nearly always enough; the second round is for totals beyond a float's digits.
    for step in [1, i64::MAX] {
        for (part, room) in given.iter_mut().zip(rooms) {
            let moved = over
                .clamp(-step, step)
                .clamp(room.at_least - *part, room.at_most - *part);
            *part += moved;
            over -= moved;
        }
    }
    given
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "saturates, and is clamped to the bounds; a part is rounded down"
)]
const fn truncated(part: f64) -> i64 {
    part as i64
}

#[expect(
    clippy::cast_precision_loss,
    reason = "models work in floats; whole micros are made good afterwards"
)]
pub(super) const fn float(micros: i64) -> f64 {
    micros as f64
}
