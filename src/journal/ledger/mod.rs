//! The live counts: a projection of the journal, kept in memory and rebuilt when it is opened.
//!
//! Evidence is counted under the campaign and under every market that the facts fit: each of country, channel
//! and product may be stated or left open, so that a read is one look-up. Spend is kept per campaign.
//! Reads take one short lock of a small table and allocate nothing.
//!
//! Time is always told by the caller or by an entry; no clock is read here.

mod account;
mod market;
mod tally;

use std::{
    hash::{BuildHasher, Hash},
    sync::{Mutex, MutexGuard, PoisonError},
};

use hashbrown::{DefaultHashBuilder, HashMap};

use self::{
    account::{Account, Bid, Promise},
    market::Market,
    tally::Tally,
};
use crate::domain::{
    Budget, CampaignId, CandidateId, CandidateRecord, Choice, DecisionId, Event, Evidence, EvidenceKey,
    Ledger, Micros, Objective, Observation, Outcome, Query, Record, RequestId, Spend, Timestamp,
};

/// The live counts of a journal.
#[derive(Debug, Default)]
pub struct LiveLedger {
    tallies: Sharded<EvidenceKey, Tally>,
    accounts: Sharded<CampaignId, Account>,
}

/// An applied outcome with all that the ledger needs to move.
#[derive(Debug)]
pub(super) struct Consequence {
    pub(super) record: Box<Record>,
    pub(super) outcome: Outcome,
    /// The revision that it replaces.
    pub(super) replaces: Option<Outcome>,
    /// Whether it is the first to close its candidate's auction.
    pub(super) settles: bool,
}

impl LiveLedger {
    /// A written decision: every bid of it is reserved.
    pub(super) fn decided(&self, record: &Record) {
        for candidate in &record.candidates {
            let promise = promise(&candidate.id, record.request.as_ref(), record.decision);
            let mut accounts = self.accounts.shard(&candidate.campaign);
            match candidate.choice {
                Some(Choice::Bid(price)) => {
                    let account = accounts.entry(candidate.campaign.clone()).or_default();
                    account.written(&promise, record.decision);
                    account.bid(Bid {
                        promise,
                        decision: record.decision,
                        price,
                        now: record.now,
                    });
                }
                Some(Choice::NoBid(_)) | None => {
                    if let Some(account) = accounts.get_mut(&candidate.campaign) {
                        account.written(&promise, record.decision);
                    }
                }
            }
        }
    }

    /// A written outcome that applies.
    pub(super) fn happened(&self, consequence: &Consequence) {
        let record = &consequence.record;
        let Some(candidate) = record.candidate(&consequence.outcome.candidate) else {
            return;
        };
        if let Some(replaced) = &consequence.replaces {
            self.count(record, candidate, replaced, Tally::remove);
        }
        self.count(record, candidate, &consequence.outcome, Tally::add);

        let mut accounts = self.accounts.shard(&candidate.campaign);
        let account = accounts.entry(candidate.campaign.clone()).or_default();
        if let Some(price) = consequence.replaces.as_ref().and_then(clearing_price) {
            account.take_back_spent(price);
        }
        if let Some(price) = clearing_price(&consequence.outcome) {
            account.add_spent(price);
        }
        if let Some(Choice::Bid(price)) = candidate.choice
            && consequence.settles
        {
            account.settle(&Bid {
                promise: promise(&candidate.id, record.request.as_ref(), record.decision),
                decision: record.decision,
                price,
                now: record.now,
            });
        }
    }

    /// A written row of history: its events are evidence, its prices are not our spend.
    pub(super) fn observed(&self, observation: &Observation) {
        let market = Market::of_observation(observation);
        for (event, at) in &observation.events {
            if counts(&observation.objective, observation.at, event, *at) {
                self.each_key(&market, |tally| tally.add(*at));
            }
        }
    }

    fn count(
        &self,
        record: &Record,
        candidate: &CandidateRecord,
        outcome: &Outcome,
        change: impl Fn(&mut Tally, Timestamp),
    ) {
        let counted = counts(&candidate.objective, record.now, &outcome.event, outcome.at);
        if outcome.withdrawn || !counted {
            return;
        }
        let market = Market::of_candidate(record, candidate);
        self.each_key(&market, |tally| change(tally, outcome.at));
    }

    fn each_key(&self, market: &Market<'_>, change: impl Fn(&mut Tally)) {
        for key in market.keys() {
            let mut tallies = self.tallies.shard(&key);
            change(tallies.entry(key).or_default());
        }
    }
}

impl Ledger for LiveLedger {
    fn evidence(&self, key: &EvidenceKey, window_days: u32, now: Timestamp) -> Evidence {
        match self.tallies.shard(key).get_mut(key) {
            Some(tally) => tally.evidence(window_days, now),
            None => Evidence::default(),
        }
    }

    fn spend(&self, campaign: &CampaignId, now: Timestamp) -> Spend {
        match self.accounts.shard(campaign).get_mut(campaign) {
            Some(account) => account.spend(now),
            None => Spend::default(),
        }
    }

    fn reserve(&self, query: &Query, candidate: usize, budget: Budget, price: Micros) -> Result<(), Spend> {
        let Some(candidate) = query.candidates.get(candidate) else {
            return Ok(());
        };
        let bid = Bid {
            promise: promise(&candidate.id, query.request.as_ref(), query.decision),
            decision: query.decision,
            price,
            now: query.now,
        };
        self.accounts
            .shard(&candidate.campaign)
            .entry(candidate.campaign.clone())
            .or_default()
            .reserve(bid, budget.cpm_micros())
    }
}

fn promise(candidate: &CandidateId, request: Option<&RequestId>, decision: DecisionId) -> Promise {
    match request {
        Some(request) => Promise::Request(candidate.clone(), request.clone()),
        None => Promise::Decision(candidate.clone(), decision),
    }
}

/// Whether an event is an outcome of the objective: its name, within the window after the decision.
fn counts(objective: &Objective, decided: Timestamp, event: &Event, at: Timestamp) -> bool {
    event.name() == objective.event.as_str() && decided <= at && at <= decided.plus(objective.window)
}

fn clearing_price(outcome: &Outcome) -> Option<Micros> {
    match outcome.event {
        Event::Win { price } => (!outcome.withdrawn).then_some(price),
        Event::Loss { .. } | Event::Impression | Event::Click | Event::Conversion { .. } => None,
    }
}

/// A table in parts, each behind its own lock, so that readers of different keys seldom meet.
#[derive(Debug)]
struct Sharded<K, V> {
    shards: [Mutex<HashMap<K, V>>; SHARDS],
    hasher: DefaultHashBuilder,
}

const SHARDS: usize = 64;

impl<K, V> Default for Sharded<K, V> {
    fn default() -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            hasher: DefaultHashBuilder::default(),
        }
    }
}

impl<K: Hash, V> Sharded<K, V> {
    #[expect(
        clippy::indexing_slicing,
        clippy::cast_possible_truncation,
        reason = "a remainder of the number of shards is an index of one"
    )]
    fn shard(&self, key: &K) -> MutexGuard<'_, HashMap<K, V>> {
        let shard = self.hasher.hash_one(key) as usize % SHARDS;
        self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner)
    }
}
