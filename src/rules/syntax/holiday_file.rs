//! Holidays as CSV: `holidays/IT.csv`, with a row a day.

use super::{
    FileId, Findings, Message, Source, Span, Spanned,
    ast::{Files, HolidayFile},
    code, did_you_mean, quoted, say, scalar,
    sheet::{Row, Sheet},
    table::HOLIDAY_COLUMNS,
    yaml::text_of,
};
use crate::rules::{calendar::Holiday, countries};

/// The largest file, in MiB: thousands of years of one country.
const MAX_MIB: usize = 4;

/// Where each column stands in a row; `name` is for people.
struct Columns {
    country: usize,
    region: Option<usize>,
    date: usize,
}

/// Reads one file of holidays.
pub(super) fn read(file: FileId, source: &Source, files: &mut Files, findings: &mut Findings<'_>) {
    let Some((text, skipped)) = text_of(file, &source.bytes, MAX_MIB, findings) else {
        return;
    };
    let sheet = Sheet { file, text, skipped };
    let Some((header, rows)) = sheet.rows(findings) else {
        return;
    };
    let Some(header) = header else {
        findings
            .error(code::EMPTY, Span::start_of(file), say!("the file is empty"))
            .help(help());
        return;
    };
    let Some(columns) = columns(&header, findings) else {
        return;
    };
    files.holidays.push(HolidayFile {
        file,
        days: rows
            .iter()
            .filter_map(|row| holiday(row, &columns, findings))
            .collect(),
    });
}

fn help() -> Message {
    say!("the first row names the columns: `country;region;date;name`; `region` may be empty")
}

fn columns(header: &Row, findings: &mut Findings<'_>) -> Option<Columns> {
    let before = findings.len();
    for cell in header {
        let name = cell.value.trim().to_lowercase();
        if !name.is_empty() && !HOLIDAY_COLUMNS.contains(&name.as_str()) {
            unknown_column(cell, &name, findings);
        }
    }
    let place = |name: &str| {
        header
            .iter()
            .position(|cell| cell.value.trim().to_lowercase() == name)
    };
    let missing = ["country", "date"].into_iter().find(|name| place(name).is_none());
    if let (Some(missing), Some(first), true) = (missing, header.first(), findings.len() == before) {
        let message = say!("the first row does not name a column `{}`", missing);
        findings.error(code::COLUMNS, first.span, message).help(help());
    }
    if findings.len() > before {
        return None;
    }
    Some(Columns {
        country: place("country")?,
        region: place("region"),
        date: place("date")?,
    })
}

fn unknown_column(cell: &Spanned<String>, name: &str, findings: &mut Findings<'_>) {
    let message = say!("`{}` is not a column of holidays", cell.value.trim());
    findings
        .error(code::COLUMNS, cell.span, message)
        .help(match did_you_mean(name, HOLIDAY_COLUMNS) {
            Some(meant) => say!("did you mean `{}`?", meant),
            None => say!("a file of holidays has the columns {}", quoted(HOLIDAY_COLUMNS)),
        });
}

fn holiday(row: &Row, columns: &Columns, findings: &mut Findings<'_>) -> Option<Spanned<Holiday>> {
    let all = row.first()?.span.to(row.last()?.span);
    let filled = |at: usize| {
        let cell = row.get(at)?;
        let text = cell.value.trim();
        (!text.is_empty()).then(|| Spanned::new(text, cell.span))
    };
    let (Some(country), Some(day)) = (filled(columns.country), filled(columns.date)) else {
        findings
            .error(code::ROW, all, say!("this row lacks its country or its date"))
            .help(say!(
                "write both, such as `IT;;2026-12-25;Natale`, or delete the row"
            ));
        return None;
    };
    let date = scalar::date(day, findings);
    if !countries::is_code(country.value) {
        unknown_country(country, findings);
        return None;
    }
    let holiday = Holiday {
        country: country.value.to_uppercase(),
        region: columns
            .region
            .and_then(filled)
            .map(|region| region.value.to_owned()),
        date: date?,
    };
    Some(Spanned::new(holiday, all))
}

fn unknown_country(written: Spanned<&str>, findings: &mut Findings<'_>) {
    let message = say!("`{}` is not a country", written.value);
    findings
        .error(code::ROW, written.span, message)
        .help(match countries::meant(written.value) {
            Some(meant) => say!("did you mean `{}`?", meant),
            None => say!("write its two letters (ISO 3166), such as `IT` or `ES`"),
        });
}
