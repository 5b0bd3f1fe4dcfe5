//! When a message may be sent: the limits of times, merged.

use super::{Active, Effect, Spans, Tier, Timestamp};

/// The feasible set of instants that a set of effects leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Timed {
    /// The instants that every restriction allows.
    pub(super) allowed: Spans,
    /// What people chose.
    pub(super) directive: Option<Chosen>,
}

/// The instants that people chose; the highest tier wins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Chosen {
    Near { tier: Tier, human: Spans, near: Spans },
    Conflict { tier: Tier },
}

impl Timed {
    /// Merges effects over the instants at which the caller can send. Their order does not matter.
    pub(super) fn of<'a>(window: &Spans, effects: impl Iterator<Item = &'a Active> + Clone) -> Self {
        let mut allowed = window.clone();
        for active in effects.clone() {
            if let Effect::Times { allowed: of_rule, .. } = &active.effect {
                allowed = allowed.intersection(of_rule);
            } else if let Effect::Cap(cap) = &active.effect {
                allowed = allowed.intersection(&cap.allowed);
            }
        }
        Self {
            allowed,
            directive: effects.filter_map(Chosen::of).reduce(Chosen::merged),
        }
    }

    /// The instants that restrictions and people leave, and the one nearest to `wish`.
    ///
    /// Where no instant that people chose is allowed, the allowed one nearest to theirs.
    pub(super) fn nearest(&self, wish: Timestamp) -> Option<Timestamp> {
        let Some(Chosen::Near { human, near, .. }) = &self.directive else {
            return self.allowed.nearest(wish);
        };
        let both = self.allowed.intersection(near);
        if both.is_empty() {
            return self.allowed.nearest(human.nearest(wish).unwrap_or(wish));
        }
        both.nearest(wish)
    }

    /// Whether an instant is allowed and, where any such is, one that people chose.
    pub(super) fn permits(&self, at: Timestamp) -> bool {
        let chosen = match &self.directive {
            Some(Chosen::Near { near, .. }) => self.allowed.intersection(near),
            Some(Chosen::Conflict { .. }) => return false,
            None => return self.allowed.contains(at),
        };
        let left = if chosen.is_empty() { &self.allowed } else { &chosen };
        left.contains(at)
    }
}

impl Chosen {
    const fn tier(&self) -> Tier {
        match self {
            Self::Near { tier, .. } | Self::Conflict { tier } => *tier,
        }
    }

    fn of(active: &Active) -> Option<Self> {
        let tier = active.tier;
        if let Effect::ForceAt(at) = &active.effect {
            let (human, near) = (at.clone(), at.clone());
            return Some(Self::Near { tier, human, near });
        }
        let Effect::BandAt(band) = &active.effect else {
            return None;
        };
        let (human, near) = (band.human.clone(), band.near.clone());
        Some(Self::Near { tier, human, near })
    }

    fn merged(self, other: Self) -> Self {
        match self.tier().cmp(&other.tier()) {
            std::cmp::Ordering::Greater => self,
            std::cmp::Ordering::Less => other,
            std::cmp::Ordering::Equal if self == other => self,
            std::cmp::Ordering::Equal => Self::Conflict { tier: self.tier() },
        }
    }
}
