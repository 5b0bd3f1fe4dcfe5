use std::sync::{PoisonError, RwLock};

use hashbrown::HashMap;

use super::JournalError;
use crate::domain::DecisionId;

/// Where the latest entry about each decision stands: 24 bytes a decision, in memory, rebuilt at the start.
///
/// Earlier entries about it are found by following the frames' `previous`, down to the decision itself. Many
/// small tables instead of one: none ever takes long to grow.
#[derive(Debug)]
pub(super) struct Index {
    shards: Vec<RwLock<HashMap<[u64; 2], u64>>>,
}

const SHARDS: usize = 256;

impl Default for Index {
    fn default() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
        }
    }
}

impl Index {
    pub(super) fn latest(&self, id: DecisionId) -> Option<u64> {
        let shard = self.shard(id).read().unwrap_or_else(PoisonError::into_inner);
        shard.get(&key(id)).copied()
    }

    pub(super) fn set(&self, id: DecisionId, offset: u64) {
        let mut shard = self.shard(id).write().unwrap_or_else(PoisonError::into_inner);
        shard.insert(key(id), offset);
    }

    // === stored ===

    /// Appends a row a decision, in one order. `before` says of the latest entry where the one stands that is stored, if any
    /// does. Each part is locked only while it is copied.
    pub(super) fn append_rows(
        &self,
        bytes: &mut Vec<u8>,
        before: impl Fn(u64) -> Result<Option<u64>, JournalError>,
    ) -> Result<(), JournalError> {
        for shard in &self.shards {
            let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
            let mut rows: Vec<([u64; 2], u64)> = shard.iter().map(|(key, offset)| (*key, *offset)).collect();
            drop(shard);
            rows.sort_unstable_by_key(|(key, _)| id_of(*key));
            for (key, offset) in rows {
                if let Some(offset) = before(offset)? {
                    bytes.extend_from_slice(&id_of(key));
                    bytes.extend_from_slice(&offset.to_le_bytes());
                }
            }
        }
        Ok(())
    }

    /// Takes rows that were stored, but for those whose latest entry stands before `start`.
    pub(super) fn restore(&self, rows: &[u8], start: u64) {
        let (rows, _) = rows.as_chunks::<ROW>();
        for part in rows.chunk_by(|one, next| part_of(one) == part_of(next)) {
            let Some((id, _)) = part.first().map(row) else {
                continue;
            };
            let shard = self.shard(id);
            let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
            shard.reserve(part.len());
            let kept = part.iter().map(row).filter(|(_, offset)| *offset >= start);
            shard.extend(kept.map(|(id, offset)| (key(id), offset)));
        }
    }

    /// Forgets decisions of which nothing stands at `start` or later.
    pub(super) fn cut(&self, start: u64) {
        for shard in &self.shards {
            let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
            shard.retain(|_, offset| *offset >= start);
        }
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "a byte is less than the 256 shards there are"
    )]
    fn shard(&self, id: DecisionId) -> &RwLock<HashMap<[u64; 2], u64>> {
        let [.., last] = id.to_bytes();
        &self.shards[usize::from(last)]
    }
}

/// The id as two words: half the memory of an aligned `u128`.
fn key(id: DecisionId) -> [u64; 2] {
    let [a, b, c, d, e, f, g, h, rest @ ..] = id.to_bytes();
    [
        u64::from_ne_bytes([a, b, c, d, e, f, g, h]),
        u64::from_ne_bytes(rest),
    ]
}

fn id_of([first, second]: [u64; 2]) -> [u8; 16] {
    let mut id = [0; 16];
    let bytes = first.to_ne_bytes().into_iter().chain(second.to_ne_bytes());
    for (byte, from) in id.iter_mut().zip(bytes) {
        *byte = from;
    }
    id
}

/// Bytes of a stored row: the id, and where the latest entry stands.
const ROW: usize = 24;

/// Which shard a row belongs to.
fn part_of(row: &[u8; ROW]) -> u8 {
    let [.., last, _, _, _, _, _, _, _, _] = *row;
    last
}

fn row(row: &[u8; ROW]) -> (DecisionId, u64) {
    let [id @ .., a, b, c, d, e, f, g, h] = *row;
    (
        DecisionId::from_bytes(id),
        u64::from_le_bytes([a, b, c, d, e, f, g, h]),
    )
}
