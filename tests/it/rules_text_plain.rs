//! The plain and slow way of finding terms in a text.
//!
//! Every term is looked for by itself in every place of the text, by the definitions as they stand in the guide:
//! no table, no hash, no automaton.

use std::{cell::RefCell, collections::HashMap};

use balustrade::rules::{
    syntax::ast::{Evasion, Match, TermDef, WordList},
    text::{Hit, spellings},
};
use caseless::Caseless;
use unicode_normalization::UnicodeNormalization;
use unicode_security::confusable_detection::skeleton;

// === words ===

const IGNORED: [char; 6] = [
    '\u{ad}', '\u{200b}', '\u{200d}', '\u{fe0f}', '\u{feff}', '\u{1160}',
];
const ELIDED: [&str; 7] = ["l", "dell", "d", "un", "m", "s", "all"];
const STROKES: [char; 3] = ['\u{335}', '\u{337}', '\u{338}'];
const SIGNS: [char; 5] = ['@', '$', '!', '|', '€'];

pub(crate) fn plain_normalise(text: &str) -> String {
    let seen = |c: &char| !IGNORED.contains(c);
    text.chars()
        .filter(seen)
        .nfkc()
        .default_case_fold()
        .nfkc()
        .filter(seen)
        .collect()
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c)
}

pub(crate) fn plain_words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let level: Vec<char> = plain_normalise(text)
        .chars()
        .map(|c| if c == '’' { '\'' } else { c })
        .collect();
    let letter = |at: usize| level.get(at).is_some_and(|c| is_letter(*c));
    for (at, c) in level.iter().enumerate() {
        let last = words.last_mut().unwrap();
        if letter(at) || (*c == '\'' && !last.is_empty() && letter(at + 1)) {
            last.push(*c);
        } else if !last.is_empty() {
            words.push(String::new());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// What elisions leave of a word, and the word.
fn rests(word: &str) -> Vec<String> {
    let mut forms = vec![word.to_owned()];
    let mut rest = word;
    while let Some((before, after)) = rest.split_once('\'') {
        if !ELIDED.contains(&before) || forms.len() > 3 {
            break;
        }
        rest = after;
        forms.push(rest.to_owned());
    }
    forms
}

fn forms(word: &str) -> Vec<String> {
    let mut forms = rests(word);
    forms.extend(
        word.strip_suffix("'s")
            .filter(|stem| !stem.is_empty())
            .map(str::to_owned),
    );
    forms
}

// === disguises ===

fn bare_skeleton(c: char) -> String {
    skeleton(&c.to_string())
        .filter(|c| !STROKES.contains(c))
        .collect()
}

/// The Latin letter that a character looks like by itself.
fn letter_like(c: char) -> Option<char> {
    ('a'..='z').find(|letter| {
        let capital = letter.to_ascii_uppercase().to_string();
        bare_skeleton(c) == bare_skeleton(*letter) || bare_skeleton(c) == capital
    })
}

/// The word in letters that look like its own; and once more with letters whose capitals look like others.
fn looks(word: &str) -> [String; 2] {
    let latin = word.chars().any(|c| c.is_ascii_lowercase());
    let mut seen = [String::new(), String::new()];
    for c in word.chars() {
        let (small, capital) = match c {
            '0' => (Some('o'), None),
            '1' => (Some('l'), None),
            _ if c.is_ascii() => (None, None),
            _ if STROKES.contains(&c) => continue,
            _ => (
                memo(c),
                c.to_uppercase()
                    .next()
                    .filter(|_| c.to_uppercase().count() == 1)
                    .and_then(memo),
            ),
        };
        seen[0].push(small.unwrap_or(c));
        seen[1].push(small.or(capital.filter(|_| latin)).unwrap_or(c));
    }
    if word.chars().any(char::is_alphabetic) {
        seen
    } else {
        [word.to_owned(), word.to_owned()]
    }
}

fn memo(c: char) -> Option<char> {
    thread_local!(static KNOWN: RefCell<HashMap<char, Option<char>>> = RefCell::default());
    KNOWN.with_borrow_mut(|known| *known.entry(c).or_insert_with(|| letter_like(c)))
}

/// The word with digits and signs read as letters: once with `1` as i, once as l.
fn leet(word: &str) -> Vec<String> {
    let strokes = ['i', 'l'].map(|stroke| {
        let letters = word.chars().map(|c| match c {
            '0' => 'o',
            '3' | '€' => 'e',
            '4' | '@' => 'a',
            '5' | '$' => 's',
            '7' => 't',
            '8' => 'b',
            '9' => 'g',
            '1' | '!' | '|' => stroke,
            other => other,
        });
        looks(&letters.collect::<String>())
    });
    strokes.concat()
}

fn collapse(word: &str) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    letters.dedup();
    letters.into_iter().collect()
}

fn repeats(word: &str) -> bool {
    let letters: Vec<char> = word.chars().collect();
    letters
        .windows(3)
        .any(|three| three[0] == three[1] && three[1] == three[2])
}

/// How a reading of a word came about.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Way {
    Written,
    Looks,
    Loose,
    Collapsed,
}

fn loose_readings(token: &str) -> Vec<(String, Way)> {
    let mut readings = Vec::new();
    if token.chars().any(char::is_alphabetic) {
        for read in leet(token) {
            readings.push((read.replace("rn", "m").replace("vv", "w"), Way::Loose));
            if repeats(&read) {
                readings.push((collapse(&read), Way::Collapsed));
            }
            readings.push((read, Way::Loose));
        }
    }
    readings
}

