//! A text that is asked several things at once: which lists must have a hit in it, and which none.
//!
//! Whether some text answers all is not decided here: two lists may share every term. The lists count as
//! independent, so that "no text does" is certain and "one does" needs an example, which is searched for among
//! the terms of the lists.

use super::solve::Wants;
use crate::{
    domain::Attribute,
    rules::{
        compile::Sample,
        condition::Reading,
        mentions::{Lists, language_of},
    },
};

/// Texts that hold no term of most lists.
const PLAIN: [&str; 3] = ["calcio", "mercato", "a"];

/// What is demanded of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Demand<'d> {
    pub(super) lists: &'d [usize],
    pub(super) reading: Reading,
    pub(super) wants: Wants,
}

/// How surely a list has a hit: in a text of unknown language it may be that its terms count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hit {
    None,
    Possible,
    Certain,
}

/// Whether the demands agree, as far as lists are independent.
///
/// The denials set a ceiling on each list; the other demands have to find room below it.
pub(super) fn agree(demands: &[Demand<'_>]) -> bool {
    let ceiling = |list: usize| {
        let denials = demands.iter().filter(|demand| demand.lists.contains(&list));
        let most = denials.filter_map(|demand| match (demand.wants, demand.reading) {
            (Wants::NotTrue, Reading::Every) => Some(Hit::Possible),
            (Wants::False, _) | (Wants::NotTrue, Reading::Any) => Some(Hit::None),
            (Wants::True | Wants::NotFalse, _) => None,
        });
        most.min().unwrap_or(Hit::Certain)
    };
    // A text that was cut off may hold anything further on.
    let may_be_cut = demands.iter().all(|demand| demand.wants != Wants::False);
    demands.iter().all(|demand| {
        let least = match (demand.wants, demand.reading) {
            (Wants::True, Reading::Every) => Hit::Certain,
            (Wants::True, Reading::Any) => Hit::Possible,
            (Wants::NotFalse, _) if may_be_cut => Hit::None,
            (Wants::NotFalse, _) => Hit::Possible,
            (Wants::False | Wants::NotTrue, _) => Hit::None,
        };
        least == Hit::None || demand.lists.iter().any(|list| ceiling(*list) >= least)
    })
}

/// A text and the language it has to be in, if that matters.
pub(super) struct Text {
    pub(super) text: String,
    pub(super) language: Option<String>,
}

/// A text that meets the demands, if one is found; in the stated language, else in any.
pub(super) fn find(
    lists: &Lists,
    samples: &[Vec<Sample>],
    attribute: &Attribute,
    demands: &[Demand<'_>],
    stated: Option<&str>,
) -> Option<Text> {
    let search = Search {
        lists,
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
    lists: &'s Lists,
    samples: &'s [Vec<Sample>],
    attribute: &'s Attribute,
    demands: &'s [Demand<'s>],
}

impl<'s> Search<'s> {
    /// The languages of the terms of every list that is asked for.
    fn languages(&self) -> impl Iterator<Item = &'s str> {
        let lists = self.demands.iter().flat_map(|demand| demand.lists);
        let samples = lists.filter_map(|list| self.samples.get(*list)).flatten();
        samples.filter_map(|sample| sample.language.as_deref())
    }

    fn text(&self, language: Option<&str>) -> Option<String> {
        let met = |demand: &Demand<'_>, text: &str| {
            let hits = self.lists.hits(self.attribute, &self.written(text), language);
            demand.wants.is_met_by(hits.truth(demand.lists, demand.reading))
        };
        let denied = |text: &str| {
            let mut denials = self.demands.iter().filter(|demand| demand.wants.is_denied());
            denials.all(|denial| met(denial, text))
        };
        let mut words: Vec<&str> = Vec::new();
        for demand in self.demands.iter().filter(|demand| !demand.wants.is_denied()) {
            if words.iter().any(|word| met(demand, word)) {
                continue;
            }
            let samples = demand.lists.iter().filter_map(|list| self.samples.get(*list));
            let mut terms = samples.flatten().map(|sample| sample.term.as_ref());
            words.push(terms.find(|term| met(demand, term) && denied(term))?);
        }
        if words.is_empty() {
            words.push(PLAIN.into_iter().find(|word| denied(word))?);
        }
        let text = words.join(" ");
        let all_met = self.demands.iter().all(|demand| met(demand, &text));
        all_met.then(|| self.written(&text))
    }

    /// Words as they stand in a text of that fact.
    fn written(&self, words: &str) -> String {
        if *self.attribute == Attribute::PageUrl {
            return format!("https://page.example/{}", words.replace(' ', "-"));
        }
        words.to_owned()
    }
}
