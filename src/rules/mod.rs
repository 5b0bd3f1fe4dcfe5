//! Rules: what people write becomes what bounds a decision.
//!
//! Text is read by [`syntax`] into a typed tree whose every value knows where it was written; [`text`] finds the
//! terms of word lists in prose. [`vocabulary`] is the closed table of what a rule may ask about. [`compile`]
//! checks the tree against it and makes a [`Rulebook`], which answers the one question of a decision: what
//! bounds each candidate?

pub mod analyse;
mod band;
pub mod calendar;
mod canonical;
pub mod clock;
mod codes;
mod compile;
pub mod condition;
pub mod countries;
pub mod diff;
pub mod draft;
pub mod fmt;
pub mod interpreter;
mod lexicon;
mod matching;
pub mod mentions;
mod one_line;
pub mod patterns;
pub mod reference;
mod rule_test;
mod rulebook;
pub mod schema;
pub mod switches;
pub mod syntax;
pub mod text;
pub mod topics;
pub mod vocabulary;

pub use band::{HandOver, Human, NovelBy, Progress, StartAt};
pub use codes::finding_codes;
pub use compile::{Compiled, Places, compile, lapsed};
pub use lexicon::Lexicon;
pub use rule_test::{Answer, Expectation, RuleTest, StatedLedger};
pub use rulebook::{Rulebook, SlateRules};
pub use syntax::{Diagnostic, Digest, Message, ReadError, Severity, Sources, Style, render, say};
