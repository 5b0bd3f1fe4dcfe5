//! The fields of every map of the language, as data: one table drives what is read, which keys are unknown, which
//! are missing, and what the help says of them.
//!
//! Here stands what a table is; the tables themselves lie beside it, by the file in which their maps are written.

mod declarations;
mod rule_tests;
mod rules;
mod sheets;

pub use declarations::{
    ATTRIBUTE, ATTRIBUTES, BASELINE, CAMPAIGN, CAMPAIGNS, DEFAULTS, GOALS, MATURITY, OBJECTIVE, OBJECTIVES,
    PERIOD, SAFE_DEFAULT, THRESHOLDS,
};
pub use rule_tests::{EXPECT, GIVEN, LABEL, TEST, WISH};
pub use rules::{BOOST, EXCEPTION, KINDS, NUMBER_TESTS, PIN, RULE, RULE_FILE, TEXT_TESTS};
pub use sheets::{HOLIDAY_COLUMNS, HOLIDAY_FILE, ROW_COLUMNS, SITE_LIST, WORD_LIST, WORD_LIST_COLUMNS};

use super::{Message, quoted, say};

/// What is written at a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Nothing, or `yes`: the key alone says it.
    Alone,
    /// Any text.
    Text,
    /// A short name without blanks at its ends.
    Name,
    /// A price: `1.80 EUR`.
    Money,
    /// A currency: `EUR`.
    Currency,
    /// A share: `20%`.
    Percent,
    /// An amount of money, or a share.
    MoneyOrPercent,
    /// Evidence: `50 conversions in 30 days`.
    Evidence,
    /// A length of time: `30 days`.
    Duration,
    /// A whole number: `18`.
    Number,
    /// A day: `2026-12-31`.
    Date,
    /// An instant: `2026-11-02T10:00:00Z`.
    Instant,
    /// A time zone: `Europe/Rome`.
    Zone,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// One or more of these words.
    SomeOf(&'static [&'static str]),
    /// One or more names.
    Names,
    /// A price, or one of these words.
    MoneyOr(&'static [&'static str]),
    /// A percentage, or one of these words.
    PercentOr(&'static [&'static str]),
    /// What must hold: facts and values.
    Condition,
    /// What a rule does.
    Effects,
    /// Facts and values, as the vocabulary has them.
    Facts,
    /// A map of these fields.
    Map(&'static Table),
    /// A map of these fields, or one of these words.
    MapOr(&'static Table, &'static [&'static str]),
    /// A list of maps of these fields.
    ListOf(&'static Table),
    /// How often in which time: `3 in 7 days across channels`.
    Cap,
    /// How many of each: `2 per item.category`.
    PerFact,
    /// Days and local times: `21:30-08:00`, `Sunday`.
    Windows,
    /// A day, a day and a local time, or a local time of every day.
    Moment,
    /// A local time: `10:00`.
    TimeOfDay,
    /// From one share to another: `10%-40%`.
    Range,
    /// A share of the last part, or points of the total: `20%`, `5 points`.
    Step,
    /// How far a model may move: `20%`, `1 h`, `2 slots`, `5 points`.
    Freedom,
    /// A whole number from 1.
    Count,
    /// Names in order, or what each is worth: `[a, b]`, `{a: 0.9, b: 0.4}`.
    Ranked,
    /// The share of each: `{a: 30%, b: 70%}`.
    Shares,
    /// One of these words, or one for each candidate: `{a: blocked, b: allowed}`.
    EachOf(&'static [&'static str]),
    /// One or more names, or those of each candidate.
    EachNames,
    /// One or more instants.
    Instants,
    /// A list of candidates, each with its facts.
    Candidates,
}

impl Shape {
    /// What is written as one text of a certain look, in the order of the reference page.
    pub const SINGLE: [Self; 19] = [
        Self::Name,
        Self::Money,
        Self::Currency,
        Self::Percent,
        Self::MoneyOrPercent,
        Self::Evidence,
        Self::Duration,
        Self::Number,
        Self::Date,
        Self::Instant,
        Self::Zone,
        Self::Cap,
        Self::PerFact,
        Self::Windows,
        Self::Moment,
        Self::TimeOfDay,
        Self::Range,
        Self::Step,
        Self::Freedom,
    ];

    /// The table of the map, or of each map, that stands there.
    #[must_use]
    pub const fn inner(self) -> Option<&'static Table> {
        if let Self::Map(table) | Self::MapOr(table, _) | Self::ListOf(table) = self {
            return Some(table);
        }
        None
    }

    /// What belongs there, with an example, to stand after "write".
    #[must_use]
    pub fn expected(self) -> Message {
        match self {
            Self::Alone => say!("nothing, or `yes`"),
            Self::Text => say!("a text"),
            Self::Name => say!("a name, such as `no-tragedy`"),
            Self::Money => say!("a price, such as `1.80 EUR`"),
            Self::Currency => say!("a currency, such as `EUR`"),
            Self::Percent => say!("a percentage, such as `20%`"),
            Self::MoneyOrPercent => {
                say!("an amount, such as `4.00 EUR`, or a percentage, such as `400%`")
            }
            Self::Evidence => say!("how many of what, such as `50 conversions in 30 days`"),
            Self::Duration => say!("a length of time, such as `30 days` or `2 h`"),
            Self::Number => say!("a whole number, such as `18`"),
            Self::Date => say!("a date, such as `2026-12-31`"),
            Self::Instant => say!("an instant, such as `2026-11-02T10:00:00Z`"),
            Self::Zone => say!("a time zone, such as `Europe/Rome`"),
            Self::OneOf(words) => say!("one of {}", quoted(words)),
            Self::SomeOf(words) => say!("one or more of {}", quoted(words)),
            Self::Names => say!("a name or a list of names: `[a, b]`"),
            Self::MoneyOr(words) => say!("a price, such as `1.80 EUR`, or {}", quoted(words)),
            Self::PercentOr(words) => say!("a percentage, such as `20%`, or {}", quoted(words)),
            Self::Condition => say!("facts and their values, such as `{market.country: IT}`"),
            Self::Effects => say!("what the rule does, such as `block` or `{at_most: 2.00 EUR}`"),
            Self::Facts => say!("facts and their values, such as `{kind: bid, market.country: IT}`"),
            Self::Map(table) => say!("a map with the keys {}", keys(table)),
            Self::MapOr(table, words) => {
                say!("the keys {}, or {}", keys(table), quoted(words))
            }
            Self::ListOf(table) => say!("a list, each entry of which is {}", table.name()),
            Self::Cap => {
                say!("how often in which time, such as `3 in 7 days` or `3 in 7 days across channels`")
            }
            Self::PerFact => say!("how many of each, such as `2 per item.category`"),
            Self::Windows => {
                say!("days and times, such as `21:30-08:00`, `Sunday` or `Monday-Friday 09:00-18:00`")
            }
            Self::Moment => say!("a day, such as `2026-12-01`, or a time of every day, such as `09:00`"),
            Self::TimeOfDay => say!("a time of day, such as `10:00`"),
            Self::Range => say!("the least and the most, such as `10%-40%`"),
            Self::Step => say!("a share of what it had, such as `20%`, or of the total, such as `5 points`"),
            Self::Freedom => say!(
                "how far, such as `20%` for a bid, `1 h` for a time, `2 slots` for a list, `5 points` for a share"
            ),
            Self::Count => say!("a whole number from 1"),
            Self::Ranked => {
                say!("names in order, such as `[a, b]`, or what each is worth, such as `{a: 0.9, b: 0.4}`")
            }
            Self::Shares => say!("the share of each, such as `{a: 30%, b: 70%}`"),
            Self::EachOf(words) => say!(
                "one of {}, or one for each candidate, such as `{a: blocked}`",
                quoted(words)
            ),
            Self::EachNames => {
                say!("names, such as `[a, b]`, or those of each candidate, such as `{x: [a, b]}`")
            }
            Self::Instants => say!("instants, such as `[2026-11-02T10:00:00Z]`"),
            Self::Candidates => say!("a list of candidates, such as `[{item: tea, item.category: drinks}]`"),
        }
    }
}

/// The keys of a table, for a help.
pub(in crate::rules::syntax) fn keys(table: &Table) -> String {
    quoted(table.fields.iter().map(|field| field.name))
}

/// Whether a field has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It has to.
    Required,
    /// It may.
    Optional,
    /// It has to, unless another key is there.
    Unless(&'static str),
}

/// One field of a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its key.
    pub name: &'static str,
    /// What is written at it.
    pub shape: Shape,
    /// Whether it has to be there.
    pub need: Need,
    /// What it says, in one line.
    pub doc: &'static str,
}

