//! The effects of the language, as data: one table drives what may be written at `then`, the suggestions, the
//! schema for editors and the reference page.

use super::table::{Field, Need, Shape};
use crate::domain::Kind;

/// What an effect does to an answer, and so how it meets others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sort {
    /// It only tightens; those of all tiers add up.
    Restriction,
    /// It chooses a value; the highest tier wins.
    Directive,
    /// It moves the model's wish.
    Adjustment,
    /// It says something.
    Tag,
}

impl Sort {
    /// Every sort, the strongest first.
    pub const ALL: [Self; 4] = [Self::Restriction, Self::Directive, Self::Adjustment, Self::Tag];

    /// Its name in the documentation.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Restriction => "restriction",
            Self::Directive => "directive",
            Self::Adjustment => "adjustment",
            Self::Tag => "tag",
        }
    }

    /// What effects of this sort have in common, in a sentence.
    #[must_use]
    pub const fn doc(self) -> &'static str {
        match self {
            Self::Restriction => "only tightens; those of all tiers count together",
            Self::Directive => "chooses a value; the highest tier wins",
            Self::Adjustment => "moves the model's wish, inside the restrictions",
            Self::Tag => "says something, changes nothing",
        }
    }
}

/// One way in which an effect is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// For which kinds of decision.
    pub kinds: &'static [Kind],
    /// What stands at its key.
    pub shape: Shape,
    /// What may stand after `then: `, to copy.
    pub example: &'static str,
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EffectRow {
    /// Its key below `then`.
    pub name: &'static str,
    /// What it does to an answer.
    pub sort: Sort,
    /// How it is written; several where kinds differ.
    pub forms: &'static [Form],
    /// Keys that belong to it and stand beside it.
    pub beside: &'static [Field],
    /// What it does, in a line.
    pub doc: &'static str,
    /// What several of them come to.
    pub together: &'static str,
    /// What happens when it leaves nothing, is tied, or reads what is unknown; empty where none of it can happen.
    pub in_doubt: &'static str,
}

/// The row of that name.
#[must_use]
pub fn effect_row(name: &str) -> Option<&'static EffectRow> {
    EFFECTS.iter().find(|row| row.name == name)
}

/// Every key that may stand at `then`: the effects, and what stands beside them.
pub fn effect_keys() -> impl Iterator<Item = &'static str> {
    let beside = EFFECTS.iter().flat_map(|row| row.beside);
    let names = EFFECTS.iter().map(|row| row.name);
    names.chain(beside.map(|field| field.name))
}

const ALL: &[Kind] = &Kind::ALL;
const BID: &[Kind] = &[Kind::Bid];

/// The effects that can be written.
pub static EFFECTS: &[EffectRow] = &[
    EffectRow {
        name: "block",
        sort: Sort::Restriction,
        forms: &[Form {
            kinds: ALL,
            shape: Shape::Alone,
            example: "block",
        }],
        beside: &[],
        doc: "no value may leave",
        together: "a block stays a block; it is stronger than a hold",
        in_doubt: "",
    },
    EffectRow {
        name: "hold",
        sort: Sort::Restriction,
        forms: &[Form {
            kinds: ALL,
            shape: Shape::Name,
            example: "{hold: legal}",
        }],
        beside: &[],
        doc: "somebody of this role must approve first",
        together: "every role that is named must approve; a block is stronger",
        in_doubt: "",
    },
    EffectRow {
        name: "at_least",
        sort: Sort::Restriction,
        forms: &[Form {
            kinds: BID,
            shape: Shape::Money,
            example: "{at_least: 0.50 EUR}",
        }],
        beside: &[],
        doc: "a bid is at least this",
        together: "the highest counts; a no-bid satisfies every bound",
        in_doubt: "where the bounds leave no value: the safe default, and both rules are named; where it would lift the value or the cap of a higher tier: likewise",
    },
    EffectRow {
        name: "at_most",
        sort: Sort::Restriction,
        forms: &[Form {
            kinds: BID,
            shape: Shape::Money,
            example: "{at_most: 2.00 EUR}",
        }],
        beside: &[],
        doc: "a bid is at most this",
        together: "the lowest counts",
        in_doubt: "where the bounds leave no value: the safe default, and both rules are named",
    },
    EffectRow {
        name: "adjust",
        sort: Sort::Adjustment,
        forms: &[Form {
            kinds: BID,
            shape: Shape::Percent,
            example: "{adjust: -20%}",
        }],
        beside: &[],
        doc: "the model's wish is moved by this share",
        together: "multiplied with each other, in total between -90% and +900%, rounded once",
        in_doubt: "beyond a restriction it is clipped, and the answer says so",
    },
    EffectRow {
        name: "force",
        sort: Sort::Directive,
        forms: &[Form {
            kinds: BID,
            shape: Shape::Money,
            example: "{force: 1.20 EUR}",
        }],
        beside: &[],
        doc: "the bid is this",
        together: "the highest tier wins; equal values of one tier are one",
        in_doubt: "two values of one tier: the safe default, unless a higher tier decides; outside the restrictions it is cut to them, and both rules are named",
    },
    EffectRow {
        name: "exclude",
        sort: Sort::Restriction,
        forms: &[Form {
            kinds: ALL,
            shape: Shape::Condition,
            example: "{exclude: {campaign: spring}}",
        }],
        beside: &[],
        doc: "candidates like this are out",
        together: "whoever is excluded once is out",
        in_doubt: "where none is left: the safe default",
    },
    EffectRow {
        name: "only",
        sort: Sort::Restriction,
        forms: &[Form {
            kinds: ALL,
            shape: Shape::Condition,
            example: "{only: {campaign: spring}}",
        }],
        beside: &[],
        doc: "all other candidates are out",
        together: "a candidate must be in every one of them",
        in_doubt: "where none is left: the safe default",
    },
    EffectRow {
        name: "start_at",
        sort: Sort::Directive,
        forms: &[Form {
            kinds: BID,
            shape: Shape::Money,
            example: "{start_at: 1.80 EUR, model_may_move: 20%, hand_over_at: 50 clicks in 30 days}",
        }],
        beside: &[
            Field {
                name: "model_may_move",
                shape: Shape::Percent,
                need: Need::Required,
                doc: "how far the model may go from the value at the beginning",
            },
            Field {
                name: "hand_over_at",
                shape: Shape::Evidence,
                need: Need::Required,
                doc: "how much evidence ends it",
            },
            Field {
                name: "novel_by",
                shape: Shape::Names,
                need: Need::Optional,
                doc: "by what a market is new; without it by country and channel",
            },
        ],
        doc: "a person's value leads in a new market",
        together: "the highest tier wins; equal values of one tier are one",
        in_doubt: "two values of one tier: the safe default, unless a higher tier decides; outside the restrictions the band is cut to them",
    },
    EffectRow {
        name: "note",
        sort: Sort::Tag,
        forms: &[Form {
            kinds: ALL,
            shape: Shape::Text,
            example: "{note: \"seen by legal\"}",
        }],
        beside: &[],
        doc: "says something, changes nothing",
        together: "all are told",
        in_doubt: "",
    },
];
