//! The effects of the language, as data: one table drives what may be written at `then`, the suggestions, the
//! schema for editors and the reference page.

use super::table::{BOOST, Field, Need, PIN, Shape};
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

/// How often an effect may be written in one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Often {
    /// Once.
    Once,
    /// Once, or several times in a list.
    Several,
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
    /// Whether several may be written as a list: `[2 per brand, 3 per item.category]`.
    pub often: Often,
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

impl EffectRow {
    /// The kinds of decision that have it, in the order of the documentation.
    pub fn kinds(&self) -> impl Iterator<Item = Kind> {
        let has = |kind: &Kind| self.forms.iter().any(|form| form.kinds.contains(kind));
        Kind::ALL.into_iter().filter(has)
    }
}

/// Every key that may stand at `then`: the effects, and what stands beside them.
pub fn effect_keys() -> impl Iterator<Item = &'static str> {
    let beside = EFFECTS.iter().flat_map(|row| row.beside);
    let names = EFFECTS.iter().map(|row| row.name);
    names.chain(beside.map(|field| field.name))
}

const ALL: &[Kind] = &Kind::ALL;
/// Kinds that choose among candidates.
const CHOOSING: &[Kind] = &[Kind::Bid, Kind::Recommendation, Kind::Budget];

/// What belongs to `start_at`.
const OF_START_AT: &[Field] = &[
    Field {
        name: "model_may_move",
        shape: Shape::Freedom,
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
];

const fn form(kinds: &'static [Kind], shape: Shape, example: &'static str) -> Form {
    Form {
        kinds,
        shape,
        example,
    }
}

/// The effects that can be written.
pub static EFFECTS: &[EffectRow] = &[
    EffectRow {
        name: "block",
        sort: Sort::Restriction,
        forms: &[form(ALL, Shape::Alone, "block")],
        often: Often::Once,
        beside: &[],
        doc: "no value may leave",
        together: "a block stays a block; it is stronger than a hold",
        in_doubt: "",
    },
    EffectRow {
        name: "hold",
        sort: Sort::Restriction,
        forms: &[form(ALL, Shape::Name, "{hold: legal}")],
        often: Often::Once,
        beside: &[],
        doc: "somebody of this role must approve first",
        together: "every role that is named must approve; a block is stronger",
        in_doubt: "",
    },
    EffectRow {
        name: "at_least",
        sort: Sort::Restriction,
        forms: &[
            form(&[Kind::Bid], Shape::Money, "{at_least: 0.50 EUR}"),
            form(&[Kind::Score], Shape::Percent, "{at_least: 5%}"),
        ],
        often: Often::Once,
        beside: &[],
        doc: "a bid or a probability is at least this",
        together: "the highest counts; a no-bid satisfies every bound",
        in_doubt: "where the bounds leave no value: the safe default, and both rules are named; where it would lift the value of a higher tier: likewise",
    },
    EffectRow {
        name: "at_most",
        sort: Sort::Restriction,
        forms: &[
            form(&[Kind::Bid], Shape::Money, "{at_most: 2.00 EUR}"),
            form(&[Kind::Score], Shape::Percent, "{at_most: 80%}"),
            form(
                &[Kind::Bid, Kind::SendTime],
                Shape::Cap,
                "{at_most: 3 in 7 days across channels}",
            ),
            form(
                &[Kind::Recommendation],
                Shape::PerFact,
                "{at_most: 2 per item.category}",
            ),
        ],
        often: Often::Several,
        beside: &[],
        doc: "a bid or a probability is at most this; a contact is reached at most so often; at most so many shown items share a fact",
        together: "the lowest counts, for each length of time and each fact",
        in_doubt: "where the bounds leave no value: the safe default, and both rules are named; where the count of contacts is unknown: as if it were reached; an item whose fact is unknown counts with every value of it",
    },
    EffectRow {
        name: "exclude",
        sort: Sort::Restriction,
        forms: &[form(CHOOSING, Shape::Condition, "{exclude: {campaign: spring}}")],
        often: Often::Once,
        beside: &[],
        doc: "candidates like this are out",
        together: "whoever is excluded once is out",
        in_doubt: "where none is left: the safe default",
    },
    EffectRow {
        name: "only",
        sort: Sort::Restriction,
        forms: &[form(CHOOSING, Shape::Condition, "{only: {campaign: spring}}")],
        often: Often::Once,
        beside: &[],
        doc: "all other candidates are out",
        together: "a candidate must be in every one of them",
        in_doubt: "where none is left: the safe default",
    },
    EffectRow {
        name: "quiet_hours",
        sort: Sort::Restriction,
        forms: &[form(
            &[Kind::SendTime],
            Shape::Windows,
            "{quiet_hours: [21:30-08:00, Sunday]}",
        )],
        often: Often::Once,
        beside: &[],
        doc: "no message is sent in these windows, in the recipient's own time zone",
        together: "a message keeps away from all of them",
        in_doubt: "where no instant is left: held; where the recipient's zone is unknown: only what is allowed in every zone of the country, and held where nothing is",
    },
    EffectRow {
        name: "not_before",
        sort: Sort::Restriction,
        forms: &[form(&[Kind::SendTime], Shape::Moment, "{not_before: 2026-12-01}")],
        often: Often::Once,
        beside: &[],
        doc: "no message is sent earlier, by the clock of the file",
        together: "the latest counts",
        in_doubt: "where no instant is left: held",
    },
    EffectRow {
        name: "not_after",
        sort: Sort::Restriction,
        forms: &[form(&[Kind::SendTime], Shape::Moment, "{not_after: 2026-12-24}")],
        often: Often::Once,
        beside: &[],
        doc: "no message is sent later, by the clock of the file; a date is the last day",
        together: "the earliest counts",
        in_doubt: "where no instant is left: held",
    },
    EffectRow {
        name: "only_on",
        sort: Sort::Restriction,
        forms: &[form(
            &[Kind::SendTime],
            Shape::Windows,
            "{only_on: [Monday-Friday 09:00-18:00]}",
        )],
        often: Often::Once,
        beside: &[],
        doc: "messages are sent in these windows only, by the clock of the file",
        together: "a message is sent where all of them allow it",
        in_doubt: "where no instant is left: held",
    },
    EffectRow {
        name: "share",
        sort: Sort::Restriction,
        forms: &[form(&[Kind::Budget], Shape::Range, "{share: 10%-40%}")],
        often: Often::Once,
        beside: &[],
        doc: "an arm gets at least and at most this part of the total",
        together: "for each arm the narrowest counts",
        in_doubt: "where no split satisfies every rule: the last split if it does, else held, and the rules are named",
    },
    EffectRow {
        name: "step_at_most",
        sort: Sort::Restriction,
        forms: &[form(&[Kind::Budget], Shape::Step, "{step_at_most: 20%}")],
        often: Often::Once,
        beside: &[],
        doc: "an arm moves at most this far from its last part",
        together: "for each arm the narrowest counts",
        in_doubt: "an arm that had no last part is free; where no split satisfies every rule: as for `share`",
    },
    EffectRow {
        name: "force",
        sort: Sort::Directive,
        forms: &[
            form(&[Kind::Bid], Shape::Money, "{force: 1.20 EUR}"),
            form(&[Kind::SendTime], Shape::TimeOfDay, r#"{force: "10:00"}"#),
            form(&[Kind::Budget, Kind::Score], Shape::Percent, "{force: 25%}"),
        ],
        often: Often::Once,
        beside: &[],
        doc: "the answer is this",
        together: "the highest tier wins; equal values of one tier are one",
        in_doubt: "two values of one tier: the safe default, unless a higher tier decides; outside the restrictions it is cut to them, and both rules are named",
    },
    EffectRow {
        name: "start_at",
        sort: Sort::Directive,
        forms: &[
            form(
                &[Kind::Bid],
                Shape::Money,
                "{start_at: 1.80 EUR, model_may_move: 20%, hand_over_at: 50 clicks in 30 days}",
            ),
            form(
                &[Kind::SendTime],
                Shape::TimeOfDay,
                r#"{start_at: "10:00", model_may_move: 1 h, hand_over_at: 50 opens in 30 days}"#,
            ),
            form(
                &[Kind::Recommendation],
                Shape::Names,
                "{start_at: [tea, coffee], model_may_move: 1 slot, hand_over_at: 50 clicks in 30 days}",
            ),
            form(
                &[Kind::Budget, Kind::Score],
                Shape::Percent,
                "{start_at: 20%, model_may_move: 5 points, hand_over_at: 50 clicks in 30 days}",
            ),
        ],
        often: Often::Once,
        beside: OF_START_AT,
        doc: "a person's value leads in a new market",
        together: "the highest tier wins; equal values of one tier are one",
        in_doubt: "two values of one tier: the safe default, unless a higher tier decides; outside the restrictions the band is cut to them",
    },
    EffectRow {
        name: "pin",
        sort: Sort::Directive,
        forms: &[form(
            &[Kind::Recommendation],
            Shape::Map(&PIN),
            "{pin: {slot: 1, where: {item: tea}}}",
        )],
        often: Often::Several,
        beside: &[],
        doc: "this item stands in that slot",
        together: "for each slot the highest tier wins",
        in_doubt: "an excluded item cannot be pinned and the next moves up; two items for one slot in one tier: the safe default, unless a higher tier decides",
    },
    EffectRow {
        name: "adjust",
        sort: Sort::Adjustment,
        forms: &[form(&[Kind::Bid], Shape::Percent, "{adjust: -20%}")],
        often: Often::Once,
        beside: &[],
        doc: "the wish of the model is moved by this share",
        together: "multiplied with each other, in total between -90% and +900%, rounded once",
        in_doubt: "beyond a restriction it is clipped, and the answer says so",
    },
    EffectRow {
        name: "boost",
        sort: Sort::Adjustment,
        forms: &[
            form(&[Kind::Recommendation], Shape::Percent, "{boost: +10%}"),
            form(
                &[Kind::Recommendation],
                Shape::Map(&BOOST),
                "{boost: {by: +10%, where: {item.category: tea}}}",
            ),
        ],
        often: Often::Several,
        beside: &[],
        doc: "the relevance of items like this is moved by this share",
        together: "added up, rounded once",
        in_doubt: "beyond a restriction it is clipped, and the answer says so",
    },
    EffectRow {
        name: "note",
        sort: Sort::Tag,
        forms: &[form(ALL, Shape::Text, r#"{note: "seen by legal"}"#)],
        often: Often::Once,
        beside: &[],
        doc: "says something, changes nothing",
        together: "all are told",
        in_doubt: "",
    },
];
