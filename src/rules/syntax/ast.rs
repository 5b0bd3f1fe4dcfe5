//! What the files of a rules folder say: typed where the format alone decides the type, raw where the vocabulary
//! does.
//!
//! Keys and values of conditions stay text: whether `market.country` exists and what `NO` means there is for the
//! vocabulary to say. Every value carries its [`Span`], so that whoever finds fault with it can point at it.

use jiff::{civil::Date, tz::TimeZone};

use super::{FileId, Span, Spanned};
use crate::domain::{BasisPoints, Duration, Kind, Micros, Money, Tier, Timestamp, Verdict};
use crate::rules::calendar::Holiday;

pub use super::declarations::{
    AttributeDef, AttributeOf, AttributeType, AttributesFile, BaselineDef, CampaignDef, CampaignsFile,
    DefaultsFile, GoalDef, Holds, ObjectiveDef, ObjectivesFile, PeriodDef, Presence, SafeDefaultDef,
    ThresholdsDef,
};
pub use super::lists::{Evasion, Forms, Match, SiteList, TermDef, WordList};
pub use super::row_defs::{RowDef, RuleTable};
pub use super::taxonomy_table::TaxonomyTable;

/// Every file of a rules folder, read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Files {
    /// Files with `rules_of`, in the order of their paths.
    pub rules: Vec<RuleFile>,
    /// `campaigns.yaml`
    pub campaigns: Option<CampaignsFile>,
    /// `objectives.yaml`
    pub objectives: Option<ObjectivesFile>,
    /// `defaults.yaml`
    pub defaults: Option<DefaultsFile>,
    /// `attributes.yaml`
    pub attributes: Option<AttributesFile>,
    /// `lists/*.csv` with a column `term`, in the order of their paths.
    pub word_lists: Vec<WordList>,
    /// `lists/*.csv` with a column `site`, in the order of their paths.
    pub site_lists: Vec<SiteList>,
    /// `tables/*.csv`, in the order of their paths.
    pub tables: Vec<RuleTable>,
    /// `holidays/*.csv`, in the order of their paths.
    pub holidays: Vec<HolidayFile>,
    /// `taxonomies/*.tsv`, in the order of their paths.
    pub taxonomies: Vec<TaxonomyTable>,
}

/// One file of holidays.
#[derive(Debug, Clone, PartialEq)]
pub struct HolidayFile {
    /// The file.
    pub file: FileId,
    /// Its rows, in the order of the file.
    pub days: Vec<Spanned<Holiday>>,
}

/// One file of rules.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleFile {
    /// The file.
    pub file: FileId,
    /// A name for people.
    pub rules_of: Spanned<String>,
    /// ANDed into every rule of the file.
    pub applies_to: Option<ConditionDef>,
    /// The tier of every rule of the file.
    pub tier: Spanned<Tier>,
    /// Who answers for the file, if said once for all its rules.
    pub owner: Option<Spanned<String>>,
    /// Of dates and windows that are not the recipient's own.
    pub time_zone: Option<Spanned<TimeZone>>,
    /// Safe defaults of its brand, stricter than those of all.
    pub safe_defaults: Vec<(Spanned<Kind>, Spanned<SafeDefaultDef>)>,
    /// What the tests take for now.
    pub tests_at: Option<Spanned<Timestamp>>,
    /// The rules, in the order of the file; where one names a table, a rule for each of its rows.
    pub rules: Vec<RuleDef>,
    /// The ids of rules that were misread, so that nobody is told that they do not exist.
    pub misread: Vec<String>,
    /// The tables that its rules name.
    pub tables: Vec<String>,
    /// Exceptions to rules of this or other files.
    pub exceptions: Vec<ExceptionDef>,
    /// Tests.
    pub tests: Vec<TestDef>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleDef {
    /// The whole rule.
    pub span: Span,
    /// Its name, unique in a rulebook.
    pub id: Spanned<String>,
    /// The kinds of decision it speaks of (`for`); never empty.
    pub kinds: Vec<Spanned<Kind>>,
    /// When it applies; absent means always.
    pub when: Option<ConditionDef>,
    /// When it does not.
    pub unless: Option<ConditionDef>,
    /// What it does; never empty.
    pub then: Vec<Spanned<EffectDef>>,
    /// What to do when a fact it reads is unknown.
    pub if_unknown: Option<Spanned<IfUnknown>>,
    /// Why skipping an unknown is accepted.
    pub accept_risk: Option<Spanned<String>>,
    /// Why the rule is there.
    pub because: Spanned<String>,
    /// Who answers for it: its own `owner`, or the file's.
    pub owner: Spanned<String>,
    /// The first day on which it is in force.
    pub from: Option<Spanned<Date>>,
    /// The last day on which it is in force, inclusive.
    pub until: Option<Spanned<Date>>,
    /// When somebody should look at it again; it does not lapse then.
    pub review_by: Option<Spanned<Date>>,
    /// Whether it counts; `enforce` where not said.
    pub mode: Mode,
    /// The row that it was made of; `None` for one that is written out.
    pub row: Option<RowDef>,
}

impl RuleDef {
    /// The id that stands in the file of rules: its own, or that of the rule which names its table.
    #[must_use]
    pub fn written_id(&self) -> &Spanned<String> {
        self.row.as_ref().map_or(&self.id, |row| &row.of)
    }
}

