//! What there is to show for a campaign, as far as it was heard of.
//!
//! An item is on the shelf once it was shown, taken or imported for the campaign, with its categories and its creative
//! as they were told last. It stays as long as people take it: what nobody took or imported in the 90 days before the
//! campaign's latest news is not put forward any more, so that what is no longer sold leaves by itself. A caller who
//! names it again puts it back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::items::COUNTED_DAYS;
use crate::{
    domain::{Attribute, CandidateId, FactValue, Facts},
    model::contacts::Day,
};

/// Items of one campaign; beyond, those that nobody took for longest leave, a tenth at a time.
pub const MOST_ON_SHELF: usize = 20_000;

/// What is told of an item and does not change from hour to hour. Whether it is in stock does; attributes of a
/// deployment's own may.
const KEPT: [Attribute; 2] = [Attribute::ItemCategory, Attribute::Creative];

/// An item on the shelf.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct OnShelf {
    /// When it was taken or imported last, or put here.
    day: Day,
    facts: Facts,
}

/// The items of one campaign.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Shelf {
    items: BTreeMap<CandidateId, OnShelf>,
    latest: Day,
}

impl Shelf {
    /// Whether an item stands there as it would after [`Shelf::put`].
    pub(super) fn holds(&self, item: &CandidateId, facts: &Facts, day: Day, news: News) -> bool {
        let known = self.items.get(item).filter(|known| self.is_fresh(known));
        known.is_some_and(|known| {
            let stays = match news {
                News::Taken => known.day >= day,
                News::Shown => true,
            };
            stays && kept(facts).eq(known.facts.iter())
        })
    }

    /// An item was shown, or taken.
    pub(super) fn put(&mut self, item: &CandidateId, facts: &Facts, day: Day, news: News) {
        let before = self.items.get(item).filter(|known| self.is_fresh(known));
        let day = match (before, news) {
            (Some(known), News::Shown) => known.day,
            (Some(known), News::Taken) => known.day.max(day),
            (None, _) => day,
        };
        let facts = kept(facts)
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        self.items.insert(item.clone(), OnShelf { day, facts });
        self.latest = self.latest.max(day);
        if self.items.len() > MOST_ON_SHELF {
            self.make_room();
        }
    }

    fn is_fresh(&self, known: &OnShelf) -> bool {
        self.latest.since(known.day) <= COUNTED_DAYS
    }

    fn make_room(&mut self) {
        let mut days: Vec<Day> = self.items.values().map(|known| known.day).collect();
        let tenth = MOST_ON_SHELF / 10;
        let (_, last, _) = days.select_nth_unstable(tenth);
        let last = *last;
        let mut left = tenth;
        self.items.retain(|_, known| {
            let leaves = known.day <= last && left > 0;
            left -= usize::from(leaves);
            !leaves
        });
    }

    /// What may be put forward.
    pub(super) fn items(&self) -> impl Iterator<Item = &CandidateId> {
        let fresh = self.items.iter().filter(|(_, known)| self.is_fresh(known));
        fresh.map(|(item, _)| item)
    }

    /// What is known of an item that may be put forward.
    pub(super) fn told_of(&self, item: &CandidateId) -> Option<&Facts> {
        let known = self.items.get(item).filter(|known| self.is_fresh(known));
        known.map(|known| &known.facts)
    }

    /// Everything in it, to a digest.
    pub(super) fn digest(&self, hasher: &mut blake3::Hasher) {
        for (item, known) in &self.items {
            hasher.update(item.as_str().as_bytes());
            hasher.update(&known.day.0.to_le_bytes());
            for (name, value) in known.facts.iter() {
                hasher.update(name.name().as_bytes());
                hasher.update(format!("{value:?}").as_bytes());
            }
        }
    }
}

/// What was heard of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// It was taken, or imported: it is fresh from that day on.
    Taken,
    /// It was shown.
    Shown,
}

fn kept(facts: &Facts) -> impl Iterator<Item = (&Attribute, &FactValue)> {
    facts.iter().filter(|(name, _)| KEPT.contains(name))
}
