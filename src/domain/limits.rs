use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::{BasisPoints, Choice, Micros, NoBid, RuleIx, Tier, Word};

/// What a matching rule does to one candidate, with everything it needed already read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Effect {
    /// Restriction: no value may leave.
    Block,
    /// Restriction: this candidate is out (`exclude` named it, or `only` did not).
    Exclude,
    /// Restriction: no value may leave before somebody of this role approves.
    Hold(Word),
    /// Restriction: a value is at least this.
    AtLeast(Micros),
    /// Restriction: a value is at most this.
    AtMost(Micros),
    /// Directive: the value is this.
    Force(Micros),
    /// Directive: the value stays in a band around a person's value while evidence is thin.
    Band {
        /// The person's value.
        human: Micros,
        /// The lower end, inclusive.
        low: Micros,
        /// The upper end, inclusive.
        high: Micros,
        /// Outcomes counted so far.
        have: u32,
        /// Outcomes at which the band is gone.
        need: u32,
    },
    /// Adjustment: the wish is moved by this share.
    Adjust(BasisPoints),
    /// Tag: says something, changes nothing.
    Note(Arc<str>),
}

impl Effect {
    /// The word used in rule files.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Exclude => "exclude",
            Self::Hold(_) => "hold",
            Self::AtLeast(_) => "at_least",
            Self::AtMost(_) => "at_most",
            Self::Force(_) => "force",
            Self::Band { .. } => "start_at",
            Self::Adjust(_) => "adjust",
            Self::Note(_) => "note",
        }
    }
}

/// Whether a rule matched, or was applied because a fact it reads is unknown (`if_unknown`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Certainty {
    /// Its condition is true.
    Certain,
    /// Its condition is unknown, and the rule says what then.
    Unknown,
}

/// One effect in force for one candidate.
///
/// The order is the order of preference among causes: certain before unknown, higher tier first, then rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Active {
    /// Whether its condition is true or unknown.
    pub certainty: Certainty,
    /// The rule.
    pub rule: RuleIx,
    /// The rule's tier.
    pub tier: Tier,
    /// What it does.
    pub effect: Effect,
}

/// A set of effects in force. Merging is set union: commutative, associative, idempotent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Bounds(SmallVec<[Active; 4]>);

impl Bounds {
    /// No effect: everything is allowed.
    #[must_use]
    pub fn new() -> Self {
        Self(SmallVec::new())
    }

    /// Adds one effect; one that is already there changes nothing.
    pub fn insert(&mut self, active: Active) {
        if let Err(at) = self.0.binary_search(&active) {
            self.0.insert(at, active);
        }
    }

    /// Adds every effect of `other`.
    pub fn merge(&mut self, other: &Self) {
        for active in other.iter() {
            self.insert(active.clone());
        }
    }

    /// Takes every effect out and keeps the room for as many.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The effects, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Active> {
        self.0.iter()
    }

    /// Whether nothing is in force.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many effects are in force.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl FromIterator<Active> for Bounds {
    fn from_iter<T: IntoIterator<Item = Active>>(effects: T) -> Self {
        let mut bounds = Self::new();
        for active in effects {
            bounds.insert(active);
        }
        bounds
    }
}

/// How free a candidate is, the mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Standing {
    /// A value may leave.
    #[default]
    Allowed,
    /// Somebody must approve first.
    Held,
    /// No value may leave.
    Blocked,
}

/// A closed interval of prices; empty when `at_least` exceeds `at_most`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// The lower end.
    pub at_least: Micros,
    /// The upper end.
    pub at_most: Micros,
}

impl Interval {
    /// Every price.
    pub const EVERY: Self = Self {
        at_least: Micros::ZERO,
        at_most: Micros::MAX,
    };

    /// Whether no price lies in it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.at_least > self.at_most
    }

    /// Whether the price lies in it.
    #[must_use]
    pub fn holds(self, price: Micros) -> bool {
        self.at_least <= price && price <= self.at_most
    }

    /// The nearest price in it; `None` if it is empty.
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
        let (human, at_least, at_most) = match active.effect {
            Effect::Force(value) => (value, value, value),
            Effect::Band { human, low, high, .. } => (human, low, high),
            Effect::Block
            | Effect::Exclude
            | Effect::Hold(_)
            | Effect::AtLeast(_)
            | Effect::AtMost(_)
            | Effect::Adjust(_)
            | Effect::Note(_) => return None,
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

/// The feasible set that a set of effects leaves, by phase.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Merged {
    /// How free the candidate is.
    pub standing: Standing,
    /// The value people chose.
    pub directive: Option<Directive>,
    /// The bounds of a price.
    pub interval: Interval,
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
            lower_tier_at_least: Micros::ZERO,
            factor: BasisPoints::default(),
        };
        let mut product = 1.0;
        for active in effects {
            merged.restrict(active);
            if let Effect::Adjust(by) = active.effect {
                product *= 1.0 + f64::from(by.get()) / 10_000.0;
            }
        }
        merged.factor = bounded_factor(product);
        merged
    }

    fn restrict(&mut self, active: &Active) {
        match active.effect {
            Effect::Block | Effect::Exclude => self.standing = self.standing.max(Standing::Blocked),
            Effect::Hold(_) => self.standing = self.standing.max(Standing::Held),
            Effect::AtMost(bound) => self.interval.at_most = self.interval.at_most.min(bound),
            Effect::AtLeast(bound) => {
                self.interval.at_least = self.interval.at_least.max(bound);
                if self
                    .directive
                    .is_some_and(|directive| active.tier < directive.tier())
                {
                    self.lower_tier_at_least = self.lower_tier_at_least.max(bound);
                }
            }
            Effect::Force(_) | Effect::Band { .. } | Effect::Adjust(_) | Effect::Note(_) => {}
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

/// What is answered when the limits leave nothing, or nobody proposes: from `rules/defaults.yaml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum SafeDefault {
    /// No value leaves; the verdict is blocked.
    #[default]
    NoValue,
    /// This answer, if every restriction permits it.
    Answer(Choice),
}

/// Everything that bounds one candidate, known before a model is asked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CandidateLimits {
    /// Effects in force.
    pub effects: Bounds,
    /// Effects of rules in shadow: reported, never applied.
    pub shadow: Bounds,
    /// Rules whose condition is unknown and that accept that risk (`if_unknown: skip`).
    pub skipped: SmallVec<[RuleIx; 2]>,
    /// Why the auction itself admits no bid of this candidate.
    pub auction: Option<NoBid>,
    /// The lowest price that the auction accepts for this candidate; zero where there is none.
    pub floor: Micros,
    /// What is left of the campaign's budget, in CPM micros; `None` where there is no budget.
    pub budget_left: Option<Micros>,
    /// The declared safe default.
    pub safe_default: SafeDefault,
}

impl CandidateLimits {
    /// Whether a value may leave: no rule blocks, excludes or holds the candidate.
    #[must_use]
    pub fn is_free(&self) -> bool {
        Merged::of(self.effects.iter()).standing == Standing::Allowed
    }
}
