//! A text that is asked several things at once: which lists must have a hit in it, which expressions must be found,
//! and which of both must not.
//!
//! Whether some text answers all is not decided here: two lists may share every term, and two expressions may mean
//! the same. Each counts as independent, so that "no text does" is certain and "one does" needs an example, which
//! is put together of terms of the lists and of the plainest texts that the expressions find.

use super::{solve::Wants, spelt::spelt};
use crate::{
    domain::Attribute,
    rules::{
        Lexicon,
        compile::Sample,
        condition::{Reading, Truth},
        mentions::language_of,
    },
};

/// Texts that hold no term of most lists.
const PLAIN: [&str; 3] = ["calcio", "mercato", "a"];

/// What is demanded of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Demand<'d> {
    pub(super) asked: Asked<'d>,
    pub(super) wants: Wants,
}

/// What a text is asked; one hit of any of them is enough.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asked<'d> {
    Lists(&'d [usize], Reading),
    Patterns(&'d [usize]),
}

impl<'d> Demand<'d> {
    /// The lists that are asked, and how.
    const fn lists(&self) -> Option<(&'d [usize], Reading)> {
        if let Asked::Lists(lists, reading) = self.asked {
            return Some((lists, reading));
        }
        None
    }

    const fn patterns(&self) -> Option<&'d [usize]> {
        if let Asked::Patterns(patterns) = self.asked {
            return Some(patterns);
        }
        None
    }
}

/// How surely a list has a hit: in a text of unknown language it may be that its terms count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hit {
    None,
    Possible,
    Certain,
}

