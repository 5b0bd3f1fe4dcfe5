//! Letters that look like other letters (Unicode TR39), one by one.
//!
//! Two characters look alike where their skeletons are the same: skeletons are compared with skeletons, never with
//! plain text, since the skeleton of a plain `m` is `rn`. What comes out is plain letters again, so that a word seen
//! through can be looked up beside all others.
//!
//! Two letters that together look like one (`rn` and `m`) are left to the wider lane: between words of plain letters
//! such a likeness is chance far more often than disguise (`burn`, `horno`, `pom`).

use std::sync::LazyLock;

use unicode_security::confusable_detection::skeleton;

/// What a reader takes a character for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    Itself,
    /// A stroke through or around a letter.
    Nothing,
    Letter(char),
    /// Its capital looks like that letter's: a Cyrillic `в` for `b`. Only beside Latin letters is that a disguise.
    CapitalOf(char),
}

/// Alphabets beyond this are looked up one by one.
const TABLE_END: u32 = 0x3000;

static TABLE: LazyLock<Vec<Seen>> = LazyLock::new(|| {
    (0..TABLE_END)
        .map(|c| char::from_u32(c).map_or(Seen::Itself, seen_as))
        .collect()
});

/// A word in plain form as a reader takes it; `None` where that is the word itself.
///
/// ```
/// use balustrade::rules::text::undisguised;
///
/// assert_eq!(undisguised("b\u{43e}mb").as_deref(), Some("bomb")); // a Cyrillic о
/// assert_eq!(undisguised("b0mb").as_deref(), Some("bomb"));
/// assert_eq!(undisguised("perché"), None);
/// ```
#[must_use]
pub fn undisguised(word: &str) -> Option<String> {
    if word.bytes().all(|byte| byte.is_ascii_lowercase()) || !word.chars().any(char::is_alphabetic) {
        return None;
    }
    let plain: String = word
        .chars()
        .filter_map(|c| match seen(c) {
            Seen::Letter(letter) => Some(letter),
            Seen::Itself | Seen::CapitalOf(_) => Some(c),
            Seen::Nothing => None,
        })
        .collect();
    (plain != word).then_some(plain)
}

/// The same for a word in which letters of other scripts stand for their capitals; `None` where there are none,
/// or no Latin letter stands beside them.
pub(super) fn undisguised_capitals(word: &str) -> Option<String> {
    let is_latin = word.bytes().any(|byte| byte.is_ascii_lowercase());
    if word.is_ascii() || !is_latin || !word.chars().any(|c| matches!(seen(c), Seen::CapitalOf(_))) {
        return None;
    }
    let letters = word.chars().filter_map(|c| match seen(c) {
        Seen::Letter(letter) | Seen::CapitalOf(letter) => Some(letter),
        Seen::Itself => Some(c),
        Seen::Nothing => None,
    });
    Some(letters.collect())
}

fn seen(c: char) -> Seen {
    TABLE.get(c as usize).copied().unwrap_or_else(|| seen_as(c))
}

fn seen_as(c: char) -> Seen {
    match c {
        '0' => Seen::Letter('o'),
        '1' => Seen::Letter('l'),
        _ if c.is_ascii() => Seen::Itself,
        _ if is_stroke(c) => Seen::Nothing,
        _ => seen_letter(c),
    }
}

fn seen_letter(c: char) -> Seen {
    let bare = |c: char| -> String {
        skeleton(c.encode_utf8(&mut [0; 4]))
            .filter(|c| !is_stroke(*c))
            .collect()
    };
    if let Some(letter) = letter_of(&bare(c)) {
        return Seen::Letter(letter);
    }
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(capital), None) if capital != c => {
            letter_of(&bare(capital)).map_or(Seen::Itself, Seen::CapitalOf)
        }
        _ => Seen::Itself,
    }
}

/// The small letter whose skeleton, or whose capital's, this is.
fn letter_of(skeleton: &str) -> Option<char> {
    let mut chars = skeleton.chars();
    match (skeleton, chars.next(), chars.next()) {
        ("rn", ..) => Some('m'),
        (_, Some(only), None) if only.is_ascii_alphabetic() => Some(only.to_ascii_lowercase()),
        _ => None,
    }
}

/// Marks drawn through a letter or around it; no language spells with them.
const fn is_stroke(c: char) -> bool {
    matches!(c,
        '\u{334}'..='\u{338}' | '\u{488}'..='\u{489}' | '\u{20d2}'..='\u{20d3}' | '\u{20d8}'..='\u{20da}'
        | '\u{20dd}'..='\u{20e0}' | '\u{20e2}'..='\u{20e6}' | '\u{20ea}'..='\u{20eb}')
}