/// Whether a rule counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    /// It counts.
    #[default]
    Enforce,
    /// It is evaluated and reported, and changes nothing.
    Shadow,
    /// It is not evaluated.
    Off,
}

/// What a rule does when a fact that it reads is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IfUnknown {
    /// As if its condition were true.
    Apply,
    /// Somebody has to approve first.
    Hold,
    /// As if its condition were false.
    Skip,
}

/// Terms that must all hold.
#[derive(Debug, Clone, PartialEq)]
pub struct ConditionDef {
    /// The whole condition.
    pub span: Span,
    /// ANDed.
    pub terms: Vec<Clause>,
}

/// One entry of a condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Clause {
    /// A fact and what it must be.
    Atom(AtomDef),
    /// At least one of these.
    Any(Vec<ConditionDef>),
    /// Every one of these.
    All(Vec<ConditionDef>),
    /// Not this.
    Not(ConditionDef),
}

/// A fact and what it must be.
#[derive(Debug, Clone, PartialEq)]
pub struct AtomDef {
    /// The fact, as written: `market.country`.
    pub key: Spanned<String>,
    /// What it must be.
    pub test: AtomTest,
}

impl AtomDef {
    /// From the key to the end of the test.
    #[must_use]
    pub fn span(&self) -> Span {
        match &self.test {
            AtomTest::Values(values) => values
                .last()
                .map_or(self.key.span, |last| self.key.span.to(last.span)),
            AtomTest::Operators(operators) => operators
                .last()
                .and_then(|(name, values)| values.last().map_or(Some(name.span), |last| Some(last.span)))
                .map_or(self.key.span, |last| self.key.span.to(last)),
        }
    }
}

/// What a fact must be, as written.
#[derive(Debug, Clone, PartialEq)]
pub enum AtomTest {
    /// One of these values; never empty.
    Values(Vec<Spanned<String>>),
    /// Named tests, ANDed, each with its values, ORed: `{mentions: lists/tragedy.csv}`, `{at_least: 18}`.
    Operators(Vec<(Spanned<String>, Vec<Spanned<String>>)>),
}

pub use super::effects::{
    AmountDef, BoostDef, CapDef, EffectDef, FreedomDef, PerFactDef, PinDef, RangeDef, ReachDef, StartAtDef,
    StartDef, StepDef,
};

/// `50 conversions in 30 days`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceDef {
    /// How many.
    pub count: u32,
    /// Of what, as written: `conversions`.
    pub outcome: String,
    /// Within which time; `None` where not said.
    pub within: Option<Duration>,
}

/// An exception to a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct ExceptionDef {
    /// The whole exception.
    pub span: Span,
    /// The rule's id.
    pub to: Spanned<String>,
    /// When the rule does not apply.
    pub when: ConditionDef,
    /// Why.
    pub because: Spanned<String>,
    /// Who answers for it: its own `owner`, or the file's.
    pub owner: Spanned<String>,
    /// The last day, inclusive.
    pub until: Spanned<Date>,
}

/// A test of the rules.
#[derive(Debug, Clone, PartialEq)]
pub struct TestDef {
    /// The whole test.
    pub span: Span,
    /// What it shows, as a sentence.
    pub name: Spanned<String>,
    /// The facts, as written; `kind` and `evidence` are among them.
    pub given: Vec<(Spanned<String>, Node)>,
    /// What the model wishes; `None` where the test does not say.
    pub model_says: Option<Spanned<SaidDef>>,
    /// What must come out.
    pub expect: ExpectDef,
}

/// What a model is taken to say in a test, or what must come out.
#[derive(Debug, Clone, PartialEq)]
pub enum SaidDef {
    /// This bid.
    Bid(Money),
    /// `no_bid`
    NoBid,
    /// `nothing`: the model gives no opinion.
    Nothing,
    /// Send at this instant.
    SendAt(Timestamp),
    /// Show these items, the first slot first; of a wish with what each is worth, where that is written.
    Items(Vec<(Spanned<String>, Option<Micros>)>),
    /// Split like this.
    Shares(Vec<(Spanned<String>, BasisPoints)>),
    /// This probability.
    Probability(BasisPoints),
}

/// What a test expects.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectDef {
    /// The whole expectation.
    pub span: Span,
    /// The verdict.
    pub verdict: Option<PerCandidate<Spanned<Verdict>>>,
    /// The answer.
    pub answer: Option<Spanned<SaidDef>>,
    /// Exactly the rules that made it so; `None` where not said.
    pub because_of: Option<PerCandidate<Vec<Spanned<String>>>>,
}

/// One value for all candidates together, or one for each that is named.
#[derive(Debug, Clone, PartialEq)]
pub enum PerCandidate<T> {
    /// For all of them.
    Together(T),
    /// By the names of candidates.
    Each(Vec<(Spanned<String>, T)>),
}

/// A value as written, when only the vocabulary can say what it means.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What was written.
    pub value: Tree,
    /// Where.
    pub span: Span,
}

/// The shape of a value as written.
#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    /// Text; numbers and dates too.
    Scalar(String),
    /// `[a, b]`
    List(Vec<Node>),
    /// `{a: b}`
    Map(Vec<(Spanned<String>, Node)>),
}
