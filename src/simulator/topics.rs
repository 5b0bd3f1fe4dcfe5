//! What the pages of the simulated market are about. Names are those of the IAB Content Taxonomy 3.1.

use super::draws::Draws;
use crate::domain::Risk;

/// What a page is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    Sports,
    Food,
    Travel,
    Finance,
    Technology,
    Conflict,
    Terrorism,
    Crime,
    Disaster,
}

impl Topic {
    /// Every topic; an index into this is a topic's place in a table of effects.
    pub(super) const ALL: [Self; 9] = [
        Self::Sports,
        Self::Food,
        Self::Travel,
        Self::Finance,
        Self::Technology,
        Self::Conflict,
        Self::Terrorism,
        Self::Crime,
        Self::Disaster,
    ];

    /// About the share of each in all traffic, in the order of [`Topic::ALL`].
    pub(super) const SHARES: [f64; 9] = [0.28, 0.165, 0.145, 0.155, 0.135, 0.045, 0.017, 0.038, 0.02];

    /// The topics that brands avoid.
    pub(super) const SENSITIVE: [Self; 4] = [Self::Conflict, Self::Terrorism, Self::Crime, Self::Disaster];

    /// The name in content labels.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Sports => "Sports",
            Self::Food => "Food & Drink",
            Self::Travel => "Travel",
            Self::Finance => "Personal Finance",
            Self::Technology => "Technology & Computing",
            Self::Conflict => "Death, Injury, or Military Conflict",
            Self::Terrorism => "Terrorism",
            Self::Crime => "Crime & Harmful Acts to Individuals, Society & Human Right Violations",
            Self::Disaster => "Disasters",
        }
    }

    /// The part of an address.
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Sports => "sport",
            Self::Food => "food",
            Self::Travel => "travel",
            Self::Finance => "money",
            Self::Technology => "tech",
            Self::Conflict | Self::Terrorism => "world",
            Self::Crime | Self::Disaster => "news",
        }
    }

    /// How risky a page of this topic is.
    pub(super) fn risk(self, draws: &mut Draws) -> Risk {
        let shares = if Self::SENSITIVE.contains(&self) {
            [0.20, 0.35, 0.35, 0.10]
        } else {
            [0.97, 0.03, 0.0, 0.0]
        };
        let at = draws.share(shares.into_iter());
        Risk::ALL.get(at).copied().unwrap_or(Risk::Low)
    }
}

/// What a site writes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    /// One ordinary topic, nearly always.
    Only(Topic),
    /// Everything, war and crime included.
    News,
}

impl Section {
    /// The share of each topic, in the order of [`Topic::ALL`]; sums to one.
    pub(super) fn shares(self) -> [f64; 9] {
        match self {
            Self::News => [0.22, 0.10, 0.10, 0.18, 0.15, 0.10, 0.03, 0.08, 0.04],
            Self::Only(main) => Topic::ALL.map(|topic| if topic == main { 0.936 } else { 0.008 }),
        }
    }
}
