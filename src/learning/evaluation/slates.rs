use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    path::Path,
};

use super::{
    EvaluationError,
    difference::{difference, mean},
    measure::Interval,
    purchases::{COMPLETE_JOURNEY, Format, MOVIELENS, Purchase, read},
};
use crate::{
    domain::CandidateId,
    model::{
        contacts::{ContactKey, Day},
        recommendation::{Items, ease::Ease},
    },
};

/// People with fewer items are not tested; what they took is trained on.
const FEWEST: usize = 5;

/// Which purchases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shop {
    /// Every rating is a positive.
    MovieLens,
    /// Items with five or more buyers.
    CompleteJourney,
}

impl Shop {
    const fn format(self) -> &'static Format {
        match self {
            Self::MovieLens => &MOVIELENS,
            Self::CompleteJourney => &COMPLETE_JOURNEY,
        }
    }

    const fn fewest_buyers(self) -> usize {
        match self {
            Self::MovieLens => 1,
            Self::CompleteJourney => 5,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::MovieLens => "MovieLens 100k",
            Self::CompleteJourney => "completejourney, items with 5+ buyers",
        }
    }

    /// NDCG@10 and Recall@20 of a public library on the same split.
    const fn reference(self) -> (&'static str, f64, f64) {
        match self {
            Self::MovieLens => ("EASE, lambda 200", 0.203, 0.213),
            Self::CompleteJourney => ("popularity", 0.050, 0.085),
        }
    }
}

/// How good slates were, one figure a person.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ranked {
    /// NDCG of the first ten.
    pub ndcg_10: Vec<f64>,
    /// Share of the kept-back items among the first twenty.
    pub recall_20: Vec<f64>,
}

/// Slates of what serves, beside the plain method on the same people.
#[derive(Debug, Clone, PartialEq)]
pub struct Slates {
    /// Which purchases.
    pub shop: Shop,
    /// What serves, without its noise.
    pub ours: Ranked,
    /// Plain EASE, or popularity.
    pub plain: Ranked,
    /// NDCG@10 less that of the plain method.
    pub gained_ndcg: Interval,
    /// Recall@20 less that of the plain method.
    pub gained_recall: Interval,
}

impl fmt::Display for Slates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, ndcg, recall) = self.shop.reference();
        let line = |ranked: &Ranked| {
            format!(
                "NDCG@10 {:.4}, Recall@20 {:.4}",
                mean(&ranked.ndcg_10),
                mean(&ranked.recall_20)
            )
        };
        writeln!(
            f,
            "recommendation, {}, {} people: {}",
            self.shop.name(),
            self.ours.ndcg_10.len(),
            line(&self.ours)
        )?;
        writeln!(f, "  {name}, computed beside: {}", line(&self.plain))?;
        writeln!(
            f,
            "  {name}, a public library on the same split: {ndcg:.3}, {recall:.3}"
        )?;
        write!(
            f,
            "  ours less {name}: NDCG@10 {}, Recall@20 {}",
            self.gained_ndcg, self.gained_recall
        )
    }
}

/// A person's items, in the order in which they were first taken.
struct Person {
    key: ContactKey,
    trained: Vec<(CandidateId, Day)>,
    kept_back: Vec<CandidateId>,
}

/// Keeps back each person's last fifth of items, teaches the others in the order of time, and ranks every item that the
/// person did not take yet. Kept-back items that were never trained on count as missed.
///
/// # Errors
/// The file is missing, unreadable or of another format.
pub fn evaluate_slates(path: &Path, shop: Shop) -> Result<Slates, EvaluationError> {
    let people = people(path, shop)?;
    let items = taught(&people);
    let ours = ranked(&people, |person| {
        let history = items.history(Some(person.key), &[]);
        let relevances = items.relevances(&history);
        relevances
            .iter()
            .map(|(item, relevance)| (item.clone(), relevance))
            .collect()
    });
    let plain = match shop {
        Shop::MovieLens => plain_ease(&people),
        Shop::CompleteJourney => popularity(&people),
    };
    Ok(Slates {
        shop,
        gained_ndcg: difference(&ours.ndcg_10, &plain.ndcg_10, 7),
        gained_recall: difference(&ours.recall_20, &plain.recall_20, 7),
        ours,
        plain,
    })
}

