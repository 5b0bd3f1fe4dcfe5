use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::{
    domain::{CandidateId, DecisionId, Micros, RequestId, Spend, Timestamp},
    journal::{judge::AUCTION_TIMEOUT, names::Names},
};

/// Requests whose reservation is remembered per campaign. The reservation of a forgotten one can only end by
/// the time-out, and a repeated call of it reserves again: too much is held then, never too little.
const REMEMBERED: usize = 1 << 16;

/// Reservations are added up per second of their decision, rounded up, so they end at most a second late.
const SECOND_MS: i64 = 1_000;
const TIMEOUT_SECONDS: i64 = AUCTION_TIMEOUT.as_millis() / SECOND_MS;

/// Sums are kept for reads at instants up to this long before the newest decision.
const KEPT_SECONDS: i64 = 2 * TIMEOUT_SECONDS;

/// What makes two bids one reservation, by its hash: 64 bits of a keyed one, so that within the hour for which they are told
/// apart no two of a campaign are taken for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) enum Promise {
    /// The same candidate of the same request of the same caller, however often it is decided.
    Request(u64),
    /// A candidate of one decision.
    Decision(u64),
}

impl Promise {
    /// Of a candidate of a decision that was asked for under a caller's name for it, if under one. One caller's names are none of
    /// another's.
    pub(super) fn of(
        names: &Names,
        candidate: &CandidateId,
        (caller, request): (&Option<Arc<str>>, &Option<RequestId>),
        decision: DecisionId,
    ) -> Self {
        match request {
            Some(request) => Self::Request(names.hash(&(candidate, caller, request))),
            None => Self::Decision(names.hash(&(candidate, decision))),
        }
    }

    pub(super) const fn hash(self) -> u64 {
        match self {
            Self::Request(hash) | Self::Decision(hash) => hash,
        }
    }
}

/// A bid as the account sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bid {
    pub(super) promise: Promise,
    pub(super) decision: DecisionId,
    pub(super) price: Micros,
    pub(super) now: Timestamp,
}

/// What one campaign has spent and reserved.
///
/// There are two layers. What the journal holds: prices won, and bids whose auction is open; these are a
/// function of the journal alone. Above it, what was reserved for decisions that are not written yet; each
/// moves down when its record is written.
#[derive(Debug, Default)]
pub(super) struct Account {
    spent: i128,
    held: Held,
    requests: HashMap<Promise, Open>,
    oldest: VecDeque<(Promise, i64)>,
    pending: HashMap<Promise, Pending>,
    newest: i64,
}

/// What the journal holds of an account, in one order.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct StoredAccount {
    spent: i128,
    seconds: Vec<(i64, i128)>,
    forgotten_before: Option<i64>,
    requests: Vec<(Promise, Open)>,
    oldest: Vec<(Promise, i64)>,
    newest: i64,
}

/// The reservation of a request that the journal holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Open {
    price: Micros,
    second: i64,
}

/// A reservation above what the journal holds.
#[derive(Debug, Clone, Default)]
struct Pending {
    price: Micros,
    extra: Micros,
    second: i64,
    decisions: SmallVec<[DecisionId; 1]>,
}

impl Account {
    pub(super) fn spend(&mut self, now: Timestamp) -> Spend {
        Spend {
            spent: Micros::saturated(self.spent),
            reserved: Micros::saturated(self.held.open_at(floor_second(now))),
        }
    }

    /// Moves what was spent; a correction may take back.
    pub(super) fn add_spent(&mut self, price: Micros) {
        self.spent += i128::from(price.get());
    }

    pub(super) fn take_back_spent(&mut self, price: Micros) {
        self.spent -= i128::from(price.get());
    }

    /// Reserves for a decision that is not written yet, if it fits into what is left of `limit`.
    pub(super) fn reserve(&mut self, bid: Bid, limit: Micros) -> Result<(), Spend> {
        let second = second_of(bid.now);
        let open = self
            .open(bid.promise, second)
            .map_or(Micros::ZERO, |open| open.price);
        let pending = self.pending.get(&bid.promise).cloned().unwrap_or_default();
        let extra = bid.price.minus(open.max(pending.price)).max(Micros::ZERO);
        let spend = self.spend(bid.now);
        let left = limit.minus(spend.spent).minus(spend.reserved).max(Micros::ZERO);
        if extra > left {
            return Err(spend);
        }
        let mut decisions = pending.decisions;
        if !decisions.contains(&bid.decision) {
            decisions.push(bid.decision);
        }
        self.held.add(pending.second, Micros::ZERO.minus(pending.extra));
        let raised = Pending {
            price: bid.price.max(pending.price),
            extra: pending.extra.plus(extra),
            second: second.max(pending.second),
            decisions,
        };
        self.held.add(raised.second, raised.extra);
        self.pending.insert(bid.promise, raised);
        Ok(())
    }

    /// Forgets what was reserved for a decision in advance: it is written now.
    pub(super) fn written(&mut self, promise: Promise, decision: DecisionId) {
        let Some(pending) = self.pending.get_mut(&promise) else {
            return;
        };
        pending.decisions.retain(|waiting| *waiting != decision);
        if pending.decisions.is_empty() {
            let (second, extra) = (pending.second, pending.extra);
            self.held.add(second, Micros::ZERO.minus(extra));
            self.pending.remove(&promise);
        }
    }

