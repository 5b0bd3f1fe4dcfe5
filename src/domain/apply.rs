use super::{
    Active, CandidateLimits, Choice, Directive, FallbackReason, Interval, Merged, Micros, NoBid, SafeDefault,
    Standing,
};

/// What limited a wish on its way to a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Clip {
    /// A directive set the value or moved it into its band.
    Directive,
    /// Adjustments moved the wish.
    Adjusted,
    /// Adjustments would have moved it further than a directive or a bound lets them.
    AdjustmentClipped,
    /// A bound moved the value.
    Interval,
}

/// A wish after the limits acted on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applied {
    /// The answer; `None` where no value may leave.
    pub choice: Option<Choice>,
    /// How free the candidate was.
    pub standing: Standing,
    /// Why the safe default answered, if it did.
    pub fallback: Option<FallbackReason>,
    /// The last thing that moved the value.
    pub clip: Option<Clip>,
}

/// Acts on a wish with everything that bounds its candidate. The one place where limits act on a wish.
///
/// The phases, in order: standing, auction, directive over the adjusted wish, interval, floor, budget. A wish
/// below the floor becomes a no-bid and is never raised in silence; a no-bid satisfies every interval; what
/// leaves satisfies every restriction.
///
/// ```
/// use balustrade::domain::{apply, CandidateLimits, Choice, Micros, NoBid};
///
/// let limits = CandidateLimits { floor: Micros::new(500_000), ..CandidateLimits::default() };
/// let wish = Choice::Bid(Micros::new(400_000));
/// assert_eq!(apply(&limits, wish).choice, Some(Choice::NoBid(NoBid::BelowFloor)));
/// ```
#[must_use]
pub fn apply(limits: &CandidateLimits, wish: Choice) -> Applied {
    apply_some(limits, limits.effects.iter(), wish)
}

/// [`apply`] with only some of the effects: for finding which of them suffice.
pub(super) fn apply_some<'a>(
    limits: &CandidateLimits,
    effects: impl Iterator<Item = &'a Active> + Clone,
    wish: Choice,
) -> Applied {
    let merged = Merged::of(effects);
    if merged.standing != Standing::Allowed {
        return Applied {
            choice: None,
            standing: merged.standing,
            fallback: None,
            clip: None,
        };
    }
    let (choice, clip) = match limits.auction {
        Some(reason) => (Choice::NoBid(reason), None),
        None => match directed(&merged, wish) {
            Ok((Some(value), clip)) => (affordable(limits, value), clip),
            Ok((None, clip)) => (wish, clip),
            Err(reason) => return safe_default(limits, &merged, reason),
        },
    };
    Applied {
        choice: Some(choice),
        standing: Standing::Allowed,
        fallback: None,
        clip,
    }
}

type Directed = Result<(Option<Micros>, Option<Clip>), FallbackReason>;

/// The price after adjustments, directive and interval; `None` where the wish is a no-bid that nothing overrides.
fn directed(merged: &Merged, wish: Choice) -> Directed {
    if merged.interval.is_empty() {
        return Err(FallbackReason::Contradiction);
    }
    let adjusted = wish.price().map(|price| price.moved(merged.factor));
    let moved = (adjusted != wish.price()).then_some(Clip::Adjusted);
    let Some(directive) = merged.directive else {
        return Ok(bounded(merged.interval, adjusted, moved));
    };
    let Directive::Within { band, .. } = directive else {
        return Err(FallbackReason::Conflict);
    };
    if merged.lower_tier_at_least > band.at_most {
        return Err(FallbackReason::Conflict);
    }
    // Under a directive a model's no-bid counts as a wish of zero: people chose to be there.
    let value = band
        .nearest(adjusted.unwrap_or_default())
        .ok_or(FallbackReason::Contradiction)?;
    let clip = if Some(value) == adjusted {
        moved
    } else {
        Some(clipped(moved, Clip::Directive))
    };
    Ok(bounded(merged.interval, Some(value), clip))
}

fn bounded(interval: Interval, value: Option<Micros>, clip: Option<Clip>) -> (Option<Micros>, Option<Clip>) {
    match value.and_then(|value| interval.nearest(value)) {
        nearest if nearest == value => (nearest, clip),
        nearest => (nearest, Some(clipped(clip, Clip::Interval))),
    }
}

fn clipped(before: Option<Clip>, by: Clip) -> Clip {
    match before {
        Some(Clip::Adjusted | Clip::AdjustmentClipped) => Clip::AdjustmentClipped,
        Some(Clip::Directive | Clip::Interval) | None => by,
    }
}

fn affordable(limits: &CandidateLimits, value: Micros) -> Choice {
    if value <= Micros::ZERO {
        Choice::NoBid(NoBid::NoValue)
    } else if value < limits.floor {
        Choice::NoBid(NoBid::BelowFloor)
    } else if limits.budget_left.is_some_and(|left| value > left) {
        Choice::NoBid(NoBid::Budget)
    } else {
        Choice::Bid(value)
    }
}

fn safe_default(limits: &CandidateLimits, merged: &Merged, reason: FallbackReason) -> Applied {
    let choice = match limits.safe_default {
        SafeDefault::Answer(choice) if restrictions_permit(limits, merged, choice) => Some(choice),
        SafeDefault::Answer(_) | SafeDefault::NoValue => None,
    };
    let standing = if choice.is_some() {
        Standing::Allowed
    } else {
        Standing::Blocked
    };
    Applied {
        choice,
        standing,
        fallback: Some(reason),
        clip: None,
    }
}

/// Whether the limits permit this answer: every restriction, and what people chose.
///
/// A no-bid is always permitted where a value is.
#[must_use]
pub fn permits(limits: &CandidateLimits, choice: Choice) -> bool {
    let merged = Merged::of(limits.effects.iter());
    let within = |price| match merged.directive {
        Some(Directive::Within { band, .. }) => {
            merged.lower_tier_at_least <= band.at_most
                && band
                    .nearest(price)
                    .and_then(|value| merged.interval.nearest(value))
                    == Some(price)
        }
        Some(Directive::Conflict { .. }) => false,
        None => true,
    };
    restrictions_permit(limits, &merged, choice) && choice.price().is_none_or(within)
}

fn restrictions_permit(limits: &CandidateLimits, merged: &Merged, choice: Choice) -> bool {
    let free = merged.standing == Standing::Allowed;
    free && match choice {
        Choice::NoBid(_) => true,
        Choice::Bid(price) => {
            limits.auction.is_none() && merged.interval.holds(price) && affordable(limits, price) == choice
        }
    }
}
