use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::{
    creatives::Shown,
    ease::{self, Ease},
    neighbours::Neighbours,
    relevance::{History, Relevances, exact, nearest},
    shelf::{News, Shelf},
};
use crate::{
    domain::{CampaignId, CandidateId, Evidence, Facts},
    model::{
        contacts::{ContactKey, Contacts, Dated, Day},
        features::hash,
    },
};

/// Items that are remembered of one contact, the latest taken.
pub const MOST_TAKEN: usize = 256;
/// Items that are told apart; further ones have no popularity and no neighbours.
pub const MOST_ITEMS: usize = 100_000;
/// After so many further items an item that a contact took speaks half as loud.
pub const RECENT: f64 = 50.0;
/// After so many days a taken item counts half in popularity.
const HALF_LIFE_DAYS: f64 = 90.0;
/// Contacts that a fit looks at, evenly chosen: a bound on its time.
const MOST_FITTED: usize = 50_000;
/// Days are relative to this one, 2020-01-01.
const LANDMARK: Day = Day(18_262);
/// How long days are counted back, in days.
pub(super) const COUNTED_DAYS: i32 = 90;
/// Creatives that are told apart.
const MOST_CREATIVES: usize = 100_000;

/// An item that a contact took, and when last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    item: u32,
    day: Day,
}

impl Dated for Taken {
    fn day(&self) -> Day {
        self.day
    }
}

/// What says which items go together.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
enum Affinity {
    /// Nothing was fitted yet.
    #[default]
    Unknown,
    Exact(Ease),
    Nearest(Neighbours),
}

/// One item of a contact's own that speaks for another.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// The contact's item.
    pub item: CandidateId,
    /// What it adds to the relevance.
    pub weight: f64,
}

/// What is known at one moment: which items go together, and what contacts took. A clone shares everything.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub struct Items {
    #[serde(skip_serializing)]
    numbers: Arc<HashMap<CandidateId, u32>>,
    pub(super) names: Arc<Vec<CandidateId>>,
    /// Weighted count of contacts that took each item.
    popularity: Arc<Vec<f64>>,
    contacts: Contacts<Taken>,
    affinity: Arc<Affinity>,
    creatives: Arc<BTreeMap<(u64, u64), Shown>>,
    /// The days on which something was heard of each campaign's items, as far back as they are counted.
    days: Arc<BTreeMap<CampaignId, BTreeSet<Day>>>,
    /// What may be put forward for each campaign where nobody names anything.
    shelves: Arc<BTreeMap<CampaignId, Arc<Shelf>>>,
    /// The latest day on which anything was taken.
    latest: Day,
    taken: u64,
    fitted_at: u64,
}

/// What is written down of it: the numbers of the items follow from their names.
#[derive(Deserialize)]
struct Stored {
    names: Arc<Vec<CandidateId>>,
    popularity: Arc<Vec<f64>>,
    contacts: Contacts<Taken>,
    affinity: Arc<Affinity>,
    creatives: Arc<BTreeMap<(u64, u64), Shown>>,
    days: Arc<BTreeMap<CampaignId, BTreeSet<Day>>>,
    shelves: Arc<BTreeMap<CampaignId, Arc<Shelf>>>,
    latest: Day,
    taken: u64,
    fitted_at: u64,
}

impl From<Stored> for Items {
    fn from(stored: Stored) -> Self {
        let numbers = stored.names.iter().cloned().zip(0..);
        Self {
            numbers: Arc::new(numbers.collect()),
            names: stored.names,
            popularity: stored.popularity,
            contacts: stored.contacts,
            affinity: stored.affinity,
            creatives: stored.creatives,
            days: stored.days,
            shelves: stored.shelves,
            latest: stored.latest,
            taken: stored.taken,
            fitted_at: stored.fitted_at,
        }
    }
}

