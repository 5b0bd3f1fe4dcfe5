//! The columns of the sheets that stand beside the rules: lists of words and of sites, tables of rules.

use super::{super::words, Field, Shape, Table, may, must};

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

/// The columns of a file of holidays, each once.
const HOLIDAY_FIELDS: &[Field; 4] = &[
    must("country", Shape::Name, "two letters: `IT`"),
    may(
        "region",
        Shape::Name,
        "which region (ISO 3166-2): `ES-CT`; empty where the whole country celebrates",
    ),
    must("date", Shape::Date, "the day"),
    may("name", Shape::Text, "what is celebrated, for people"),
];

/// The names of the columns of a file of holidays.
pub const HOLIDAY_COLUMNS: [&str; HOLIDAY_FIELDS.len()] = names_of(HOLIDAY_FIELDS);

/// A file of holidays, `holidays/*.csv`: its columns.
pub static HOLIDAY_FILE: Table = Table {
    of: "a file of holidays",
    fields: HOLIDAY_FIELDS,
};
