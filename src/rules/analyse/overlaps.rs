//! Rules that apply at once and cannot both be obeyed.
//!
//! At run time a tie of values, or bounds that leave nothing, are answered with the safe default. Where two rules
//! can apply to one query, somebody will ask it one day; so it is told at load, with such a query.

use std::cmp::Ordering;

use super::{
    Claim, Found,
    amounts::{Range, chosen, compared},
    book::{Book, EffectAt},
    gist::{Gist, Register},
    witness::Witness,
};
use crate::{
    domain::{Kind, Tier},
    rules::draft::{Action, Amount, EffectDraft, RuleDraft},
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
    pairs.cut_off(&sorted)
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
                let setter = || Setter {
                    at: EffectAt { rule, effect },
                    draft,
                    effect: this,
                    gist,
                };
                let range = Range::of(&this.action);
                sorted.lower.extend(range.at_least.map(|_| setter()));
                sorted.upper.extend(range.at_most.map(|_| setter()));
                if this.action.is_directive() {
                    sorted.directives.push(setter());
                }
            }
        }
        sorted
    }
}

impl Setter<'_, '_> {
    const fn tier(&self) -> Tier {
        self.draft.card.tier
    }
}

/// An amount of an effect, for comparison.
type Read = fn(&Action) -> Option<Amount>;

fn lower(action: &Action) -> Option<Amount> {
    Range::of(action).at_least
}

fn upper(action: &Action) -> Option<Amount> {
    Range::of(action).at_most
}

/// Whether two directives cannot both be followed.
fn is_tie(a: &Action, b: &Action) -> bool {
    // Positions are chosen apart from values.
    let is_pin = |action: &Action| matches!(action, Action::Pin(_));
    a != b && a.currency() == b.currency() && is_pin(a) == is_pin(b)
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
                let ties =
                    earlier.tier() == later.tier() && is_tie(&earlier.effect.action, &later.effect.action);
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

    /// Of every lower bound an upper bound below it that can meet it.
    fn bounds(&mut self, sorted: &Sorted<'_, '_>) -> Vec<Found> {
        let found = self.at_odds((&sorted.lower, lower), (&sorted.upper, upper), Ordering::Greater);
        let claims = found.into_iter().map(|(least, most, witness)| Found {
            claim: Claim::NothingLeft { least, most },
            witness: Some(witness),
        });
        claims.collect()
    }

    /// Of every value a bound that it lies outside of and that can meet it.
    fn cut_off(&mut self, sorted: &Sorted<'_, '_>) -> Vec<Found> {
        let values = (sorted.directives.as_slice(), chosen as Read);
        let mut found = self.at_odds(values, (&sorted.lower, lower), Ordering::Less);
        found.extend(self.at_odds(values, (&sorted.upper, upper), Ordering::Greater));
        let claims = found.into_iter().map(|(value, bound, witness)| Found {
            claim: Claim::CutOff { value, bound },
            witness: Some(witness),
        });
        claims.collect()
    }

    /// Of each of `ours` the first of `theirs` that it compares to like this and can meet.
    fn at_odds(
        &mut self,
        (ours, own_amount): (&[Setter<'_, '_>], Read),
        (theirs, their_amount): (&[Setter<'_, '_>], Read),
        odds: Ordering,
    ) -> Vec<(EffectAt, EffectAt, Witness)> {
        let terms = &self.book.terms;
        let register = Register::new(theirs.iter().map(|setter| setter.gist).collect(), terms);
        let mut amounts: Vec<Amount> = theirs
            .iter()
            .filter_map(|other| their_amount(&other.effect.action))
            .collect();
        amounts.sort_unstable();
        amounts.dedup();
        let mut found = Vec::new();
        for own in ours {
            let Some(amount) = own_amount(&own.effect.action) else {
                continue;
            };
            if !amounts.iter().any(|other| compared(amount, *other) == Some(odds)) {
                continue;
            }
            let near = register.near(own.gist, terms);
            let others = near.into_iter().filter_map(|at| theirs.get(at));
            let mut at_odds = others.filter(|other| {
                let other = their_amount(&other.effect.action);
                other.and_then(|other| compared(amount, other)) == Some(odds)
            });
            let first = at_odds.find_map(|other| Some((other.at, self.together(own, other)?)));
            found.extend(first.map(|(other, witness)| (own.at, other, witness)));
        }
        found
    }
}
