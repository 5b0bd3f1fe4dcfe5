//! What the first row of a table of rules says: of each column whether it is a condition, an effect or about the
//! rule itself.

use super::{
    Findings, Span, Spanned,
    ast::{Node, RuleTable},
    code, did_you_mean,
    effect_table::{EFFECTS, effect_keys, effect_row},
    say,
    sheet::Row,
    table::{ROW_COLUMNS, Shape},
    table_file::whole,
};
use crate::rules::vocabulary::Vocabulary;

/// What stands in a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Column {
    /// A value of a fact, or what one of its tests asks: `market.country`, `contact.age at_least`.
    Fact {
        key: Spanned<String>,
        test: Option<Spanned<String>>,
    },
    /// What the rule does: `at_most`, or `at_most EUR` where the cells are plain numbers.
    Effect {
        key: Spanned<String>,
        unit: Option<String>,
        shape: Shape,
    },
    /// One of [`ROW_COLUMNS`].
    About(&'static str),
    /// Nothing: an empty column.
    Blank,
}

/// The columns of a table, each once; `None` after something was found wrong with them.
pub(super) fn columns(
    table: &RuleTable,
    then: &[(Spanned<String>, Node)],
    findings: &mut Findings<'_>,
) -> Option<Vec<Column>> {
    let before = findings.len();
    if !table.header.iter().any(is_telling) {
        report_header(table, findings);
        return None;
    }
    let columns: Vec<Column> = (0..)
        .zip(&table.header)
        .map(|(at, cell)| column(cell, at, &table.rows, findings))
        .collect();
    report_twice(&table.header, &columns, then, findings);
    let has_fact = |column: &Column| matches!(column, Column::Fact { .. });
    if findings.len() == before && !columns.iter().any(has_fact) {
        let at = table
            .header
            .first()
            .map_or_else(|| Span::start_of(table.file), |cell| cell.span);
        findings
            .error(
                code::COLUMNS,
                at,
                say!("no column of the table names a fact, so each of its rows would apply always"),
            )
            .help(say!(
                "name in the first row what the rows differ in, such as `market.country`"
            ));
    }
    (findings.len() == before).then_some(columns)
}

/// Whether a cell of the first row looks like the name of a column.
fn is_telling(cell: &Spanned<String>) -> bool {
    let name = cell.value.split_whitespace().next().unwrap_or_default();
    let near = did_you_mean(name, effect_keys().chain(about()));
    let like_a_fact = name.contains('.') && name.starts_with(char::is_alphabetic);
    like_a_fact || near.is_some() || is_fact(name)
}

fn is_fact(name: &str) -> bool {
    Vocabulary::built_in().key(name).is_some()
}

fn about() -> impl Iterator<Item = &'static str> {
    ROW_COLUMNS.fields.iter().map(|field| field.name)
}

fn report_header(table: &RuleTable, findings: &mut Findings<'_>) {
    let at = whole(&table.header);
    findings
        .error(code::COLUMNS, at, say!("the first row does not name the columns"))
        .help(say!(
            "begin with a row that does, such as `market.country;market.channel;at_most EUR`"
        ));
}

fn column(cell: &Spanned<String>, at: usize, rows: &[Row], findings: &mut Findings<'_>) -> Column {
    let mut words = cell.value.split_whitespace();
    let Some(name) = words.next() else {
        report_nameless(at, rows, findings);
        return Column::Blank;
    };
    let rest: Vec<&str> = words.collect();
    let key = Spanned::new(name.to_owned(), cell.span);
    if let Some(about) = ROW_COLUMNS.fields.iter().find(|field| field.name == name) {
        return Column::About(about.name);
    }
    if let Some(shape) = effect_shape(name) {
        report_unwritable(&key, shape, findings);
        let unit = (!rest.is_empty()).then(|| rest.join(" "));
        return Column::Effect { key, unit, shape };
    }
    report_misspelt(&key, findings);
    let test = (!rest.is_empty()).then(|| Spanned::new(rest.join(" "), cell.span));
    Column::Fact { key, test }
}

/// What stands at an effect, or at what belongs beside one; of several forms the first.
fn effect_shape(name: &str) -> Option<Shape> {
    let beside = || {
        let rows = EFFECTS.iter().flat_map(|row| row.beside);
        rows.into_iter()
            .find(|field| field.name == name)
            .map(|field| field.shape)
    };
    let form = effect_row(name).and_then(|row| row.forms.first());
    form.map(|form| form.shape).or_else(beside)
}

/// Effects that are maps: no cell holds one.
fn report_unwritable(key: &Spanned<String>, shape: Shape, findings: &mut Findings<'_>) {
    if matches!(shape, Shape::Condition | Shape::Map(_)) {
        findings
            .error(
                code::COLUMNS,
                key.span,
                say!("`{}` cannot stand in a table", key.value),
            )
            .help(say!("write it at `then` of the rule that names the table"));
    }
}

/// A fact has a point in its name, or is known; anything else that looks like another column is one misspelt.
fn report_misspelt(key: &Spanned<String>, findings: &mut Findings<'_>) {
    let name = key.value.as_str();
    if name.contains('.') || is_fact(name) {
        return;
    }
    if let Some(meant) = did_you_mean(name, effect_keys().chain(about())) {
        findings
            .error(
                code::COLUMNS,
                key.span,
                say!("`{}` is not a column of a table of rules", key.value),
            )
            .help(say!("did you mean `{}`?", meant));
    }
}

fn report_nameless(at: usize, rows: &[Row], findings: &mut Findings<'_>) {
    let filled = |row: &Row| row.get(at).filter(|cell| !cell.value.trim().is_empty()).cloned();
    if let Some(cell) = rows.iter().find_map(filled) {
        findings
            .error(
                code::COLUMNS,
                cell.span,
                say!("`{}` stands in a column without a name", cell.value.trim()),
            )
            .help(say!("write into the first row what the column says, or empty it"));
    }
}

/// Columns that say the same thing, and effects that stand in the rule too.
fn report_twice(
    header: &Row,
    columns: &[Column],
    then: &[(Spanned<String>, Node)],
    findings: &mut Findings<'_>,
) {
    let mut seen: Vec<(String, Span)> = then
        .iter()
        .map(|(key, _)| (key.value.clone(), key.span))
        .collect();
    for (cell, column) in header.iter().zip(columns) {
        let name = match column {
            Column::Fact { key, test: None } | Column::Effect { key, .. } => key.value.clone(),
            Column::Fact {
                key,
                test: Some(test),
            } => format!("{} {}", key.value, test.value),
            Column::About(name) => (*name).to_owned(),
            Column::Blank => continue,
        };
        match seen.iter().find(|(known, _)| *known == name) {
            Some((_, first)) => {
                findings
                    .error(code::COLUMNS, cell.span, say!("`{}` is written twice", name))
                    .help(say!("keep one of them"))
                    .related(*first, say!("first here"));
            }
            None => seen.push((name, cell.span)),
        }
    }
}