fn readings(word: &str) -> Vec<(String, Way)> {
    let mut all = Vec::new();
    for form in forms(word) {
        all.extend(looks(&form).map(|read| (read, Way::Looks)));
        all.extend(
            loose_readings(&form)
                .into_iter()
                .filter(|(read, _)| *read != form),
        );
        all.push((form, Way::Written));
    }
    all
}

fn allows(def: &TermDef, way: Way) -> bool {
    match way {
        Way::Written => true,
        Way::Looks => def.evasion >= Evasion::Lookalikes,
        Way::Loose | Way::Collapsed => def.evasion == Evasion::All,
    }
}

/// What a term has to be spelt like to be found in a reading.
fn spelt(word: &str, way: Way) -> Vec<String> {
    match way {
        Way::Written => vec![word.to_owned()],
        Way::Looks | Way::Loose => vec![word.to_owned(), looks(word)[0].clone()],
        Way::Collapsed => vec![collapse(word)],
    }
}

/// Tokens with signs in them, and single letters kept apart by always the same.
fn odd_tokens(text: &str) -> Vec<String> {
    let level: Vec<char> = plain_normalise(text).chars().collect();
    let mut tokens: Vec<(String, String)> = Vec::new();
    let (mut gap, mut token) = (String::new(), String::new());
    for c in level.into_iter().chain([' ']) {
        if is_letter(c) || SIGNS.contains(&c) {
            token.push(c);
        } else {
            if !token.is_empty() {
                tokens.push((std::mem::take(&mut gap), std::mem::take(&mut token)));
            }
            gap.push(c);
        }
    }
    let trimmed = |token: &str| {
        token
            .trim_end_matches(['!', '|'])
            .trim_start_matches('|')
            .to_owned()
    };
    let bare = tokens.iter().map(|(_, token)| trimmed(token));
    let mut odd: Vec<String> = bare.filter(|token| token.contains(SIGNS)).collect();
    for (_, token) in &mut tokens {
        let bare = trimmed(token);
        *token = if bare.is_empty() {
            std::mem::take(token)
        } else {
            bare
        };
    }
    let single = |at: usize| tokens[at].1.chars().count() == 1;
    for from in 0..tokens.len() {
        for to in from + 2..tokens.len() {
            let gap = tokens[to].0.clone();
            let row = |from: usize, to: usize| {
                (from..=to).all(single) && (from + 1..=to).all(|at| tokens[at].0 == gap) && gap.len() <= 3
            };
            let longer = (from > 0 && row(from - 1, to)) || (to + 1 < tokens.len() && row(from, to + 1));
            if row(from, to) && !longer && to - from < 32 {
                let joined: String = tokens[from..=to]
                    .iter()
                    .map(|(_, letter)| letter.as_str())
                    .collect();
                odd.push(trimmed(&joined));
            }
        }
    }
    odd
}

// === terms ===

/// A text and everything that it can be read as.
struct Text {
    words: Vec<String>,
    /// Of each word.
    readings: Vec<Vec<(String, Way)>>,
    odd: Vec<(String, Way)>,
}

impl Text {
    fn of(text: &str) -> Self {
        let words = plain_words(text);
        let odd = odd_tokens(text).into_iter().flat_map(|token| {
            let mut readings = loose_readings(&token);
            readings.push((token, Way::Loose));
            readings
        });
        Self {
            readings: words.iter().map(|word| self::readings(word)).collect(),
            odd: odd.collect(),
            words,
        }
    }
}

fn holds(def: &TermDef, spelling: &[String], text: &Text) -> bool {
    let Text { words, readings, odd } = text;
    let fits =
        |word: &str, (read, way): &(String, Way)| allows(def, *way) && spelt(word, *way).contains(read);
    let pattern = spelling.join(" ");
    let way = if allows(def, Way::Looks) {
        Way::Looks
    } else {
        Way::Written
    };
    let patterns = spelt(&pattern, way);
    let part = |begin: bool| {
        let mut disguised = readings.iter().flatten().chain(odd);
        disguised.any(|(read, way)| {
            let found = |spelt: String| match begin {
                true => read.starts_with(&spelt),
                false => read.contains(&spelt),
            };
            *way != Way::Written && allows(def, *way) && spelt(&pattern, *way).into_iter().any(found)
        })
    };
    match def.matching {
        Match::Word | Match::Phrase => {
            let in_words = readings.windows(spelling.len()).any(|window| {
                let mut pairs = window.iter().zip(spelling);
                pairs.all(|(readings, wanted)| readings.iter().any(|reading| fits(wanted, reading)))
            });
            in_words || (spelling.len() == 1 && odd.iter().any(|reading| fits(&spelling[0], reading)))
        }
        Match::Anywhere => patterns.iter().any(|pattern| words.join(" ").contains(pattern)) || part(false),
        Match::Starts => {
            let begins = |from: usize| {
                rests(&words[from]).iter().any(|form| {
                    let mut rest = vec![form.clone()];
                    rest.extend_from_slice(&words[from + 1..]);
                    patterns.iter().any(|pattern| rest.join(" ").starts_with(pattern))
                })
            };
            (0..words.len()).any(begins) || part(true)
        }
    }
}

pub(crate) fn plain_hits(lists: &[WordList], text: &str) -> Vec<Hit> {
    let (text, mut hits) = (Text::of(text), Vec::new());
    for (list, of) in (0..).zip(lists) {
        for (term, def) in (0..).zip(&of.terms) {
            let found = spellings(def).iter().any(|spelling| {
                let words: Vec<String> = spelling.words().map(|(_, word)| word.to_owned()).collect();
                holds(def, &words, &text)
            });
            if found {
                hits.push(Hit { list, term });
            }
        }
    }
    hits
}
