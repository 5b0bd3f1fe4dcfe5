//! What is written to be read by people and missed by lists: `b0mb`, `p@ss`, `boooomb`, `b.o.m.b`.
//!
//! A reading is only tried where something in the text is out of the ordinary. A word of plain letters stands for
//! itself, so that the widest lane costs an honest text nearly nothing and blocks none of its words.

use super::{
    lookalikes::{undisguised, undisguised_capitals},
    plain::{forms, is_letter},
};
use crate::rules::syntax::ast::Evasion;

/// The longest run of letters kept apart that is read as one word.
const MAX_APART: usize = 32;
/// The widest gap between letters kept apart, in bytes.
const MAX_GAP: usize = 3;
/// So many equal letters in a row are no spelling.
const REPEATED: usize = 3;

/// What a word of a text may stand for, seen through a disguise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guise {
    /// Letters that look alike.
    Lookalike,
    /// Digits, signs or two letters in the place of one.
    Loose,
    /// Letters repeated; every run of equal letters has become one.
    Repeated,
}

impl Guise {
    /// What a term has to ask for to be found so.
    pub(super) const fn evasion(self) -> Evasion {
        match self {
            Self::Lookalike => Evasion::Lookalikes,
            Self::Loose | Self::Repeated => Evasion::All,
        }
    }
}

/// Whether nothing in a word in plain form can be a disguise.
fn is_ordinary(word: &str) -> bool {
    let mut before = 0;
    let mut run = 1;
    word.bytes().all(|byte| {
        let pair = matches!((before, byte), (b'r', b'n') | (b'v', b'v'));
        run = if before == byte { run + 1 } else { 1 };
        before = byte;
        byte.is_ascii_lowercase() && !pair && run < REPEATED
    })
}

/// What a word in plain form looks like.
pub(super) fn lookalikes(word: &str, see: &mut impl FnMut(&str, Guise)) {
    for form in forms(word) {
        look(form, see);
    }
}

fn look(form: &str, see: &mut impl FnMut(&str, Guise)) {
    if let Some(plain) = undisguised(form) {
        see(&plain, Guise::Lookalike);
    }
    if let Some(plain) = undisguised_capitals(form) {
        see(&plain, Guise::Lookalike);
    }
}

/// Everything that a word in plain form may stand for, beyond itself.
pub(super) fn readings(word: &str, see: &mut impl FnMut(&str, Guise)) {
    for form in forms(word).filter(|form| !is_ordinary(form)) {
        look(form, see);
        loose(form, see);
    }
}

/// What a token stands for once its signs are read as letters.
pub(super) fn loose(token: &str, see: &mut impl FnMut(&str, Guise)) {
    if !token.chars().any(char::is_alphabetic) {
        return;
    }
    let mut strokes = vec!['i'];
    if token.contains(['1', '!', '|']) {
        strokes.push('l');
    }
    for stroke in strokes {
        let letters = lettered(token, stroke);
        let capitals = undisguised_capitals(&letters);
        let plain = undisguised(&letters).unwrap_or(letters);
        for reading in capitals.into_iter().chain([plain]) {
            loosened(&reading, token, see);
        }
    }
}

fn loosened(reading: &str, token: &str, see: &mut impl FnMut(&str, Guise)) {
    if reading != token {
        see(reading, Guise::Loose);
    }
    if reading.contains("rn") || reading.contains("vv") {
        see(&reading.replace("rn", "m").replace("vv", "w"), Guise::Loose);
    }
    if has_repeats(reading) {
        see(&collapsed(reading), Guise::Repeated);
    }
}

/// Digits and signs as the letters they stand for; `stroke` is what `1`, `!` and `|` stand for.
fn lettered(token: &str, stroke: char) -> String {
    let read = |c: char| match c {
        '0' => 'o',
        '1' | '!' | '|' => stroke,
        '3' | '€' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        '8' => 'b',
        '9' => 'g',
        other => other,
    };
    token.chars().map(read).collect()
}

fn has_repeats(word: &str) -> bool {
    let mut run = 0;
    let mut before = None;
    word.chars().any(|c| {
        run = if before == Some(c) { run + 1 } else { 1 };
        before = Some(c);
        run >= REPEATED
    })
}

/// A word with every run of equal letters made one.
pub(super) fn collapsed(word: &str) -> String {
    let mut plain = String::with_capacity(word.len());
    for c in word.chars() {
        if !plain.ends_with(c) {
            plain.push(c);
        }
    }
    plain
}

/// The tokens of a levelled text that words alone do not show: with signs in them, or letters kept apart.
pub(super) fn tokens(level: &str, see: &mut impl FnMut(&str)) {
    let mut apart = Apart::default();
    let mut start = None;
    let mut ended = 0;
    for (at, c) in level.char_indices().chain([(level.len(), ' ')]) {
        if is_letter(c) || is_sign(c) {
            start.get_or_insert(at);
            continue;
        }
        let Some(from) = start.take() else {
            continue;
        };
        let token = level.get(from..at).unwrap_or_default();
        let word = trimmed(token);
        if word.contains(is_sign) {
            see(word);
        }
        apart.token(
            if word.is_empty() { token } else { word },
            level.get(ended..from).unwrap_or_default(),
            see,
        );
        ended = at;
    }
    apart.end(see);
}

/// Without signs that close a sentence or part a table.
fn trimmed(token: &str) -> &str {
    token.trim_end_matches(['!', '|']).trim_start_matches('|')
}

/// Signs that are written for letters.
const fn is_sign(c: char) -> bool {
    matches!(c, '@' | '$' | '!' | '|' | '€')
}

/// Single letters one after another, with the same between them.
#[derive(Default)]
struct Apart<'t> {
    letters: String,
    count: usize,
    gap: &'t str,
}

impl<'t> Apart<'t> {
    fn token(&mut self, token: &'t str, gap: &'t str, see: &mut impl FnMut(&str)) {
        let mut chars = token.chars();
        let (Some(letter), None) = (chars.next(), chars.next()) else {
            self.end(see);
            return;
        };
        let goes_on = self.count == 1 || (self.count > 1 && gap == self.gap);
        if !goes_on || gap.len() > MAX_GAP {
            // The last letter of a run may be the first of the next: `e b.o.m.b`.
            let last = self.letters.chars().next_back();
            let last = last.filter(|_| self.count > 1 && gap.len() <= MAX_GAP);
            self.end(see);
            self.letters.extend(last);
            self.count = usize::from(last.is_some());
        }
        self.gap = gap;
        self.letters.push(letter);
        self.count += 1;
    }

    fn end(&mut self, see: &mut impl FnMut(&str)) {
        if (3..=MAX_APART).contains(&self.count) {
            see(trimmed(&self.letters));
        }
        self.letters.clear();
        self.count = 0;
    }
}
