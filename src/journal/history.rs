use super::{Entry, JournalError, Reported, keyring::Keyring, segment::Segments, segment::Stored};
use crate::domain::{CandidateId, Event, Outcome, OutcomeKey, OutcomeReply, Record};

/// All that is known of one decision: its record, and what was reported of it, oldest first.
#[derive(Debug, Default)]
pub(super) struct History {
    /// `None` when the journal does not hold the decision.
    pub(super) record: Option<Box<Record>>,
    pub(super) reports: Vec<Reported>,
}

impl History {
    /// Follows the entries about a decision from the latest back to the first, as far as the journal is kept: from the first
    /// of the segments on, which may go while it is read.
    pub(super) fn read(
        latest: Option<u64>,
        segments: &Segments,
        keyring: &Keyring,
        fetch: impl Fn(u64) -> Result<Stored, JournalError>,
    ) -> Result<Self, JournalError> {
        let mut history = Self::default();
        let mut next = latest.unwrap_or(0);
        while next != 0 && next >= segments.start() {
            let stored = match fetch(next) {
                Err(_) if next < segments.start() => break,
                fetched => fetched?,
            };
            match Entry::decode(&stored.payload, next, keyring)? {
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
            if stored.header.previous >= next {
                return Err(JournalError::Unreadable {
                    offset: next,
                    what: "it does not point back".to_owned(),
                });
            }
            next = stored.header.previous;
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

    /// Whether it is known how the candidate's auction ended, or its message.
    pub(super) fn is_settled(&self, candidate: &CandidateId) -> bool {
        self.reports.iter().any(|report| {
            report.outcome.candidate == *candidate && applies(report.reply) && settles(&report.outcome)
        })
    }
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
