//! The plainest texts in which a regular expression is found.
//!
//! They are spelt from its parts: a class by one letter, a repetition as seldom as it allows, each branch of a
//! choice once. What looks to its neighbours (`\b`, `^`) is passed over; where there is such a part a class is spelt by a blank
//! too, and each text again with a letter before or behind it, so that one of them has the neighbours that it takes. Whether a
//! text is a hit the expression itself has to say.

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
    let Ok(hir) = parsed else {
        return Vec::new();
    };
    let looks = !hir.properties().look_set().is_empty();
    let mut texts = texts(&hir, looks);
    if looks {
        let between = |text: &String| [format!("{LETTER}{text}"), format!("{text}{LETTER}")];
        let more: Vec<String> = texts.iter().flat_map(between).collect();
        texts.extend(more);
    }
    texts
}

/// What stands beside a text that looks to its neighbours.
const LETTER: char = 'a';

/// The plainest texts of a part; `looks` says whether any part of the whole looks to its neighbours.
fn texts(hir: &Hir, looks: bool) -> Vec<String> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => vec![String::new()],
        HirKind::Literal(literal) => {
            let text = str::from_utf8(&literal.0);
            text.map_or_else(|_| Vec::new(), |text| vec![text.to_owned()])
        }
        HirKind::Class(class) => {
            let blank = Some(' ').filter(|blank| looks && holds(class, *blank));
            let mut each: Vec<char> = letter(class).into_iter().chain(blank).collect();
            each.dedup();
            each.into_iter().map(String::from).collect()
        }
        HirKind::Repetition(repetition) => (0..repetition.min.min(REPEATED))
            .fold(vec![String::new()], |so_far, _| {
                joined(&so_far, &texts(&repetition.sub, looks))
            }),
        HirKind::Capture(capture) => texts(&capture.sub, looks),
        HirKind::Concat(parts) => parts.iter().fold(vec![String::new()], |so_far, part| {
            joined(&so_far, &texts(part, looks))
        }),
        HirKind::Alternation(branches) => branches
            .iter()
            .flat_map(|branch| texts(branch, looks))
            .take(TEXTS)
            .collect(),
    }
}

/// Each text followed by each of the others, as long as they are few and short.
fn joined(heads: &[String], tails: &[String]) -> Vec<String> {
    let pairs = heads
        .iter()
        .flat_map(|head| tails.iter().map(move |tail| format!("{head}{tail}")));
    pairs.filter(|text| text.len() <= LONGEST).take(TEXTS).collect()
}

fn holds(class: &Class, c: char) -> bool {
    match class {
        Class::Unicode(class) => {
            let mut ranges = class.ranges().iter();
            ranges.any(|range| (range.start()..=range.end()).contains(&c))
        }
        Class::Bytes(class) => {
            let byte = u8::try_from(c).ok();
            let mut ranges = class.ranges().iter();
            byte.is_some_and(|byte| ranges.any(|range| (range.start()..=range.end()).contains(&byte)))
        }
    }
}

/// A small letter where the class has one, else a digit, else its first character.
fn letter(class: &Class) -> Option<char> {
    let first = match class {
        Class::Unicode(class) => class.ranges().first().map(|range| range.start()),
        Class::Bytes(class) => class.ranges().first().map(|range| char::from(range.start())),
    };
    let mut plain = ('a'..='z').chain('0'..='9');
    plain.find(|c| holds(class, *c)).or(first)
}
