//! Finding the terms of word lists in the text of pages and messages.
