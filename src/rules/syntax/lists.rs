use jiff::civil::Date;

use super::{FileId, Spanned};

/// A list of terms to find in texts.
#[derive(Debug, Clone, PartialEq)]
pub struct WordList {
    /// The file.
    pub file: FileId,
    /// Its path relative to the rules folder, as rules name it: `lists/tragedy.csv`.
    pub path: String,
    /// Its terms, in the order of the file.
    pub terms: Vec<TermDef>,
}

/// One term of a word list.
#[derive(Debug, Clone, PartialEq)]
pub struct TermDef {
    /// What to find.
    pub term: Spanned<String>,
    /// How.
    pub matching: Match,
    /// The language of the texts in which it counts (BCP 47, lower case); all of them where none is said.
    pub language: Option<Spanned<String>>,
    /// Which forms of it are found too.
    pub forms: Forms,
    /// Which disguises are seen through.
    pub evasion: Evasion,
    /// Since when it stands in the list.
    pub since: Option<Spanned<Date>>,
    /// When somebody should look at it again.
    pub review_by: Option<Spanned<Date>>,
    /// Anything else.
    pub note: Option<Spanned<String>>,
}

/// How a term is found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Match {
    /// As a whole word. Sussex holds no sex.
    #[default]
    Word,
    /// As whole words one after another.
    Phrase,
    /// At the beginning of a word.
    Starts,
    /// Anywhere, inside of words too.
    Anywhere,
}

/// Which forms of a term are found besides the one that is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Forms {
    /// None.
    #[default]
    None,
    /// Its plural, by the rules of its language.
    Plural,
    /// Its plural and its other gender, by the rules of its language.
    All,
    /// These.
    Listed(Vec<String>),
}

/// Which disguises of a term are seen through. Each holds those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Evasion {
    /// None: what is written is meant.
    #[default]
    Off,
    /// Letters of other scripts, and digits, that look like the right ones.
    Lookalikes,
    /// Digits and signs that stand for letters, letters that are repeated or kept apart.
    All,
}

/// A list of sites.
#[derive(Debug, Clone, PartialEq)]
pub struct SiteList {
    /// The file.
    pub file: FileId,
    /// Its path relative to the rules folder, as rules name it: `lists/own-sites.csv`.
    pub path: String,
    /// Its domains, lower case, in the order of the file.
    pub sites: Vec<Spanned<String>>,
}
