//! One sentence a person can read out: what was answered, what was wished, because of whom.
//!
//! What is to be said comes first ([`Told`], in no language), how it is said comes after (`english`, `italian`,
//! `spanish`): each language is a function of [`Told`], for a sentence is more than its words put side by side.
//! The values of the kinds of decision are written in one place (`words`).

mod english;
mod italian;
mod shadow;
mod spanish;
mod words;

pub(super) use self::shadow::would_have;
use crate::{
    domain::{
        Bounds, CandidateLimits, Choice, Currency, Effect, FallbackReason, Language, Micros, NoBid, RuleCard,
        RuleIx, RuleTable, Source, Standing, Verdict, Word, apply,
    },
    guardrail::Answer,
};

/// What became of the wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    Lowered {
        from: Micros,
        to: Micros,
    },
    Raised {
        from: Micros,
        to: Micros,
    },
    BidInsteadOfNone {
        to: Micros,
    },
    Bid {
        price: Micros,
        source: Source,
    },
    NoBid {
        wished: Option<Micros>,
        reason: NoBid,
    },
    /// An answer of another kind than a bid.
    Other {
        from: Option<Choice>,
        to: Choice,
    },
    Held,
    Blocked,
}

/// What a sentence says, in no language.
#[derive(Debug)]
struct Told<'a> {
    came: Came,
    currency: Currency,
    floor: Micros,
    /// Who has to approve.
    roles: Vec<&'a Word>,
    fallback: Option<FallbackReason>,
    because: Vec<&'a RuleCard>,
    /// Rules that alone would have had the same consequence.
    also: Vec<&'a RuleCard>,
}

/// For instance: `Bid lowered from 2.40 to 1.95 EUR because of italy-cap (Anna Rossi: no data before March);
/// company-max-bid would have done it too.`
pub(super) fn sentence(
    answer: &Answer,
    limits: &CandidateLimits,
    rules: &RuleTable,
    currency: Currency,
    language: Language,
) -> String {
    let came = came(answer);
    let cards = |rules_named: &[RuleIx]| {
        let each = rules_named.iter().filter_map(|rule| rules.get(*rule));
        each.collect::<Vec<_>>()
    };
    let also: Vec<RuleIx> = answer
        .causes
        .also
        .iter()
        .copied()
        .filter(|rule| does_the_same(*rule, came, answer.wish, limits))
        .collect();
    let told = Told {
        came,
        currency,
        floor: limits.floor,
        roles: roles(limits),
        fallback: answer.fallback,
        because: cards(&answer.causes.because_of),
        also: cards(&also),
    };
    match language {
        Language::English => english::said(&told),
        Language::Italian => italian::said(&told),
        Language::Spanish => spanish::said(&told),
    }
}

fn came(answer: &Answer) -> Came {
    let wished = answer.wish.and_then(Choice::price);
    match (answer.verdict, answer.choice) {
        (Verdict::Held, _) => Came::Held,
        (Verdict::Blocked, _) | (Verdict::Allowed | Verdict::Changed, None) => Came::Blocked,
        (Verdict::Allowed | Verdict::Changed, Some(Choice::NoBid(reason))) => Came::NoBid { wished, reason },
        (
            Verdict::Allowed | Verdict::Changed,
            Some(
                to @ (Choice::Send(_)
                | Choice::Show(_)
                | Choice::NotShown
                | Choice::Share(_)
                | Choice::Score(_)),
            ),
        ) => Came::Other {
            from: answer.wish.filter(|wish| *wish != to),
            to,
        },
        (Verdict::Allowed, Some(Choice::Bid(price))) => Came::Bid {
            price,
            source: answer.source,
        },
        (Verdict::Changed, Some(Choice::Bid(to))) => match wished {
            Some(from) if to < from => Came::Lowered { from, to },
            Some(from) if to > from => Came::Raised { from, to },
            None if answer.wish.is_some() => Came::BidInsteadOfNone { to },
            Some(_) | None => Came::Bid {
                price: to,
                source: answer.source,
            },
        },
    }
}

fn roles(limits: &CandidateLimits) -> Vec<&Word> {
    let mut roles: Vec<&Word> = limits
        .effects
        .iter()
        .filter_map(|active| {
            if let Effect::Hold(role) = &active.effect {
                return Some(role);
            }
            None
        })
        .collect();
    roles.dedup();
    roles
}

/// Whether a rule alone would have had the same consequence for the wish: blocked it, held it, lowered it, …
fn does_the_same(rule: RuleIx, came: Came, wish: Option<Choice>, limits: &CandidateLimits) -> bool {
    let own = limits.effects.iter().filter(|active| active.rule == rule);
    let alone = CandidateLimits {
        effects: own.cloned().collect::<Bounds>(),
        ..limits.clone()
    };
    // Where no model was asked only the standing matters, which no price changes.
    let applied = apply(&alone, wish.unwrap_or(Choice::Bid(Micros::MAX)));
    let price = applied.choice.and_then(Choice::price);
    match came {
        Came::Blocked => applied.standing == Standing::Blocked,
        Came::Held => applied.standing == Standing::Held,
        Came::Lowered { from, .. } => price.is_some_and(|price| price < from),
        Came::Raised { from, .. } => price.is_some_and(|price| price > from),
        Came::BidInsteadOfNone { .. } => price.is_some(),
        Came::NoBid { .. } => matches!(applied.choice, Some(Choice::NoBid(_))),
        Came::Other { .. } => applied.choice != wish,
        Came::Bid { .. } => false,
    }
}