/// The fields of one sort of map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// What the map is: "a rule".
    pub of: &'static str,
    /// Its fields, in the order of the reference page.
    pub fields: &'static [Field],
}

impl Table {
    /// What the map is, to be told.
    #[must_use]
    pub const fn name(&self) -> Message {
        Message::new(self.of, Vec::new())
    }
}

impl Field {
    /// What it says, to be told.
    #[must_use]
    pub const fn says(&self) -> Message {
        Message::new(self.doc, Vec::new())
    }
}

const fn must(name: &'static str, shape: Shape, doc: &'static str) -> Field {
    Field {
        name,
        shape,
        need: Need::Required,
        doc,
    }
}

const fn may(name: &'static str, shape: Shape, doc: &'static str) -> Field {
    Field {
        name,
        shape,
        need: Need::Optional,
        doc,
    }
}

/// One sort of file of a rules folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileRow {
    /// Its name on the command line.
    pub name: &'static str,
    /// How files of the sort are called.
    pub path: &'static str,
    /// What stands in it.
    pub table: &'static Table,
    /// What it is for, in a line.
    pub doc: &'static str,
}

/// Every sort of YAML file of a rules folder.
pub static FILES: [FileRow; 5] = [
    FileRow {
        name: "rules",
        path: "*.yaml",
        table: &RULE_FILE,
        doc: "rules, their exceptions and their tests; any name, in any folder",
    },
    FileRow {
        name: "campaigns",
        path: "campaigns.yaml",
        table: &CAMPAIGNS,
        doc: "what the models work for, each with its human value",
    },
    FileRow {
        name: "objectives",
        path: "objectives.yaml",
        table: &OBJECTIVES,
        doc: "the precise outcomes that models are paid for",
    },
    FileRow {
        name: "defaults",
        path: "defaults.yaml",
        table: &DEFAULTS,
        doc: "what is answered when nothing else may be",
    },
    FileRow {
        name: "attributes",
        path: "attributes.yaml",
        table: &ATTRIBUTES,
        doc: "the facts of your own",
    },
];

/// Both sorts of list.
pub static LISTS: [&Table; 2] = [&WORD_LIST, &SITE_LIST];