impl Items {
    /// A contact took an item. It counts once a contact however often it is taken.
    pub fn take(&mut self, contact: ContactKey, item: &CandidateId, day: Day) {
        let Some(number) = self.number_or_new(item) else {
            return;
        };
        let known = self.contacts.of(contact);
        let before = known.iter().find(|taken| taken.item == number).copied();
        let rest = known.iter().copied().filter(|taken| taken.item != number);
        let mut all: Vec<Taken> = rest.collect();
        let day = before.map_or(day, |before| before.day.max(day));
        let at = all.partition_point(|taken| taken.day <= day);
        all.insert(at, Taken { item: number, day });
        if all.len() > MOST_TAKEN {
            all.remove(0);
        }
        self.contacts.keep(contact, &all);
        self.count(number, before.map(|taken| taken.day), Some(day));
        self.latest = self.latest.max(day);
        self.taken += u64::from(before.is_none());
    }

    /// Forgets a contact; that its items were taken stays, without a name.
    pub fn forget(&mut self, contact: ContactKey) {
        self.contacts.keep(contact, &[]);
    }

    /// It turns out that the contact did not take it.
    pub fn put_back(&mut self, contact: ContactKey, item: &CandidateId) {
        let Some(number) = self.numbers.get(item).copied() else {
            return;
        };
        let known = self.contacts.of(contact);
        let before = known.iter().find(|taken| taken.item == number).copied();
        let Some(before) = before else {
            return;
        };
        let rest: Vec<Taken> = known
            .iter()
            .copied()
            .filter(|taken| taken.item != number)
            .collect();
        self.contacts.keep(contact, &rest);
        self.count(number, Some(before.day), None);
        self.taken = self.taken.saturating_sub(1);
    }

    fn count(&mut self, number: u32, before: Option<Day>, after: Option<Day>) {
        if let Some(count) = Arc::make_mut(&mut self.popularity).get_mut(number as usize) {
            let change = after.map_or(0.0, weight) - before.map_or(0.0, weight);
            *count = (*count + change).max(0.0);
        }
    }

    fn number_or_new(&mut self, item: &CandidateId) -> Option<u32> {
        if let Some(number) = self.numbers.get(item) {
            return Some(*number);
        }
        let number = u32::try_from(self.names.len()).ok()?;
        if self.names.len() >= MOST_ITEMS {
            return None;
        }
        Arc::make_mut(&mut self.numbers).insert(item.clone(), number);
        Arc::make_mut(&mut self.names).push(item.clone());
        Arc::make_mut(&mut self.popularity).push(0.0);
        Some(number)
    }

    /// A creative or message of a campaign was shown; `answer` is 0 to 1. With `times` -1 it is taken back.
    pub fn show(&mut self, campaign: &CampaignId, creative: &CandidateId, answer: f64, times: f64) {
        let key = creative_key(campaign, creative);
        if self.creatives.len() < MOST_CREATIVES || self.creatives.contains_key(&key) {
            let creatives = Arc::make_mut(&mut self.creatives);
            creatives.entry(key).or_default().add(answer, times);
        }
    }

    /// How a creative or message of a campaign fared.
    #[must_use]
    pub fn shown(&self, campaign: &CampaignId, creative: &CandidateId) -> Shown {
        let key = creative_key(campaign, creative);
        self.creatives.get(&key).copied().unwrap_or_default()
    }

    /// Something was heard of a campaign's items on that day.
    pub fn note_day(&mut self, campaign: &CampaignId, day: Day) {
        if self.days.get(campaign).is_some_and(|days| days.contains(&day)) {
            return;
        }
        let days = Arc::make_mut(&mut self.days).entry(campaign.clone()).or_default();
        days.insert(day);
        let latest = days.last().copied().unwrap_or(day);
        days.retain(|day| latest.since(*day) <= COUNTED_DAYS);
    }

    /// Something was heard of an item of a campaign; `facts` are what was told of it.
    pub fn offer(&mut self, campaign: &CampaignId, item: &CandidateId, facts: &Facts, day: Day, news: News) {
        let known = self.shelves.get(campaign);
        if known.is_some_and(|shelf| shelf.holds(item, facts, day, news)) {
            return;
        }
        let shelf = Arc::make_mut(&mut self.shelves)
            .entry(campaign.clone())
            .or_default();
        Arc::make_mut(shelf).put(item, facts, day, news);
    }

