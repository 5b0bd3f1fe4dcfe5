//! How relevant items are, from what a contact took.

use super::{ease::Ease, items::Items, neighbours::Neighbours};
use crate::domain::CandidateId;

/// What a contact took, as far as it is known, with how loud each item speaks; the loudest last.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct History(pub(super) Vec<(u32, f64)>);

impl History {
    /// Whether nothing is known of the contact.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// How relevant items are to one contact.
#[derive(Debug)]
pub struct Relevances<'a> {
    pub(super) items: &'a Items,
    /// Whether the contact's own items speak; else it is popularity alone.
    pub personal: bool,
    pub(super) scores: Vec<f64>,
}

impl Relevances<'_> {
    /// Of one item, 0 and above; `None` of an item that nobody ever took.
    #[must_use]
    pub fn of(&self, item: &CandidateId) -> Option<f64> {
        self.numbered(self.items.number(item)?)
    }

    pub(super) fn numbered(&self, item: u32) -> Option<f64> {
        self.scores.get(item as usize).copied()
    }

    /// Of every item that is told apart.
    pub fn iter(&self) -> impl Iterator<Item = (&CandidateId, f64)> {
        self.items.names.iter().zip(self.scores.iter().copied())
    }
}

pub(super) fn exact(ease: &Ease, history: &History, items: usize) -> Vec<f64> {
    let mut scores = vec![0.0; items];
    let mut spoken = false;
    for (from, loud) in &history.0 {
        let row = ease.from(*from);
        spoken |= !row.is_empty();
        for (score, weight) in scores.iter_mut().zip(row) {
            *score += loud * f64::from(*weight);
        }
    }
    if spoken { scores } else { Vec::new() }
}

pub(super) fn nearest(neighbours: &Neighbours, history: &History, items: usize) -> Vec<f64> {
    let mut scores = vec![0.0; items];
    let (mut spoken, mut squares) = (false, 0.0);
    for (from, loud) in &history.0 {
        let near = neighbours.of(*from);
        spoken |= !near.is_empty();
        squares += loud * loud;
        for (to, strength) in near {
            if let Some(score) = scores.get_mut(*to as usize) {
                *score += loud * f64::from(*strength);
            }
        }
    }
    if !spoken {
        return Vec::new();
    }
    let root = f64::sqrt(squares);
    for score in &mut scores {
        *score /= root;
    }
    scores
}
