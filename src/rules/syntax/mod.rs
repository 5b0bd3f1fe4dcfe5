//! The text of rule files: a strict subset of YAML, and lists as CSV.
//!
//! [`Sources`] are the files of a rules folder. [`ast`] is what they say, every value with the place where it was
//! written. A mistake is a [`Diagnostic`]: data first, rendered for a person by [`render`].

pub mod ast;
mod declarations;
mod diagnostic;
mod lists;
mod parse;
mod render;
mod sources;
mod span;

pub use diagnostic::{Diagnostic, Findings, Note, Severity, did_you_mean};
pub use parse::parse;
pub use render::{Style, render};
pub use sources::{Digest, ReadError, Source, Sources};
pub use span::{FileId, Span, Spanned};