    /// What may be put forward for a campaign where nobody names anything.
    pub fn on_shelf(&self, campaign: &CampaignId) -> impl Iterator<Item = &CandidateId> {
        self.shelves
            .get(campaign)
            .into_iter()
            .flat_map(|shelf| shelf.items())
    }

    /// What was told of an item that may be put forward for a campaign where nobody names anything.
    pub(super) fn told_of(&self, campaign: &CampaignId, item: &CandidateId) -> Option<&Facts> {
        self.shelves.get(campaign)?.told_of(item)
    }

    /// Days on which something was heard of a campaign's items: in so many days that end with `now`, and in the fullest
    /// window of that length.
    #[must_use]
    pub fn heard(&self, campaign: &CampaignId, now: Day, window_days: u32) -> Evidence {
        let Some(days) = self.days.get(campaign) else {
            return Evidence::default();
        };
        let until = |end: Day| {
            let within = |day: &&Day| u32::try_from(end.since(**day)).is_ok_and(|age| age < window_days);
            u32::try_from(days.iter().filter(within).count()).unwrap_or(u32::MAX)
        };
        Evidence {
            current: until(now),
            peak: days.iter().map(|end| until(*end)).max().unwrap_or(0),
            latest: days.last().map(|day| day.start()),
        }
    }

    /// Whether enough came since the last fit for another: a tenth more than there was.
    #[must_use]
    pub const fn wants_fit(&self) -> bool {
        let more = self.taken.abs_diff(self.fitted_at);
        more > 0 && more >= self.fitted_at / 10
    }

    /// Finds anew which items go together: exactly while there are few enough, else by co-occurrence. Takes from
    /// milliseconds to seconds; see [`ease`](super::ease) and [`neighbours`](super::neighbours).
    pub fn fit(&mut self) {
        let stride = self.contacts.len().div_ceil(MOST_FITTED).max(1);
        let lists = self.contacts.iter().step_by(stride);
        let lists: Vec<Vec<u32>> = lists
            .map(|(_, all)| all.iter().map(|taken| taken.item).collect())
            .collect();
        let items = self.names.len();
        let exact = (items <= ease::MOST_ITEMS)
            .then(|| Ease::fit(items, lists.iter().map(Vec::as_slice)))
            .flatten();
        self.affinity = Arc::new(match exact {
            Some(exact) => Affinity::Exact(exact),
            None => Affinity::Nearest(Neighbours::fit(items, &lists)),
        });
        self.fitted_at = self.taken;
    }

    /// How many items are told apart.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether no item was ever taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// What a contact took, then the items of its session: the later, the louder.
    #[must_use]
    pub fn history(&self, contact: Option<ContactKey>, session: &[CandidateId]) -> History {
        let session = session.iter().filter_map(|item| self.numbers.get(item).copied());
        let session: Vec<u32> = session.collect();
        let known = contact.map_or(&[][..], |contact| self.contacts.of(contact));
        let known = known.iter().map(|taken| taken.item);
        let mut all: Vec<u32> = known.filter(|item| !session.contains(item)).collect();
        all.extend(session);
        let ages = (0..all.len()).rev();
        let louder = all
            .into_iter()
            .zip(ages)
            .map(|(item, age)| (item, (-(age as f64) / RECENT).exp2()));
        History(louder.collect())
    }

    /// The number of an item, if anybody ever took it.
    pub(super) fn number(&self, item: &CandidateId) -> Option<u32> {
        self.numbers.get(item).copied()
    }

    /// By item number, whether a contact took it.
    pub(super) fn marks(&self, contact: ContactKey) -> Vec<bool> {
        let mut marks = vec![false; self.names.len()];
        for taken in self.contacts.of(contact) {
            if let Some(mark) = marks.get_mut(taken.item as usize) {
                *mark = true;
            }
        }
        marks
    }

    /// The items that a contact took.
    pub fn taken(&self, contact: ContactKey) -> impl Iterator<Item = &CandidateId> {
        let all = self.contacts.of(contact).iter();
        all.filter_map(|taken| self.names.get(taken.item as usize))
    }

