//! What became of a wish: the part of a sentence that differs from kind to kind.

use super::roles;
use crate::{
    domain::{
        Bounds, CandidateLimits, Choice, Micros, NoBid, Question, RuleIx, Source, Standing, Timestamp,
        Verdict, apply,
    },
    guardrail::Answer,
};

/// What a sentence is about: languages with genders need to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Bid,
    Send,
    Item,
    Part,
    Score,
    Slate,
    Split,
}

impl Subject {
    /// Of one candidate of the question.
    pub(super) const fn of(question: &Question) -> Self {
        match question {
            Question::Bid(_) => Self::Bid,
            Question::SendTime(_) => Self::Send,
            Question::Recommendation { .. } => Self::Item,
            Question::Budget(_) => Self::Part,
            Question::Score => Self::Score,
        }
    }
}

/// Where the model wished an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wished {
    /// Nobody asked it, or it did not speak.
    Unknown,
    /// Nowhere.
    NotShown,
    /// In this slot.
    Slot(u16),
}

/// An arm and its part of the total.
pub(super) type ArmPart<'a> = (&'a str, Micros);

/// What became of the wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Came<'a> {
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
    /// An instant; `from` where another was wished.
    Send {
        from: Option<Timestamp>,
        to: Timestamp,
        source: Source,
    },
    /// A slot of a slate.
    Placed {
        slot: u16,
        wished: Wished,
    },
    /// An item that might have stood, and does not.
    LeftOut {
        wished: Wished,
    },
    /// A part of a total; `from` where another was wished.
    Part {
        from: Option<Micros>,
        to: Micros,
        source: Source,
    },
    /// A probability; `from` where another was wished.
    Scored {
        from: Option<Micros>,
        to: Micros,
        source: Source,
    },
    /// A whole slate: its items, the first slot first; where it is not as the model wished, what it wished, as far as
    /// that can be told.
    Slate {
        items: Vec<&'a str>,
        wished: Option<Vec<&'a str>>,
        source: Source,
    },
    /// A whole split: its parts, and what the model wished where that is another.
    Split {
        total: Micros,
        parts: Vec<ArmPart<'a>>,
        wished: Option<Vec<ArmPart<'a>>>,
        source: Source,
    },
    Held,
    /// Limits of time leave no instant at which to send.
    NoInstant,
    Blocked,
}

/// What became of one candidate.
pub(super) fn came<'a>(question: &Question, answer: &Answer, limits: &CandidateLimits) -> Came<'a> {
    let choice = match (answer.verdict, answer.choice) {
        (Verdict::Held, _) => return held(question, answer, limits),
        (Verdict::Blocked, _) | (Verdict::Allowed | Verdict::Changed, None) => return Came::Blocked,
        (Verdict::Allowed | Verdict::Changed, Some(choice)) => choice,
    };
    let (wish, source) = (answer.wish, answer.source);
    let other = |to: Micros| wish.and_then(Choice::amount).filter(|from| *from != to);
    match choice {
        Choice::NoBid(reason) => Came::NoBid {
            wished: wish.and_then(Choice::price),
            reason,
        },
        Choice::Bid(price) => bid(answer, price),
        Choice::Send(to) => Came::Send {
            from: wish.and_then(Choice::instant).filter(|from| *from != to),
            to,
            source,
        },
        Choice::Show(slot) => Came::Placed {
            slot,
            wished: wished(wish),
        },
        Choice::NotShown => Came::LeftOut { wished: wished(wish) },
        Choice::Share(to) => Came::Part {
            from: other(to),
            to,
            source,
        },
        Choice::Score(to) => Came::Scored {
            from: other(to),
            to,
            source,
        },
    }
}

/// Somebody has to approve, or no instant is left: there the declared default may hold it too.
fn held<'a>(question: &Question, answer: &Answer, limits: &CandidateLimits) -> Came<'a> {
    match question {
        Question::SendTime(_) if answer.fallback.is_none() && roles(limits).is_empty() => Came::NoInstant,
        Question::SendTime(_)
        | Question::Bid(_)
        | Question::Recommendation { .. }
        | Question::Budget(_)
        | Question::Score => Came::Held,
    }
}

fn bid<'a>(answer: &Answer, to: Micros) -> Came<'a> {
    let source = answer.source;
    let left = Came::Bid { price: to, source };
    match (answer.verdict, answer.wish.and_then(Choice::price)) {
        (Verdict::Allowed | Verdict::Held | Verdict::Blocked, _) => left,
        (Verdict::Changed, Some(from)) if to < from => Came::Lowered { from, to },
        (Verdict::Changed, Some(from)) if to > from => Came::Raised { from, to },
        (Verdict::Changed, None) if answer.wish.is_some() => Came::BidInsteadOfNone { to },
        (Verdict::Changed, Some(_) | None) => left,
    }
}

fn wished(wish: Option<Choice>) -> Wished {
    match wish {
        None => Wished::Unknown,
        Some(wish) => wish.slot().map_or(Wished::NotShown, Wished::Slot),
    }
}

/// Whether a rule alone would have had the same consequence for the wish: blocked it, held it, lowered it, …
pub(super) fn does_the_same(
    rule: RuleIx,
    came: &Came<'_>,
    wish: Option<Choice>,
    limits: &CandidateLimits,
) -> bool {
    let own = limits.effects.iter().filter(|active| active.rule == rule);
    let alone = CandidateLimits {
        effects: own.cloned().collect::<Bounds>(),
        ..limits.clone()
    };
    // Where no model was asked only the standing matters, which no price changes.
    let applied = apply(&alone, wish.unwrap_or(Choice::Bid(Micros::MAX)));
    let amount = applied.choice.and_then(Choice::amount);
    let same_way = |from: Micros, to: Micros| {
        amount.is_some_and(|amount| amount != from && (amount < from) == (to < from))
    };
    match came {
        Came::Blocked => applied.standing == Standing::Blocked,
        Came::Held | Came::NoInstant => applied.standing == Standing::Held,
        Came::Lowered { from, to } | Came::Raised { from, to } => same_way(*from, *to),
        Came::BidInsteadOfNone { .. } => applied.choice.and_then(Choice::price).is_some(),
        Came::NoBid { .. } => matches!(applied.choice, Some(Choice::NoBid(_))),
        Came::Send { from, .. } => from.is_some() && applied.choice.is_some() && applied.choice != wish,
        Came::Scored {
            from: Some(from), to, ..
        } => same_way(*from, *to),
        // What one item or arm gets depends on the others, of which this rule alone says nothing.
        Came::Scored { from: None, .. }
        | Came::Placed { .. }
        | Came::LeftOut { .. }
        | Came::Part { .. }
        | Came::Slate { .. }
        | Came::Split { .. }
        | Came::Bid { .. } => false,
    }
}
