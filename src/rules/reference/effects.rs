use std::fmt::Write as _;

use super::{capital, code, codes, fields, grid, heading, needed, written};
use crate::{
    domain::Kind,
    rules::syntax::{
        EFFECTS, EffectRow, Form, Sort,
        table::{Field, Table},
    },
};

const HEAD: &str = "\
## Effects

What stands at `then`: one effect, or several as a map: `{at_least: 0.20 EUR, at_most: 4.00 EUR}`.

> restriction beats directive beats adjustment beats model

";

/// Everything a rule may do.
pub(super) fn effects() -> String {
    let mut part = HEAD.to_owned();
    let rows = Sort::ALL.map(|sort| {
        let of = |row: &&EffectRow| row.sort == sort;
        let names: Vec<&str> = EFFECTS.iter().filter(of).map(|row| row.name).collect();
        vec![sort.name().to_owned(), sort.doc().to_owned(), codes(&names)]
    });
    part += &grid(&["sort", "what it does", "effects"], &rows);
    let mut inner: Vec<&Table> = Vec::new();
    for row in EFFECTS {
        part += &effect(row);
        for table in row.forms.iter().filter_map(|form| form.shape.inner()) {
            if !inner.contains(&table) {
                inner.push(table);
            }
        }
    }
    for table in inner {
        let _ = write!(part, "\n### {}\n\n{}", heading(table), fields(table));
    }
    part
}

fn effect(row: &EffectRow) -> String {
    let mut part = format!(
        "\n### `{}`\n\n{}. Sort: {}.\n\n",
        row.name,
        capital(row.doc),
        row.sort.name()
    );
    let forms: Vec<_> = row.forms.iter().map(form).collect();
    part += &grid(&["for", "written", "for example"], &forms);
    if !row.beside.is_empty() {
        let beside = |field: &Field| {
            let need = needed(field.need).to_owned();
            vec![code(field.name), need, field.doc.to_owned(), written(field.shape)]
        };
        let rows: Vec<_> = row.beside.iter().map(beside).collect();
        part += "\nBeside it stand:\n\n";
        part += &grid(&["key", "", "what it says", "how it is written"], &rows);
    }
    let _ = writeln!(part, "\n- Several together: {}.", row.together);
    if !row.in_doubt.is_empty() {
        let _ = writeln!(part, "- In doubt: {}.", row.in_doubt);
    }
    part
}

fn form(form: &Form) -> Vec<String> {
    let kinds = if form.kinds.len() == Kind::ALL.len() {
        "all kinds".to_owned()
    } else {
        codes(&form.kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>())
    };
    vec![
        kinds,
        written(form.shape),
        code(&format!("then: {}", form.example)),
    ]
}
