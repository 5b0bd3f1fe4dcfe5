use super::{
    Entry, JournalError, Reported,
    bursts::{is_by_hand, is_near, is_new},
    keyring::Keyring,
    segment::Segments,
    segment::Stored,
};
use crate::domain::{CandidateId, Event, Outcome, OutcomeKey, OutcomeReply, Quarantine, Record, Timestamp};

/// All that is known of one decision: its record, and what was reported of it, oldest first.
#[derive(Debug, Default)]
pub(super) struct History {
    /// `None` when the journal does not hold the decision.
    pub(super) record: Option<Box<Record>>,
    pub(super) reports: Vec<Reported>,
    /// Where the first of these entries stands; `None` where there is none.
    pub(super) first: Option<u64>,
}

/// An entry about a decision, and where the one before it stands; 0 is nowhere.
#[derive(Debug)]
pub(super) enum Fetched {
    /// As it is written.
    Stored(Stored),
    /// A decision that is at hand.
    Decision(Box<Record>, u64),
}

impl History {
    /// Follows the entries about a decision from the latest back to the first, as far as the journal is kept: from the first
    /// of the segments on, which may go while it is read.
    pub(super) fn read(
        latest: Option<u64>,
        segments: &Segments,
        keyring: &Keyring,
        fetch: impl Fn(u64) -> Result<Fetched, JournalError>,
    ) -> Result<Self, JournalError> {
        let mut history = Self::default();
        let mut next = latest.unwrap_or(0);
        while next != 0 && next >= segments.start() {
            let fetched = match fetch(next) {
                Err(_) if next < segments.start() => break,
                fetched => fetched?,
            };
            history.first = Some(next);
            let (entry, previous) = match fetched {
                Fetched::Decision(record, previous) => (Entry::Decision(record), previous),
                Fetched::Stored(stored) => {
                    let entry = Entry::decode(&stored.payload, next, keyring)?;
                    (entry, stored.header.previous)
                }
            };
            match entry {
                Entry::Decision(record) => history.record = Some(record),
                Entry::Outcome {
                    outcome,
                    received_at,
                    reply,
                } => history.reports.push(Reported {
                    outcome,
                    received_at,
                    reply,
                }),
                Entry::Observation(_) | Entry::Change(_) => {}
            }
            if previous >= next {
                return Err(JournalError::Unreadable {
                    offset: next,
                    what: "it does not point back".to_owned(),
                });
            }
            next = previous;
        }
        history.reports.reverse();
        Ok(history)
    }

    /// Every kept report of one event, oldest first; set-aside ones too.
    pub(super) fn of_key(&self, key: &OutcomeKey) -> impl Iterator<Item = &Reported> {
        self.reports
            .iter()
            .filter(move |report| report.outcome.key() == *key)
    }

    /// The revision of one event that is in force.
    pub(super) fn in_force(&self, key: &OutcomeKey) -> Option<&Outcome> {
        self.of_key(key)
            .filter(|report| applies(report.reply))
            .last()
            .map(|report| &report.outcome)
    }

    /// Whether somebody did more than a person does with the candidate of an outcome, within a day of it.
    pub(super) fn has_burst_near(&self, outcome: &Outcome) -> bool {
        self.reports.iter().any(|report| {
            let known = &report.outcome;
            is_burst(report.reply) && known.candidate == outcome.candidate && is_near(known.at, outcome.at)
        })
    }

    /// What is in force of what was done by hand with a candidate and was first told to have happened then.
    pub(super) fn told_at(&self, candidate: &CandidateId, at: Timestamp) -> impl Iterator<Item = &Outcome> {
        let first = self.reports.iter().filter(move |report| {
            let known = &report.outcome;
            is_new(report.reply) && known.candidate == *candidate && known.at == at && is_by_hand(known)
        });
        first.filter_map(|report| self.in_force(&report.outcome.key()))
    }

    /// Whether it is known how the candidate's auction ended, or its message.
    pub(super) fn is_settled(&self, candidate: &CandidateId) -> bool {
        self.reports.iter().any(|report| {
            report.outcome.candidate == *candidate && applies(report.reply) && settles(&report.outcome)
        })
    }
}

/// Whether an outcome is one of more than a person makes.
pub(super) fn is_burst(reply: OutcomeReply) -> bool {
    reply == OutcomeReply::Quarantined(Quarantine::Burst)
}

/// Whether an outcome with this reply moves the ledger.
pub(super) fn applies(reply: OutcomeReply) -> bool {
    match reply {
        OutcomeReply::Accepted | OutcomeReply::Late | OutcomeReply::Corrected => true,
        OutcomeReply::Duplicate
        | OutcomeReply::Conflict
        | OutcomeReply::UnknownCandidate
        | OutcomeReply::Quarantined(_)
        | OutcomeReply::Expired => false,
    }
}

/// Whether this report says how it ended: an auction, or a message on its way.
pub(super) fn settles(outcome: &Outcome) -> bool {
    match outcome.event {
        Event::Win { .. } | Event::Loss { .. } | Event::Sent | Event::Cancelled => !outcome.withdrawn,
        Event::Impression | Event::Click | Event::Conversion { .. } | Event::Open | Event::Unsubscribe => {
            false
        }
    }
}
