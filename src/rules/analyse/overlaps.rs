//! Rules that apply at once and cannot both be obeyed.
//!
//! At run time a tie of values, or bounds that leave nothing, are answered with the safe default. Where two rules
//! can apply to one query, somebody will ask it one day; so it is told at load, with such a query.

use std::cmp::Reverse;

use super::{
    Claim, Found,
    book::{Book, EffectAt},
    gist::{Gist, Register},
    witness::Witness,
};
use crate::{
    domain::{Currency, Kind, Micros, Tier},
    rules::draft::{Action, EffectDraft, RuleDraft},
};

/// Pairs of rules that are looked at closely. A rulebook has to be wild to need more.
const PAIRS: usize = 50_000;

/// An effect that sets a value or a bound.
struct Setter<'r, 'g> {
    at: EffectAt,
    draft: &'r RuleDraft,
    effect: &'r EffectDraft,
    gist: &'g Gist<'g>,
}

/// What a bound or value comes to, for comparison.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Amount {
    currency: Currency,
    value: Micros,
}

/// The sorts of setters that can be at odds.
struct Sorted<'r, 'g> {
    lower: Vec<Setter<'r, 'g>>,
    upper: Vec<Setter<'r, 'g>>,
    directives: Vec<Setter<'r, 'g>>,
}

/// Finds conflicts, which are errors.
pub(super) fn conflicts(book: &Book<'_>, gists: &[Gist<'_>]) -> Vec<Found> {
    let sorted = Sorted::of(book, gists);
    let mut pairs = Pairs { book, left: PAIRS };
    let mut found = pairs.ties(&sorted.directives);
    found.extend(pairs.bounds(&sorted));
    found
}

/// Finds values that their bounds cut off, which are warnings.
pub(super) fn cut_off(book: &Book<'_>, gists: &[Gist<'_>]) -> Vec<Found> {
    let sorted = Sorted::of(book, gists);
    let mut pairs = Pairs { book, left: PAIRS };
    let mut found = Vec::new();
    for bounds in [&sorted.lower, &sorted.upper] {
        found.extend(pairs.cut_off(&sorted.directives, bounds));
    }
    found
}

/// The gist of every rule, in their order.
pub(super) fn gists<'b>(book: &'b Book<'_>) -> Vec<Gist<'b>> {
    let wholes = book.wholes();
    wholes.map(|whole| Gist::of(whole, &book.terms)).collect()
}

impl<'r, 'g> Sorted<'r, 'g> {
    fn of(book: &Book<'r>, gists: &'g [Gist<'g>]) -> Self {
        let mut sorted = Self {
            lower: Vec::new(),
            upper: Vec::new(),
            directives: Vec::new(),
        };
        for (rule, draft) in book.enforced() {
            let Some(gist) = gists.get(rule.0 as usize) else {
                continue;
            };
            for (effect, this) in draft.effects.iter().enumerate() {
                let sort = match &this.action {
                    Action::AtLeast(_) => &mut sorted.lower,
                    Action::AtMost(_) => &mut sorted.upper,
                    Action::Force(_) | Action::Band(_) => &mut sorted.directives,
                    Action::Block
                    | Action::Exclude
                    | Action::Hold(_)
                    | Action::Adjust(_)
                    | Action::Note(_) => continue,
                };
                sort.push(Setter {
                    at: EffectAt { rule, effect },
                    draft,
                    effect: this,
                    gist,
                });
            }
        }
        sorted
    }
}

impl Setter<'_, '_> {
    fn amount(&self) -> Option<Amount> {
        amount(&self.effect.action)
    }

    const fn tier(&self) -> Tier {
        self.draft.card.tier
    }
}

/// The amount of a bound or a value.
fn amount(action: &Action) -> Option<Amount> {
    let (currency, value) = match action {
        Action::AtLeast(money) | Action::AtMost(money) | Action::Force(money) => {
            (money.currency, money.value)
        }
        Action::Band(band) => (band.currency, band.value.human),
        Action::Block | Action::Exclude | Action::Hold(_) | Action::Adjust(_) | Action::Note(_) => {
            return None;
        }
    };
    Some(Amount { currency, value })
}

/// Looks at pairs, up to a bound.
struct Pairs<'b, 'r> {
    book: &'b Book<'r>,
    left: usize,
}

impl Pairs<'_, '_> {
    /// A query to which both apply.
    fn together(&mut self, a: &Setter<'_, '_>, b: &Setter<'_, '_>) -> Option<Witness> {
        self.left = self.left.checked_sub(1)?;
        let goals = [self.book.certain(a.at)?, self.book.certain(b.at)?];
        let kinds = Kind::ALL.into_iter();
        let mut shared = kinds.filter(|kind| a.draft.kinds.contains(kind) && b.draft.kinds.contains(kind));
        shared.find_map(|kind| self.book.find(kind, &goals).found())
    }

