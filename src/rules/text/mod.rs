//! Finding the terms of word lists in the text of pages and messages.
//!
//! A text is brought into one plain form once ([`Plain`]): compatibility forms, case and invisible characters are
//! levelled, and it becomes words with single blanks between them. Terms of lists take the same form, so that both
//! meet. Words and phrases are then looked up by hash, whatever the number of lists; terms that may stand at the
//! beginning of a word or inside of it are found by one automaton.
//!
//! A word means the whole word: Sussex holds no sex. `dell'Ucraina` holds `Ucraina` too, as Italian and French
//! swallow vowels, and `Putin's` holds `Putin`.
//!
//! What a term is found as besides is settled when the lists are read: its forms ([`inflected`]) are looked up like
//! words of their own. Disguises are seen through on the side of the text: a word with something odd in it is
//! looked up once more as what it may stand for (`lookalikes`, `loose`), and counts only for terms that ask for it.

mod index;
mod inflection;
mod lookalikes;
mod loose;
mod normalise;
mod parts;
mod plain;
mod safe_words;
mod spellings;

pub use index::{Found, Hit, TextIndex, TooManyTerms};
pub use inflection::{Extent, INFLECTED_LANGUAGES, inflected};
pub use lookalikes::undisguised;
pub use normalise::normalise;
pub use plain::{Plain, percent_decoded};
pub use safe_words::{SafeWord, safe_words};
pub use spellings::spellings;
