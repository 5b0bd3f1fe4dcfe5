//! Of the page: the YAML files, and every map that stands in them.

use super::{Page, code};
use crate::rules::syntax::{
    Message, say,
    table::{FILES, GIVEN, TEST, Table},
};

impl Page {
    pub(super) fn files(self) -> String {
        let yaml = FILES.map(|file| vec![code(file.path), self.told(file.doc).to_owned()]);
        let sheets = sheets().map(|(path, doc)| vec![code(path), self.say(&doc)]);
        let rows: Vec<_> = yaml.into_iter().chain(sheets).collect();
        let mut part = self.grid(&[say!("file"), say!("what stands in it")], &rows);
        let mut told: Vec<&'static Table> = Vec::new();
        for file in &FILES {
            tell(file.table, &mut told);
        }
        for table in told {
            part += &self.section(table);
        }
        part
    }
}

/// Every sort of file that comes as a spreadsheet.
fn sheets() -> [(&'static str, Message); 4] {
    [
        ("lists/*.csv", say!("words and sites that rules name")),
        ("tables/*.csv", say!("rules, a row each")),
        ("holidays/*.csv", say!("the holidays of each country")),
        (
            "taxonomies/*.tsv",
            say!("the topics of the IAB, as it publishes them"),
        ),
    ]
}

/// The table and those it leads to, in the order of reading, each once.
fn tell(table: &'static Table, told: &mut Vec<&'static Table>) {
    if told.contains(&table) {
        return;
    }
    told.push(table);
    if *table == TEST {
        // What is given are facts as rules read them, and beside them a few keys of its own.
        tell(&GIVEN, told);
    }
    for field in table.fields {
        if let Some(inner) = field.shape.inner() {
            tell(inner, told);
        }
    }
}
