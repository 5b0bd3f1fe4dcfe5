//! The forms of a word: its plural and its other gender, by the rules of its language.
//!
//! Forms are made when a list is read and then looked up like any other word; a text is never stemmed. A stemmer
//! takes too much together for a list of words to block: the usual one for Italian makes one stem of `pene` and
//! `pena`, of `caso`, `casa` and `casi`, and would block `vale la pena`. What is made here is at worst a form that
//! nobody ever writes. Irregular words (`person`, `people`) are for the list to name.

mod tables;

use smallvec::SmallVec;

use super::Plain;
use tables::Ending;

/// The languages whose words can be inflected.
pub const INFLECTED_LANGUAGES: [&str; 6] = ["en", "it", "es", "fr", "de", "pt"];

/// The most forms of one phrase.
const MAX_FORMS: usize = 64;
/// Shorter words of a phrase are articles and the like.
const MIN_LETTERS: usize = 4;

/// How far a word is inflected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// To its plural.
    Plural,
    /// To its plural and its other gender.
    Gender,
}

/// The forms of a term other than itself, in plain form. None in a language without rules here.
///
/// In a phrase of a Romance language every word of four letters or more is inflected, each by itself; in an
/// English or German one the last word alone.
///
/// ```
/// use balustrade::rules::text::{Extent, inflected};
///
/// assert_eq!(inflected("colpo di stato", "it", Extent::Plural), ["colpi di stati", "colpi di stato", "colpo di stati"]);
/// ```
#[must_use]
pub fn inflected(term: &str, language: &str, extent: Extent) -> Vec<String> {
    let Some(tongue) = Tongue::of(language) else {
        return Vec::new();
    };
    let plain = Plain::of(term);
    let words: Vec<&str> = plain.words().map(|(_, word)| word).collect();
    let mut phrases = vec![String::new()];
    for (at, word) in words.iter().enumerate() {
        let is_last = at + 1 == words.len();
        let bends = is_last || (tongue.bends_every_word() && letters(word) >= MIN_LETTERS);
        let forms = if bends {
            tongue.forms(word, extent)
        } else {
            SmallVec::from_iter([(*word).to_owned()])
        };
        phrases = joined(&phrases, &forms);
    }
    phrases.retain(|phrase| phrase != plain.as_str());
    phrases.sort_unstable();
    phrases.dedup();
    phrases
}

fn joined(phrases: &[String], forms: &[String]) -> Vec<String> {
    let mut longer = Vec::with_capacity(phrases.len() * forms.len());
    for form in forms {
        let with = phrases.iter().map(|phrase| match phrase.as_str() {
            "" => form.clone(),
            before => format!("{before} {form}"),
        });
        longer.extend(with);
    }
    longer.truncate(MAX_FORMS);
    longer
}

fn letters(word: &str) -> usize {
    word.chars().count()
}

/// A language whose words can be inflected.
#[derive(Clone, Copy)]
enum Tongue {
    German,
    English,
    Romance(&'static [Ending]),
}

impl Tongue {
    fn of(tag: &str) -> Option<Self> {
        Some(match tag.split('-').next()? {
            "en" => Self::English,
            "de" => Self::German,
            "it" => Self::Romance(tables::ITALIAN),
            "es" => Self::Romance(tables::SPANISH),
            "fr" => Self::Romance(tables::FRENCH),
            "pt" => Self::Romance(tables::PORTUGUESE),
            _ => return None,
        })
    }

    const fn bends_every_word(self) -> bool {
        match self {
            Self::Romance(_) => true,
            Self::German | Self::English => false,
        }
    }

    /// The word and its forms.
    fn forms(self, word: &str, extent: Extent) -> SmallVec<[String; 8]> {
        let mut forms: SmallVec<[String; 8]> = SmallVec::from_iter([word.to_owned()]);
        match self {
            Self::English => bend(tables::ENGLISH, word, extent, &mut forms),
            Self::Romance(endings) => bend(endings, word, extent, &mut forms),
            Self::German => {
                bend(tables::GERMAN, word, extent, &mut forms);
                umlauts(word, &mut forms);
            }
        }
        forms
    }
}

/// The first ending that fits says how the word goes on.
fn bend(endings: &[Ending], word: &str, extent: Extent, forms: &mut SmallVec<[String; 8]>) {
    let fitting = endings.iter().find_map(|ending| {
        let stem = word.strip_suffix(ending.written)?;
        (!stem.is_empty()).then_some((stem, ending))
    });
    let Some((stem, ending)) = fitting else {
        return;
    };
    let gender = match extent {
        Extent::Plural => &[],
        Extent::Gender => ending.gender,
    };
    forms.extend(
        ending
            .plural
            .iter()
            .chain(gender)
            .map(|end| format!("{stem}{end}")),
    );
}

/// `Anschlag` also becomes `Anschläge`, `Haus` also `Häuser`.
fn umlauts(word: &str, forms: &mut SmallVec<[String; 8]>) {
    let Some((at, vowel)) = word
        .char_indices()
        .rev()
        .find(|(_, c)| matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'ä' | 'ö' | 'ü'))
    else {
        return;
    };
    let (before, after) = word.split_at(at);
    let (before, bent) = match (vowel, before.strip_suffix('a')) {
        ('u', Some(before)) => (before, "äu"),
        ('a', _) => (before, "ä"),
        ('o', _) => (before, "ö"),
        ('u', _) => (before, "ü"),
        _ => return,
    };
    let after = after.get(1..).unwrap_or_default();
    if word.ends_with('e') || after.is_empty() {
        return;
    }
    forms.extend(["e", "en", "er", "ern"].map(|end| format!("{before}{bent}{after}{end}")));
}
