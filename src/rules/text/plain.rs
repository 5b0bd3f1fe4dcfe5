use std::borrow::Cow;

use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

use super::normalise;

/// What Italian, French and Catalan leave of a word before an apostrophe.
const ELIDED: [&str; 40] = [
    "all", "anch", "bell", "buon", "c", "ciascun", "col", "coll", "com", "cos", "d", "dall", "dell", "dov",
    "gl", "grand", "j", "jusqu", "l", "lorsqu", "m", "mezz", "n", "nell", "nessun", "puisqu", "qu", "quand",
    "quell", "quelqu", "quest", "quoiqu", "s", "sant", "senz", "sull", "t", "tutt", "un", "v",
];

/// The most elisions of one word; a text cannot make the search slow by a row of them.
const MAX_ELISIONS: usize = 3;

/// A text in its plain form: normalised words with single blanks between them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plain {
    text: String,
    /// Where each word begins and ends.
    words: Vec<(usize, usize)>,
}

impl Plain {
    /// The plain form of prose.
    ///
    /// A word is an unbroken run of letters, digits and their marks, with apostrophes between letters; scripts
    /// without blanks are cut as Unicode's word boundaries (UAX 29) have it. Everything else separates.
    ///
    /// ```
    /// use balustrade::rules::text::Plain;
    ///
    /// let plain = Plain::of("La guerra dell’Ucraina, www.GUERRA-oggi.it/foto_1");
    /// assert_eq!(plain.as_str(), "la guerra dell'ucraina www guerra oggi it foto 1");
    /// ```
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self::of_level(&normalise(text))
    }

    /// The plain form of what is normalised already.
    pub(super) fn of_level(level: &str) -> Self {
        let mut plain = Self {
            text: String::with_capacity(level.len()),
            words: Vec::with_capacity(level.len() / 5),
        };
        let mut run = Run::default();
        let mut chars = level.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let joins = is_apostrophe(c)
                && run.start.is_some()
                && chars.peek().is_some_and(|(_, next)| is_letter(*next));
            if is_letter(c) || joins {
                run.start.get_or_insert(at);
                run.unspaced |= is_unspaced(c);
            } else if let Some(start) = run.start.take() {
                plain.push_run(
                    level.get(start..at).unwrap_or_default(),
                    std::mem::take(&mut run.unspaced),
                );
            }
        }
        if let Some(start) = run.start {
            plain.push_run(level.get(start..).unwrap_or_default(), run.unspaced);
        }
        plain
    }

    /// The plain form of an address: percent-decoded first.
    ///
    /// What separates words there (`/`, `-`, `_`, `.`, `?`, `=`, `&`, `+`) separates them in prose too.
    #[must_use]
    pub fn of_address(address: &str) -> Self {
        Self::of(&percent_decoded(address))
    }

    fn push_run(&mut self, run: &str, unspaced: bool) {
        if unspaced {
            for word in run.unicode_words() {
                self.push_word(word);
            }
        } else {
            self.push_word(run);
        }
    }

    fn push_word(&mut self, word: &str) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        let start = self.text.len();
        if word.is_ascii() {
            self.text.push_str(word);
        } else {
            self.text
                .extend(word.chars().map(|c| if is_apostrophe(c) { '\'' } else { c }));
        }
        self.words.push((start, self.text.len()));
    }

    /// The words, with single blanks between them.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Each word with the byte at which it begins.
    pub fn words(&self) -> impl ExactSizeIterator<Item = (usize, &str)> {
        self.words
            .iter()
            .map(|&(start, end)| (start, self.text.get(start..end).unwrap_or_default()))
    }

    /// Whether a word, or what an elision leaves of one, begins at that byte.
    #[must_use]
    pub fn begins_word(&self, byte: usize) -> bool {
        let Ok(word) = self.words.binary_search_by(|&(start, end)| {
            if end <= byte {
                std::cmp::Ordering::Less
            } else if start > byte {
                std::cmp::Ordering::Greater
            } else {
                std::cmp::Ordering::Equal
            }
        }) else {
            return false;
        };
        let Some(&(start, end)) = self.words.get(word) else {
            return false;
        };
        let word = self.text.get(start..end).unwrap_or_default();
        start == byte || rests(word).any(|rest| end == byte + rest.len())
    }
}

#[derive(Default)]
struct Run {
    start: Option<usize>,
    unspaced: bool,
}

/// The words that one word holds: itself, what elisions leave, and the stem of an English genitive.
pub(super) fn forms(word: &str) -> impl Iterator<Item = &str> {
    let stem = word.strip_suffix("'s").filter(|stem| !stem.is_empty());
    std::iter::once(word).chain(rests(word)).chain(stem)
}

/// What elisions leave of a word: of `d'un'altra`, `un'altra` and `altra`.
fn rests(word: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(word), |word| {
        let (before, rest) = word.split_once('\'')?;
        (!rest.is_empty() && ELIDED.binary_search(&before).is_ok()).then_some(rest)
    })
    .skip(1)
    .take(MAX_ELISIONS)
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '\u{2018}' | '\u{2bc}' | '`' | '\u{b4}')
}

pub(super) fn is_letter(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric();
    }
    c.is_alphanumeric() || is_combining_mark(c)
}

/// Whether a letter belongs to a script that is written without blanks between words.
const fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{2e80}'..='\u{312f}'
        | '\u{31a0}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// An address with its `%41` read as the bytes they stand for; bytes that are no UTF-8 become U+FFFD.
///
/// ```
/// use balustrade::rules::text::percent_decoded;
///
/// assert_eq!(percent_decoded("citt%C3%A0-50%"), "città-50%");
/// ```
#[must_use]
pub fn percent_decoded(address: &str) -> Cow<'_, str> {
    if !address.contains('%') {
        return Cow::Borrowed(address);
    }
    let mut bytes = Vec::with_capacity(address.len());
    let mut rest = address.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        match (first, after) {
            (b'%', [high, low, tail @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                bytes.push(hex(*high) << 4 | hex(*low));
                rest = tail;
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

const fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}