    /// How relevant every item is after a history, by item number; 0 and above.
    #[must_use]
    pub fn relevances(&self, history: &History) -> Relevances<'_> {
        let most = self.popularity.iter().copied().fold(0.0, f64::max);
        let mut scores = match &*self.affinity {
            _ if history.is_empty() => Vec::new(),
            Affinity::Unknown => Vec::new(),
            Affinity::Exact(ease) => exact(ease, history, self.names.len()),
            Affinity::Nearest(neighbours) => nearest(neighbours, history, self.names.len()),
        };
        let personal = !scores.is_empty();
        scores.resize(self.names.len(), 0.0);
        let share = match &*self.affinity {
            _ if !personal => 1.0 / most.max(f64::MIN_POSITIVE),
            Affinity::Nearest(_) => self.a_contact(),
            // Orders what the contact's items say nothing of, and no more.
            Affinity::Exact(_) | Affinity::Unknown => 1e-6 / most.max(f64::MIN_POSITIVE),
        };
        for (score, popularity) in scores.iter_mut().zip(&*self.popularity) {
            // No fused multiplication: without the instruction it is a call an item.
            *score = share * popularity + score.max(0.0);
        }
        Relevances {
            items: self,
            personal,
            scores,
        }
    }

    /// Turns a weighted count into the share of contacts that it is of.
    fn a_contact(&self) -> f64 {
        1.0 / (weight(self.latest) * (self.contacts.len().max(1) as f64))
    }

    /// The items of a history that speak loudest for an item, at most `most`.
    #[must_use]
    pub fn because_of(&self, history: &History, item: &CandidateId, most: usize) -> Vec<Reason> {
        let Some(to) = self.numbers.get(item) else {
            return Vec::new();
        };
        let says = |from: u32| match &*self.affinity {
            Affinity::Unknown => 0.0,
            Affinity::Exact(ease) => ease
                .from(from)
                .get(*to as usize)
                .map_or(0.0, |weight| f64::from(*weight)),
            Affinity::Nearest(neighbours) => {
                let found = neighbours.of(from).iter().find(|(near, _)| near == to);
                found.map_or(0.0, |(_, strength)| f64::from(*strength))
            }
        };
        let each = history.0.iter().filter_map(|(from, loud)| {
            let weight = loud * says(*from);
            let item = self.names.get(*from as usize)?.clone();
            (weight > 0.0).then_some(Reason { item, weight })
        });
        let mut reasons: Vec<Reason> = each.collect();
        reasons.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        reasons.truncate(most);
        reasons
    }

    /// Everything in it, to the digest of a snapshot.
    pub fn digest(&self, hasher: &mut blake3::Hasher) {
        for (name, popularity) in self.names.iter().zip(&*self.popularity) {
            hasher.update(name.as_str().as_bytes());
            hasher.update(&popularity.to_le_bytes());
        }
        self.contacts.digest(hasher, |taken, hasher| {
            hasher.update(&taken.item.to_le_bytes());
            hasher.update(&taken.day.0.to_le_bytes());
        });
        match &*self.affinity {
            Affinity::Unknown => {}
            Affinity::Exact(ease) => ease.digest(hasher),
            Affinity::Nearest(neighbours) => neighbours.digest(hasher),
        }
        for ((campaign, creative), shown) in &*self.creatives {
            hasher.update(&campaign.to_le_bytes());
            hasher.update(&creative.to_le_bytes());
            hasher.update(&shown.shown.to_le_bytes());
            hasher.update(&shown.answered.to_le_bytes());
        }
        for (campaign, days) in &*self.days {
            hasher.update(campaign.as_str().as_bytes());
            for day in days {
                hasher.update(&day.0.to_le_bytes());
            }
        }
        for (campaign, shelf) in &*self.shelves {
            hasher.update(campaign.as_str().as_bytes());
            shelf.digest(hasher);
        }
    }
}

fn creative_key(campaign: &CampaignId, creative: &CandidateId) -> (u64, u64) {
    (
        hash(3, campaign.as_str().as_bytes()),
        hash(4, creative.as_str().as_bytes()),
    )
}

/// What is newer weighs more: 2^(days since the landmark / half-life).
fn weight(day: Day) -> f64 {
    (f64::from(day.since(LANDMARK)) / HALF_LIFE_DAYS).exp2()
}
