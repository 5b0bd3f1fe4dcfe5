//! Who was reached when: what frequency caps count.
//!
//! A contact is a bid or a message that was decided for a person whom the query names. It is *planned* from the
//! decision on, at its own instant, and then made or dropped:
//!
//! | of | planned at | made by | dropped by |
//! |---|---|---|---|
//! | a bid | the decision | a win, however late | a loss; an hour of silence, as budgets count |
//! | a message | its instant of sending | `sent`, at the instant it names | `cancelled`; never by silence |
//!
//! Silence about a message counts as sent, so that a sender who reports nothing cannot send too much.
//!
//! As in the accounts of budgets there are two layers: what the journal holds, and above it what was reserved for
//! decisions that are not written yet.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};

use super::account::Promise;
use crate::{
    domain::{
        BrandId, CandidateId, CapKey, Contacts, DecisionId, Duration, Frequency, OutcomeKey, Span, Timestamp,
        Word,
    },
    journal::{judge::AUCTION_TIMEOUT, names::Names},
};

/// For so long contacts are remembered; no cap looks further back.
pub(super) const REMEMBERED: Duration = Duration::from_days(400);

/// How often a part of the table is swept, by the clock of the decisions.
const SWEEP_EVERY: Duration = Duration::from_secs(600);

/// Reads at instants up to this long before the latest decision find everything that counted then.
const KEPT: Duration = AUCTION_TIMEOUT;

/// Never.
const FOR_GOOD: Timestamp = Timestamp::from_millis(i64::MAX);

const SHARDS: usize = 64;

/// So many threads build the parts of the table that was stored.
const BUILDERS: usize = 4;

/// When every contact was or will be reached by every brand.
#[derive(Debug)]
pub(super) struct Caps {
    shards: [Mutex<Shard>; SHARDS],
    names: Names,
}

#[derive(Debug, Default)]
struct Shard {
    /// In order, so that those of one person stand together, and each is found without a look at the others: a
    /// machine that passes for one person is reached a hundred thousand times.
    reached: BTreeMap<Place, Contact>,
    swept: Option<Timestamp>,
}

/// Which contact it is: of whom by which brand, for what, in which layer. Names are kept as hashes: a collision
/// counts one more, or leaves out one of a person's own few, and there are 64 bits against it.
type Place = (Who, u64, Layer);

/// A contact and a brand.
type Who = (u64, u64);

/// One contact, made or planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Contact {
    at: Timestamp,
    /// Until when it counts although nothing was heard of it.
    until: Timestamp,
    channel: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Layer {
    /// The journal holds it.
    Written,
    /// Of a decision that is not written yet.
    Reserved(u64),
}

/// After every other layer of one contact.
const LAST: Layer = Layer::Reserved(u64::MAX);

/// What is planned for one candidate of a decision.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) promise: Promise,
    pub(super) decision: DecisionId,
    pub(super) candidate: CandidateId,
    pub(super) contact: Word,
    pub(super) brand: BrandId,
    /// `None` where it is not known; it may then be any.
    pub(super) channel: Option<Word>,
    pub(super) now: Timestamp,
}

/// When a contact takes place, and until when it counts if nothing is heard of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Planned {
    pub(super) at: Timestamp,
    pub(super) until: Timestamp,
}

impl Planned {
    /// A bid: at once, and lost after an hour of silence.
    pub(super) const fn bid(now: Timestamp) -> Self {
        Self {
            at: now,
            until: now.plus(AUCTION_TIMEOUT),
        }
    }

    /// A message, sent unless somebody says otherwise.
    pub(super) const fn message(at: Timestamp) -> Self {
        Self { at, until: FOR_GOOD }
    }
}

/// What the journal holds of it, in one order: a contact by its number, then brand, then for what.
pub(super) type StoredContacts = Vec<(u64, u64, u64, StoredContact)>;

/// When one contact takes place, and over which channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredContact(Contact);

