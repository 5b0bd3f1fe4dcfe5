//! Regular expressions over texts: for what no list of words can say.
//!
//! They are searched in linear time whatever the text, and last of all conditions. Their number and their size in
//! memory are bounded, because each costs a pass over the text; thousands of words belong in a list.

use regex::{Regex, RegexBuilder};

/// The regular expressions of a rulebook, each once.
#[derive(Debug, Clone, Default)]
pub struct Patterns(Vec<Regex>);

/// Why a regular expression is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvalidPattern {
    /// A rulebook has [`Patterns::MOST`] already.
    TooMany,
    /// It is longer than [`Patterns::LONGEST`].
    TooLong,
    /// Counted repetitions or classes make it too large in memory.
    TooLarge,
    /// It is not a regular expression.
    Syntax,
}

impl Patterns {
    /// The most of one rulebook.
    pub const MOST: usize = 100;
    /// The longest, in bytes.
    pub const LONGEST: usize = 500;
    /// The largest compiled one, in bytes of memory.
    const LARGEST: usize = 1 << 18;

    /// Adds one and answers its place; one that is there already keeps its own. Capitals do not matter unless it
    /// says `(?-i)`.
    ///
    /// # Errors
    /// [`InvalidPattern`]; then nothing is added.
    pub fn add(&mut self, written: &str) -> Result<usize, InvalidPattern> {
        if let Some(place) = self.0.iter().position(|known| known.as_str() == written) {
            return Ok(place);
        }
        if written.len() > Self::LONGEST {
            return Err(InvalidPattern::TooLong);
        }
        if self.0.len() == Self::MOST {
            return Err(InvalidPattern::TooMany);
        }
        let built = RegexBuilder::new(written)
            .case_insensitive(true)
            .size_limit(Self::LARGEST)
            .dfa_size_limit(Self::LARGEST)
            .nest_limit(32)
            .build();
        match built {
            Ok(regex) => {
                self.0.push(regex);
                Ok(self.0.len() - 1)
            }
            Err(regex::Error::CompiledTooBig(_)) => Err(InvalidPattern::TooLarge),
            Err(_) => Err(InvalidPattern::Syntax),
        }
    }

    /// The expression at a place.
    #[must_use]
    pub fn text(&self, place: usize) -> Option<&str> {
        self.0.get(place).map(Regex::as_str)
    }

    /// Whether the expression at a place is found anywhere in the text.
    #[must_use]
    pub fn is_found(&self, place: usize, text: &str) -> bool {
        self.0.get(place).is_some_and(|regex| regex.is_match(text))
    }
}
