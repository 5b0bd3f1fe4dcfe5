//! Finding the terms of word lists in the text of pages and messages.
//!
//! A text is brought into one plain form once ([`Plain`]): compatibility forms, case and invisible characters are
//! levelled, and it becomes words with single blanks between them. Terms of lists take the same form, so that both
//! meet. Words and phrases are then looked up by hash, whatever the number of lists; terms that may stand at the
//! beginning of a word or inside of it are found by one automaton.
//!
//! A word means the whole word: Sussex holds no sex. `dell'Ucraina` holds `Ucraina` too, as Italian and French
//! swallow vowels, and `Putin's` holds `Putin`.

mod index;
mod normalise;
mod plain;

pub use index::{Hit, TextIndex, TooManyTerms};
pub use normalise::normalise;
pub use plain::{Plain, percent_decoded};
