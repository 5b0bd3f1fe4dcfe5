//! More than one person does: what a contact reports of one campaign beyond a number a day is set aside.
//!
//! A bot that clicks all day must not move a bid, and must not hand a market over. What it does beyond
//! [`MOST_A_DAY`] is kept and counted, and nobody learns from it. Where the contact is unknown, one candidate of one
//! decision stands for it. The arms of a budget report for many people at once and are never set aside.
//!
//! Time is the event's own, so that a day's outcomes may be reported all at once.

use std::hash::{DefaultHasher, Hash, Hasher};

use hashbrown::HashMap;
use smallvec::SmallVec;

use crate::domain::{
    Attribute, CandidateRecord, Duration, Event, Kind, Outcome, OutcomeReply, Quarantine, Record, Timestamp,
};

/// So many clicks, opens and conversions of one contact for one campaign count in a day. A person who does more is
/// rare, and loses little: the label of an example is one, however often it was clicked.
const MOST_A_DAY: usize = 10;

const DAY: Duration = Duration::from_days(1);
const DAY_BEFORE: Duration = Duration::from_days(-1);

/// After so many new contacts those that were still for a day are forgotten.
const SWEEP_EVERY: usize = 4_096;

/// Who was active when, within the last day.
#[derive(Debug, Default)]
pub(super) struct Bursts {
    /// By contact and campaign; of each the latest instants, unordered.
    recent: HashMap<u64, SmallVec<[Timestamp; 2]>>,
    latest: Timestamp,
    swept_at: usize,
}

impl Bursts {
    /// The reply to an outcome that would be taken: set aside, if its contact did too much that day.
    pub(super) fn judged(&self, record: &Record, outcome: &Outcome, reply: OutcomeReply) -> OutcomeReply {
        let taken = match reply {
            OutcomeReply::Accepted | OutcomeReply::Late => true,
            OutcomeReply::Duplicate
            | OutcomeReply::Corrected
            | OutcomeReply::Conflict
            | OutcomeReply::UnknownCandidate
            | OutcomeReply::Quarantined(_) => false,
        };
        let Some(key) = key(record, outcome).filter(|_| taken) else {
            return reply;
        };
        let near = |at: &&Timestamp| at.since(outcome.at).as_millis().abs() < DAY.as_millis();
        let that_day = self
            .recent
            .get(&key)
            .map_or(0, |seen| seen.iter().filter(near).count());
        if that_day >= MOST_A_DAY {
            OutcomeReply::Quarantined(Quarantine::Burst)
        } else {
            reply
        }
    }

    /// An outcome was taken.
    pub(super) fn note(&mut self, record: &Record, outcome: &Outcome) {
        let Some(key) = key(record, outcome) else { return };
        self.latest = self.latest.max(outcome.at);
        let seen = self.recent.entry(key).or_default();
        if seen.len() >= 2 * MOST_A_DAY {
            let old = outcome.at.plus(DAY_BEFORE);
            seen.retain(|at| *at > old);
        }
        seen.push(outcome.at);
        if self.recent.len() > self.swept_at + SWEEP_EVERY {
            self.sweep();
        }
    }

    fn sweep(&mut self) {
        let old = self.latest.plus(DAY_BEFORE);
        self.recent.retain(|_, seen| seen.iter().any(|at| *at > old));
        self.swept_at = self.recent.len();
    }
}

/// Who did it, and for which campaign; `None` for what nobody does by hand.
fn key(record: &Record, outcome: &Outcome) -> Option<u64> {
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
    let mut hasher = DefaultHasher::new();
    candidate.campaign.hash(&mut hasher);
    match contact {
        Some(contact) => contact.hash(&mut hasher),
        None => (record.decision, &candidate.id).hash(&mut hasher),
    }
    Some(hasher.finish())
}