fn people(path: &Path, shop: Shop) -> Result<Vec<Person>, EvaluationError> {
    let mut rows = read(path, shop.format())?;
    let mut buyers: HashMap<String, BTreeSet<String>> = HashMap::new();
    for row in &rows {
        buyers
            .entry(row.item.clone())
            .or_default()
            .insert(row.person.clone());
    }
    rows.retain(|row| {
        buyers
            .get(&row.item)
            .is_some_and(|all| all.len() >= shop.fewest_buyers())
    });
    let mut taken: BTreeMap<String, Vec<Purchase>> = BTreeMap::new();
    for row in rows {
        let known = taken.entry(row.person.clone()).or_default();
        if known.iter().all(|before| before.item != row.item) {
            known.push(row);
        }
    }
    Ok((0_u64..)
        .zip(taken.into_values())
        .map(|(number, all)| Person::of(ContactKey::numbered(number), &all))
        .collect())
}

impl Person {
    fn of(key: ContactKey, all: &[Purchase]) -> Self {
        let last = if all.len() < FEWEST {
            0
        } else {
            (all.len() / 5).max(1)
        };
        let (trained, kept_back) = all.split_at(all.len() - last);
        let id = |row: &Purchase| CandidateId::new(&row.item).ok();
        Self {
            key,
            trained: trained
                .iter()
                .filter_map(|row| Some((id(row)?, Day::of(row.at))))
                .collect(),
            kept_back: kept_back.iter().filter_map(id).collect(),
        }
    }
}

fn taught(people: &[Person]) -> Items {
    let mut items = Items::default();
    for person in people {
        for (item, day) in &person.trained {
            items.take(person.key, item, *day);
        }
    }
    items.fit();
    items
}

/// Measures what `score` says of every item, for each person that is tested.
fn ranked(people: &[Person], score: impl Fn(&Person) -> Vec<(CandidateId, f64)>) -> Ranked {
    let mut ranked = Ranked::default();
    for person in people.iter().filter(|person| !person.kept_back.is_empty()) {
        let seen: BTreeSet<&CandidateId> = person.trained.iter().map(|(item, _)| item).collect();
        let mut scores = score(person);
        scores.retain(|(item, _)| !seen.contains(item));
        scores.sort_by(|a, b| b.1.total_cmp(&a.1));
        let kept_back: BTreeSet<&CandidateId> = person.kept_back.iter().collect();
        let hits = || scores.iter().map(|(item, _)| kept_back.contains(item));
        let gain = |place: usize| 1.0 / ((place + 2) as f64).log2();
        let gained: f64 = hits()
            .take(10)
            .enumerate()
            .filter(|(_, hit)| *hit)
            .map(|(place, _)| gain(place))
            .sum();
        let ideal: f64 = (0..kept_back.len().min(10)).map(gain).sum();
        let found = hits().take(20).filter(|hit| *hit).count();
        ranked.ndcg_10.push(gained / ideal);
        ranked.recall_20.push(found as f64 / kept_back.len() as f64);
    }
    ranked
}

fn numbered(people: &[Person]) -> (Vec<CandidateId>, Vec<Vec<u32>>) {
    let mut numbers: HashMap<CandidateId, u32> = HashMap::new();
    let mut names = Vec::new();
    let mut lists = Vec::new();
    for person in people {
        let list = person.trained.iter().map(|(item, _)| {
            *numbers.entry(item.clone()).or_insert_with(|| {
                names.push(item.clone());
                u32::try_from(names.len() - 1).unwrap_or(u32::MAX)
            })
        });
        lists.push(list.collect());
    }
    (names, lists)
}

/// As published: every item that was taken counts alike.
fn plain_ease(people: &[Person]) -> Ranked {
    let (names, lists) = numbered(people);
    let Some(ease) = Ease::fit(names.len(), lists.iter().map(Vec::as_slice)) else {
        return Ranked::default();
    };
    let places: HashMap<ContactKey, &Vec<u32>> = people.iter().map(|person| person.key).zip(&lists).collect();
    ranked(people, |person| {
        let mut scores = vec![0.0; names.len()];
        for from in places.get(&person.key).into_iter().flat_map(|list| list.iter()) {
            for (score, weight) in scores.iter_mut().zip(ease.from(*from)) {
                *score += f64::from(*weight);
            }
        }
        names.iter().cloned().zip(scores).collect()
    })
}

/// How many people took each item.
fn popularity(people: &[Person]) -> Ranked {
    let (names, lists) = numbered(people);
    let mut counts = vec![0.0; names.len()];
    for item in lists.iter().flatten() {
        if let Some(count) = counts.get_mut(*item as usize) {
            *count += 1.0;
        }
    }
    ranked(people, |_| {
        names.iter().cloned().zip(counts.iter().copied()).collect()
    })
}
