//! What the journal holds of the live counts, put aside and put back at a start.
//!
//! What was reserved for decisions that are not written yet is no part of it, and neither is what was only remembered to
//! answer faster: two ledgers that came from the same entries are stored as the same bytes.

use std::sync::{PoisonError, atomic::Ordering};

use serde::{Deserialize, Serialize};

use super::{
    LiveLedger,
    account::{Account, StoredAccount},
    caps::StoredContacts,
    tally::Tally,
};
use crate::domain::{CampaignId, EvidenceKey, Timestamp};

/// The days of a tally, and when the latest was counted.
type StoredTally = (Vec<(i64, u32)>, Option<Timestamp>);

/// What is stored.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::journal) struct StoredLedger {
    tallies: Vec<(EvidenceKey, StoredTally)>,
    accounts: Vec<(CampaignId, StoredAccount)>,
    contacts: StoredContacts,
    latest: Timestamp,
}

impl LiveLedger {
    /// What is stored of it, in one order; `number` is what stands for a contact. Each lock is held for its own part only.
    pub(in crate::journal) fn stored(&self, number: impl Fn(u64) -> Option<u64>) -> StoredLedger {
        let mut tallies = Vec::new();
        for shard in &self.tallies.shards {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            tallies.extend(shard.iter().map(|(key, tally)| (key.clone(), tally.stored())));
        }
        tallies.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let mut accounts = Vec::new();
        for shard in &self.accounts.shards {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            let stored = shard.iter().map(|(id, account)| (id.clone(), account.stored()));
            // An account that was only asked after is none.
            accounts.extend(stored.filter(|(_, account)| *account != StoredAccount::default()));
        }
        accounts.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let latest = Timestamp::from_millis(self.latest.load(Ordering::Relaxed));
        StoredLedger {
            tallies,
            accounts,
            contacts: self.caps.stored(latest, number),
            latest,
        }
    }

    /// Takes what was stored; `name` is the hash of the contact of that number, where it was not erased.
    pub(in crate::journal) fn restore(&self, stored: StoredLedger, name: impl Fn(u64) -> Option<u64>) {
        for (key, tally) in stored.tallies {
            self.tallies.shard(&key).insert(key, Tally::restored(tally));
        }
        for (campaign, account) in stored.accounts {
            let mut accounts = self.accounts.shard(&campaign);
            accounts.insert(campaign, Account::restored(account));
        }
        self.caps.restore(stored.contacts, name);
        self.latest.store(stored.latest.as_millis(), Ordering::Relaxed);
    }
}
