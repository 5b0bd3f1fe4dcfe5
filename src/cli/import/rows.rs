//! The rows of a file, whatever it is written in, each with its line.

use std::io::{self, BufRead, BufReader, Read};

use clap::ValueEnum;
use csv::{ByteRecord, StringRecord};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    mapping::{Column, Header, Mapping},
    refusal::{Reason, RefusedRow},
};

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Comma separated, quoted where needed.
    Csv,
    /// Tab separated, never quoted.
    Tsv,
    /// One JSON object a line.
    Jsonl,
}

impl Format {
    /// The format that a file's name tells, `.gz` put aside.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        match name.rsplit_once('.')?.1 {
            "csv" => Some(Self::Csv),
            "tsv" | "tab" => Some(Self::Tsv),
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            _ => None,
        }
    }

    /// The format that the beginning of a file suggests.
    #[must_use]
    pub fn of_beginning(bytes: &[u8]) -> Self {
        let first = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
        if first.trim_ascii_start().starts_with(b"{") {
            Self::Jsonl
        } else if first.contains(&b'\t') {
            Self::Tsv
        } else {
            Self::Csv
        }
    }
}

/// One row as it was written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cells {
    Record(StringRecord),
    Object(Map<String, Value>),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) cells: Cells,
}

impl Row {
    /// A digest of what the row holds, wherever it stands: two rows of the same content have the same.
    pub(super) fn digest(&self) -> u128 {
        let mut hasher = blake3::Hasher::new();
        match &self.cells {
            Cells::Record(record) => {
                for cell in record {
                    hasher
                        .update(&(cell.len() as u64).to_le_bytes())
                        .update(cell.as_bytes());
                }
            }
            Cells::Object(object) => {
                hasher.update(Value::Object(object.clone()).to_string().as_bytes());
            }
        }
        let mut short = [0; 16];
        hasher.finalize_xof().fill(&mut short);
        u128::from_le_bytes(short)
    }
}

/// Where a column stands in the rows of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Index(usize),
    Key(String),
}

/// Reads rows until the input ends or fails.
pub(super) enum Rows<R: Read> {
    Records {
        reader: csv::Reader<R>,
        header: Option<StringRecord>,
        width: Option<usize>,
    },
    Objects {
        reader: BufReader<R>,
        line: u64,
    },
}

pub(super) type NextRow = io::Result<Option<Result<Row, RefusedRow>>>;

impl<R: Read> Rows<R> {
    pub(super) fn open(input: R, format: Format, mapping: &Mapping) -> io::Result<Self> {
        let delimiter = match format {
            Format::Jsonl => {
                return Ok(Self::Objects {
                    reader: BufReader::new(input),
                    line: 0,
                });
            }
            Format::Tsv => b'\t',
            Format::Csv => mapping
                .delimiter
                .and_then(|given| u8::try_from(given).ok())
                .unwrap_or(b','),
        };
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .quoting(format == Format::Csv)
            .has_headers(mapping.header == Header::FirstRow)
            .flexible(true)
            .from_reader(input);
        let header = match mapping.header {
            Header::FirstRow => Some(reader.headers()?.clone()),
            Header::None => None,
        };
        let width = header.as_ref().map(StringRecord::len).or(mapping.width);
        Ok(Self::Records {
            reader,
            header,
            width,
        })
    }

    /// Where that column stands; the names there are, if it is not among them.
    pub(super) fn place(&self, column: &Column) -> Result<Place, Vec<String>> {
        match (self, column) {
            (Self::Objects { .. }, column) => Ok(Place::Key(column.to_string())),
            (Self::Records { width, .. }, Column::Number(number)) => {
                let index = number
                    .checked_sub(1)
                    .filter(|index| width.is_none_or(|width| *index < width));
                index.map(Place::Index).ok_or_else(Vec::new)
            }
            (Self::Records { header, .. }, Column::Name(name)) => {
                let names = || header.iter().flatten();
                let index = names().position(|known| known.trim() == name);
                index
                    .map(Place::Index)
                    .ok_or_else(|| names().map(String::from).collect())
            }
        }
    }

    /// The next row, or why it could not be read as one; an error where the input itself fails.
    pub(super) fn next(&mut self) -> NextRow {
        match self {
            Self::Records { reader, width, .. } => next_record(reader, *width),
            Self::Objects { reader, line } => next_object(reader, line),
        }
    }
}

fn next_record<R: Read>(reader: &mut csv::Reader<R>, width: Option<usize>) -> NextRow {
    let mut bytes = ByteRecord::new();
    if !reader.read_byte_record(&mut bytes)? {
        return Ok(None);
    }
    let line = bytes.position().map_or(0, csv::Position::line);
    if let Some(width) = width.filter(|width| *width != bytes.len()) {
        let words = format!("the row has {} cells and should have {width}", bytes.len());
        return Ok(Some(Err(RefusedRow::new(line, Reason::Shape, words))));
    }
    let row = StringRecord::from_byte_record(bytes)
        .map(|record| Row {
            line,
            cells: Cells::Record(record),
        })
        .map_err(|error| not_utf8(line, error.utf8_error().field()));
    Ok(Some(row))
}

fn not_utf8(line: u64, field: usize) -> RefusedRow {
    let words = format!("cell {} is not UTF-8 text; convert the file first", field + 1);
    RefusedRow::new(line, Reason::Shape, words)
}

fn next_object<R: Read>(reader: &mut BufReader<R>, line: &mut u64) -> NextRow {
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        if reader.read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        *line += 1;
        if !bytes.trim_ascii().is_empty() {
            break;
        }
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let row = match serde_json::from_slice(text) {
        Ok(object) => Ok(Row {
            line: *line,
            cells: Cells::Object(object),
        }),
        Err(error) => {
            let words = format!("not a JSON object: {error}");
            Err(RefusedRow::new(*line, Reason::Shape, words))
        }
    };
    Ok(Some(row))
}
