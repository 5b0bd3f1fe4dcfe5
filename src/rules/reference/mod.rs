//! The reference page: everything that can be written, for the people who write it, in their language.
//!
//! It is made of the tables that the reader walks, so that it cannot be out of date: a new field, fact or effect
//! stands here as soon as it can be written. How to think in rules is told by `rules/README.md`; this page is for
//! looking things up.

mod effects;
mod facts;
mod files;
mod sheets;

use std::fmt::Write as _;

use super::{
    finding_codes,
    syntax::{
        Message,
        catalogue::translated,
        quoted, say,
        scalar::UNITS,
        table::{Need, Shape, Table},
    },
};
use crate::domain::{Kind, Language};

/// The page, in Markdown.
#[must_use]
pub fn reference(language: Language) -> String {
    Page { language }.whole()
}

/// The page in one language. Keys, values and codes are the same in every one.
#[derive(Debug, Clone, Copy)]
struct Page {
    language: Language,
}

impl Page {
    fn whole(self) -> String {
        let parts = [
            (say!("Kinds of decision"), self.kinds()),
            (say!("Files"), self.files()),
            (say!("How values are written"), self.values()),
            (say!("Conditions"), self.conditions()),
            (say!("Effects"), self.effects()),
            (say!("Lists"), self.lists()),
            (say!("Tables of rules"), self.tables()),
            (say!("Holidays"), self.holidays()),
            (say!("Findings"), self.findings()),
        ];
        let mut page = format!(
            "# {}\n\n{}\n\n{}\n\n",
            self.say(&say!("Reference of the rule language")),
            self.say(&say!("Everything that can be written in the files of this folder. How to begin, and how to think in rules, is told by the [guide](README.md).")),
            self.say(&say!("This page is printed by `balustrade rules reference`, in English, Italian or Spanish with `--language`; a test says that it is current.")),
        );
        for (heading, _) in &parts {
            let heading = self.say(heading);
            let _ = writeln!(page, "- [{heading}](#{})", anchor(&heading));
        }
        for (heading, part) in &parts {
            let _ = write!(page, "\n## {}\n\n{part}", self.say(heading));
        }
        page
    }

    /// A message in the language of the page.
    fn say(self, message: &Message) -> String {
        message.in_language(self.language)
    }

    /// A text of one of the tables in the language of the page.
    fn told(self, text: &str) -> &str {
        translated(text, self.language)
    }

    fn kinds(self) -> String {
        let rows = Kind::ALL.map(|kind| vec![code(kind.name()), self.say(&asked(kind))]);
        let head = [say!("kind"), say!("what is asked")];
        format!(
            "{}\n\n{}",
            self.say(&say!("What stands at `for`, and at `kind` in a test.")),
            self.grid(&head, &rows)
        )
    }

    fn values(self) -> String {
        let mut part = String::new();
        let plain = [
            say!(
                "Any text. One with `: ` or ` #` in it, or that begins with a sign such as `[`, `*` or `%`, is put in quotes."
            ),
            say!("One value or several: `IT` or `[IT, ES]`."),
        ];
        for line in &plain {
            let _ = writeln!(part, "- {}", self.say(line));
        }
        for shape in Shape::SINGLE {
            let _ = writeln!(part, "- {}.", capital(&self.say(&shape.expected())));
        }
        let units: Vec<String> = UNITS.iter().map(|(names, _)| quoted(*names)).collect();
        let units = say!("Units of time, each by any of its names: {}.", units.join("; "));
        let prices = say!(
            "Prices of bids are for a thousand impressions. An amount has at most six decimals, a percentage at most two; both have a point, never a comma."
        );
        let _ = writeln!(part, "\n{}\n\n{}", self.say(&units), self.say(&prices));
        part
    }

    fn findings(self) -> String {
        let rows: Vec<_> = finding_codes()
            .iter()
            .map(|row| vec![code(row.code), self.told(row.says()).to_owned()])
            .collect();
        let head = [say!("code"), say!("what it is about")];
        format!(
            "{}\n\n{}",
            self.say(&say!(
                "What `balustrade check` says. The same mistake always has the same code."
            )),
            self.grid(&head, &rows)
        )
    }

    /// The fields of a map as a table.
    fn fields(self, table: &Table) -> String {
        let row = |field: &super::syntax::table::Field| {
            vec![
                code(field.name),
                self.needed(field.need),
                self.say(&field.says()),
                self.written(field.shape),
            ]
        };
        let rows: Vec<_> = table.fields.iter().map(row).collect();
        self.grid(&fields_head(), &rows)
    }

    /// A heading of its own and the fields of a map below it.
    fn section(self, table: &Table) -> String {
        format!("\n### {}\n\n{}", self.heading(table), self.fields(table))
    }

    fn needed(self, need: Need) -> String {
        match need {
            Need::Required => self.say(&say!("required")),
            Need::Optional => String::new(),
            Need::Unless(other) => self.say(&say!("required without `{}`", other)),
        }
    }

    /// What belongs at a field; where that is told elsewhere on the page, a link to it.
    fn written(self, shape: Shape) -> String {
        let Some(table) = shape.inner() else {
            return self.say(&shape.expected());
        };
        let what = format!(
            "[{}](#{})",
            plain(&self.say(&table.name())),
            self.anchor_of(table)
        );
        if let Shape::MapOr(_, words) = shape {
            return self.say(&say!("{}, or {}", what, quoted(words)));
        }
        if let Shape::ListOf(_) = shape {
            return self.say(&say!("a list; each is {}", what));
        }
        what
    }

    /// The name of a file as it is, anything else with a capital.
    fn heading(self, table: &Table) -> String {
        capital(&self.say(&table.name()))
    }

    fn anchor_of(self, table: &Table) -> String {
        anchor(&self.heading(table))
    }

    /// A table of Markdown.
    fn grid(self, head: &[Message], rows: &[Vec<String>]) -> String {
        let head: Vec<String> = head.iter().map(|cell| self.say(cell)).collect();
        let mut text = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len()));
        for row in rows {
            let cells: Vec<String> = row.iter().map(|cell| cell.replace('|', "\\|")).collect();
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
        text
    }
}

/// Above the fields of a map.
fn fields_head() -> [Message; 4] {
    [
        say!("key"),
        say!(""),
        say!("what it says"),
        say!("how it is written"),
    ]
}

fn asked(kind: Kind) -> Message {
    match kind {
        Kind::Bid => say!("what to bid for one impression"),
        Kind::SendTime => say!("when to send one message to one contact"),
        Kind::Recommendation => say!("which items to show, and in which order"),
        Kind::Budget => say!("how to split a total among arms"),
        Kind::Score => say!("how likely an outcome is"),
    }
}

/// How a heading is called in links, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || *c == ' ' || *c == '-' || *c == '_';
    heading
        .chars()
        .filter(kept)
        .flat_map(char::to_lowercase)
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
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
