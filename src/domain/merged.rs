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

    fn of(active: &Active) -> Option<Self> {
        let (human, at_least, at_most) = if let Effect::Force(value) = active.effect {
            (value, value, value)
        } else if let Effect::Band { human, low, high, .. } = active.effect {
            (human, low, high)
        } else {
            return None;
        };
        Some(Self::Within {
            tier: active.tier,
            human,
            band: Interval { at_least, at_most },
        })
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
        let directive = effects
            .clone()
            .filter_map(Directive::of)
            .reduce(Directive::merged);
        let mut merged = Self {
            standing: Standing::Allowed,
            directive,
            interval: Interval::EVERY,
            capped: false,
            lower_tier_at_least: Micros::ZERO,
            factor: BasisPoints::default(),
        };
        let mut product: Option<f64> = None;
        for active in effects {
            merged.restrict(active);
            if let Effect::Adjust(by) = active.effect {
                product = Some(product.unwrap_or(1.0) * (1.0 + f64::from(by.get()) / 10_000.0));
            }
        }
        merged.factor = product.map_or(merged.factor, bounded_factor);
        merged
    }

    fn restrict(&mut self, active: &Active) {
        match active.effect {
            Effect::Block | Effect::Exclude => self.standing = self.standing.max(Standing::Blocked),
            Effect::Hold(_) => self.standing = self.standing.max(Standing::Held),
            Effect::AtLeast(bound) => self.raise(bound, active.tier),
            Effect::AtMost(bound) => self.lower(bound),
            Effect::Share { at_least, at_most } | Effect::Step { at_least, at_most } => {
                self.raise(at_least, active.tier);
                self.lower(at_most);
            }
            Effect::Cap(ref cap) => self.capped |= cap.allowed.is_empty(),
            Effect::Times { .. }
            | Effect::AtMostPer(_)
            | Effect::Force(_)
            | Effect::Band { .. }
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

    fn raise(&mut self, bound: Micros, tier: Tier) {
        self.interval.at_least = self.interval.at_least.max(bound);
        if self.directive.is_some_and(|directive| tier < directive.tier()) {
            self.lower_tier_at_least = self.lower_tier_at_least.max(bound);
        }
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