impl Caps {
    pub(super) fn new(names: Names) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            names,
        }
    }

    /// See [`crate::domain::Ledger::contacts`].
    pub(super) fn contacts(
        &self,
        promise: Promise,
        key: &CapKey,
        now: Timestamp,
        during: Span,
    ) -> Option<Contacts> {
        let who = self.who(&key.contact, &key.brand);
        let own = promise.hash();
        let channel = self.channel(key.channel.as_ref());
        self.shard(who).contacts(who, own, channel, now, during)
    }

    /// See [`crate::domain::Ledger::reserve_contact`].
    pub(super) fn reserve(
        &self,
        plan: &Plan,
        at: Timestamp,
        caps: &[(CapKey, Frequency)],
    ) -> Result<(), Frequency> {
        let who = self.who(&plan.contact, &plan.brand);
        let of = plan.promise.hash();
        let mut shard = self.shard(who);
        for (key, frequency) in caps {
            let during = frequency.looks_at(Span::new(at, at));
            let channel = self.channel(key.channel.as_ref());
            let known = shard.contacts(who, of, channel, plan.now, during);
            if !frequency.allowed(known.as_deref()).contains(at) {
                return Err(*frequency);
            }
        }
        let layer = Layer::Reserved(self.decision(plan));
        shard.reached.insert(
            (who, of, layer),
            Contact {
                at,
                // Should it never be written, it ends by the time-out.
                until: plan.now.plus(AUCTION_TIMEOUT),
                channel: self.channel(plan.channel.as_ref()),
            },
        );
        Ok(())
    }

    /// A written decision: what was reserved for it becomes what it says.
    pub(super) fn decided(&self, plan: &Plan, planned: Option<Planned>) {
        let of = plan.promise.hash();
        let reserved = Layer::Reserved(self.decision(plan));
        let channel = self.channel(plan.channel.as_ref());
        let who = self.who(&plan.contact, &plan.brand);
        let mut shard = self.shard(who);
        shard.reached.remove(&(who, of, reserved));
        if let Some(Planned { at, until }) = planned {
            let contact = Contact { at, until, channel };
            shard.reached.insert((who, of, Layer::Written), contact);
        }
        shard.sweep(plan.now);
    }

    /// What was planned is over: made, dropped, or timed out.
    pub(super) fn close(&self, plan: &Plan) {
        let who = self.who(&plan.contact, &plan.brand);
        let of = plan.promise.hash();
        self.shard(who).reached.remove(&(who, of, Layer::Written));
    }

    /// It was made at that instant; said again under the same key, it replaces what was said before.
    pub(super) fn made(&self, plan: &Plan, key: &OutcomeKey, at: Timestamp) {
        let who = self.who(&plan.contact, &plan.brand);
        let of = self.names.hash(key);
        let made = Contact {
            at,
            until: FOR_GOOD,
            channel: self.channel(plan.channel.as_ref()),
        };
        self.shard(who).reached.insert((who, of, Layer::Written), made);
    }

    /// It was not made after all.
    pub(super) fn not_made(&self, plan: &Plan, key: &OutcomeKey) {
        let who = self.who(&plan.contact, &plan.brand);
        let of = self.names.hash(key);
        self.shard(who).reached.remove(&(who, of, Layer::Written));
    }

    /// Nothing is remembered of a contact, with any brand.
    pub(super) fn forget(&self, contact: &Word) {
        let who = self.names.contact(contact);
        for shard in &self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.reached.retain(|((known, _), _, _), _| *known != who);
        }
    }

    /// How many contacts are remembered, made and planned.
    pub(super) fn remembered(&self) -> usize {
        let of = |shard: &Mutex<Shard>| {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.reached.len()
        };
        self.shards.iter().map(of).sum()
    }

    // === stored ===

    /// What can still count at `now` of what the journal holds, whether it was swept already or not; `number` is what stands
    /// for a contact. Each lock is held for its own part only.
    pub(super) fn stored(&self, now: Timestamp, number: impl Fn(u64) -> Option<u64>) -> StoredContacts {
        let mut stored = StoredContacts::new();
        for shard in &self.shards {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            let written = shard
                .reached
                .iter()
                .filter(|((_, _, layer), contact)| *layer == Layer::Written && contact.counts(now));
            stored.extend(written.filter_map(|(((who, brand), of, _), contact)| {
                Some((number(*who)?, *brand, *of, StoredContact(*contact)))
            }));
        }
        stored.sort_unstable_by_key(|(number, brand, of, _)| (*number, *brand, *of));
        stored
    }

    /// Takes what was stored; `name` is the hash of the contact of that number, where it was not erased.
    pub(super) fn restore(&self, stored: StoredContacts, name: impl Fn(u64) -> Option<u64>) {
        let mut parts: [Vec<(Place, Contact)>; SHARDS] = std::array::from_fn(|_| Vec::new());
        for (number, brand, of, StoredContact(contact)) in stored {
            if let Some(who) = name(number)
                && let Some(part) = parts.get_mut(shard_of(who))
            {
                part.push((((who, brand), of, Layer::Written), contact));
            }
        }
        let each = self.shards.iter().zip(parts).collect::<Vec<_>>();
        // A tree is built far faster from all that it holds than by one insertion after another, and each on its own.
        std::thread::scope(|scope| {
            let mut each = each.into_iter();
            for _ in 0..BUILDERS {
                let some: Vec<_> = each.by_ref().take(SHARDS.div_ceil(BUILDERS)).collect();
                scope.spawn(move || {
                    for (shard, part) in some {
                        let built: BTreeMap<Place, Contact> = part.into_iter().collect();
                        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
                        shard.reached = built;
                    }
                });
            }
        });
    }

    fn decision(&self, plan: &Plan) -> u64 {
        self.names.hash(&(&plan.decision, &plan.candidate))
    }

    fn channel(&self, channel: Option<&Word>) -> Option<u64> {
        channel.map(|channel| self.names.hash(channel))
    }

    fn who(&self, contact: &Word, brand: &BrandId) -> Who {
        (self.names.contact(contact), self.names.hash(brand))
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "a remainder of the number of shards is an index of one"
    )]
    fn shard(&self, (contact, _): Who) -> MutexGuard<'_, Shard> {
        self.shards[shard_of(contact)]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Contact {
    /// Whether it can still count for a read at `now`, or at what was now an hour ago.
    fn counts(&self, now: Timestamp) -> bool {
        now < self.until.plus(KEPT) && remembered(now) <= self.at
    }
}

