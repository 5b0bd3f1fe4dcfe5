//! The plainest texts in which a regular expression is found.
//!
//! They are spelt from its parts: a class by one letter, a repetition as seldom as it allows, each branch of a
//! choice once. What looks to its neighbours is passed over; so whether a text is a hit the expression itself has
//! to say.

use regex_syntax::{
    ParserBuilder,
    hir::{Class, Hir, HirKind},
};

/// Texts that are spelt of one expression.
const TEXTS: usize = 8;

/// The longest of them, in bytes.
const LONGEST: usize = 200;

/// More repetitions would spell a text that is longer.
const REPEATED: u32 = 201;

/// Some texts in which the expression is probably found.
pub(super) fn spelt(expression: &str) -> Vec<String> {
    let parsed = ParserBuilder::new()
        .case_insensitive(true)
        .nest_limit(32)
        .build()
        .parse(expression);
    parsed.map_or_else(|_| Vec::new(), |hir| texts(&hir))
}

fn texts(hir: &Hir) -> Vec<String> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => vec![String::new()],
        HirKind::Literal(literal) => {
            let text = str::from_utf8(&literal.0);
            text.map_or_else(|_| Vec::new(), |text| vec![text.to_owned()])
        }
        HirKind::Class(class) => letter(class).map(String::from).into_iter().collect(),
        HirKind::Repetition(repetition) => (0..repetition.min.min(REPEATED))
            .fold(vec![String::new()], |so_far, _| {
                joined(&so_far, &texts(&repetition.sub))
            }),
        HirKind::Capture(capture) => texts(&capture.sub),
        HirKind::Concat(parts) => parts
            .iter()
            .fold(vec![String::new()], |so_far, part| joined(&so_far, &texts(part))),
        HirKind::Alternation(branches) => branches.iter().flat_map(texts).take(TEXTS).collect(),
    }
}

/// Each text followed by each of the others, as long as they are few and short.
fn joined(heads: &[String], tails: &[String]) -> Vec<String> {
    let pairs = heads
        .iter()
        .flat_map(|head| tails.iter().map(move |tail| format!("{head}{tail}")));
    pairs.filter(|text| text.len() <= LONGEST).take(TEXTS).collect()
}

/// A small letter where the class has one, else a digit, else its first character.
fn letter(class: &Class) -> Option<char> {
    let holds = |c: char| match class {
        Class::Unicode(class) => class
            .ranges()
            .iter()
            .any(|range| (range.start()..=range.end()).contains(&c)),
        Class::Bytes(class) => {
            let byte = u8::try_from(c).ok();
            let mut ranges = class.ranges().iter();
            byte.is_some_and(|byte| ranges.any(|range| (range.start()..=range.end()).contains(&byte)))
        }
    };
    let first = match class {
        Class::Unicode(class) => class.ranges().first().map(|range| range.start()),
        Class::Bytes(class) => class.ranges().first().map(|range| char::from(range.start())),
    };
    ('a'..='z').chain('0'..='9').find(|c| holds(*c)).or(first)
}
