use super::{Active, BasisPoints, Effect, Micros, Standing, Tier};

/// A closed interval of amounts; empty when `at_least` exceeds `at_most`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// The lower end.
    pub at_least: Micros,
    /// The upper end.
    pub at_most: Micros,
}

impl Interval {
    /// Every amount.
    pub const EVERY: Self = Self {
        at_least: Micros::ZERO,
        at_most: Micros::MAX,
    };

    /// Whether no amount lies in it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.at_least > self.at_most
    }

    /// Whether the amount lies in it.
    #[must_use]
    pub fn holds(self, price: Micros) -> bool {
        self.at_least <= price && price <= self.at_most
    }

    /// The nearest amount in it; `None` if it is empty.
    #[must_use]
    pub fn nearest(self, price: Micros) -> Option<Micros> {
        (!self.is_empty()).then(|| price.clamp(self.at_least, self.at_most))
    }
}

/// The value that people chose, merged: the highest tier wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Directive {
    /// A value, or a band that holds the wish; a forced value is a band of one.
    Within {
        /// The tier that chose.
        tier: Tier,
        /// The person's value.
        human: Micros,
        /// The band.
        band: Interval,
    },
    /// Two rules of this tier chose differently.
    Conflict {
        /// The tier at odds.
        tier: Tier,
    },
}

impl Directive {
    const fn tier(self) -> Tier {
        match self {
            Self::Within { tier, .. } | Self::Conflict { tier } => tier,
        }
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

/// The feasible set of amounts that a set of effects leaves, by phase.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Merged {
    /// How free the candidate is.
    pub standing: Standing,
    /// The value people chose.
    pub directive: Option<Directive>,
    /// The bounds of an amount.
    pub interval: Interval,
    /// Whether a cap leaves no instant, now or later.
    pub capped: bool,
    /// The greatest `at_least` of a tier below the directive's: it may not lift the directive's value.
    pub lower_tier_at_least: Micros,
    /// The product of the adjustments, between [`Merged::LEAST_FACTOR`] and [`Merged::GREATEST_FACTOR`].
    pub factor: BasisPoints,
}

impl Merged {
    /// The smallest product of adjustments: a tenth.
    pub const LEAST_FACTOR: f64 = 0.1;
    /// The greatest product of adjustments: tenfold.
    pub const GREATEST_FACTOR: f64 = 10.0;

    /// Merges effects. Their order does not matter; a repeated adjustment of one rule must not be passed twice
    /// (a [`Bounds`] never holds it twice).
    pub fn of<'a>(effects: impl Iterator<Item = &'a Active> + Clone) -> Self {
        let mut merged = Self {
            standing: Standing::Allowed,
            directive: None,
            interval: Interval::EVERY,
            capped: false,
            lower_tier_at_least: Micros::ZERO,
            factor: BasisPoints::default(),
        };
        let mut product: Option<f64> = None;
        for active in effects.clone() {
            merged.restrict(active);
            if let Effect::Adjust(by) = active.effect {
                product = Some(product.unwrap_or(1.0) * (1.0 + f64::from(by.get()) / 10_000.0));
            }
        }
        if let Some(directive) = merged.directive {
            let below = effects.filter(|active| active.tier < directive.tier());
            let bounds = below.filter_map(|active| lower_bound(&active.effect));
            merged.lower_tier_at_least = bounds.max().unwrap_or(Micros::ZERO);
        }
        merged.factor = product.map_or(merged.factor, bounded_factor);
        merged
    }

    fn restrict(&mut self, active: &Active) {
        match active.effect {
            Effect::Block | Effect::Exclude => self.standing = self.standing.max(Standing::Blocked),
            Effect::Hold(_) => self.standing = self.standing.max(Standing::Held),
            Effect::AtLeast(bound) => self.raise(bound),
            Effect::AtMost(bound) => self.lower(bound),
            Effect::Share { at_least, at_most } | Effect::Step { at_least, at_most } => {
                self.raise(at_least);
                self.lower(at_most);
            }
            Effect::Cap(ref cap) => self.capped |= cap.allowed.is_empty(),
            Effect::Force(value) => self.direct(active.tier, value, value, value),
            Effect::Band { human, low, high, .. } => self.direct(active.tier, human, low, high),
            Effect::Times { .. }
            | Effect::AtMostPer(_)
            | Effect::ForceAt(_)
            | Effect::BandAt(_)
            | Effect::StartList { .. }
            | Effect::Pin(_)
            | Effect::Adjust(_)
            | Effect::Boost(_)
            | Effect::Note(_) => {}
        }
    }

    fn lower(&mut self, bound: Micros) {
        self.interval.at_most = self.interval.at_most.min(bound);
    }

    fn raise(&mut self, bound: Micros) {
        self.interval.at_least = self.interval.at_least.max(bound);
    }

    fn direct(&mut self, tier: Tier, human: Micros, at_least: Micros, at_most: Micros) {
        let band = Interval { at_least, at_most };
        let chosen = Directive::Within { tier, human, band };
        let merged = self
            .directive
            .map_or(chosen, |directive| directive.merged(chosen));
        self.directive = Some(merged);
    }
}

/// The least amount that an effect lets leave, if it is a bound.
const fn lower_bound(effect: &Effect) -> Option<Micros> {
    match effect {
        Effect::AtLeast(bound) => Some(*bound),
        Effect::Share { at_least, .. } | Effect::Step { at_least, .. } => Some(*at_least),
        Effect::Block
        | Effect::Exclude
        | Effect::Hold(_)
        | Effect::AtMost(_)
        | Effect::Cap(_)
        | Effect::AtMostPer(_)
        | Effect::Times { .. }
        | Effect::Force(_)
        | Effect::Band { .. }
        | Effect::ForceAt(_)
        | Effect::BandAt(_)
        | Effect::StartList { .. }
        | Effect::Pin(_)
        | Effect::Adjust(_)
        | Effect::Boost(_)
        | Effect::Note(_) => None,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the factor is clamped to 0.1..10, so it fits"
)]
fn bounded_factor(product: f64) -> BasisPoints {
    let bounded = product.clamp(Merged::LEAST_FACTOR, Merged::GREATEST_FACTOR);
    BasisPoints::new(((bounded - 1.0) * 10_000.0).round() as i32)
}
