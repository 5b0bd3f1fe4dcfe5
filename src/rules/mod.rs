//! Rules: what people write becomes what bounds a decision.
//!
//! Text is read by [`syntax`] into a typed tree whose every value knows where it was written; [`text`] finds the
//! terms of word lists in prose.

pub mod syntax;
pub mod text;
