//! More than one person does: what a contact reports of one campaign beyond a number a day is set aside.
//!
//! A bot that clicks all day must not move a bid, and must not hand a market over. What it does beyond
//! [`MOST_A_DAY`] is kept and counted, and nobody learns from it. Where the contact is unknown, one candidate of one
//! decision stands for it, and what was reported of that one says enough. The arms of a budget report for many people at once and are never set aside.
//!
//! Days are the event's own, so that a day's outcomes may be reported all at once; what was reported a day ago by our own
//! clock no longer counts, whether it was forgotten already or not: what counts is a function of the journal.

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::{history::History, names::Names};
use crate::domain::{
    Attribute, CandidateRecord, Duration, Event, Kind, Outcome, OutcomeReply, Quarantine, Record, Timestamp,
    Word,
};

/// So many clicks, opens and conversions of one contact for one campaign count in a day. A person who does more is
/// rare, and loses little: the label of an example is one, however often it was clicked.
const MOST_A_DAY: usize = 10;

const DAY: Duration = Duration::from_days(1);
const DAY_BEFORE: Duration = Duration::from_days(-1);

/// After so many new contacts those that were still for a day are forgotten.
const SWEEP_EVERY: usize = 4_096;

/// Who was active when, as far as it was reported within the last day.
#[derive(Debug, Clone)]
pub(super) struct Bursts {
    recent: HashMap<Doer, SmallVec<[Act; 2]>>,
    /// When the latest report arrived. Only this clock forgets: reporters choose when an event happened, and one who
    /// dates it into the future must not make us forget the others.
    latest: Timestamp,
    swept_at: usize,
    names: Names,
}

/// A contact who does something, and for which campaign, by hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Doer {
    who: u64,
    campaign: u64,
}

/// One thing that was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Act {
    at: Timestamp,
    received_at: Timestamp,
}

/// The same as it is stored: contacts by their numbers.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct StoredBursts {
    recent: Vec<(u64, u64, Vec<Act>)>,
    latest: Timestamp,
}

impl Bursts {
    pub(super) fn new(names: Names) -> Self {
        Self {
            recent: HashMap::new(),
            latest: Timestamp::default(),
            swept_at: 0,
            names,
        }
    }

    /// The reply to an outcome that would be taken: set aside, if its contact did too much that day.
    pub(super) fn judged(
        &self,
        history: &History,
        outcome: &Outcome,
        received_at: Timestamp,
        reply: OutcomeReply,
    ) -> OutcomeReply {
        let Some(record) = history.record.as_deref().filter(|_| is_new(reply)) else {
            return reply;
        };
        let that_day = match by_hand(record, outcome) {
            None => return reply,
            Some(By::Contact(contact, candidate)) => {
                let doer = self.doer(contact, candidate);
                self.of_contact(doer, outcome.at, received_at)
            }
            Some(By::Nobody) => of_nobody(history, outcome),
        };
        if that_day >= MOST_A_DAY {
            OutcomeReply::Quarantined(Quarantine::Burst)
        } else {
            reply
        }
    }

    fn of_contact(&self, doer: Doer, at: Timestamp, received_at: Timestamp) -> usize {
        let old = self.latest.max(received_at).plus(DAY_BEFORE);
        let counts = |act: &&Act| is_near(act.at, at) && act.received_at > old;
        self.recent
            .get(&doer)
            .map_or(0, |acts| acts.iter().filter(counts).count())
    }

    /// An outcome was kept with that reply; whose it was. A correction tells of an event that is counted already.
    pub(super) fn note(
        &mut self,
        record: &Record,
        outcome: &Outcome,
        received_at: Timestamp,
        reply: OutcomeReply,
    ) -> Option<Doer> {
        if !is_new(reply) {
            return None;
        }
        self.latest = self.latest.max(received_at);
        let Some(By::Contact(contact, candidate)) = by_hand(record, outcome) else {
            return None;
        };
        let doer = self.doer(contact, candidate);
        let old = self.latest.plus(DAY_BEFORE);
        let acts = self.recent.entry(doer).or_default();
        if acts.len() >= 2 * MOST_A_DAY {
            acts.retain(|act| act.received_at > old);
        }
        acts.push(Act {
            at: outcome.at,
            received_at,
        });
        if self.recent.len() > self.swept_at + SWEEP_EVERY {
            self.sweep();
        }
        Some(doer)
    }

