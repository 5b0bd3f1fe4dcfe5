//! Splitting CSV into rows of cells, each with its place.

use std::ops::Range;

use serde::Serialize;

use super::{FileId, Span, Spanned};

/// The cells of one row.
pub(super) type Row = Vec<Spanned<String>>;

/// The text of a sheet and where it stands.
pub(super) struct Sheet<'t> {
    pub(super) file: FileId,
    pub(super) text: &'t str,
    /// Bytes of the file before the text.
    pub(super) skipped: usize,
}

impl Sheet<'_> {
    /// Every row, also the empty ones; the place of a quote that is never closed.
    ///
    /// What stands between columns is what stands in the first line.
    pub(super) fn cells(&self) -> Result<Vec<Row>, Span> {
        let first_line = self.text.lines().next().unwrap_or_default();
        let separator = [';', '\t'].into_iter().find(|sign| first_line.contains(*sign));
        cells(self.text, separator.unwrap_or(','), self)
    }
}

/// A place in a sheet as a spreadsheet calls it: a cell, or a whole row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// The row, from 1.
    pub row: usize,
    /// The letters of the column: `C`; none where the whole row is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What stands in the first row above it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// The cell of a CSV file in which a text stands; its row, where it reaches beyond one cell.
pub(super) fn cell_at(bytes: &[u8], text_at: &Range<usize>) -> Option<Cell> {
    let (at, end) = (text_at.start, text_at.end);
    let text = std::str::from_utf8(bytes).ok()?;
    let plain = text.strip_prefix('\u{feff}').unwrap_or(text);
    let sheet = Sheet {
        file: FileId(0),
        text: plain,
        skipped: text.len() - plain.len(),
    };
    let rows = sheet.cells().ok()?;
    let is_here = |cell: &Spanned<String>| cell.span.start <= at && at <= cell.span.end;
    let (row, column, cell) = rows.iter().enumerate().find_map(|(row, cells)| {
        let column = cells.iter().position(is_here)?;
        Some((row, column, cells.get(column)?))
    })?;
    if end > cell.span.end {
        return Some(Cell {
            row: row + 1,
            column: None,
            name: None,
        });
    }
    let header = rows.first().and_then(|header| header.get(column));
    let name = header.map(|cell| cell.value.trim().to_owned());
    Some(Cell {
        row: row + 1,
        column: Some(letters(column)),
        name: name.filter(|name| !name.is_empty()),
    })
}

/// `A` to `Z`, then `AA`.
fn letters(column: usize) -> String {
    let last = char::from(b'A' + u8::try_from(column % 26).unwrap_or(0));
    match column / 26 {
        0 => last.to_string(),
        more => letters(more - 1) + &last.to_string(),
    }
}

/// Splits a text into rows of cells, each with its place. RFC 4180, with any separator and line ending.
fn cells(text: &str, separator: char, sheet: &Sheet<'_>) -> Result<Vec<Row>, Span> {
    let mut splitter = Splitter::new(sheet);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        match c {
            '"' if splitter.quoted == Quoted::Inside && next == Some('"') => {
                chars.next();
                splitter.push('"');
                splitter.advance('"');
            }
            '"' if splitter.quoted == Quoted::Inside => splitter.quoted = Quoted::After,
            '"' if splitter.cell.trim().is_empty() && splitter.quoted == Quoted::No => splitter.open_quote(),
            _ if splitter.quoted == Quoted::Inside => splitter.push(c),
            '\r' if next == Some('\n') => {
                chars.next();
                splitter.end_row(at);
                splitter.at += 1;
                splitter.advance('\n');
                continue;
            }
            '\n' | '\r' => splitter.end_row(at),
            _ if c == separator => splitter.end_cell(at),
            _ => splitter.push(c),
        }
        splitter.advance(c);
    }
    splitter.finish(text.len())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quoted {
    No,
    Inside,
    After,
}

struct Splitter<'t> {
    sheet: &'t Sheet<'t>,
    rows: Vec<Row>,
    row: Row,
    cell: String,
    quoted: Quoted,
    /// Byte, line and column where the cell begins; `None` right after a separator.
    begun: Option<(usize, u32, u32)>,
    here: (u32, u32),
    at: usize,
}

impl<'t> Splitter<'t> {
    const fn new(sheet: &'t Sheet<'t>) -> Self {
        Self {
            sheet,
            rows: Vec::new(),
            row: Vec::new(),
            cell: String::new(),
            quoted: Quoted::No,
            begun: Some((0, 1, 1)),
            here: (1, 1),
            at: 0,
        }
    }

    fn push(&mut self, c: char) {
        self.cell.push(c);
    }

    fn open_quote(&mut self) {
        self.cell.clear();
        self.quoted = Quoted::Inside;
    }

    /// Moves on behind `c`; a cell that has just ended begins anew there.
    fn advance(&mut self, c: char) {
        self.at += c.len_utf8();
        self.here = match c {
            '\n' => (self.here.0 + 1, 1),
            _ => (self.here.0, self.here.1 + 1),
        };
        if self.begun.is_none() {
            self.begun = Some((self.at, self.here.0, self.here.1));
        }
    }

    fn span(&self, end: usize) -> Span {
        let (start, line, column) = self.begun.unwrap_or((self.at, self.here.0, self.here.1));
        Span {
            file: self.sheet.file,
            start: start.min(end) + self.sheet.skipped,
            end: end + self.sheet.skipped,
            line,
            column,
        }
    }

    fn end_cell(&mut self, end: usize) {
        let span = self.span(end);
        self.row.push(Spanned::new(std::mem::take(&mut self.cell), span));
        self.quoted = Quoted::No;
        self.begun = None;
    }

    fn end_row(&mut self, end: usize) {
        self.end_cell(end);
        self.rows.push(std::mem::take(&mut self.row));
    }

    fn finish(mut self, end: usize) -> Result<Vec<Row>, Span> {
        if self.quoted == Quoted::Inside {
            return Err(Span {
                end: self.span(end).start + 1,
                ..self.span(end)
            });
        }
        self.end_row(end);
        Ok(self.rows)
    }
}