    /// A written bid: its price is reserved, once a request.
    pub(super) fn bid(&mut self, bid: Bid) {
        let second = second_of(bid.now);
        match bid.promise {
            Promise::Decision(..) => self.held.add(second, bid.price),
            Promise::Request(..) => {
                let mut open = Open {
                    price: bid.price,
                    second,
                };
                if let Some(before) = self.open(bid.promise, second) {
                    self.held.add(before.second, Micros::ZERO.minus(before.price));
                    open.price = open.price.max(before.price);
                    open.second = open.second.max(before.second);
                }
                self.held.add(open.second, open.price);
                self.oldest.push_back((bid.promise, open.second));
                self.requests.insert(bid.promise, open);
            }
        }
        self.newest = self.newest.max(second);
        self.forget_old();
    }

    /// The auction of a written bid is over: its reservation ends.
    pub(super) fn settle(&mut self, bid: &Bid) {
        match bid.promise {
            Promise::Decision(..) => self.held.add(second_of(bid.now), Micros::ZERO.minus(bid.price)),
            Promise::Request(..) => {
                if let Some(open) = self.requests.remove(&bid.promise) {
                    self.held.add(open.second, Micros::ZERO.minus(open.price));
                }
            }
        }
    }

    /// The request's reservation, if it has not timed out for a decision of this second.
    fn open(&self, promise: Promise, second: i64) -> Option<Open> {
        self.requests
            .get(&promise)
            .filter(|open| open.second > second - TIMEOUT_SECONDS)
            .copied()
    }

    // === stored ===

    /// What the journal holds of it: without what was reserved for decisions that are not written yet.
    pub(super) fn stored(&self) -> StoredAccount {
        let mut seconds = self.held.seconds.clone();
        for pending in self.pending.values() {
            if let Some(sum) = seconds.get_mut(&pending.second) {
                *sum -= i128::from(pending.extra.get());
            }
        }
        seconds.retain(|_, sum| *sum != 0);
        let requests = self.requests.iter();
        let mut requests: Vec<_> = requests.map(|(promise, open)| (*promise, *open)).collect();
        requests.sort_unstable_by_key(|(promise, _)| *promise);
        StoredAccount {
            spent: self.spent,
            seconds: seconds.into_iter().collect(),
            forgotten_before: self.held.forgotten_before,
            requests,
            oldest: self.oldest.iter().copied().collect(),
            newest: self.newest,
        }
    }

    pub(super) fn restored(stored: StoredAccount) -> Self {
        Self {
            spent: stored.spent,
            held: Held {
                seconds: stored.seconds.into_iter().collect(),
                forgotten_before: stored.forgotten_before,
                asked: None,
            },
            requests: stored.requests.into_iter().collect(),
            oldest: stored.oldest.into(),
            pending: HashMap::new(),
            newest: stored.newest,
        }
    }

    fn forget_old(&mut self) {
        let before = self.newest - KEPT_SECONDS;
        while let Some((promise, second)) = self.oldest.front() {
            if *second >= before && self.requests.len() <= REMEMBERED {
                break;
            }
            if is_current(&self.requests, promise, *second) {
                self.requests.remove(promise);
            }
            self.oldest.pop_front();
        }
        if self.oldest.len() > 2 * self.requests.len() + 1_024 {
            let requests = &self.requests;
            self.oldest
                .retain(|(promise, second)| is_current(requests, promise, *second));
        }
        if self.held.forget(before) {
            self.pending.retain(|_, pending| pending.second >= before);
        }
    }
}

/// Whether the request is still open as of that second, neither settled nor renewed.
fn is_current(requests: &HashMap<Promise, Open>, promise: &Promise, second: i64) -> bool {
    requests.get(promise).is_some_and(|open| open.second == second)
}

/// Reserved prices per second, and their sum at the second that was asked for last.
#[derive(Debug, Default)]
struct Held {
    seconds: BTreeMap<i64, i128>,
    forgotten_before: Option<i64>,
    asked: Option<(i64, i128)>,
}

impl Held {
    /// Adds to a second; what is too old to be asked for is not kept.
    fn add(&mut self, second: i64, price: Micros) {
        if price == Micros::ZERO || self.forgotten_before.is_some_and(|before| second < before) {
            return;
        }
        let price = i128::from(price.get());
        *self.seconds.entry(second).or_default() += price;
        if let Some((asked, sum)) = &mut self.asked
            && second > *asked - TIMEOUT_SECONDS
        {
            *sum += price;
        }
    }

    /// The sum of what has not timed out at `now`, a second rounded down.
    fn open_at(&mut self, now: i64) -> i128 {
        let open = |second: i64| second - TIMEOUT_SECONDS + 1;
        let sum = match self.asked {
            Some((asked, sum)) if asked == now => return sum,
            Some((asked, sum)) if asked < now => {
                let gone = self.seconds.range(open(asked)..open(now));
                sum - gone.map(|(_, price)| price).sum::<i128>()
            }
            Some((asked, sum)) => {
                let back = self.seconds.range(open(now)..open(asked));
                sum + back.map(|(_, price)| price).sum::<i128>()
            }
            None => self.seconds.range(open(now)..).map(|(_, price)| price).sum(),
        };
        self.asked = Some((now, sum));
        sum
    }

    /// Drops sums of seconds before `before`; says whether there were any.
    fn forget(&mut self, before: i64) -> bool {
        if self.forgotten_before.is_some_and(|forgotten| forgotten >= before) {
            return false;
        }
        self.forgotten_before = Some(before);
        let kept = self.seconds.split_off(&before);
        let dropped = std::mem::replace(&mut self.seconds, kept);
        self.asked = self
            .asked
            .filter(|(asked, _)| asked - TIMEOUT_SECONDS + 1 >= before);
        !dropped.is_empty()
    }
}

fn floor_second(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(SECOND_MS)
}

fn second_of(at: Timestamp) -> i64 {
    -(-at.as_millis()).div_euclid(SECOND_MS)
}