impl Shard {
    fn contacts(
        &self,
        who: Who,
        own: u64,
        channel: Option<u64>,
        now: Timestamp,
        during: Span,
    ) -> Option<Contacts> {
        if during.from < remembered(now) {
            return None;
        }
        let counts = |((_, of, _), contact): &(&Place, &Contact)| {
            let same_channel = channel.is_none() || contact.channel.is_none() || contact.channel == channel;
            *of != own && same_channel && now < contact.until && during.contains(contact.at)
        };
        let all = self
            .reached
            .range((who, 0, Layer::Written)..=(who, u64::MAX, LAST));
        let mut contacts: Contacts = all.filter(counts).map(|(_, contact)| contact.at).collect();
        contacts.sort_unstable();
        Some(contacts)
    }

    /// Forgets what can no longer count, now and then.
    fn sweep(&mut self, now: Timestamp) {
        if self.swept.is_some_and(|swept| now < swept.plus(SWEEP_EVERY)) {
            return;
        }
        self.swept = Some(now);
        self.reached.retain(|_, contact| contact.counts(now));
    }
}

/// Which part of the table remembers a contact of that hash.
#[expect(clippy::cast_possible_truncation, reason = "a remainder is small")]
const fn shard_of(contact: u64) -> usize {
    contact as usize % SHARDS
}

/// The earliest instant whose contacts are remembered.
fn remembered(now: Timestamp) -> Timestamp {
    now.plus(Duration::from_millis(-REMEMBERED.as_millis()))
}
