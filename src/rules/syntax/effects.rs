use jiff::civil::Time;

use super::{
    Spanned,
    ast::{ConditionDef, EvidenceDef},
    effect_table::{Sort, effect_row},
};
use crate::{
    domain::{BasisPoints, Duration, Money, Word},
    rules::calendar::LocalLimit,
};

/// What a rule does.
#[derive(Debug, Clone, PartialEq)]
pub enum EffectDef {
    /// No value may leave.
    Block,
    /// Somebody of this role must approve first.
    Hold {
        /// Who may approve.
        role: Spanned<Word>,
    },
    /// A value is at least this.
    AtLeast(Spanned<AmountDef>),
    /// A value is at most this.
    AtMost(Spanned<AmountDef>),
    /// A contact is reached at most so often.
    Cap(Spanned<CapDef>),
    /// At most so many shown items share a fact.
    AtMostPer(Spanned<PerFactDef>),
    /// A message is sent at certain local times only.
    Times(Spanned<LocalLimit>),
    /// An arm's part of the total.
    Share(Spanned<RangeDef>),
    /// How far an arm's part may move from its last one.
    StepAtMost(Spanned<StepDef>),
    /// The wish is moved by this share; never 0 %, never below -100 %.
    Adjust(Spanned<BasisPoints>),
    /// The value is this.
    Force(Spanned<AmountDef>),
    /// The message is sent at this local time.
    ForceAt(Spanned<Time>),
    /// Candidates of which this holds are out.
    Exclude(ConditionDef),
    /// Candidates of which this does not hold are out.
    Only(ConditionDef),
    /// A person's value leads in a new market.
    StartAt(StartAtDef),
    /// An item stands in a slot.
    Pin(PinDef),
    /// The relevance of items is moved.
    Boost(BoostDef),
    /// Says something, changes nothing.
    Note(Spanned<String>),
}

impl EffectDef {
    /// The row of the table of effects that it is an instance of.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Hold { .. } => "hold",
            Self::AtLeast(_) => "at_least",
            Self::AtMost(_) | Self::Cap(_) | Self::AtMostPer(_) => "at_most",
            Self::Times(limit) => match &limit.value {
                LocalLimit::QuietHours(_) => "quiet_hours",
                LocalLimit::OnlyOn(_) => "only_on",
                LocalLimit::NotBefore(_) => "not_before",
                LocalLimit::NotAfter(_) => "not_after",
            },
            Self::Share(_) => "share",
            Self::StepAtMost(_) => "step_at_most",
            Self::Adjust(_) => "adjust",
            Self::Force(_) | Self::ForceAt(_) => "force",
            Self::Exclude(_) => "exclude",
            Self::Only(_) => "only",
            Self::StartAt(_) => "start_at",
            Self::Pin(_) => "pin",
            Self::Boost(_) => "boost",
            Self::Note(_) => "note",
        }
    }

    /// Whether it only tightens.
    #[must_use]
    pub fn is_restriction(&self) -> bool {
        effect_row(self.name()).is_some_and(|row| row.sort == Sort::Restriction)
    }

    /// Which candidates it chooses, where it says so itself.
    #[must_use]
    pub const fn condition(&self) -> Option<&ConditionDef> {
        match self {
            Self::Exclude(which) | Self::Only(which) => Some(which),
            Self::Pin(pin) => pin.which.as_ref(),
            Self::Boost(boost) => boost.which.as_ref(),
            Self::Block
            | Self::Hold { .. }
            | Self::AtLeast(_)
            | Self::AtMost(_)
            | Self::Cap(_)
            | Self::AtMostPer(_)
            | Self::Times(_)
            | Self::Share(_)
            | Self::StepAtMost(_)
            | Self::Adjust(_)
            | Self::Force(_)
            | Self::ForceAt(_)
            | Self::StartAt(_)
            | Self::Note(_) => None,
        }
    }
}

/// An amount in the unit of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AmountDef {
    /// `2.00 EUR`: a price, CPM.
    Price(Money),
    /// `25%`: a probability, or a part of a total; from 0 % to 100 %.
    Part(BasisPoints),
}

/// `3 in 7 days across channels`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CapDef {
    /// At most so many times,
    pub most: u32,
    /// in any window of this length.
    pub window: Duration,
    /// What is counted together.
    pub reach: ReachDef,
}

/// What a cap counts together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReachDef {
    /// A brand on one channel.
    Channel,
    /// `across channels`
    AcrossChannels,
}

/// `2 per item.category`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PerFactDef {
    /// The most that may share a value.
    pub most: u16,
    /// The fact, as written.
    pub fact: Spanned<String>,
}

/// `10%-40%`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RangeDef {
    /// The least; not more than the most.
    pub at_least: BasisPoints,
    /// The most.
    pub at_most: BasisPoints,
}

/// How far an arm may move from its last part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepDef {
    /// `20%` of what it had.
    OfItsLast(BasisPoints),
    /// `5 points` of the total.
    Points(BasisPoints),
}

/// How far a model may move from a person's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FreedomDef {
    /// `20%` of the value.
    Share(BasisPoints),
    /// `5 points` of the whole.
    Points(BasisPoints),
    /// `1 h`
    Time(Duration),
    /// `2 slots`
    Slots(u16),
}

/// The novel market: a person's value, how far the model may move it, and when it takes over.
#[derive(Debug, Clone, PartialEq)]
pub struct StartAtDef {
    /// The person's value, and how far from it the model may go at the beginning.
    pub start: StartDef,
    /// How much evidence ends it.
    pub hand_over_at: Spanned<EvidenceDef>,
    /// By which attributes a market is novel, as written; empty means the default.
    pub novel_by: Vec<Spanned<String>>,
}

/// A person's value of each kind, and how far the model may go from it.
#[derive(Debug, Clone, PartialEq)]
pub enum StartDef {
    /// A bid, and a share of it.
    Price(Spanned<Money>, BasisPoints),
    /// A local time, and how long before and after.
    Time(Spanned<Time>, Duration),
    /// Items, the first slot first, and how many slots from the last up the model fills.
    List(Vec<Spanned<String>>, u16),
    /// A part of a total or a probability, and points of the whole.
    Part(Spanned<BasisPoints>, BasisPoints),
}

/// `{slot: 1, where: {item: tea}}`
#[derive(Debug, Clone, PartialEq)]
pub struct PinDef {
    /// Which slot, from 1.
    pub slot: Spanned<u16>,
    /// Which item; `None` means whatever the rule is about.
    pub which: Option<ConditionDef>,
}

/// `{by: +10%, where: {item.category: tea}}`
#[derive(Debug, Clone, PartialEq)]
pub struct BoostDef {
    /// By how much; never 0 %.
    pub by: Spanned<BasisPoints>,
    /// Which items; `None` means whatever the rule is about.
    pub which: Option<ConditionDef>,
}
