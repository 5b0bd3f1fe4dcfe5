use std::sync::{PoisonError, RwLock};

use hashbrown::HashMap;

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
