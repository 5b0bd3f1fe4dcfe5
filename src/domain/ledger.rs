use std::{future::Future, pin::Pin};

use serde::{Deserialize, Serialize};

use super::{
    BrandId, Budget, CampaignId, CapKey, Contacts, Frequency, Micros, ObjectiveId, Query, Record, Span,
    Timestamp, Word,
};

/// Under which name outcomes of an objective are counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum EvidenceKey {
    /// Of a campaign.
    Campaign(CampaignId),
    /// Of a brand in a market; an absent part counts every value of it.
    Market {
        /// Whose.
        brand: BrandId,
        /// Of what.
        objective: ObjectiveId,
        /// `market.country`
        country: Option<Word>,
        /// `market.channel`
        channel: Option<Word>,
        /// `product`
        product: Option<Word>,
        /// One of `contact.segment`; what a contact of several does counts under each of them.
        segment: Option<Word>,
    },
}

/// Outcomes counted under one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Evidence {
    /// In the window that ends now.
    pub current: u32,
    /// The most that any window of that length ever held, this one included. It never falls by time passing.
    pub peak: u32,
    /// When the latest was counted; `None` if none ever was.
    pub latest: Option<Timestamp>,
}

/// What a campaign has spent and promised, in CPM micros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spend {
    /// Prices of auctions won.
    pub spent: Micros,
    /// Prices of bids whose auction is still open.
    pub reserved: Micros,
}

impl Spend {
    /// What is left of `budget`, in CPM micros; never below zero.
    #[must_use]
    pub fn left_of(self, budget: Budget) -> Micros {
        budget
            .cpm_micros()
            .minus(self.spent)
            .minus(self.reserved)
            .max(Micros::ZERO)
    }
}

/// The live counts read from the journal.
pub trait Ledger: Send + Sync {
    /// Outcomes counted under `key` in the `window_days` days that end at `now`.
    fn evidence(&self, key: &EvidenceKey, window_days: u32, now: Timestamp) -> Evidence;

    /// What a campaign has spent and reserved at `now`.
    fn spend(&self, campaign: &CampaignId, now: Timestamp) -> Spend;

    /// Reserves `price` of the campaign's budget for one candidate of a query, in one atomic step with the check
    /// that it is left. Once per (candidate, request id) where the query names a request, else per decision.
    ///
    /// # Errors
    /// What was spent and reserved already, when the price does not fit.
    fn reserve(&self, query: &Query, candidate: usize, budget: Budget, price: Micros) -> Result<(), Spend>;

    /// When a contact was and will be reached in that time, as it is known for one candidate of a query: what the
    /// same request of it has reserved already is left out. `None` where it is not known.
    fn contacts(&self, query: &Query, candidate: usize, key: &CapKey, during: Span) -> Option<Contacts>;

    /// Reserves a contact at an instant, in one atomic step with the check that none of the caps is reached there.
    /// Every key is of the same contact and brand. Once per (candidate, request id) where the query names a
    /// request, else per decision.
    ///
    /// # Errors
    /// The first of the caps that one more contact would exceed.
    fn reserve_contact(
        &self,
        query: &Query,
        candidate: usize,
        at: Timestamp,
        caps: &[(CapKey, Frequency)],
    ) -> Result<(), Frequency>;
}

/// Why a decision could not be written down.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecorderError {
    /// More waits to be written than may wait.
    #[error("the journal is full")]
    Full,
    /// The disk has no room.
    #[error("the disk of the journal is full; make room, and it goes on by itself")]
    NoSpace,
    /// The journal cannot write.
    #[error("the journal is broken: {0}")]
    Broken(String),
}

/// Completes when a record has reached what the recorder promises.
pub type Durable = Pin<Box<dyn Future<Output = Result<(), RecorderError>> + Send>>;

/// Writes decisions down.
pub trait Recorder: Send + Sync {
    /// Hands a record to the journal. It is written in the order of the calls; returning means accepted. Where a
    /// decision must be durable before it is answered, what is returned completes when it is.
    ///
    /// # Errors
    /// [`RecorderError`] when it was not accepted.
    fn record(&self, record: Record) -> Result<Option<Durable>, RecorderError>;
}
