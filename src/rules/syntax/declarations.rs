use jiff::civil::{Date, Time};

use super::{FileId, Span, Spanned, ast::ConditionDef};
use crate::domain::{BasisPoints, Currency, Duration, Kind, Money};

/// `campaigns.yaml`: what the models work for.
#[derive(Debug, Clone, PartialEq)]
pub struct CampaignsFile {
    /// The file.
    pub file: FileId,
    /// The campaigns, in the order of the file.
    pub campaigns: Vec<CampaignDef>,
}

/// One campaign.
#[derive(Debug, Clone, PartialEq)]
pub struct CampaignDef {
    /// The whole campaign.
    pub span: Span,
    /// Its name, unique.
    pub id: Spanned<String>,
    /// Whose it is.
    pub brand: Spanned<String>,
    /// What it sells.
    pub product: Option<Spanned<String>>,
    /// The id of a declared objective.
    pub objective: Spanned<String>,
    /// What it wants of that.
    pub goal: GoalDef,
    /// Money for the whole period; not CPM.
    pub budget: Option<Spanned<Money>>,
    /// When it runs; a budget needs one.
    pub period: Option<PeriodDef>,
    /// Where it runs.
    pub market: Option<ConditionDef>,
    /// Its currency, where it is written.
    pub currency: Option<Spanned<Currency>>,
    /// The human values.
    pub baseline: BaselineDef,
    /// From how much evidence its models lead, of the kinds where that is written.
    pub maturity: Vec<(Kind, ThresholdsDef)>,
}

/// From how much evidence the model of one kind leads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ThresholdsDef {
    /// People lead alone below this.
    pub learning_from: Spanned<u16>,
    /// The model leads from this on.
    pub mature_at: Spanned<u16>,
    /// The time in which it is counted.
    pub within: Spanned<Duration>,
}

/// The human value of each kind that a campaign serves.
#[derive(Debug, Clone, PartialEq)]
pub struct BaselineDef {
    /// All of them.
    pub span: Span,
    /// A bid, CPM.
    pub bid: Option<Spanned<Money>>,
    /// The recipient's local time.
    pub send_at: Option<Spanned<Time>>,
    /// Items, the first slot first; empty where none is written.
    pub list: Vec<Spanned<String>>,
    /// A part of a total.
    pub share: Option<Spanned<BasisPoints>>,
    /// A probability.
    pub probability: Option<Spanned<BasisPoints>>,
}

impl BaselineDef {
    /// The kinds of decision that the campaign serves.
    pub fn kinds(&self) -> impl Iterator<Item = Kind> {
        let served = [
            (Kind::Bid, self.bid.is_some()),
            (Kind::SendTime, self.send_at.is_some()),
            (Kind::Recommendation, !self.list.is_empty()),
            (Kind::Budget, self.share.is_some()),
            (Kind::Score, self.probability.is_some()),
        ];
        served
            .into_iter()
            .filter(|(_, served)| *served)
            .map(|(kind, _)| kind)
    }
}

/// What a campaign wants of its objective.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoalDef {
    /// `maximise_conversions`, with `value_per_outcome`.
    MaximiseConversions {
        /// What one is worth; not CPM.
        value_per_outcome: Spanned<Money>,
    },
    /// `target_cost`, with `target`: each for about this much; not CPM.
    TargetCost(Spanned<Money>),
    /// `target_return`, with `target`: value divided by spend.
    TargetReturn(Spanned<BasisPoints>),
    /// `manual`: the baseline, always.
    Manual,
}

/// From one day to another, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeriodDef {
    /// The first day.
    pub from: Spanned<Date>,
    /// The last day.
    pub until: Spanned<Date>,
}

/// `objectives.yaml`: the precise outcomes that models are paid for.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectivesFile {
    /// The file.
    pub file: FileId,
    /// The objectives, in the order of the file.
    pub objectives: Vec<ObjectiveDef>,
}

/// One objective.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectiveDef {
    /// The whole objective.
    pub span: Span,
    /// Its name, unique.
    pub id: Spanned<String>,
    /// The exact name of the event that counts.
    pub event: Spanned<String>,
    /// An event counts within this time after the decision.
    pub window: Spanned<Duration>,
    /// The field of the event that holds its value.
    pub value_field: Option<Spanned<String>>,
    /// The currency of that value.
    pub currency: Option<Spanned<Currency>>,
    /// The kinds of decision that may optimise it (`for`).
    pub kinds: Vec<Spanned<Kind>>,
}

/// `defaults.yaml`: what is answered when nothing else may be.
#[derive(Debug, Clone, PartialEq)]
pub struct DefaultsFile {
    /// The file.
    pub file: FileId,
    /// Who answers for it.
    pub owner: Spanned<String>,
    /// Why these.
    pub because: Spanned<String>,
    /// The safe default of each kind.
    pub safe_defaults: Vec<(Spanned<Kind>, Spanned<SafeDefaultDef>)>,
}

/// A safe default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SafeDefaultDef {
    /// `blocked`: no value leaves.
    Blocked,
    /// `no_bid`
    NoBid,
    /// This bid.
    Bid(Money),
    /// `held`: somebody has to look.
    Held,
    /// `baseline`: the campaign's list.
    Baseline,
    /// `last_split`
    LastSplit,
    /// This probability.
    Probability(BasisPoints),
}

/// `attributes.yaml`: the deployment's own facts.
#[derive(Debug, Clone, PartialEq)]
pub struct AttributesFile {
    /// The file.
    pub file: FileId,
    /// The attributes, in the order of the file.
    pub attributes: Vec<AttributeDef>,
}

/// One attribute of the deployment's own.
#[derive(Debug, Clone, PartialEq)]
pub struct AttributeDef {
    /// The whole attribute.
    pub span: Span,
    /// Its name, such as `shop.stock`.
    pub name: Spanned<String>,
    /// What its values are.
    pub kind_of_value: Spanned<AttributeType>,
    /// Whether it has one value or many.
    pub holds: Spanned<Holds>,
    /// Whether every query must state it.
    pub presence: Spanned<Presence>,
    /// The kinds of decision that have it (`for`); empty means all.
    pub kinds: Vec<Spanned<Kind>>,
    /// What it belongs to; the query where not said.
    pub of: AttributeOf,
    /// The words that it may have; empty means any.
    pub values: Vec<Spanned<String>>,
    /// The currency of a price.
    pub currency: Option<Spanned<Currency>>,
    /// What it is, for people.
    pub about: Option<Spanned<String>>,
}

/// What an attribute belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum AttributeOf {
    /// The whole query.
    #[default]
    Query,
    /// Each candidate.
    Candidate,
}

/// What the values of an attribute are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttributeType {
    /// A word: a country, a shop.
    Word,
    /// Prose.
    Text,
    /// A whole number.
    Number,
    /// An amount of money.
    Price,
    /// Yes or no.
    Flag,
    /// An instant.
    Instant,
}

/// How many values an attribute has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Holds {
    /// One.
    One,
    /// Any number.
    Many,
}

/// Whether every query must state an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Presence {
    /// It must.
    Required,
    /// It may.
    Optional,
}
