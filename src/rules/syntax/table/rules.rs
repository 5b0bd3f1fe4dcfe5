//! The fields of a file of rules, and of what stands in its rules.

use super::{
    super::words, Field, Need, Shape, Table, declarations::SAFE_DEFAULT, may, must, rule_tests::TEST,
};

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
        may("at_least", Shape::Text, "this or more: `18`, `0.20 EUR`"),
        may("at_most", Shape::Text, "this or less: `65`, `4.00 EUR`"),
        may("under", Shape::Text, "less than this: `18`"),
        may("over", Shape::Text, "more than this: `65`"),
        may("before", Shape::Text, "earlier than this day: `2026-11-01`"),
        may("after", Shape::Text, "later than this day: `2026-11-01`"),
    ],
};
