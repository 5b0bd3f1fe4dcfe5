//! Of the page: what a rule may do.

use std::fmt::Write as _;

use super::{Page, capital, code, fields_head};
use crate::{
    domain::Kind,
    rules::syntax::{
        EFFECTS, EffectRow, Form, Sort, quoted, say,
        table::{Field, Table},
    },
};

impl Page {
    pub(super) fn effects(self) -> String {
        let mut part = format!(
            "{}\n\n> {}\n\n",
            self.say(&say!("What stands at `then`: one effect, or several as a map: `{at_least: 0.20 EUR, at_most: 4.00 EUR}`.")),
            self.say(&say!("restriction beats directive beats adjustment beats model")),
        );
        let rows = Sort::ALL.map(|sort| {
            let of = |row: &&EffectRow| row.sort == sort;
            let names = EFFECTS.iter().filter(of).map(|row| row.name);
            vec![
                self.told(sort.name()).to_owned(),
                self.told(sort.doc()).to_owned(),
                quoted(names),
            ]
        });
        part += &self.grid(&[say!("sort"), say!("what it does"), say!("effects")], &rows);
        let mut inner: Vec<&Table> = Vec::new();
        for row in EFFECTS {
            part += &self.effect(row);
            for table in row.forms.iter().filter_map(|form| form.shape.inner()) {
                if !inner.contains(&table) {
                    inner.push(table);
                }
            }
        }
        for table in inner {
            part += &self.section(table);
        }
        part
    }

    fn effect(self, row: &EffectRow) -> String {
        let sort = say!("Sort: {}.", self.told(row.sort.name()));
        let mut part = format!(
            "\n### `{}`\n\n{}. {}\n\n",
            row.name,
            capital(self.told(row.doc)),
            self.say(&sort)
        );
        let forms: Vec<_> = row.forms.iter().map(|form| self.form(form)).collect();
        part += &self.grid(&[say!("for"), say!("written"), say!("for example")], &forms);
        if !row.beside.is_empty() {
            let beside = |field: &Field| {
                vec![
                    code(field.name),
                    self.needed(field.need),
                    self.say(&field.says()),
                    self.written(field.shape),
                ]
            };
            let rows: Vec<_> = row.beside.iter().map(beside).collect();
            let _ = write!(part, "\n{}\n\n", self.say(&say!("Beside it stand:")));
            part += &self.grid(&fields_head(), &rows);
        }
        let together = say!("Several together: {}.", self.told(row.together));
        let _ = writeln!(part, "\n- {}", self.say(&together));
        if !row.in_doubt.is_empty() {
            let in_doubt = say!("In doubt: {}.", self.told(row.in_doubt));
            let _ = writeln!(part, "- {}", self.say(&in_doubt));
        }
        part
    }

    fn form(self, form: &Form) -> Vec<String> {
        let kinds = if form.kinds.len() == Kind::ALL.len() {
            self.say(&say!("all kinds"))
        } else {
            quoted(form.kinds.iter().map(|kind| kind.name()))
        };
        vec![
            kinds,
            self.written(form.shape),
            code(&format!("then: {}", form.example)),
        ]
    }
}
