//! Lists as CSV, the way Excel writes it: `;` or `,` between columns, a byte-order mark, quotes where needed.

use super::{
    FileId, Findings, Source, Span, Spanned,
    ast::{Files, SiteList, WordList},
    code, did_you_mean, quoted, say,
    sheet::{Row, Sheet},
    table::WORD_LIST_COLUMNS as COLUMNS,
    term::term,
    yaml::text_of,
};

/// The largest list, in MiB.
const MAX_MIB: usize = 16;
/// The most rows of one list.
const MAX_ROWS: usize = 200_000;

/// Reads one list of words or sites.
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
            .error(code::EMPTY, Span::start_of(file), say!("the list is empty"))
            .help(say!(
                "the first row names the columns: `term` for words, `site` for sites"
            ));
        return;
    };
    let names: Vec<String> = header
        .iter()
        .map(|cell| cell.value.trim().to_lowercase())
        .collect();
    if names.first().is_some_and(|name| name == "site") {
        let list = SiteList {
            file,
            path: source.path.clone(),
            sites: sites(&header, &rows, findings),
        };
        files.site_lists.push(list);
    } else if let Some(columns) = Columns::find(&header, &names, findings) {
        let terms = rows
            .iter()
            .filter_map(|row| term(row, &columns, findings))
            .collect();
        files.word_lists.push(WordList {
            file,
            path: source.path.clone(),
            terms,
        });
    }
}

impl Sheet<'_> {
    /// The header and the rows that are not empty; `None` where it is no CSV.
    pub(super) fn rows(&self, findings: &mut Findings<'_>) -> Option<(Option<Row>, Vec<Row>)> {
        let mut rows = self
            .cells()
            .map_err(|at| {
                findings
                    .error(code::CSV, at, say!("a quote is opened here and never closed"))
                    .help(say!(
                        "close it with `\"`; a quote inside of quotes is written twice"
                    ));
            })
            .ok()?;
        rows.retain(|row| row.iter().any(|cell| !cell.value.trim().is_empty()));
        if rows.len() > MAX_ROWS {
            findings
                .error(
                    code::TOO_LARGE,
                    Span::start_of(self.file),
                    say!("the list has {} rows", rows.len()),
                )
                .help(say!("a list may have at most {} rows: split it", MAX_ROWS));
            return None;
        }
        if rows.is_empty() {
            return Some((None, rows));
        }
        let header = rows.remove(0);
        Some((Some(header), rows))
    }
}

fn sites(header: &Row, rows: &[Row], findings: &mut Findings<'_>) -> Vec<Spanned<String>> {
    if let Some(extra) = header.get(1).filter(|cell| !cell.value.trim().is_empty()) {
        findings
            .error(
                code::COLUMNS,
                extra.span,
                say!("a list of sites has no column `{}`", extra.value.trim()),
            )
            .help(say!("its one column is `site`"));
    }
    rows.iter()
        .filter_map(|row| site(row.first()?, findings))
        .collect()
}

fn site(cell: &Spanned<String>, findings: &mut Findings<'_>) -> Option<Spanned<String>> {
    let written = cell.value.trim();
    let meant = written
        .trim_start_matches("https://")
        .trim_start_matches("http://")
        .split(['/', '?', '#'])
        .next()
        .unwrap_or_default()
        .to_lowercase();
    let bare = meant.trim_start_matches("*.");
    let parts_fine = bare
        .split('.')
        .all(|part| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '-'));
    let fine = bare.contains('.') && parts_fine;
    if fine && bare == written.to_lowercase() {
        return Some(Spanned::new(meant, cell.span));
    }
    let message = say!("`{}` is not a domain", written);
    findings.error(code::ROW, cell.span, message).help(if fine {
        say!("write the domain alone; its subdomains are meant too: `{}`", bare)
    } else {
        say!("write a domain, such as `example.it`")
    });
    None
}

/// Where each known column stands.
pub(super) struct Columns([Option<usize>; COLUMNS.len()]);

impl Columns {
    fn find(header: &Row, names: &[String], findings: &mut Findings<'_>) -> Option<Self> {
        let before = findings.len();
        let near = |name: &String| did_you_mean(name, COLUMNS).is_some();
        if let (false, Some(first)) = (names.iter().any(near), header.first()) {
            findings
                .error(
                    code::COLUMNS,
                    first.span,
                    say!("the first row does not name the columns"),
                )
                .help(say!(
                    "begin with a row `term;match;language;note` (or only `term`), or with `site` for sites"
                ));
            return None;
        }
        for (cell, name) in header.iter().zip(names) {
            if !COLUMNS.contains(&name.as_str()) && !name.is_empty() {
                unknown_column(cell, name, findings);
            }
        }
        let at = COLUMNS.map(|column| names.iter().position(|name| name == column));
        for (column, first) in COLUMNS.iter().zip(at) {
            let second = first.and_then(|first| names.iter().skip(first + 1).position(|name| name == column));
            if let (Some(first), Some(second)) = (first, second)
                && let Some(cell) = header.get(first + 1 + second)
            {
                findings
                    .error(
                        code::COLUMNS,
                        cell.span,
                        say!("the column `{}` stands here twice", column),
                    )
                    .help(say!("keep one of them"));
            }
        }
        let start = header.first().map(|cell| cell.span)?;
        if at.first().is_none_or(Option::is_none) && findings.len() == before {
            findings
                .error(
                    code::COLUMNS,
                    start,
                    say!("the first row does not name a column `term`"),
                )
                .help(say!(
                    "the first row names the columns: `term`, and if wanted `match`, `language`, `note`"
                ));
        }
        (findings.len() == before).then_some(Self(at))
    }

    /// What stands in a column of a row, if anything does.
    pub(super) fn cell<'r>(&self, row: &'r Row, column: &str) -> Option<Spanned<&'r str>> {
        let at = COLUMNS.iter().position(|known| *known == column)?;
        let cell = row.get((*self.0.get(at)?)?)?;
        let text = cell.value.trim();
        (!text.is_empty()).then(|| Spanned::new(text, cell.span))
    }
}

fn unknown_column(cell: &Spanned<String>, name: &str, findings: &mut Findings<'_>) {
    let allowed = quoted(COLUMNS);
    findings
        .error(
            code::COLUMNS,
            cell.span,
            say!("`{}` is not a column of a list", cell.value.trim()),
        )
        .help(match did_you_mean(name, COLUMNS) {
            Some(meant) => say!("did you mean `{}`?", meant),
            None => say!(
                "a list of words has the columns {}; a list of sites has one, `site`",
                allowed
            ),
        });
}
