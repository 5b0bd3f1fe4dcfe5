use super::{mentions::Lists, patterns::Patterns, vocabulary::Vocabulary};

/// What the words of a rulebook's conditions mean: which facts there are, which lists, which expressions.
#[derive(Debug)]
pub struct Lexicon {
    /// What may be asked about.
    pub vocabulary: Vocabulary,
    /// The word lists.
    pub lists: Lists,
    /// The regular expressions.
    pub patterns: Patterns,
}
