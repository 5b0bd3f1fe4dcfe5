//! What is said to people, kept apart from the language in which it is said.
//!
//! As with gettext, the English text is the key: a [`Message`] holds a template such as ``"`{}` is not an effect"``
//! and what stands in its gaps, and is put into words when somebody reads it. What stands in a gap is either the
//! user's own words, which are never translated, or another message.

use std::fmt;

use super::catalogue::translated;
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

/// What may stand in a gap.
pub trait FillsGap {
    /// As a gap.
    fn gap(&self) -> Gap;
}

// === impl Message ===

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
        let template = translated(self.template, language);
        let mut words = String::with_capacity(template.len() * 2);
        for part in parts(template) {
            match part {
                Part::Words(text) => words.push_str(text),
                Part::Gap(at) => match self.gaps.get(at) {
                    Some(Gap::Verbatim(text)) => words.push_str(text),
                    Some(Gap::Phrase(message)) => words.push_str(&message.in_language(language)),
                    None => {}
                },
            }
        }
        words
    }

    /// `a`, `a and b`, `a, b and c`.
    #[must_use]
    pub fn all_of<T: FillsGap>(each: impl IntoIterator<Item = T>) -> Self {
        let mut each: Vec<Gap> = each.into_iter().map(|one| one.gap()).collect();
        let Some(last) = each.pop() else {
            return say!("");
        };
        let joined = each
            .into_iter()
            .reduce(|first, next| Gap::Phrase(say!("{}, {}", first, next)));
        match joined {
            None => say!("{}", last),
            Some(first) => say!("{} and {}", first, last),
        }
    }

    /// One after another, with semicolons between them.
    #[must_use]
    pub fn in_turn(each: impl IntoIterator<Item = Self>) -> Self {
        let mut each = each.into_iter();
        let first = each.next().unwrap_or_else(|| say!(""));
        each.fold(first, |before, next| say!("{}; {}", before, next))
    }
}

/// A piece of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part<'t> {
    Words(&'t str),
    /// By number, from 0.
    Gap(usize),
}

/// The pieces of a template. A gap is `{}`, or `{1}` where a translation wants another order.
fn parts(template: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = template;
    let mut next = 0;
    std::iter::from_fn(move || {
        let (at, length, number) = first_gap(rest).unwrap_or((rest.len(), 0, None));
        if at > 0 {
            let (words, from_gap) = rest.split_at_checked(at)?;
            rest = from_gap;
            return Some(Part::Words(words));
        }
        if length == 0 {
            return None;
        }
        rest = rest.get(length..)?;
        let gap = number.unwrap_or(next);
        next += 1;
        Some(Part::Gap(gap))
    })
}

/// Where the first gap of a text begins, how long it is, and its number if it has one.
fn first_gap(text: &str) -> Option<(usize, usize, Option<usize>)> {
    text.match_indices('{').find_map(|(at, _)| {
        let (inside, _) = text.get(at + 1..)?.split_once('}')?;
        let number = match inside {
            "" => None,
            digits => Some(digits.parse().ok()?),
        };
        Some((at, inside.len() + 2, number))
    })
}

/// The gaps of a template, by number, in order: two templates with the same gaps can stand for each other.
#[must_use]
pub fn gaps(template: &str) -> Vec<usize> {
    let mut gaps: Vec<usize> = parts(template)
        .filter_map(|part| match part {
            Part::Gap(at) => Some(at),
            Part::Words(_) => None,
        })
        .collect();
    gaps.sort_unstable();
    gaps
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_language(Language::English))
    }
}

// === impl FillsGap ===

impl<T: FillsGap + ?Sized> FillsGap for &T {
    fn gap(&self) -> Gap {
        (*self).gap()
    }
}

impl FillsGap for Message {
    fn gap(&self) -> Gap {
        Gap::Phrase(self.clone())
    }
}

impl FillsGap for Gap {
    fn gap(&self) -> Gap {
        self.clone()
    }
}

macro_rules! verbatim {
    ($($plain:ty),* $(,)?) => {$(
        impl FillsGap for $plain {
            fn gap(&self) -> Gap {
                Gap::Verbatim(self.to_string())
            }
        }
    )*};
}

verbatim!(
    str,
    String,
    std::sync::Arc<str>,
    char,
    i32,
    i64,
    u16,
    u32,
    u64,
    usize,
    jiff::civil::Date,
    crate::domain::Attribute,
    crate::domain::BrandId,
    crate::domain::CampaignId,
    crate::domain::Currency,
    crate::domain::Kind,
    crate::domain::Money,
    crate::domain::RuleId,
    crate::domain::Tier,
    crate::domain::Verdict,
    crate::domain::Word,
    crate::rules::draft::Amount,
);

/// Names in backticks, with commas between them.
pub fn quoted(names: impl IntoIterator<Item = impl fmt::Display>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// A [`Message`] of an English template, with `{}` for each gap, and what stands in the gaps.
#[macro_export]
#[doc(hidden)]
macro_rules! __say {
    ($template:literal $(, $gap:expr)* $(,)?) => {
        $crate::rules::syntax::Message::new($template, vec![$($crate::rules::syntax::FillsGap::gap(&$gap)),*])
    };
}

pub use crate::__say as say;
