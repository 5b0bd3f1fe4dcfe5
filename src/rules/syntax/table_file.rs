//! Tables of rules as CSV: `tables/*.csv`, read into cells. What the cells mean is for the rule that names the
//! table to say.

use super::{
    FileId, Findings, Source, Span, Spanned,
    ast::RuleTable,
    code, say,
    sheet::{Row, Sheet},
    yaml::text_of,
};

/// The largest table, in MiB.
const MAX_MIB: usize = 4;
/// The most rows of one table: each is a rule.
const MAX_ROWS: usize = 5_000;

/// Reads one table.
pub(super) fn read(file: FileId, source: &Source, findings: &mut Findings<'_>) -> Option<RuleTable> {
    let (text, skipped) = text_of(file, &source.bytes, MAX_MIB, findings)?;
    let sheet = Sheet { file, text, skipped };
    let (header, rows) = sheet.rows(findings)?;
    let Some(header) = header else {
        findings
            .error(code::EMPTY, Span::start_of(file), say!("the table is empty"))
            .help(say!(
                "the first row names the columns: facts such as `market.country`, and effects such as `at_most`"
            ));
        return None;
    };
    if rows.is_empty() {
        findings
            .error(
                code::EMPTY,
                whole(&header),
                say!("the table has no row below its first"),
            )
            .help(say!("each row is a rule: write one, or delete the table"));
    }
    if rows.len() > MAX_ROWS {
        findings
            .error(
                code::TOO_LARGE,
                Span::start_of(file),
                say!("the table has {} rows", rows.len()),
            )
            .help(say!("a table may have at most {} rows: split it", MAX_ROWS));
        return None;
    }
    let widest = header.len();
    let fits = |row: &Row| reported_width(row, widest, findings);
    let rows = rows.into_iter().filter(fits).collect();
    Some(RuleTable {
        file,
        path: source.path.clone(),
        header,
        rows,
    })
}

/// Whether no cell stands beside the columns; a finding where one does.
fn reported_width(row: &Row, widest: usize, findings: &mut Findings<'_>) -> bool {
    let beyond = |cell: &&Spanned<String>| !cell.value.trim().is_empty();
    let Some(cell) = row.iter().skip(widest).find(beyond) else {
        return true;
    };
    findings
        .error(
            code::ROW,
            cell.span,
            say!("`{}` stands in no column", cell.value.trim()),
        )
        .help(say!(
            "this row has more cells than the first has columns; where a comma is part of a value, as in `1,80`, save the file with `;` between columns, or put the value in quotes"
        ));
    false
}

/// From the first cell of a row to its last.
pub(super) fn whole(row: &Row) -> Span {
    let first = row.first().map(|cell| cell.span);
    let last = row.iter().rfind(|cell| !cell.value.trim().is_empty());
    match (first, last) {
        (Some(first), Some(last)) => first.to(last.span),
        (Some(only), None) => only,
        (None, _) => Span::start_of(FileId(u32::MAX)),
    }
}
