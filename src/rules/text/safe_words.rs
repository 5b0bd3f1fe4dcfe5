use std::sync::LazyLock;

/// A word that a careless list would hit, and nobody wants blocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SafeWord {
    /// The word, or a phrase.
    pub word: &'static str,
    /// The language of the texts in which it stands.
    pub language: &'static str,
    /// What it is, in that language.
    pub why: &'static str,
}

/// Some hundred innocent words of six languages: Sussex, Scunthorpe, mortadella, bombero, skill, Top Gun, …
#[must_use]
pub fn safe_words() -> &'static [SafeWord] {
    static WORDS: LazyLock<Vec<SafeWord>> = LazyLock::new(|| {
        let rows = include_str!("safe_words.csv").lines().skip(1);
        rows.filter_map(|row| {
            let mut cells = row.split(';');
            Some(SafeWord {
                word: cells.next()?,
                language: cells.next()?,
                why: cells.next()?,
            })
        })
        .collect()
    });
    &WORDS
}
