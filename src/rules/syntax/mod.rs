//! The text of rule files: a strict subset of YAML, and lists as CSV.
//!
//! [`Sources`] are the files of a rules folder. [`parse()`] reads them into [`ast`]: what they say, every value
//! with the place where it was written. A mistake is a [`Diagnostic`]: data first, drawn for a person by
//! [`render`]. All mistakes are told at once. [`table`] lists the fields of every map: it drives the reading, the
//! suggestions, and the list of allowed keys.

pub mod ast;
pub mod catalogue;
mod cell;
pub mod code;
mod codes;
mod condition;
mod declarations;
mod declare;
mod diagnostic;
mod effect;
mod effect_table;
mod effects;
mod fields;
mod holiday_file;
mod layout;
mod list_file;
mod lists;
mod message;
mod parse;
mod quantity;
mod render;
mod row_defs;
mod rows;
mod rule_file;
mod rule_table;
pub mod scalar;
mod sheet;
mod sources;
mod span;
mod start;
pub mod table;
mod table_columns;
mod table_file;
mod taxonomy_table;
mod test_file;
mod term;
pub(in crate::rules) mod window;
mod words;
mod yaml;

pub use codes::CodeRow;
pub(in crate::rules) use codes::codes;
pub use diagnostic::{Diagnostic, Example, Finding, Findings, Note, Severity, Told, ToldNote, did_you_mean};
pub use effect_table::{EFFECTS, EffectRow, Form, Often, Sort, effect_keys, effect_row};
pub use message::{FillsGap, Gap, Message, gaps, quoted, say};
pub use parse::parse;
pub use render::{Style, render};
pub use sheet::Cell;
pub use sources::{Digest, ReadError, Source, Sources};
pub use span::{FileId, Span, Spanned};
pub(in crate::rules) use term::{is_language_tag, report_language};
pub(in crate::rules) use test_file::shares;
pub(in crate::rules) use yaml::read as tree;
