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
    /// Of which language it is (BCP 47), if said.
    pub language: Option<Spanned<String>>,
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