    /// Of every directive the first earlier one with which it ties.
    fn ties(&mut self, directives: &[Setter<'_, '_>]) -> Vec<Found> {
        let terms = &self.book.terms;
        let register = Register::new(directives.iter().map(|setter| setter.gist).collect(), terms);
        let mut found = Vec::new();
        for (place, later) in directives.iter().enumerate() {
            let near = register.near(later.gist, terms);
            let earlier = near.into_iter().filter(|at| *at < place);
            let mut earlier = earlier.filter_map(|at| directives.get(at));
            let tie = earlier.find_map(|earlier| {
                let ties = earlier.tier() == later.tier()
                    && earlier.effect.action != later.effect.action
                    && earlier.effect.action.currency() == later.effect.action.currency();
                let witness = if ties { self.together(earlier, later) } else { None };
                Some((earlier.at, witness?))
            });
            if let Some((earlier, witness)) = tie {
                found.push(Found {
                    claim: Claim::Tie {
                        first: earlier,
                        second: later.at,
                    },
                    witness: Some(witness),
                });
            }
        }
        found
    }

    /// Of every lower bound the tightest upper bound below it that can meet it.
    fn bounds(&mut self, sorted: &Sorted<'_, '_>) -> Vec<Found> {
        let apart = |lower: Amount, upper: Amount| lower.value > upper.value;
        let mut found = self.at_odds(&sorted.lower, &sorted.upper, apart);
        found
            .drain(..)
            .map(|(least, most, witness)| Found {
                claim: Claim::NothingLeft { least, most },
                witness: Some(witness),
            })
            .collect()
    }

    fn cut_off(&mut self, directives: &[Setter<'_, '_>], bounds: &[Setter<'_, '_>]) -> Vec<Found> {
        let lower = matches!(
            bounds.first().map(|bound| &bound.effect.action),
            Some(Action::AtLeast(_))
        );
        let outside = |value: Amount, bound: Amount| {
            if lower {
                value.value < bound.value
            } else {
                value.value > bound.value
            }
        };
        let mut found = self.at_odds(directives, bounds, outside);
        found
            .drain(..)
            .map(|(value, bound, witness)| Found {
                claim: Claim::CutOff { value, bound },
                witness: Some(witness),
            })
            .collect()
    }

    /// Of each of `ours` the first of `theirs` that is at odds with it and can meet it.
    fn at_odds(
        &mut self,
        ours: &[Setter<'_, '_>],
        theirs: &[Setter<'_, '_>],
        odds: impl Fn(Amount, Amount) -> bool,
    ) -> Vec<(EffectAt, EffectAt, Witness)> {
        let terms = &self.book.terms;
        if !some_at_odds(ours, theirs, &odds) {
            return Vec::new();
        }
        let register = Register::new(theirs.iter().map(|setter| setter.gist).collect(), terms);
        let mut found = Vec::new();
        for own in ours {
            let near = register.near(own.gist, terms);
            let others = near.into_iter().filter_map(|at| theirs.get(at));
            let mut at_odds = others.filter(|other| {
                let amounts = own.amount().zip(other.amount());
                amounts.is_some_and(|(a, b)| a.currency == b.currency && odds(a, b))
            });
            let first = at_odds.find_map(|other| Some((other.at, self.together(own, other)?)));
            found.extend(first.map(|(other, witness)| (own.at, other, witness)));
        }
        found
    }
}

/// Whether any two amounts are at odds at all; the extremes tell.
fn some_at_odds(
    ours: &[Setter<'_, '_>],
    theirs: &[Setter<'_, '_>],
    odds: impl Fn(Amount, Amount) -> bool,
) -> bool {
    let ends = |setters: &[Setter<'_, '_>]| {
        let mut amounts: Vec<Amount> = setters.iter().filter_map(Setter::amount).collect();
        amounts.sort_by_key(|amount| Reverse(amount.value));
        [amounts.first().copied(), amounts.last().copied()]
    };
    let (ours, theirs) = (ends(ours), ends(theirs));
    let pairs = ours
        .iter()
        .flatten()
        .flat_map(|a| theirs.iter().flatten().map(move |b| (*a, *b)));
    pairs.into_iter().any(|(a, b)| odds(a, b))
}
