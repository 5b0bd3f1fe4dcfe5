//! The reference page: everything that can be written, for the people who write it.
//!
//! It is made of the tables that the reader walks, so that it cannot be out of date: a new field, fact or effect
//! stands here as soon as it can be written. How to think in rules is told by `rules/README.md`; this page is for
//! looking things up.

mod effects;
mod facts;

use std::fmt::Write as _;

use super::{
    finding_codes,
    syntax::{
        scalar::UNITS,
        table::{FILES, LISTS, NUMBER_TESTS, Need, ROW_COLUMNS, Shape, TEXT_TESTS, Table},
    },
};
use crate::domain::Kind;

const HEAD: &str = "\
# Reference of the rule language

Everything that can be written in the files of this folder. How to begin, and how to think in rules, is told by the
[guide](README.md). This page is printed by `balustrade rules reference`; a test says that it is current.

- [Kinds of decision](#kinds-of-decision)
- [Files](#files)
- [How values are written](#how-values-are-written)
- [Conditions](#conditions)
- [Effects](#effects)
- [Lists](#lists)
- [Tables of rules](#tables-of-rules)
- [Findings](#findings)
";

/// The page, in Markdown.
#[must_use]
pub fn reference() -> String {
    let mut page = HEAD.to_owned();
    for part in [
        kinds(),
        files(),
        values(),
        facts::conditions(),
        effects::effects(),
        lists(),
        tables(),
        findings(),
    ] {
        page.push('\n');
        page += &part;
    }
    page
}

fn kinds() -> String {
    let mut part = "## Kinds of decision\n\nWhat stands at `for`, and at `kind` in a test.\n\n".to_owned();
    let rows = Kind::ALL.map(|kind| vec![code(kind.name()), asked(kind).to_owned()]);
    part += &grid(&["kind", "what is asked"], &rows);
    part
}

const fn asked(kind: Kind) -> &'static str {
    match kind {
        Kind::Bid => "what to bid for one impression",
        Kind::SendTime => "when to send one message to one contact",
        Kind::Recommendation => "which items to show, and in which order",
        Kind::Budget => "how to split a total among arms",
        Kind::Score => "how likely an outcome is",
    }
}

fn files() -> String {
    let mut part = "## Files\n\n".to_owned();
    let rows = FILES.map(|file| vec![code(file.path), file.doc.to_owned()]);
    part += &grid(&["file", "what stands in it"], &rows);
    let mut told: Vec<&'static Table> = Vec::new();
    for file in &FILES {
        tell(file.table, &mut told);
    }
    for table in told {
        let _ = write!(part, "\n### {}\n\n{}", heading(table), fields(table));
    }
    part
}

/// The table and those it leads to, in the order of reading, each once.
fn tell(table: &'static Table, told: &mut Vec<&'static Table>) {
    if told.contains(&table) {
        return;
    }
    told.push(table);
    for field in table.fields {
        if let Some(inner) = field.shape.inner() {
            tell(inner, told);
        }
    }
}

/// The fields of a map as a table.
fn fields(table: &Table) -> String {
    let row = |field: &super::syntax::table::Field| {
        vec![
            code(field.name),
            needed(field.need),
            field.says().to_string(),
            written(field.shape),
        ]
    };
    let rows: Vec<_> = table.fields.iter().map(row).collect();
    grid(&["key", "", "what it says", "how it is written"], &rows)
}

fn needed(need: Need) -> String {
    match need {
        Need::Required => "required".to_owned(),
        Need::Optional => String::new(),
        Need::Unless(other) => format!("required without {}", code(other)),
    }
}

/// What belongs at a field; where that is told elsewhere on the page, a link to it.
fn written(shape: Shape) -> String {
    let Some(table) = shape.inner() else {
        return shape.expected().to_string();
    };
    let what = format!("[{}]({})", plain(table.of), anchor(table));
    if let Shape::MapOr(_, words) = shape {
        return format!("{what}, or {}", codes(words));
    }
    if let Shape::ListOf(_) = shape {
        return format!("a list; each is {what}");
    }
    what
}

fn values() -> String {
    let mut part = "## How values are written\n\n".to_owned();
    part += "- Any text. One with `: ` or ` #` in it, or that begins with a sign such as `[`, `*` or `%`, is put in quotes.\n";
    part += "- One value or several: `IT` or `[IT, ES]`.\n";
    for shape in Shape::SINGLE {
        let _ = writeln!(part, "- {}.", capital(&shape.expected().to_string()));
    }
    let units: Vec<String> = UNITS.iter().map(|(names, _)| codes(names)).collect();
    let _ = writeln!(
        part,
        "\nUnits of time, each by any of its names: {}.",
        units.join("; ")
    );
    part += "Prices of bids are for a thousand impressions. An amount has at most six decimals, a percentage at most two; both have a point, never a comma.\n";
    part
}

fn lists() -> String {
    let mut part = "## Lists\n\nCSV files in the folder `lists`, as Excel writes them: `;` or `,` between columns. The first row names the columns.\n".to_owned();
    for table in LISTS {
        let _ = write!(part, "\n### {}\n\n{}", heading(table), fields(table));
    }
    part
}

fn tables() -> String {
    let mut part = "## Tables of rules\n\nCSV files in the folder `tables`, as Excel writes them, each named by a rule: `table: tables/start-bids.csv`. Each row is a rule, called by the id of that rule and the values that make the row apply: `start-bids/IT/display`. Its other parts are those of the rule.\n\n".to_owned();
    let rows = [
        [
            "a fact: `market.country`",
            "the value, or several with `|` between them; `*` for every value, `others` for every one that no other row names",
        ],
        [
            "a fact and one of its tests: `contact.age at_least`",
            "what the test asks; `*` for every value",
        ],
        [
            "an effect, or what belongs beside it: `at_most`",
            "what would stand behind it at `then`, several values with `|` between them; `-` where the row has no such effect",
        ],
        [
            "an effect and a unit: `at_most EUR`, `model_may_move %`",
            "the number alone",
        ],
    ];
    part += &grid(
        &["column", "its cells"],
        &rows.map(|row| row.map(str::to_owned).to_vec()),
    );
    let _ = write!(
        part,
        "\nBeside these, each where it is wanted:\n\n{}",
        fields(&ROW_COLUMNS)
    );
    part
}

fn findings() -> String {
    let mut part =
        "## Findings\n\nWhat `balustrade check` says. The same mistake always has the same code.\n\n"
            .to_owned();
    let rows: Vec<_> = finding_codes()
        .iter()
        .map(|row| vec![code(row.code), row.doc.trim().trim_end_matches('.').to_owned()])
        .collect();
    part += &grid(&["code", "what it is about"], &rows);
    part
}

/// The tests that a text or a number offers.
fn tests() -> String {
    let mut part = String::new();
    for table in [&TEXT_TESTS, &NUMBER_TESTS] {
        let _ = write!(part, "\n### {}\n\n{}", heading(table), fields(table));
    }
    part
}

/// The name of a file as it is, anything else with a capital.
fn heading(table: &Table) -> String {
    capital(table.of)
}

fn anchor(table: &Table) -> String {
    let kept = |c: &char| c.is_alphanumeric() || *c == ' ' || *c == '-' || *c == '_';
    let plain: String = heading(table).to_lowercase().chars().filter(kept).collect();
    format!("#{}", plain.replace(' ', "-"))
}

fn plain(text: &str) -> String {
    text.replace('`', "")
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + chars.as_str()
    })
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn codes(words: &[&str]) -> String {
    words.iter().map(|word| code(word)).collect::<Vec<_>>().join(", ")
}

/// A table of Markdown.
fn grid(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut text = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len()));
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| cell.replace('|', "\\|")).collect();
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text
}
