//! What the journal holds of the live counts, copied at one moment and put back at a start.
//!
//! What was reserved for decisions that are not written yet is no part of it, and neither is what was only remembered to
//! answer faster: two ledgers that came from the same entries are stored as the same bytes.

use std::sync::{PoisonError, atomic::Ordering};

use serde::{Deserialize, Serialize};

use super::{
    LiveLedger,
    account::{Account, StoredAccount},
    caps::{Copied, StoredContacts},
    tally::Tally,
};
use crate::domain::{CampaignId, EvidenceKey, Timestamp};

/// The days of a tally, and when the latest was counted.
type StoredTally = (Vec<(i64, u32)>, Option<Timestamp>);

/// A copy of one moment, not yet in order.
#[derive(Debug)]
pub(in crate::journal) struct CopiedLedger {
    tallies: Vec<(EvidenceKey, StoredTally)>,
    accounts: Vec<(CampaignId, StoredAccount)>,
    contacts: Copied,
    latest: Timestamp,
}

/// What is stored.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::journal) struct StoredLedger {
    tallies: Vec<(EvidenceKey, StoredTally)>,
    accounts: Vec<(CampaignId, StoredAccount)>,
    contacts: StoredContacts,
    latest: Timestamp,
}

impl LiveLedger {
    /// Copies what the journal holds. Only the writer moves that, and only it asks; each lock is held for its own part.
    pub(in crate::journal) fn copied(&self) -> CopiedLedger {
        let mut tallies = Vec::new();
        for shard in &self.tallies.shards {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            tallies.extend(shard.iter().map(|(key, tally)| (key.clone(), tally.stored())));
        }
        let mut accounts = Vec::new();
        for shard in &self.accounts.shards {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            let stored = shard.iter().map(|(id, account)| (id.clone(), account.stored()));
            // An account that was only asked after is none.
            accounts.extend(stored.filter(|(_, account)| *account != StoredAccount::default()));
        }
        CopiedLedger {
            tallies,
            accounts,
            contacts: self.caps.copied(),
            latest: Timestamp::from_millis(self.latest.load(Ordering::Relaxed)),
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

impl CopiedLedger {
    /// In one order; `number` is what stands for a contact.
    pub(in crate::journal) fn stored(mut self, number: impl Fn(u64) -> Option<u64>) -> StoredLedger {
        self.tallies.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        self.accounts.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        StoredLedger {
            tallies: self.tallies,
            accounts: self.accounts,
            contacts: self.contacts.stored(self.latest, number),
            latest: self.latest,
        }
    }
}