    /// What was noted last of somebody was not kept after all.
    pub(super) fn take_back(&mut self, doer: Doer) {
        if let Some(acts) = self.recent.get_mut(&doer) {
            acts.pop();
        }
    }

    /// Nobody is known by that name any more.
    pub(super) fn forget(&mut self, contact: &Word) {
        let who = self.names.contact(contact);
        self.recent.retain(|doer, _| doer.who != who);
    }

    fn doer(&self, contact: &Word, candidate: &CandidateRecord) -> Doer {
        Doer {
            who: self.names.contact(contact),
            campaign: self.names.hash(&candidate.campaign),
        }
    }

    fn sweep(&mut self) {
        let old = self.latest.plus(DAY_BEFORE);
        self.recent
            .retain(|_, acts| acts.iter().any(|act| act.received_at > old));
        self.swept_at = self.recent.len();
    }

    // === stored ===

    /// What counts of it, in one order; `number` is what stands for a contact.
    pub(super) fn stored(&self, number: impl Fn(u64) -> Option<u64>) -> StoredBursts {
        let old = self.latest.plus(DAY_BEFORE);
        let each = self.recent.iter().filter_map(|(doer, acts)| {
            let counts = acts.iter().filter(|act| act.received_at > old);
            let acts: Vec<Act> = counts.copied().collect();
            let number = number(doer.who)?;
            (!acts.is_empty()).then_some((number, doer.campaign, acts))
        });
        let mut recent: Vec<_> = each.collect();
        recent.sort_unstable_by_key(|(who, campaign, _)| (*who, *campaign));
        StoredBursts {
            recent,
            latest: self.latest,
        }
    }

    /// Takes what was stored; `name` is the hash of the contact of that number, where it was not erased.
    pub(super) fn restore(&mut self, stored: StoredBursts, name: impl Fn(u64) -> Option<u64>) {
        self.latest = stored.latest;
        for (number, campaign, acts) in stored.recent {
            if let Some(who) = name(number) {
                self.recent.insert(Doer { who, campaign }, acts.into());
            }
        }
        self.swept_at = self.recent.len();
    }
}

fn is_near(one: Timestamp, other: Timestamp) -> bool {
    one.since(other).as_millis().abs() < DAY.as_millis()
}

/// How much was done by hand that day for a candidate of whom nobody knows the contact: what was reported says it.
fn of_nobody(history: &History, outcome: &Outcome) -> usize {
    let counts = |known: &Outcome| {
        known.candidate == outcome.candidate && is_by_hand(known) && is_near(known.at, outcome.at)
    };
    let reports = history.reports.iter();
    reports
        .filter(|report| is_new(report.reply) && counts(&report.outcome))
        .count()
}

/// Whether an outcome with this reply is an event that was not counted before.
fn is_new(reply: OutcomeReply) -> bool {
    match reply {
        OutcomeReply::Accepted | OutcomeReply::Late => true,
        OutcomeReply::Duplicate
        | OutcomeReply::Corrected
        | OutcomeReply::Conflict
        | OutcomeReply::UnknownCandidate
        | OutcomeReply::Quarantined(_)
        | OutcomeReply::Expired => false,
    }
}

/// Who did something by hand.
enum By<'a> {
    Contact(&'a Word, &'a CandidateRecord),
    /// Nobody knows, or nobody may know any more.
    Nobody,
}

/// Who did it, and for which candidate; `None` for what nobody does by hand.
fn by_hand<'a>(record: &'a Record, outcome: &Outcome) -> Option<By<'a>> {
    if !is_by_hand(outcome) || record.question.kind() == Kind::Budget {
        return None;
    }
    let candidate = record.candidate(&outcome.candidate)?;
    let contact = candidate
        .facts
        .word(&Attribute::Contact)
        .or_else(|| record.facts.word(&Attribute::Contact));
    Some(contact.map_or(By::Nobody, |contact| By::Contact(contact, candidate)))
}

fn is_by_hand(outcome: &Outcome) -> bool {
    let by_hand = match outcome.event {
        Event::Click | Event::Open | Event::Conversion { .. } => true,
        Event::Win { .. }
        | Event::Loss { .. }
        | Event::Impression
        | Event::Sent
        | Event::Cancelled
        | Event::Unsubscribe => false,
    };
    by_hand && !outcome.withdrawn
}
