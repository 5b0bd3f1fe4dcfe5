use std::sync::{Arc, Mutex, PoisonError};

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;

use super::convert::{Asked, Places};
use crate::domain::{Clock, DecisionId, Query, Timestamp};

/// Gives every query what no caller may give it: a name, an instant and a seed.
///
/// The seed of a decision is recorded with it, so its draws can be repeated; the seed of the stamp never leaves.
pub struct Stamper {
    clock: Arc<dyn Clock>,
    random: Mutex<ChaCha12Rng>,
}

impl std::fmt::Debug for Stamper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stamper").finish_non_exhaustive()
    }
}

impl Stamper {
    /// Tells the time by `clock` and draws from `seed`, which has to be fresh at every start: decision ids are
    /// unique only if it is.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, seed: [u8; 32]) -> Self {
        Self {
            clock,
            random: Mutex::new(ChaCha12Rng::from_seed(seed)),
        }
    }

    /// The present instant.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What was asked by whom at that instant, stamped; and where its candidates stood in the request.
    pub(super) fn stamp(&self, asked: Asked, caller: Option<Arc<str>>, now: Timestamp) -> (Query, Places) {
        let Asked {
            request,
            question,
            facts,
            candidates,
            tmax_ms: _,
            approvals: _,
            known_of: _,
            places,
        } = asked;
        let (seed, random) = self.draw();
        let query = Query {
            decision: DecisionId::new(now, random),
            now,
            seed,
            caller,
            request,
            question,
            facts,
            candidates,
        };
        (query, places)
    }

    fn draw(&self) -> (u64, u128) {
        // A poisoned generator is still a generator: its state is whole between two draws.
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        let (high, low) = (random.next_u64(), random.next_u64());
        (random.next_u64(), u128::from(high) << 64 | u128::from(low))
    }
}
