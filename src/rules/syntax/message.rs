//! What is said to people, kept apart from the language in which it is said.
//!
//! As with gettext, the English text is the key: a [`Message`] holds a template such as ``"`{}` is not an effect"``
//! and what stands in its gaps, and is put into words when somebody reads it. What stands in a gap is either the
//! user's own words, which are never translated, or another message.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::domain::Language;

/// Something to say: an English template and what stands in its gaps.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Message {
    template: &'static str,
    gaps: Vec<Gap>,
}

/// What stands in a gap of a template.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gap {
    /// Words that no language changes: names, numbers, what the user wrote.
    Verbatim(String),
    /// Words of ours.
    Phrase(Message),
}

impl Message {
    /// A message; [`say!`](crate::rules::say) writes it shorter.
    #[must_use]
    pub const fn new(template: &'static str, gaps: Vec<Gap>) -> Self {
        Self { template, gaps }
    }

    /// The English template, by which translations find it.
    #[must_use]
    pub const fn template(&self) -> &'static str {
        self.template
    }

    /// The message in a language; in English where it has not been translated.
    #[must_use]
    pub fn in_language(&self, language: Language) -> String {
        let mut words = String::new();
        let mut gaps = self.gaps.iter();
        let mut parts = self.template_in(language).split("{}");
        words.push_str(parts.next().unwrap_or_default());
        for part in parts {
            match gaps.next() {
                Some(Gap::Verbatim(text)) => words.push_str(text),
                Some(Gap::Phrase(message)) => words.push_str(&message.in_language(language)),
                None => {}
            }
            words.push_str(part);
        }
        words
    }
}

impl Message {
    const fn template_in(&self, language: Language) -> &'static str {
        match language {
            Language::English | Language::Italian | Language::Spanish => self.template,
        }
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_language(Language::English))
    }
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl From<&'static str> for Message {
    fn from(template: &'static str) -> Self {
        Self::new(template, Vec::new())
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::new("{}", vec![Gap::Verbatim(text)])
    }
}

impl From<Message> for Gap {
    fn from(message: Message) -> Self {
        Self::Phrase(message)
    }
}

macro_rules! verbatim {
    ($($plain:ty),*) => {$(
        impl From<$plain> for Gap {
            fn from(plain: $plain) -> Self {
                Self::Verbatim(plain.to_string())
            }
        }
    )*};
}

verbatim!(
    &str,
    &String,
    &std::sync::Arc<str>,
    char,
    i32,
    i64,
    u16,
    u32,
    u64,
    usize,
    jiff::civil::Date,
    crate::domain::Money,
    crate::domain::Currency,
    &crate::domain::RuleId,
    &crate::domain::CampaignId,
    crate::domain::Kind,
    crate::domain::Tier
);

impl From<String> for Gap {
    fn from(text: String) -> Self {
        Self::Verbatim(text)
    }
}

/// A [`Message`] of an English template, with `{}` for each gap, and what stands in the gaps.
#[macro_export]
#[doc(hidden)]
macro_rules! __say {
    ($template:literal $(, $gap:expr)* $(,)?) => {
        $crate::rules::syntax::Message::new($template, vec![$($crate::rules::syntax::Gap::from($gap)),*])
    };
}

pub use crate::__say as say;
