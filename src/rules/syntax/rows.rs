//! `table: tables/start-bids.csv`: one rule for each row of a table.
//!
//! A row is made into the rule that its author would have written out, before anything asks what it means: so
//! whatever is true of a written rule is true of a row, and a finding points at the cell. What the rows share stands
//! in the rule that names the table. A row is known by the values that make it apply (`start-bids/IT/display`), not
//! by its place: sorting a sheet renames nothing.
//!
//! Nothing is read into an empty cell. `*` is every value, `others` every value that no other row names, `-` no such
//! effect; what is merely missing is a finding, because a forgotten limit would loosen.

use std::collections::HashMap;

use super::{
    Findings, Span, Spanned,
    ast::{AtomDef, AtomTest, Clause, ConditionDef, Node, RowDef, RuleDef, RuleTable, Tree},
    cell::{self, Decimals},
    code,
    effect::{Entries, effects},
    effect_table::EFFECTS,
    say, scalar,
    sheet::Row,
    table_columns::{Column, columns},
    table_file::whole,
};
use crate::{domain::RuleId, rules::one_line::one_line};

/// Every value of a fact.
const ANY: &str = "*";
/// Every value of a fact that no other row names.
const OTHERS: &str = "others";
/// No such effect.
const NONE: &str = "-";

/// The rule that names a table, and how its cells are read.
pub(super) struct Shared<'s> {
    /// What every row has that does not say otherwise; without effects.
    pub(super) rule: RuleDef,
    /// What stands at its `then`.
    pub(super) then: &'s Entries,
    /// How the table writes decimals.
    pub(super) decimals: Decimals,
}

/// A table being read for a rule.
struct Reading<'s> {
    shared: &'s Shared<'s>,
    table: &'s RuleTable,
    columns: Vec<Column>,
}

/// What a row says of a fact.
#[derive(Clone, Copy)]
struct FactCell<'r> {
    /// The place of the column.
    column: usize,
    key: &'r Spanned<String>,
    /// Which test of the fact the cell is for; `None` for its values.
    test: Option<&'r Spanned<String>>,
    /// `None` where nothing is written.
    says: Option<Spanned<&'r str>>,
}

/// The rules that the rows of a table are, and the ids of rows that were misread.
pub(super) fn rules(
    shared: &Shared<'_>,
    table: &RuleTable,
    misread: &mut Vec<String>,
    findings: &mut Findings<'_>,
) -> Vec<RuleDef> {
    let Some(columns) = columns(table, shared.then, findings) else {
        misread.push(shared.rule.id.value.clone());
        return Vec::new();
    };
    let reading = Reading {
        shared,
        table,
        columns,
    };
    let mut seen = HashMap::new();
    let mut rules = Vec::with_capacity(table.rows.len());
    for row in &table.rows {
        let before = findings.len();
        let id = reading.id(row, findings);
        reading.report_twice(row, id.as_deref(), &mut seen, findings);
        let rule = reading.rule(row, id.clone(), findings);
        // A row that was misread in part is not passed on: it might say more than its author wrote.
        match rule.filter(|_| findings.len() == before) {
            Some(rule) => rules.push(rule),
            None => misread.extend(id),
        }
    }
    rules
}

impl<'s> Reading<'s> {
    fn rule(&self, row: &Row, id: Option<String>, findings: &mut Findings<'_>) -> Option<RuleDef> {
        let base = &self.shared.rule;
        let when = self.when(row, findings);
        let before = findings.len();
        let entries = self.then(row, findings);
        // Of a cell that was misread its own finding says enough.
        let then = if findings.len() == before {
            self.effects(row, &entries, findings)
        } else {
            Vec::new()
        };
        let text = |name| self.about(row, name);
        let mut date =
            |name| text(name).and_then(|cell| Some(Spanned::new(scalar::date(cell, findings)?, cell.span)));
        let (from, until, review_by) = (date("from"), date("until"), date("review_by"));
        let owned = |cell: Spanned<&str>| cell.map(str::to_owned);
        let mut rule = RuleDef {
            span: whole(row),
            id: Spanned::new(id?, whole(row)),
            when: Some(when?),
            then,
            because: text("because").map_or_else(|| base.because.clone(), owned),
            owner: text("owner").map_or_else(|| base.owner.clone(), owned),
            from: from.or(base.from),
            until: until.or(base.until),
            review_by: review_by.or(base.review_by),
            row: Some(RowDef {
                of: base.id.clone(),
                cells: self.told(row, &entries),
                then: entries
                    .iter()
                    .map(|(key, value)| format!("{}: {}", key.value, one_line(value)))
                    .collect(),
            }),
            ..base.clone()
        };
        rule.when = Some(self.joined(rule.when?));
        Some(rule)
    }