/// Whether the demands on a text that is there agree, as far as lists and expressions are independent.
pub(super) fn agree(demands: &[Demand<'_>]) -> bool {
    lists_agree(demands) && patterns_agree(demands)
}

/// Whether of what must be found something is left that may be.
fn patterns_agree(demands: &[Demand<'_>]) -> bool {
    let asked = |demand: &Demand<'_>, pattern: &usize| {
        let patterns = demand.patterns();
        patterns.is_some_and(|patterns| patterns.contains(pattern))
    };
    let is_barred = |pattern: &usize| {
        let mut denials = demands.iter().filter(|demand| demand.wants.is_denied());
        denials.any(|denial| asked(denial, pattern))
    };
    let mut wanted = demands.iter().filter(|demand| !demand.wants.is_denied());
    wanted.all(|demand| {
        let patterns = demand.patterns();
        patterns.is_none_or(|patterns| !patterns.iter().all(is_barred))
    })
}

/// The denials set a ceiling on each list; the other demands have to find room below it.
fn lists_agree(demands: &[Demand<'_>]) -> bool {
    let of_lists = || {
        let demands = demands.iter();
        demands.filter_map(|demand| Some((demand.lists()?, demand.wants)))
    };
    let ceiling = |list: usize| {
        let denials = of_lists().filter(|((lists, _), _)| lists.contains(&list));
        let most = denials.filter_map(|((_, reading), wants)| match (wants, reading) {
            (Wants::NotTrue, Reading::Every) => Some(Hit::Possible),
            (Wants::False, _) | (Wants::NotTrue, Reading::Any) => Some(Hit::None),
            (Wants::True | Wants::NotFalse, _) => None,
        });
        most.min().unwrap_or(Hit::Certain)
    };
    // A text that was cut off may hold anything further on.
    let may_be_cut = of_lists().all(|(_, wants)| wants != Wants::False);
    of_lists().all(|((lists, reading), wants)| {
        let least = match (wants, reading) {
            (Wants::True, Reading::Every) => Hit::Certain,
            (Wants::True, Reading::Any) => Hit::Possible,
            (Wants::NotFalse, _) if may_be_cut => Hit::None,
            (Wants::NotFalse, _) => Hit::Possible,
            (Wants::False | Wants::NotTrue, _) => Hit::None,
        };
        least == Hit::None || lists.iter().any(|list| ceiling(*list) >= least)
    })
}

/// A text and the language it has to be in, if that matters.
pub(super) struct Text {
    pub(super) text: String,
    pub(super) language: Option<String>,
}

/// A text that meets the demands, if one is found; in the stated language, else in any.
pub(super) fn find(
    lexicon: &Lexicon,
    samples: &[Vec<Sample>],
    attribute: &Attribute,
    demands: &[Demand<'_>],
    stated: Option<&str>,
) -> Option<Text> {
    let search = Search {
        lexicon,
        samples,
        attribute,
        demands,
    };
    let mut languages: Vec<Option<&str>> = match stated {
        Some(stated) => vec![Some(stated)],
        None if language_of(attribute).is_some() => search.languages().map(Some).collect(),
        None => Vec::new(),
    };
    if stated.is_none() {
        languages.push(None);
    }
    languages.dedup();
    languages.into_iter().find_map(|language| {
        let text = search.text(language)?;
        Some(Text {
            text,
            language: language.map(str::to_owned),
        })
    })
}

struct Search<'s> {
    lexicon: &'s Lexicon,
    samples: &'s [Vec<Sample>],
    attribute: &'s Attribute,
    demands: &'s [Demand<'s>],
}

impl<'s> Search<'s> {
    /// The languages of the terms of every list that is asked for.
    fn languages(&self) -> impl Iterator<Item = &'s str> {
        let lists = self.demands.iter().filter_map(Demand::lists);
        let lists = lists.flat_map(|(lists, _)| lists);
        let samples = lists.filter_map(|list| self.samples.get(*list)).flatten();
        samples.filter_map(|sample| sample.language.as_deref())
    }

    fn text(&self, language: Option<&str>) -> Option<String> {
        let met =
            |demand: &Demand<'_>, text: &str| demand.wants.is_met_by(self.truth(demand, text, language));
        let denied = |text: &str| {
            let mut denials = self.demands.iter().filter(|demand| demand.wants.is_denied());
            denials.all(|denial| met(denial, text))
        };
        let mut words: Vec<String> = Vec::new();
        for demand in self.demands.iter().filter(|demand| !demand.wants.is_denied()) {
            if words.iter().any(|word| met(demand, word)) {
                continue;
            }
            let mut hits = self.hits(demand).into_iter();
            words.push(hits.find(|hit| met(demand, hit) && denied(hit))?);
        }
        if words.is_empty() {
            let plain = PLAIN.into_iter().find(|word| denied(word))?;
            words.push(plain.to_owned());
        }
        let text = words.join(" ");
        let all_met = self.demands.iter().all(|demand| met(demand, &text));
        all_met.then(|| self.written(&text))
    }

    fn truth(&self, demand: &Demand<'_>, text: &str, language: Option<&str>) -> Truth {
        let text = self.written(text);
        match demand.asked {
            Asked::Lists(lists, reading) => {
                let hits = self.lexicon.lists.hits(self.attribute, &text, language);
                hits.truth(lists, reading)
            }
            Asked::Patterns(patterns) => {
                let mut patterns = patterns.iter();
                Truth::from(patterns.any(|pattern| self.lexicon.patterns.is_found(*pattern, &text)))
            }
        }
    }

    /// Texts of which each is probably a hit.
    fn hits(&self, demand: &Demand<'_>) -> Vec<String> {
        match demand.asked {
            Asked::Lists(lists, _) => {
                let samples = lists.iter().filter_map(|list| self.samples.get(*list));
                samples.flatten().map(|sample| sample.term.to_string()).collect()
            }
            Asked::Patterns(patterns) => {
                let patterns = patterns.iter();
                let texts = patterns.filter_map(|pattern| self.lexicon.patterns.text(*pattern));
                texts.flat_map(spelt).collect()
            }
        }
    }

    /// Words as they stand in a text of that fact.
    fn written(&self, words: &str) -> String {
        if *self.attribute == Attribute::PageUrl {
            return format!("https://page.example/{}", words.replace(' ', "-"));
        }
        words.to_owned()
    }
}
