//! The fields of every map of the language, as data: one table drives what is read, which keys are unknown, which
//! are missing, and what the help says of them.

use super::{Message, quoted, say, words};

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
pub(super) fn keys(table: &Table) -> String {
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

/// The names of the kinds of decision.
pub const KINDS: &[&str] = words::KIND_NAMES;

/// A file of rules.
pub static RULE_FILE: Table = Table {
    of: "a file of rules",
    fields: &[
        must("rules_of", Shape::Text, "a name of the file, for people"),
        may(
            "applies_to",
            Shape::Condition,
            "what every rule of the file is about",
        ),
        must("tier", Shape::OneOf(words::TIER_NAMES), "who outranks whom"),
        may("owner", Shape::Name, "who answers for the rules of the file"),
        may(
            "time_zone",
            Shape::Zone,
            "of dates that are not the recipient's own",
        ),
        may(
            "safe_default",
            Shape::Map(&SAFE_DEFAULT),
            "at tier brand: what is answered when nothing else may be, stricter than in `defaults.yaml`",
        ),
        may("tests_at", Shape::Instant, "what the tests take for now"),
        may("rules", Shape::ListOf(&RULE), "the rules"),
        may("exceptions", Shape::ListOf(&EXCEPTION), "exceptions to rules"),
        may("tests", Shape::ListOf(&TEST), "tests of the rules"),
    ],
};

/// A rule.
pub static RULE: Table = Table {
    of: "a rule",
    fields: &[
        must("id", Shape::Name, "the name of the rule, unique in all files"),
        must("for", Shape::SomeOf(KINDS), "the kinds of decision it speaks of"),
        may("when", Shape::Condition, "when it applies; absent means always"),
        may("unless", Shape::Condition, "when it does not"),
        may(
            "table",
            Shape::Name,
            "a table of which each row is a rule: `tables/start-bids.csv`",
        ),
        may(
            "decimals",
            Shape::OneOf(words::DECIMAL_NAMES),
            "how decimals are written in the table: `1.80` or `1,80`; without it with a `point`",
        ),
        Field {
            name: "then",
            shape: Shape::Effects,
            need: Need::Unless("table"),
            doc: "what it does",
        },
        may(
            "if_unknown",
            Shape::OneOf(words::UNKNOWN_NAMES),
            "what to do when a fact it reads is unknown",
        ),
        may("accept_risk", Shape::Text, "why it is fine to skip the unknown"),
        must(
            "because",
            Shape::Text,
            "why the rule is there, for whoever asks later",
        ),
        may(
            "owner",
            Shape::Name,
            "who answers for this rule, if not the owner of the file",
        ),
        may("from", Shape::Date, "the first day"),
        may("until", Shape::Date, "the last day, inclusive"),
        may("review_by", Shape::Date, "when somebody should look at it again"),
        may("mode", Shape::OneOf(words::MODE_NAMES), "whether it counts"),
    ],
};

/// An exception.
pub static EXCEPTION: Table = Table {
    of: "an exception",
    fields: &[
        must("to", Shape::Name, "the id of the rule"),
        must("when", Shape::Condition, "when that rule does not apply"),
        may(
            "owner",
            Shape::Name,
            "who answers for it, if not the owner of the file",
        ),
        must("because", Shape::Text, "why, for whoever asks later"),
        must("until", Shape::Date, "the last day, inclusive"),
    ],
};

/// Which item stands in which slot.
pub static PIN: Table = Table {
    of: "a pin",
    fields: &[
        must("slot", Shape::Count, "which slot, the first is 1"),
        may(
            "where",
            Shape::Condition,
            "which item; without it the items that the rule is about",
        ),
    ],
};

/// Which items are moved by how much.
pub static BOOST: Table = Table {
    of: "a boost",
    fields: &[
        must("by", Shape::Percent, "by how much, such as `+10%`"),
        may(
            "where",
            Shape::Condition,
            "which items; without it the items that the rule is about",
        ),
    ],
};

/// A test.
pub static TEST: Table = Table {
    of: "a test",
    fields: &[
        must("name", Shape::Text, "what it shows, as a sentence"),
        must("given", Shape::Facts, "what is asked"),
        may(
            "model_says",
            Shape::MapOr(&WISH, words::WISH_NAMES),
            "what the model wishes",
        ),
        must("expect", Shape::Map(&EXPECT), "what must come out"),
    ],
};

/// What a model says in a test.
pub static WISH: Table = Table {
    of: "what the model says",
    fields: &[
        may("bid", Shape::MoneyOr(&[words::NO_BID]), "the bid it wishes"),
        may("send_at", Shape::Instant, "when it would send"),
        may("items", Shape::Ranked, "what it would show, the first slot first"),
        may("shares", Shape::Shares, "how it would split"),
        may("probability", Shape::Percent, "the probability that it estimates"),
    ],
};

/// What a test expects.
pub static EXPECT: Table = Table {
    of: "what a test expects",
    fields: &[
        may("verdict", Shape::EachOf(words::VERDICT_NAMES), "the verdict"),
        may("bid", Shape::MoneyOr(&[words::NO_BID]), "the bid that leaves"),
        may("send_at", Shape::Instant, "when the message is sent"),
        may("items", Shape::Ranked, "what is shown, the first slot first"),
        may("shares", Shape::Shares, "how the total is split"),
        may("probability", Shape::Percent, "the probability that leaves"),
        may(
            "because_of",
            Shape::EachNames,
            "exactly the rules that made it so",
        ),
    ],
};

/// `campaigns.yaml`
pub static CAMPAIGNS: Table = Table {
    of: "`campaigns.yaml`",
    fields: &[must("campaigns", Shape::ListOf(&CAMPAIGN), "the campaigns")],
};

/// The goals of campaigns.
pub const GOALS: &[&str] = words::GOAL_NAMES;

/// A campaign.
pub static CAMPAIGN: Table = Table {
    of: "a campaign",
    fields: &[
        must("id", Shape::Name, "its name, unique"),
        must("brand", Shape::Name, "whose it is"),
        may("product", Shape::Name, "what it sells"),
        must(
            "objective",
            Shape::Name,
            "the id of an objective of `objectives.yaml`",
        ),
        must("goal", Shape::OneOf(GOALS), "what it wants of its objective"),
        may(
            "value_per_outcome",
            Shape::Money,
            "what one outcome is worth, for `maximise_conversions`",
        ),
        may("target", Shape::MoneyOrPercent, "the cost or the return aimed at"),
        may("budget", Shape::Money, "money for the whole period"),
        may(
            "currency",
            Shape::Currency,
            "its currency, where no amount says it",
        ),
        may("period", Shape::Map(&PERIOD), "when it runs"),
        may("market", Shape::Condition, "where it runs"),
        must(
            "baseline",
            Shape::Map(&BASELINE),
            "the human value, which leads while the model is cold",
        ),
        may(
            "maturity",
            Shape::Map(&MATURITY),
            "from how much evidence its models lead",
        ),
    ],
};

/// From how much evidence the models of a campaign lead.
pub static MATURITY: Table = Table {
    of: "a set of thresholds of maturity",
    fields: &[
        may("bid", Shape::Map(&THRESHOLDS), "of bids"),
        may("send_time", Shape::Map(&THRESHOLDS), "of send times"),
        may("recommendation", Shape::Map(&THRESHOLDS), "of recommendations"),
        may("budget", Shape::Map(&THRESHOLDS), "of budgets"),
        may("score", Shape::Map(&THRESHOLDS), "of scores"),
    ],
};

/// The thresholds of one kind.
pub static THRESHOLDS: Table = Table {
    of: "a pair of thresholds",
    fields: &[
        must("learning_from", Shape::Count, "people lead alone below this"),
        must("mature_at", Shape::Count, "the model leads from this on"),
        must(
            "within",
            Shape::Duration,
            "the time in which it is counted, in whole days",
        ),
    ],
};

/// A period.
pub static PERIOD: Table = Table {
    of: "a period",
    fields: &[
        must("from", Shape::Date, "the first day"),
        must("until", Shape::Date, "the last day, inclusive"),
    ],
};

/// A baseline.
pub static BASELINE: Table = Table {
    of: "a baseline",
    fields: &[
        may("bid", Shape::Money, "the human bid, for a thousand impressions"),
        may(
            "send_at",
            Shape::TimeOfDay,
            "the recipient's local time at which a person would send",
        ),
        may(
            "list",
            Shape::Names,
            "the items that a person would show, the first slot first",
        ),
        may(
            "share",
            Shape::Percent,
            "the part of a total that a person would give",
        ),
        may(
            "probability",
            Shape::Percent,
            "the probability that a person would expect",
        ),
    ],
};

/// `objectives.yaml`
pub static OBJECTIVES: Table = Table {
    of: "`objectives.yaml`",
    fields: &[must("objectives", Shape::ListOf(&OBJECTIVE), "the objectives")],
};

/// An objective.
pub static OBJECTIVE: Table = Table {
    of: "an objective",
    fields: &[
        must("id", Shape::Name, "its name, unique"),
        must("event", Shape::Name, "the exact name of the event that counts"),
        must("window", Shape::Duration, "how long after the decision it counts"),
        may(
            "value_field",
            Shape::Name,
            "the field of the event that holds its value",
        ),
        may("currency", Shape::Currency, "the currency of that value"),
        must(
            "for",
            Shape::SomeOf(KINDS),
            "the kinds of decision that may optimise it",
        ),
    ],
};

/// `defaults.yaml`
pub static DEFAULTS: Table = Table {
    of: "`defaults.yaml`",
    fields: &[
        must("owner", Shape::Name, "who answers for it"),
        must("because", Shape::Text, "why these"),
        must(
            "safe_default",
            Shape::Map(&SAFE_DEFAULT),
            "what is answered when nothing else may be",
        ),
    ],
};

/// The safe default of each kind.
pub static SAFE_DEFAULT: Table = Table {
    of: "a set of safe defaults",
    fields: &[
        may("bid", Shape::MoneyOr(words::SAFE_BID_NAMES), "of bids"),
        may(
            "send_time",
            Shape::OneOf(words::SAFE_SEND_TIME_NAMES),
            "of send times",
        ),
        may(
            "recommendation",
            Shape::OneOf(words::SAFE_LIST_NAMES),
            "of recommendations; `baseline` is the campaign's list",
        ),
        may("budget", Shape::OneOf(words::SAFE_BUDGET_NAMES), "of budgets"),
        may("score", Shape::PercentOr(words::SAFE_SCORE_NAMES), "of scores"),
    ],
};

/// `attributes.yaml`
pub static ATTRIBUTES: Table = Table {
    of: "`attributes.yaml`",
    fields: &[must(
        "attributes",
        Shape::ListOf(&ATTRIBUTE),
        "the deployment's own facts",
    )],
};

/// An attribute of the deployment's own.
pub static ATTRIBUTE: Table = Table {
    of: "an attribute",
    fields: &[
        must("name", Shape::Name, "its name, such as `shop.stock`"),
        must("type", Shape::OneOf(words::TYPE_NAMES), "what its values are"),
        must(
            "holds",
            Shape::OneOf(words::HOLDS_NAMES),
            "whether it has one value or many",
        ),
        must(
            "given",
            Shape::OneOf(words::PRESENCE_NAMES),
            "whether every query must state it",
        ),
        may(
            "for",
            Shape::SomeOf(KINDS),
            "the kinds of decision that have it; all where not said",
        ),
        may(
            "of",
            Shape::OneOf(words::SCOPE_NAMES),
            "whether each candidate has its own; `query` where not said",
        ),
        may(
            "values",
            Shape::Names,
            "the words that it may have; any where not said",
        ),
        may("currency", Shape::Currency, "the currency of a price"),
        may("about", Shape::Text, "what it is, for people"),
    ],
};

/// What a text may be asked.
pub static TEXT_TESTS: Table = Table {
    of: "a test of a text",
    fields: &[
        may(
            "mentions",
            Shape::Names,
            "word lists, of which one term is enough: `lists/tragedy.csv`",
        ),
        may(
            "matches",
            Shape::Names,
            "regular expressions, of which one is enough: `/(sport|calcio)/`",
        ),
    ],
};

/// What a number, a price or an instant may be asked.
pub static NUMBER_TESTS: Table = Table {
    of: "a test of a number",
    fields: &[
        may("at_least", Shape::Text, "this or more"),
        may("at_most", Shape::Text, "this or less"),
        may("under", Shape::Text, "less than this"),
        may("over", Shape::Text, "more than this"),
        may("before", Shape::Text, "earlier than this day"),
        may("after", Shape::Text, "later than this day"),
    ],
};

/// A label of a page, as a test states it.
pub static LABEL: Table = Table {
    of: "a label",
    fields: &[
        must("topic", Shape::Text, "its topic, by name or id"),
        must("risk", Shape::Text, "its risk: `floor`, `high`, `medium`, `low`"),
    ],
};

/// What a test states beside the facts of the vocabulary.
pub static GIVEN: Table = Table {
    of: "what a test states",
    fields: &[
        must(
            "kind",
            Shape::OneOf(KINDS),
            "the kind of decision that is asked for",
        ),
        may(
            "now",
            Shape::Instant,
            "when the decision is asked for; without it what `tests_at` says",
        ),
        may(
            "evidence",
            Shape::Evidence,
            "how much was seen in this market so far",
        ),
        may("floor", Shape::Money, "the floor of the auction"),
        may(
            "earliest",
            Shape::Instant,
            "of a send time: when sending may begin; without it now",
        ),
        may(
            "latest",
            Shape::Instant,
            "of a send time: when it must end; without it a week later",
        ),
        may("contacts", Shape::Instants, "when the contact was reached so far"),
        may(
            "slots",
            Shape::Count,
            "of a recommendation: how many items are shown",
        ),
        may(
            "total",
            Shape::Money,
            "of a budget: what is split; without it 100",
        ),
        may("last", Shape::Shares, "of a budget: the last split"),
        may(
            "candidates",
            Shape::Candidates,
            "what is chosen among, where it is more than one",
        ),
        may("arms", Shape::Candidates, "of a budget: the same as `candidates`"),
        may("content", Shape::ListOf(&LABEL), "the labels of the page"),
    ],
};

/// The columns of a list of words, each once.
const WORD_LIST_FIELDS: &[Field; 8] = &[
    must("term", Shape::Text, "what to find"),
    may(
        "match",
        Shape::OneOf(words::MATCH_NAMES),
        "how; without it as a `word`",
    ),
    may("language", Shape::Name, "of which language it is, BCP 47: `it`"),
    may(
        "forms",
        Shape::Text,
        "which forms are found too: `no`, `plural`, `all`, or listed: `bomba|bombe`; without it `no`",
    ),
    may(
        "evasion",
        Shape::OneOf(words::EVASION_NAMES),
        "which disguises count too; without it `off`",
    ),
    may("since", Shape::Date, "since when it stands in the list"),
    may("review_by", Shape::Date, "when somebody should look at it again"),
    may("note", Shape::Text, "anything else"),
];

/// The names of the columns of a list of words.
pub const WORD_LIST_COLUMNS: [&str; WORD_LIST_FIELDS.len()] = names_of(WORD_LIST_FIELDS);

/// A list of words, `lists/*.csv`: its columns.
pub static WORD_LIST: Table = Table {
    of: "a list of words",
    fields: WORD_LIST_FIELDS,
};

#[expect(
    clippy::indexing_slicing,
    reason = "only the compiler evaluates it, and would refuse to"
)]
const fn names_of<const N: usize>(fields: &[Field; N]) -> [&'static str; N] {
    let mut names = [""; N];
    let mut at = 0;
    while at < N {
        names[at] = fields[at].name;
        at += 1;
    }
    names
}

/// A table of rules, `tables/*.csv`: the columns beside those of facts and effects.
pub static ROW_COLUMNS: Table = Table {
    of: "a table of rules",
    fields: &[
        may(
            "row",
            Shape::Name,
            "the name of the row; without it the values that make the row apply",
        ),
        may("because", Shape::Text, "why, if not for the reason of the rule"),
        may(
            "owner",
            Shape::Name,
            "who answers for the row, if not the owner of the rule",
        ),
        may("from", Shape::Date, "the first day, if not that of the rule"),
        may(
            "until",
            Shape::Date,
            "the last day, inclusive, if not that of the rule",
        ),
        may(
            "review_by",
            Shape::Date,
            "when somebody should look at the row again",
        ),
    ],
};

/// A list of sites, `lists/*.csv`: its one column.
pub static SITE_LIST: Table = Table {
    of: "a list of sites",
    fields: &[must(
        "site",
        Shape::Name,
        "a domain; its subdomains count too: `ansa.it`",
    )],
};

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
