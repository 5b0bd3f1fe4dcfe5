use super::{
    Active, CandidateLimits, Choice, Directive, FallbackReason, Interval, Merged, Micros, NoBid, Question,
    SafeDefault, Standing, Timestamp, Wish, slate, split,
    timed::{Chosen, Timed},
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

/// Acts on the wishes of a query with everything that bounds its candidates. The one place where limits act on a
/// wish.
///
/// Bids, send times and scores are answered each on its own ([`apply`]); a slate and a split as a whole, because
/// slots and money that one candidate takes another cannot have. `limits` and `wishes` stand in the candidates'
/// order, and so do the answers.
#[must_use]
pub fn apply_all(question: &Question, limits: &[CandidateLimits], wishes: &[Wish]) -> Vec<Applied> {
    apply_where(question, limits, wishes, |_| true)
}

/// [`apply_all`] with only some of the effects: for finding which of them suffice.
pub(super) fn apply_where(
    question: &Question,
    limits: &[CandidateLimits],
    wishes: &[Wish],
    keep: impl Fn(&Active) -> bool + Copy,
) -> Vec<Applied> {
    match question {
        Question::Bid(_) | Question::SendTime(_) | Question::Score => limits
            .iter()
            .zip(wishes)
            .map(|(limits, wish)| {
                apply_some(
                    limits,
                    limits.effects.iter().filter(move |active| keep(active)),
                    wish.choice,
                )
            })
            .collect(),
        Question::Recommendation { slots, .. } => {
            slate::slate(limits, *slots, |at| relevance(wishes, at), keep)
        }
        Question::Budget(total) => split::split(limits, total.amount, |at| amount(wishes, at), keep),
    }
}

fn relevance(wishes: &[Wish], at: usize) -> Micros {
    wishes.get(at).map(|wish| wish.relevance).unwrap_or_default()
}

fn amount(wishes: &[Wish], at: usize) -> Micros {
    let amount = wishes.get(at).and_then(|wish| wish.choice.amount());
    amount.unwrap_or_default()
}

/// Acts on one candidate's wish for a bid, an instant or a probability.
///
/// The phases, in order: standing, auction, directive over the adjusted wish, interval, floor, budget. A wish
/// below the floor becomes a no-bid and is never raised in silence; a no-bid satisfies every interval; what
/// leaves satisfies every restriction. A slot or a part of a total depends on the other candidates
/// ([`apply_all`]); here it is only checked whether the candidate is free.
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
    let merged = Merged::of(effects.clone());
    let standing = limits.standing_of(&merged, effects.clone());
    if standing != Standing::Allowed {
        return Applied::kept_back(standing);
    }
    match wish {
        Choice::Bid(_) | Choice::NoBid(_) => bid(limits, &merged, wish),
        Choice::Score(_) => score(limits, &merged, wish),
        Choice::Send(at) => send(limits, effects, at),
        Choice::Show(_) | Choice::NotShown | Choice::Share(_) => Applied::left(wish, None),
    }
}

impl Applied {
    const fn kept_back(standing: Standing) -> Self {
        Self {
            choice: None,
            standing,
            fallback: None,
            clip: None,
        }
    }

    const fn left(choice: Choice, clip: Option<Clip>) -> Self {
        Self {
            choice: Some(choice),
            standing: Standing::Allowed,
            fallback: None,
            clip,
        }
    }
}

fn bid(limits: &CandidateLimits, merged: &Merged, wish: Choice) -> Applied {
    if let Some(reason) = limits.auction {
        return Applied::left(Choice::NoBid(reason), None);
    }
    match directed(merged, wish) {
        Ok((Some(value), clip)) => Applied::left(affordable(limits, value), clip),
        Ok((None, clip)) => Applied::left(wish, clip),
        Err(reason) => safe_default(limits, reason, |choice| {
            restrictions_permit(limits, merged, choice)
        }),
    }
}

fn score(limits: &CandidateLimits, merged: &Merged, wish: Choice) -> Applied {
    match directed(merged, wish) {
        Ok((Some(value), clip)) => Applied::left(Choice::Score(value.min(CERTAIN)), clip),
        Ok((None, clip)) => Applied::left(wish, clip),
        Err(reason) => safe_default(limits, reason, |choice| {
            restrictions_permit(limits, merged, choice)
        }),
    }
}

/// A probability of one, in millionths.
const CERTAIN: Micros = Micros::new(1_000_000);

