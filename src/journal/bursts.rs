//! More than one person does: what a contact reports of one campaign beyond a number a day is set aside.
//!
//! A bot that clicks all day must not move a bid, and must not hand a market over. What it does beyond
//! [`MOST_A_DAY`] is kept and counted, and nobody learns from it. Where the contact is unknown, one candidate of one
//! decision stands for it. The arms of a budget report for many people at once and are never set aside.
//!
//! Days are the event's own, so that a day's outcomes may be reported all at once; what nobody reported on for a day by
//! our own clock is forgotten.

use std::hash::{DefaultHasher, Hash, Hasher};

use hashbrown::HashMap;
use smallvec::SmallVec;

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
#[derive(Debug, Default)]
pub(super) struct Bursts {
    recent: HashMap<Doer, SmallVec<[Act; 2]>>,
    /// When the latest report arrived. Only this clock forgets: reporters choose when an event happened, and one who
    /// dates it into the future must not make us forget the others.
    latest: Timestamp,
    swept_at: usize,
}

/// Who does something for which campaign, by hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Doer {
    who: u64,
    campaign: u64,
}

/// One thing that was done.
#[derive(Debug, Clone, Copy)]
struct Act {
    at: Timestamp,
    received_at: Timestamp,
}

impl Bursts {
    /// The reply to an outcome that would be taken: set aside, if its contact did too much that day.
    pub(super) fn judged(&self, record: &Record, outcome: &Outcome, reply: OutcomeReply) -> OutcomeReply {
        let Some(doer) = doer(record, outcome).filter(|_| is_new(reply)) else {
            return reply;
        };
        let near = |act: &&Act| act.at.since(outcome.at).as_millis().abs() < DAY.as_millis();
        let that_day = self
            .recent
            .get(&doer)
            .map_or(0, |acts| acts.iter().filter(near).count());
        if that_day >= MOST_A_DAY {
            OutcomeReply::Quarantined(Quarantine::Burst)
        } else {
            reply
        }
    }

    /// An outcome was kept with that reply. A correction tells of an event that is counted already.
    pub(super) fn note(
        &mut self,
        record: &Record,
        outcome: &Outcome,
        received_at: Timestamp,
        reply: OutcomeReply,
    ) {
        let Some(doer) = doer(record, outcome).filter(|_| is_new(reply)) else {
            return;
        };
        self.latest = self.latest.max(received_at);
        let acts = self.recent.entry(doer).or_default();
        if acts.len() >= 2 * MOST_A_DAY {
            let old = received_at.plus(DAY_BEFORE);
            acts.retain(|act| act.received_at > old);
        }
        acts.push(Act {
            at: outcome.at,
            received_at,
        });
        if self.recent.len() > self.swept_at + SWEEP_EVERY {
            self.sweep();
        }
    }

    /// Nobody is known by that name any more.
    pub(super) fn forget(&mut self, contact: &Word) {
        let who = hashed(contact);
        self.recent.retain(|doer, _| doer.who != who);
    }

    fn sweep(&mut self) {
        let old = self.latest.plus(DAY_BEFORE);
        self.recent
            .retain(|_, acts| acts.iter().any(|act| act.received_at > old));
        self.swept_at = self.recent.len();
    }
}

/// Whether an outcome with this reply is an event that was not counted before.
fn is_new(reply: OutcomeReply) -> bool {
    match reply {
        OutcomeReply::Accepted | OutcomeReply::Late => true,
        OutcomeReply::Duplicate
        | OutcomeReply::Corrected
        | OutcomeReply::Conflict
        | OutcomeReply::UnknownCandidate
        | OutcomeReply::Quarantined(_) => false,
    }
}

/// Who did it, and for which campaign; `None` for what nobody does by hand.
fn doer(record: &Record, outcome: &Outcome) -> Option<Doer> {
    let by_hand = match outcome.event {
        Event::Click | Event::Open | Event::Conversion { .. } => true,
        Event::Win { .. }
        | Event::Loss { .. }
        | Event::Impression
        | Event::Sent
        | Event::Cancelled
        | Event::Unsubscribe => false,
    };
    if !by_hand || record.question.kind() == Kind::Budget || outcome.withdrawn {
        return None;
    }
    let candidate: &CandidateRecord = record.candidate(&outcome.candidate)?;
    let contact = candidate
        .facts
        .word(&Attribute::Contact)
        .or_else(|| record.facts.word(&Attribute::Contact));
    let who = match contact {
        Some(contact) => hashed(contact),
        None => hashed(&(record.decision, &candidate.id)),
    };
    Some(Doer {
        who,
        campaign: hashed(&candidate.campaign),
    })
}

fn hashed(name: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}
