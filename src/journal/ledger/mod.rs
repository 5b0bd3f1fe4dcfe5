//! The live counts: a projection of the journal, kept in memory and rebuilt when it is opened.
//!
//! Evidence is counted under the campaign and under every market that the facts fit: each of country, channel
//! and product may be stated or left open, so that a read is one look-up. Spend is kept per campaign, contacts per
//! person and brand. Reads take one short lock of a small table and allocate nothing.
//!
//! Time is always told by the caller or by an entry; no clock is read here.

mod account;
mod caps;
mod market;
mod stored;
mod tally;

use std::{
    hash::{BuildHasher, Hash},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

use hashbrown::{DefaultHashBuilder, HashMap};

pub(super) use self::stored::StoredLedger;
use self::{
    account::{Account, Bid, Promise},
    caps::{Caps, Plan, Planned},
    market::Market,
    tally::Tally,
};
use super::names::Names;
use crate::domain::{
    Attribute, Budget, CampaignId, CandidateRecord, CapKey, Choice, Contacts, Event, Evidence, EvidenceKey,
    Facts, Frequency, Ledger, Micros, Objective, Observation, Outcome, Query, Record, Span, Spend, Timestamp,
    Word,
};

/// The live counts of a journal.
#[derive(Debug)]
pub struct LiveLedger {
    tallies: Sharded<EvidenceKey, Tally>,
    accounts: Sharded<CampaignId, Account>,
    caps: Caps,
    names: Names,
    /// When the latest decision was made, in milliseconds.
    latest: AtomicI64,
}

impl Default for LiveLedger {
    /// Empty; of no journal in particular.
    fn default() -> Self {
        Self::new(Names::default())
    }
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
    /// Whether it is evidence: nobody who did it did more than a person does.
    pub(super) is_evidence: bool,
}

/// An outcome that was counted and turns out to be none of a person's.
#[derive(Debug)]
pub(super) struct Uncounted {
    pub(super) record: Box<Record>,
    pub(super) outcome: Outcome,
    /// Where the first entry about its decision stands.
    pub(super) first: Option<u64>,
}

impl LiveLedger {
    pub(super) fn new(names: Names) -> Self {
        Self {
            tallies: Sharded::default(),
            accounts: Sharded::default(),
            caps: Caps::new(names.clone()),
            names,
            latest: AtomicI64::new(0),
        }
    }

    /// How many contacts are remembered for frequency caps, made and planned.
    #[must_use]
    pub fn contacts_remembered(&self) -> usize {
        self.caps.remembered()
    }

    /// A contact is erased: nothing is remembered of whom it reached when.
    pub(super) fn forget(&self, contact: &Word) {
        self.caps.forget(contact);
    }

    /// A written decision: every bid of it is reserved, and every contact that it plans.
    pub(super) fn decided(&self, record: &Record) {
        self.latest.fetch_max(record.now.as_millis(), Ordering::Relaxed);
        for candidate in &record.candidates {
            if let Some(plan) = self.plan_of(record, candidate) {
                self.caps.decided(&plan, planned(record, candidate));
            }
            let promise = Promise::of(
                &self.names,
                &candidate.id,
                (&record.caller, &record.request),
                record.decision,
            );
            let mut accounts = self.accounts.shard(&candidate.campaign);
            match candidate.choice {
                Some(Choice::Bid(price)) => {
                    let account = accounts.entry(candidate.campaign.clone()).or_default();
                    account.written(promise, record.decision);
                    account.bid(Bid {
                        promise,
                        decision: record.decision,
                        price,
                        now: record.now,
                    });
                }
                Some(
                    Choice::NoBid(_)
                    | Choice::Send(_)
                    | Choice::Show(_)
                    | Choice::NotShown
                    | Choice::Share(_)
                    | Choice::Score(_),
                )
                | None => {
                    if let Some(account) = accounts.get_mut(&candidate.campaign) {
                        account.written(promise, record.decision);
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
        if consequence.is_evidence {
            if let Some(replaced) = &consequence.replaces {
                self.count(record, candidate, replaced, Tally::remove);
            }
            self.count(record, candidate, &consequence.outcome, Tally::add);
        }
        self.contacted(record, candidate, consequence);

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
                promise: Promise::of(
                    &self.names,
                    &candidate.id,
                    (&record.caller, &record.request),
                    record.decision,
                ),
                decision: record.decision,
                price,
                now: record.now,
            });
        }
    }

    /// Outcomes that are evidence no longer; all else that they moved stays.
    pub(super) fn uncounted(&self, outcomes: &[Uncounted]) {
        for Uncounted { record, outcome, .. } in outcomes {
            if let Some(candidate) = record.candidate(&outcome.candidate) {
                self.count(record, candidate, outcome, Tally::remove);
            }
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
        let by_machine = outcome.signs.human() < 0.5;
        if outcome.withdrawn || by_machine || !counted {
            return;
        }
        let market = Market::of_candidate(record, candidate);
        self.each_key(&market, |tally| change(tally, outcome.at));
    }

    /// An outcome that tells whether a planned contact was made.
    fn contacted(&self, record: &Record, candidate: &CandidateRecord, consequence: &Consequence) {
        let Some(plan) = self.plan_of(record, candidate) else {
            return;
        };
        let made = |outcome: &Outcome| made_at(record, outcome).filter(|_| !outcome.withdrawn);
        let key = consequence.outcome.key();
        if consequence.replaces.as_ref().and_then(made).is_some() {
            self.caps.not_made(&plan, &key);
        }
        if let Some(at) = made(&consequence.outcome) {
            self.caps.made(&plan, &key, at);
        }
        if consequence.settles {
            self.caps.close(&plan);
        }
        // A message that goes out after all counts again, as if nothing had been said of it.
        let cancelled = |outcome: &Outcome| outcome.event == Event::Cancelled && !outcome.withdrawn;
        if consequence.replaces.as_ref().is_some_and(cancelled) && consequence.outcome.withdrawn {
            self.caps.decided(&plan, planned(record, candidate));
        }
    }

    /// Who is reached by what was decided of a candidate; `None` where nobody is named.
    fn plan_of(&self, record: &Record, candidate: &CandidateRecord) -> Option<Plan> {
        Some(Plan {
            promise: Promise::of(
                &self.names,
                &candidate.id,
                (&record.caller, &record.request),
                record.decision,
            ),
            decision: record.decision,
            candidate: candidate.id.clone(),
            contact: stated(&candidate.facts, &record.facts, &Attribute::Contact)?,
            brand: candidate.brand.clone(),
            channel: stated(&candidate.facts, &record.facts, &Attribute::MarketChannel),
            now: record.now,
        })
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
            promise: Promise::of(
                &self.names,
                &candidate.id,
                (&query.caller, &query.request),
                query.decision,
            ),
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

    fn contacts(&self, query: &Query, candidate: usize, key: &CapKey, during: Span) -> Option<Contacts> {
        let candidate = query.candidates.get(candidate)?;
        let promise = Promise::of(
            &self.names,
            &candidate.id,
            (&query.caller, &query.request),
            query.decision,
        );
        self.caps.contacts(promise, key, query.now, during)
    }

    fn reserve_contact(
        &self,
        query: &Query,
        candidate: usize,
        at: Timestamp,
        caps: &[(CapKey, Frequency)],
    ) -> Result<(), Frequency> {
        let (Some(candidate), Some((key, _))) = (query.candidates.get(candidate), caps.first()) else {
            return Ok(());
        };
        let plan = Plan {
            promise: Promise::of(
                &self.names,
                &candidate.id,
                (&query.caller, &query.request),
                query.decision,
            ),
            decision: query.decision,
            candidate: candidate.id.clone(),
            contact: key.contact.clone(),
            brand: key.brand.clone(),
            channel: stated(&candidate.facts, &query.facts, &Attribute::MarketChannel),
            now: query.now,
        };
        self.caps.reserve(&plan, at, caps)
    }
}

/// A fact that the candidate does not state is the query's.
fn stated(own: &Facts, query: &Facts, attribute: &Attribute) -> Option<Word> {
    own.word(attribute).or_else(|| query.word(attribute)).cloned()
}

/// When the contact takes place that was decided of a candidate.
fn planned(record: &Record, candidate: &CandidateRecord) -> Option<Planned> {
    match candidate.choice {
        Some(Choice::Bid(_)) => Some(Planned::bid(record.now)),
        Some(Choice::Send(at)) => Some(Planned::message(at)),
        Some(Choice::NoBid(_) | Choice::Show(_) | Choice::NotShown | Choice::Share(_) | Choice::Score(_))
        | None => None,
    }
}

/// When the contact was made, where the outcome says that it was.
fn made_at(record: &Record, outcome: &Outcome) -> Option<Timestamp> {
    match outcome.event {
        Event::Win { .. } => Some(record.now),
        Event::Sent => Some(outcome.at),
        Event::Loss { .. }
        | Event::Impression
        | Event::Click
        | Event::Conversion { .. }
        | Event::Cancelled
        | Event::Open
        | Event::Unsubscribe => None,
    }
}

/// Whether an event is an outcome of the objective: its name, within the window after the decision.
fn counts(objective: &Objective, decided: Timestamp, event: &Event, at: Timestamp) -> bool {
    event.name() == objective.event.as_str() && decided <= at && at <= decided.plus(objective.window)
}

fn clearing_price(outcome: &Outcome) -> Option<Micros> {
    match outcome.event {
        Event::Win { price } => (!outcome.withdrawn).then_some(price),
        Event::Loss { .. }
        | Event::Impression
        | Event::Click
        | Event::Conversion { .. }
        | Event::Sent
        | Event::Cancelled
        | Event::Open
        | Event::Unsubscribe => None,
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