fn send<'a>(
    limits: &CandidateLimits,
    effects: impl Iterator<Item = &'a Active> + Clone,
    wish: Timestamp,
) -> Applied {
    let Some(window) = &limits.window else {
        return Applied::kept_back(Standing::Held);
    };
    let timed = Timed::of(window, effects);
    if matches!(timed.directive, Some(Chosen::Conflict { .. })) {
        let permitted = |choice: Choice| choice.instant().is_some_and(|at| timed.allowed.contains(at));
        return safe_default(limits, FallbackReason::Conflict, permitted);
    }
    match timed.nearest(wish) {
        None => Applied::kept_back(Standing::Held),
        Some(at) if at == wish => Applied::left(Choice::Send(at), None),
        Some(at) if timed.directive.is_some() => Applied::left(Choice::Send(at), Some(Clip::Directive)),
        Some(at) => Applied::left(Choice::Send(at), Some(Clip::Interval)),
    }
}

type Directed = Result<(Option<Micros>, Option<Clip>), FallbackReason>;

/// The amount after adjustments, directive and interval; `None` where the wish is a no-bid that nothing overrides.
fn directed(merged: &Merged, wish: Choice) -> Directed {
    if merged.interval.is_empty() {
        return Err(FallbackReason::Contradiction);
    }
    let adjusted = wish.amount().map(|amount| amount.moved(merged.factor));
    let moved = (adjusted != wish.amount()).then_some(Clip::Adjusted);
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

fn safe_default(
    limits: &CandidateLimits,
    reason: FallbackReason,
    permitted: impl Fn(Choice) -> bool,
) -> Applied {
    let (choice, standing) = match limits.safe_default {
        SafeDefault::Answer(choice) if permitted(choice) => (Some(choice), Standing::Allowed),
        SafeDefault::Held => (None, Standing::Held),
        SafeDefault::Answer(_) | SafeDefault::NoValue => (None, Standing::Blocked),
    };
    Applied {
        choice,
        standing,
        fallback: Some(reason),
        clip: None,
    }
}

/// Whether the limits permit these answers, one a candidate in their order; `None` is kept back.
#[must_use]
pub fn permits_all(question: &Question, limits: &[CandidateLimits], choices: &[Option<Choice>]) -> bool {
    match question {
        Question::Bid(_) | Question::SendTime(_) | Question::Score => limits
            .iter()
            .zip(choices)
            .all(|(limits, choice)| choice.is_none_or(|choice| permits(limits, choice))),
        Question::Recommendation { slots, .. } => slate::permits(limits, *slots, choices),
        Question::Budget(total) => split::permits(limits, total.amount, choices),
    }
}

/// Whether the limits permit this bid, instant or probability: every restriction, and what people chose.
///
/// A no-bid is always permitted where a value is.
#[must_use]
pub fn permits(limits: &CandidateLimits, choice: Choice) -> bool {
    match choice {
        Choice::Bid(_) | Choice::NoBid(_) | Choice::Score(_) => permits_amount(limits, choice),
        Choice::Send(at) => permits_instant(limits, at),
        Choice::Show(_) | Choice::NotShown | Choice::Share(_) => limits.is_free(),
    }
}

fn permits_amount(limits: &CandidateLimits, choice: Choice) -> bool {
    let merged = Merged::of(limits.effects.iter());
    let within = |amount| match merged.directive {
        Some(Directive::Within { band, .. }) => {
            merged.lower_tier_at_least <= band.at_most
                && band
                    .nearest(amount)
                    .and_then(|value| merged.interval.nearest(value))
                    == Some(amount)
        }
        Some(Directive::Conflict { .. }) => false,
        None => true,
    };
    restrictions_permit(limits, &merged, choice) && choice.amount().is_none_or(within)
}

/// An instant is permitted where every restriction allows it and, as far as any such instant is, people chose it.
fn permits_instant(limits: &CandidateLimits, at: Timestamp) -> bool {
    let Some(window) = &limits.window else {
        return false;
    };
    if !limits.is_free() {
        return false;
    }
    Timed::of(window, limits.effects.iter()).permits(at)
}

fn restrictions_permit(limits: &CandidateLimits, merged: &Merged, choice: Choice) -> bool {
    let free = merged.standing == Standing::Allowed;
    free && match choice {
        Choice::NoBid(_) => !merged.capped,
        Choice::Bid(price) => {
            !merged.capped
                && limits.auction.is_none()
                && merged.interval.holds(price)
                && affordable(limits, price) == choice
        }
        Choice::Score(probability) => merged.interval.holds(probability) && probability <= CERTAIN,
        Choice::Send(_) | Choice::Show(_) | Choice::NotShown | Choice::Share(_) => false,
    }
}
