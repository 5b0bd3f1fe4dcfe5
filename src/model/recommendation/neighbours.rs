//! Which items go together, where there are too many of them for the exact answer: co-occurrence.
//!
//! Of the contacts that took i, the share that also took j, less what j's popularity would have it, drawn towards
//! nothing while few took i:
//!
//! ```text
//! d(i, j) = (both(i, j) − n(i) p(j)) / (n(i) + k),   k = 30
//! ```
//!
//! An item keeps its [`KEPT`] strongest. A contact's score of j is p(j) plus what the contact's items say, divided by
//! the root of how many they are: they repeat each other, though not word for word.

use serde::{Deserialize, Serialize};

/// How many takers an item must have for its neighbours to count half: below that, popularity speaks.
const SHRINKAGE: f64 = 30.0;
/// Neighbours that are kept of an item.
pub const KEPT: usize = 64;
/// Takers of an item that are looked at, and items of each: a bound on the time of a fit.
const MOST_TAKERS: usize = 1_000;
const MOST_OF_A_TAKER: usize = 100;

/// The strongest neighbours of every item.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Neighbours {
    /// Where each item's begin; one more than there are items.
    begins: Vec<u32>,
    /// (item, strength), the strongest first.
    strongest: Vec<(u32, f32)>,
}

impl Neighbours {
    /// Of what contacts took: each a list of item numbers below `items`, the latest last, each item once.
    #[must_use]
    pub fn fit(items: usize, contacts: &[Vec<u32>]) -> Self {
        let takers = takers(items, contacts);
        let everybody = (contacts.len().max(1)) as f64;
        let mut fitted = Self {
            begins: Vec::with_capacity(items + 1),
            strongest: Vec::new(),
        };
        let mut both = vec![0_u32; items];
        for own in &takers {
            fitted.begin();
            let (touched, looked_at) = count(own, contacts, &mut both);
            let strength = |to: u32, both: u32| {
                let popularity =
                    takers.get(to as usize).map_or(0.0, |takers| takers.len() as f64) / everybody;
                (f64::from(both) - looked_at * popularity) / (looked_at + SHRINKAGE)
            };
            let mut strengths: Vec<(u32, f32)> = Vec::with_capacity(touched.len());
            for to in touched {
                let Some(both) = both.get_mut(to as usize).map(std::mem::take) else {
                    continue;
                };
                strengths.push((to, single(strength(to, both))));
            }
            fitted.keep(strengths, own);
        }
        fitted.begin();
        fitted
    }

    fn begin(&mut self) {
        self.begins
            .push(u32::try_from(self.strongest.len()).unwrap_or(u32::MAX));
    }

    fn keep(&mut self, mut strengths: Vec<(u32, f32)>, own: &Takers) {
        strengths.retain(|(to, strength)| *to != own.item && *strength > 0.0);
        let order = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if strengths.len() > KEPT {
            strengths.select_nth_unstable_by(KEPT, order);
            strengths.truncate(KEPT);
        }
        strengths.sort_unstable_by(order);
        self.strongest.extend(strengths);
    }

    /// The neighbours of an item with their strengths, the strongest first.
    #[must_use]
    pub fn of(&self, item: u32) -> &[(u32, f32)] {
        let at = item as usize;
        let range = self.begins.get(at).zip(self.begins.get(at + 1));
        let range = range.map(|(from, to)| *from as usize..*to as usize);
        range
            .and_then(|range| self.strongest.get(range))
            .unwrap_or_default()
    }

    pub(super) fn digest(&self, hasher: &mut blake3::Hasher) {
        for (item, strength) in &self.strongest {
            hasher.update(&item.to_le_bytes());
            hasher.update(&strength.to_le_bytes());
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "six digits are enough of a strength"
)]
const fn single(strength: f64) -> f32 {
    strength as f32
}

/// The contacts, by place, that took an item.
struct Takers {
    item: u32,
    places: Vec<u32>,
}

impl Takers {
    const fn len(&self) -> usize {
        self.places.len()
    }
}

fn takers(items: usize, contacts: &[Vec<u32>]) -> Vec<Takers> {
    let empty = |item| Takers {
        item,
        places: Vec::new(),
    };
    let mut takers: Vec<Takers> = (0_u32..).take(items).map(empty).collect();
    for (place, taken) in (0_u32..).zip(contacts) {
        for item in taken {
            if let Some(takers) = takers.get_mut(*item as usize) {
                takers.places.push(place);
            }
        }
    }
    takers
}

/// Adds up in `both` how many of an item's takers took each other item; says which were touched, and how many takers
/// were looked at.
fn count(own: &Takers, contacts: &[Vec<u32>], both: &mut [u32]) -> (Vec<u32>, f64) {
    let stride = own.len().div_ceil(MOST_TAKERS).max(1);
    let (mut touched, mut looked_at) = (Vec::new(), 0.0);
    for place in own.places.iter().step_by(stride) {
        let Some(taken) = contacts.get(*place as usize) else {
            continue;
        };
        looked_at += 1.0;
        for to in taken.iter().rev().take(MOST_OF_A_TAKER) {
            let Some(count) = both.get_mut(*to as usize) else {
                continue;
            };
            if *count == 0 {
                touched.push(*to);
            }
            *count += 1;
        }
    }
    (touched, looked_at)
}
