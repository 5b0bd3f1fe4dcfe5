//! What is remembered of each contact: a few dated marks, in little room, shared between snapshots.
//!
//! Contacts are named by a hash of brand and pseudonymous id; the id itself is not kept. They lie in shards behind
//! `Arc`s: a snapshot shares them all, and learning copies only the shards it touches, and of those only the
//! table, because the marks of one contact are shared too.
//!
//! Room is bounded: a contact keeps its latest marks only (the caller says how many), and a full shard forgets the
//! contact whose latest mark is the oldest. With the default that is 2,097,152 contacts.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::features::hash;
use crate::domain::{BrandId, Timestamp, Word};

const SHARDS: usize = 4_096;
/// Contacts that one shard remembers.
const MOST_A_SHARD: usize = 512;

/// A day, counted from 1970-01-01 in UTC; it lasts until 2149.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Day(pub u16);

impl Day {
    /// The day of an instant; the first or last day for instants beyond.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        let least_or_most = if at.day() < 0 { 0 } else { u16::MAX };
        Self(u16::try_from(at.day()).unwrap_or(least_or_most))
    }

    /// When it began.
    #[must_use]
    pub fn start(self) -> Timestamp {
        Timestamp::from_millis(i64::from(self.0) * 86_400_000)
    }

    /// Days from `earlier` to this day; negative if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> i32 {
        i32::from(self.0) - i32::from(earlier.0)
    }
}

/// Something that happened on a day.
pub trait Dated: Copy {
    /// When.
    fn day(&self) -> Day;
}

/// The name under which a contact of a brand is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ContactKey(u64);

impl ContactKey {
    /// Of a contact of a brand: what one brand learns of a person stays with it.
    #[must_use]
    pub fn new(brand: &BrandId, contact: &Word) -> Self {
        Self(hash(
            hash(0, brand.as_str().as_bytes()),
            contact.as_str().as_bytes(),
        ))
    }

    /// The contact of that number, for histories that number their people.
    #[must_use]
    pub fn numbered(number: u64) -> Self {
        Self(hash(1, &number.to_le_bytes()))
    }

    const fn shard(self) -> usize {
        (self.0 >> 52) as usize
    }
}

/// Ascending by key.
type Shard<T> = Vec<(ContactKey, Arc<[T]>)>;

/// The marks of every contact. A clone shares all of them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Contacts<T> {
    shards: Vec<Arc<Shard<T>>>,
}

impl<T> Default for Contacts<T> {
    fn default() -> Self {
        Self {
            shards: vec![Arc::default(); SHARDS],
        }
    }
}

impl<T: Dated> Contacts<T> {
    /// What is remembered of a contact, the oldest mark first; nothing of a stranger.
    #[must_use]
    pub fn of(&self, key: ContactKey) -> &[T] {
        let shard = self.shards.get(key.shard()).map_or(&[][..], |shard| shard);
        let found = shard.binary_search_by_key(&key, |(known, _)| *known);
        let marks = found.ok().and_then(|at| shard.get(at));
        marks.map_or(&[], |(_, marks)| marks)
    }

    /// Remembers these marks of a contact instead of those before; with none, forgets it.
    pub fn keep(&mut self, key: ContactKey, marks: &[T]) {
        let Some(shard) = self.shards.get_mut(key.shard()) else {
            return;
        };
        let shard = Arc::make_mut(shard);
        match shard.binary_search_by_key(&key, |(known, _)| *known) {
            Ok(at) if marks.is_empty() => {
                shard.remove(at);
            }
            Ok(at) => {
                if let Some(known) = shard.get_mut(at) {
                    known.1 = marks.into();
                }
            }
            Err(_) if marks.is_empty() => {}
            Err(_) => {
                make_room(shard);
                let at = shard.partition_point(|(known, _)| *known < key);
                // Tables grow by an eighth: doubling would leave half of every one empty.
                if shard.len() == shard.capacity() {
                    shard.reserve_exact(shard.len() / 8 + 1);
                }
                shard.insert(at, (key, marks.into()));
            }
        }
    }

    /// How many contacts are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.len()).sum()
    }

    /// Whether nobody is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shards.iter().all(|shard| shard.is_empty())
    }

    /// Every contact with its marks, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = (ContactKey, &[T])> {
        self.shards
            .iter()
            .flat_map(|shard| shard.iter().map(|(key, marks)| (*key, &**marks)))
    }

    /// Bytes on the heap, without what the allocator adds: tables and marks.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let table = |shard: &Arc<Shard<T>>| shard.capacity() * size_of::<(ContactKey, Arc<[T]>)>();
        let marks = |shard: &Arc<Shard<T>>| {
            let each = shard.iter().map(|(_, marks)| 16 + size_of_val(&**marks));
            each.sum::<usize>()
        };
        self.shards.iter().map(|shard| table(shard) + marks(shard)).sum()
    }

    /// Everything in it, to a digest; `write` says a mark in bytes.
    pub(super) fn digest(&self, hasher: &mut blake3::Hasher, write: impl Fn(&T, &mut blake3::Hasher)) {
        for (key, marks) in self.iter() {
            hasher.update(&key.0.to_le_bytes());
            for mark in marks {
                write(mark, hasher);
            }
        }
    }
}

fn make_room<T: Dated>(shard: &mut Shard<T>) {
    if shard.len() < MOST_A_SHARD {
        return;
    }
    let latest = |marks: &Arc<[T]>| marks.iter().map(Dated::day).max().unwrap_or_default();
    let oldest = shard
        .iter()
        .enumerate()
        .min_by_key(|(at, (_, marks))| (latest(marks), *at));
    if let Some(at) = oldest.map(|(at, _)| at) {
        shard.remove(at);
    }
}