    /// The condition of a row together with that of its rule, as if they had been written in one map: a topic in one
    /// and a risk in the other are of one label.
    fn joined(&self, of_row: ConditionDef) -> ConditionDef {
        let shared = self.shared.rule.when.iter().flat_map(|when| &when.terms);
        ConditionDef {
            span: of_row.span,
            terms: shared.cloned().chain(of_row.terms).collect(),
        }
    }

    /// What stands in a row below a column; `None` where nothing does.
    fn at(row: &Row, place: usize) -> Option<Spanned<&str>> {
        let cell = row.get(place)?;
        let text = cell.value.trim();
        (!text.is_empty()).then(|| Spanned::new(text, cell.span))
    }

    /// The columns of facts, and what a row says in each.
    fn facts<'r>(&'r self, row: &'r Row) -> impl Iterator<Item = FactCell<'r>> {
        let columns = self.columns.iter().enumerate();
        columns.filter_map(move |(column, of)| match of {
            Column::Fact { key, test } => Some(FactCell {
                column,
                key,
                test: test.as_ref(),
                says: Self::at(row, column),
            }),
            Column::Effect { .. } | Column::About(_) | Column::Blank => None,
        })
    }

    fn about<'r>(&self, row: &'r Row, name: &str) -> Option<Spanned<&'r str>> {
        let at = self
            .columns
            .iter()
            .position(|column| matches!(column, Column::About(about) if *about == name))?;
        Self::at(row, at)
    }

    /// What the row is called: what stands in its column `row`, or the values that make it apply.
    fn id(&self, row: &Row, findings: &mut Findings<'_>) -> Option<String> {
        let has_name = self.columns.contains(&Column::About("row"));
        let name = match (has_name, self.about(row, "row")) {
            (true, Some(name)) => name.value.to_owned(),
            (true, None) => {
                findings
                    .error(
                        code::ROW,
                        whole(row),
                        say!("this row says nothing of `{}`", "row"),
                    )
                    .help(say!(
                        "write a short name, by which tests and exceptions know the row"
                    ));
                return None;
            }
            (false, _) => {
                let values = self
                    .facts(row)
                    .map(|cell| cell.says.map_or("", |says| says.value));
                values.collect::<Vec<_>>().join("/").replace('|', "+")
            }
        };
        let id = format!("{}/{name}", self.shared.rule.id.value);
        if RuleId::new(&id).is_err() {
            findings
                .error(
                    code::NAME,
                    whole(row),
                    say!("the values of this row are too long for a name"),
                )
                .help(say!(
                    "give the table a column `row`, and each row a short name there"
                ));
            return None;
        }
        Some(id)
    }

    /// Two rows of one name, or about the same.
    fn report_twice(
        &self,
        row: &Row,
        id: Option<&str>,
        seen: &mut HashMap<String, Span>,
        findings: &mut Findings<'_>,
    ) {
        let values = self.facts(row).map(|cell| {
            let mut values: Vec<String> = cell
                .says
                .into_iter()
                .flat_map(cell::values)
                .map(|value| value.value.to_lowercase())
                .collect();
            values.sort_unstable();
            values.join("|")
        });
        let about = values.collect::<Vec<_>>().join("\n");
        let named = id.map(|id| format!("\n{id}"));
        let here = whole(row);
        let mut first = None;
        for key in [Some(about), named].into_iter().flatten() {
            first = first.or_else(|| seen.insert(key, here).filter(|first| *first != here));
        }
        if let Some(first) = first {
            findings
                .error(code::ROW, here, say!("two rows of the table are about the same"))
                .help(say!("delete one of them, or say in which fact they differ"))
                .related(first, say!("first here"));
        }
    }

    /// When the row applies.
    fn when(&self, row: &Row, findings: &mut Findings<'_>) -> Option<ConditionDef> {
        let clauses: Vec<Option<Option<Clause>>> = self
            .facts(row)
            .map(|cell| match cell.says {
                Some(says) => self.clause(cell, says, findings),
                None => {
                    report_empty(row, cell, findings);
                    None
                }
            })
            .collect();
        let clauses: Option<Vec<Option<Clause>>> = clauses.into_iter().collect();
        Some(ConditionDef {
            span: whole(row),
            terms: clauses?.into_iter().flatten().collect(),
        })
    }

    /// What a cell asks of a fact; `Some(None)` where every value will do.
    #[expect(
        clippy::option_option,
        reason = "outer: whether it can be read; inner: whether it asks anything"
    )]
    fn clause(
        &self,
        cell: FactCell<'_>,
        says: Spanned<&str>,
        findings: &mut Findings<'_>,
    ) -> Option<Option<Clause>> {
        if says.value == ANY {
            return Some(None);
        }
        if says.value == OTHERS && cell.test.is_none() {
            return self.others(cell, says, findings).map(Some);
        }
        let values = cell::values(says);
        Some(Some(Clause::Atom(AtomDef {
            key: cell.key.clone(),
            test: match cell.test {
                Some(test) => AtomTest::Operators(vec![(test.clone(), values)]),
                None => AtomTest::Values(values),
            },
        })))
    }

    /// Every value that no row of the table names.
    fn others(&self, cell: FactCell<'_>, says: Spanned<&str>, findings: &mut Findings<'_>) -> Option<Clause> {
        let cells = self
            .table
            .rows
            .iter()
            .filter_map(|row| Self::at(row, cell.column));
        let mut named: Vec<Spanned<String>> = cells
            .filter(|cell| ![ANY, OTHERS].contains(&cell.value))
            .flat_map(cell::values)
            .collect();
        named.sort_by(|a, b| a.value.cmp(&b.value));
        named.dedup_by(|a, b| a.value == b.value);
        if named.is_empty() {
            findings
                .error(
                    code::ROW,
                    says.span,
                    say!("no other row names a value of `{}`", &cell.key.value),
                )
                .help(say!("write `*` for every value"));
            return None;
        }
        let atom = AtomDef {
            key: cell.key.clone(),
            test: AtomTest::Values(named),
        };
        Some(Clause::Not(ConditionDef {
            span: says.span,
            terms: vec![Clause::Atom(atom)],
        }))
    }

    /// What would stand at `then` if the rule were written out.
    fn then(&self, row: &Row, findings: &mut Findings<'_>) -> Vec<(Spanned<String>, Node)> {
        let mut entries = self.shared.then.to_vec();
        let mut absent: Vec<&str> = Vec::new();
        for (at, column) in self.columns.iter().enumerate() {
            let Column::Effect { key, unit, shape } = column else {
                continue;
            };
            match Self::at(row, at) {
                None => {
                    let place = row.get(at).map_or_else(|| whole(row), |cell| cell.span);
                    findings
                        .error(
                            code::ROW,
                            place,
                            say!("this row says nothing of `{}`", &key.value),
                        )
                        .help(say!("write the value, or `-` where the row has none"));
                }
                Some(cell) if cell.value == NONE => absent.push(&key.value),
                Some(cell) => {
                    let node = cell::effect(cell, *shape, unit.as_deref(), self.shared.decimals, findings);
                    entries.extend(node.map(|node| (Spanned::new(key.value.clone(), cell.span), node)));
                }
            }
        }
        // What belongs to an effect that the row has not goes with it.
        let of_absent = |key: &str| {
            let mut rows = EFFECTS.iter().filter(|row| absent.contains(&row.name));
            rows.any(|row| row.beside.iter().any(|field| field.name == key))
        };
        entries.retain(|(key, _)| !of_absent(&key.value));
        entries
    }

    fn effects(
        &self,
        row: &Row,
        entries: &Entries,
        findings: &mut Findings<'_>,
    ) -> Vec<Spanned<super::ast::EffectDef>> {
        if entries.is_empty() {
            findings
                .error(code::ROW, whole(row), say!("this row does nothing"))
                .help(say!(
                    "write what it does into a column such as `at_most`, or delete the row"
                ));
            return Vec::new();
        }
        let node = Node {
            value: Tree::Map(entries.to_vec()),
            span: whole(row),
        };
        effects(&node, &self.shared.rule.kinds, findings)
    }

    /// What the row says, by keys.
    fn told(&self, row: &Row, entries: &Entries) -> Vec<(String, String)> {
        let mut told = Vec::new();
        for (at, column) in self.columns.iter().enumerate() {
            let cell = Self::at(row, at).map(|cell| cell.value.to_owned());
            match column {
                Column::Fact { key, test: None } => told.extend(cell.map(|cell| (key.value.clone(), cell))),
                Column::Fact {
                    key,
                    test: Some(test),
                } => {
                    told.extend(cell.map(|cell| (format!("{} {}", key.value, test.value), cell)));
                }
                Column::About(name) => told.extend(cell.map(|cell| ((*name).to_owned(), cell))),
                Column::Effect { key, .. } => {
                    let entry = entries.iter().find(|(known, _)| known.value == key.value);
                    told.extend(entry.map(|(_, node)| (format!("then.{}", key.value), one_line(node))));
                }
                Column::Blank => {}
            }
        }
        told
    }
}

fn report_empty(row: &Row, cell: FactCell<'_>, findings: &mut Findings<'_>) {
    let place = row.get(cell.column).map_or_else(|| whole(row), |cell| cell.span);
    let message = say!("this row says nothing of `{}`", &cell.key.value);
    findings.error(code::ROW, place, message).help(say!(
        "write the value; `*` where any will do, or `others` for all that no other row names"
    ));
}
