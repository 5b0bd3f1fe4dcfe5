//! More than one person does: what a contact reports of one campaign beyond a number a day is set aside.
//!
//! A bot that clicks all day must not move a bid, and must not hand a market over. What it does beyond
//! [`MOST_A_DAY`] is kept and counted, and nobody learns from it; what it did before on that day stops being evidence. Where the contact is unknown, one candidate of one
//! decision stands for it, and what was reported of that one says enough. The arms of a budget report for many people at once and are never set aside.
//!
//! Days are the event's own, so that a day's outcomes may be reported all at once; what was reported a day ago by our own
//! clock no longer counts, whether it was forgotten already or not: what counts is a function of the journal.

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::{history::History, names::Names};
use crate::domain::{
    Attribute, CandidateId, CandidateRecord, DecisionId, Duration, Event, Kind, Outcome, OutcomeReply,
    Quarantine, Record, Timestamp, Word,
};

/// So many clicks, opens and conversions of one contact for one campaign count in a day. A person who does more is
/// rare, and loses little: the label of an example is one, however often it was clicked.
const MOST_A_DAY: usize = 10;

const DAY: Duration = Duration::from_days(1);
const DAY_BEFORE: Duration = Duration::from_days(-1);

/// A correction that comes later than this finds forgotten that what it corrects is no evidence.
const CORRECTED_WITHIN: Duration = Duration::from_days(-90);

/// Of the bursts of one contact one an hour is remembered: they say of which days nothing is evidence.
const HOUR_MS: i64 = 3_600_000;

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Act {
    at: Timestamp,
    received_at: Timestamp,
    what: What,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum What {
    /// It was taken: of which decision and candidate, and whether it is evidence.
    Taken(DecisionId, CandidateId, Standing),
    /// It was more than a person does.
    Burst,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Standing {
    Evidence,
    /// It was near a burst.
    Distrusted,
}

/// Something that was taken and is evidence no longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Suspect {
    pub(super) decision: DecisionId,
    pub(super) candidate: CandidateId,
    /// When it happened, as it was first told.
    pub(super) at: Timestamp,
}

/// What noting an outcome changed, to be taken back if it is not kept after all.
#[derive(Debug)]
pub(super) struct Change {
    doer: Doer,
    pushed: bool,
    suspects: Vec<Suspect>,
}

impl Act {
    /// Whether it is still to be known, when the latest report arrived at `latest`: for a day, and what stopped being evidence
    /// as long as it may be corrected.
    fn is_kept(&self, latest: Timestamp) -> bool {
        let days = match self.what {
            What::Taken(_, _, Standing::Distrusted) => CORRECTED_WITHIN,
            What::Taken(_, _, Standing::Evidence) | What::Burst => DAY_BEFORE,
        };
        self.received_at > latest.plus(days)
    }

    const fn is_burst(&self) -> bool {
        matches!(self.what, What::Burst)
    }
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
        let counts = |act: &&Act| !act.is_burst() && is_near(act.at, at) && act.received_at > old;
        self.recent
            .get(&doer)
            .map_or(0, |acts| acts.iter().filter(counts).count())
    }

    /// Whether an outcome with that reply is evidence, as far as bursts say.
    pub(super) fn is_evidence(&self, history: &History, outcome: &Outcome, reply: OutcomeReply) -> bool {
        let Some(record) = history.record.as_deref() else {
            return true;
        };
        let first = history.of_key(&outcome.key()).next();
        let first = first.map_or(outcome, |report| &report.outcome);
        match by_hand(record, first) {
            None => true,
            Some(By::Nobody) => !history.has_burst_near(first),
            Some(By::Contact(contact, candidate)) => {
                let acts = self.recent.get(&self.doer(contact, candidate));
                let mut acts = acts.into_iter().flatten();
                if is_new(reply) {
                    return !acts.any(|act| act.is_burst() && is_near(act.at, first.at));
                }
                let (decision, name) = (record.decision, candidate.id.clone());
                let distrusted = What::Taken(decision, name, Standing::Distrusted);
                !acts.any(|act| act.at == first.at && act.what == distrusted)
            }
        }
    }

    /// What is evidence no longer if an outcome is a burst.
    pub(super) fn suspects(&self, history: &History, outcome: &Outcome) -> Vec<Suspect> {
        let Some(record) = history.record.as_deref() else {
            return Vec::new();
        };
        match by_hand(record, outcome) {
            None => Vec::new(),
            Some(By::Nobody) if history.has_burst_near(outcome) => Vec::new(),
            Some(By::Nobody) => {
                let near = history.reports.iter().filter(|report| {
                    let known = &report.outcome;
                    is_new(report.reply)
                        && known.candidate == outcome.candidate
                        && is_by_hand(known)
                        && is_near(known.at, outcome.at)
                        && !history.has_burst_near(known)
                });
                near.map(|report| Suspect {
                    decision: record.decision,
                    candidate: report.outcome.candidate.clone(),
                    at: report.outcome.at,
                })
                .collect()
            }
            Some(By::Contact(contact, candidate)) => {
                self.evidence_near(self.doer(contact, candidate), outcome.at)
            }
        }
    }

    fn evidence_near(&self, doer: Doer, at: Timestamp) -> Vec<Suspect> {
        let acts = self.recent.get(&doer).into_iter().flatten();
        acts.filter(|act| is_near(act.at, at))
            .filter_map(|act| match &act.what {
                What::Taken(decision, candidate, Standing::Evidence) => Some(Suspect {
                    decision: *decision,
                    candidate: candidate.clone(),
                    at: act.at,
                }),
                What::Taken(_, _, Standing::Distrusted) | What::Burst => None,
            })
            .collect()
    }

    /// An outcome was kept with that reply. A correction tells of an event that is counted already.
    pub(super) fn note(
        &mut self,
        history: &History,
        outcome: &Outcome,
        received_at: Timestamp,
        reply: OutcomeReply,
    ) -> Option<Change> {
        let is_burst = reply == OutcomeReply::Quarantined(Quarantine::Burst);
        if !is_new(reply) && !is_burst {
            return None;
        }
        self.latest = self.latest.max(received_at);
        let record = history.record.as_deref()?;
        let Some(By::Contact(contact, candidate)) = by_hand(record, outcome) else {
            return None;
        };
        let doer = self.doer(contact, candidate);
        let suspects = if is_burst {
            self.evidence_near(doer, outcome.at)
        } else {
            Vec::new()
        };
        let standing = if self.is_evidence(history, outcome, reply) {
            Standing::Evidence
        } else {
            Standing::Distrusted
        };
        let latest = self.latest;
        let acts = self.recent.entry(doer).or_default();
        if acts.len() >= 2 * MOST_A_DAY {
            acts.retain(|act| act.is_kept(latest));
        }
        stand(acts, &suspects, Standing::Distrusted);
        let hour = outcome.at.as_millis().div_euclid(HOUR_MS);
        let known = |act: &Act| act.is_burst() && act.at.as_millis().div_euclid(HOUR_MS) == hour;
        let pushed = !is_burst || !acts.iter().any(known);
        if pushed {
            let what = if is_burst {
                What::Burst
            } else {
                What::Taken(record.decision, candidate.id.clone(), standing)
            };
            acts.push(Act {
                at: outcome.at,
                received_at,
                what,
            });
        }
        if self.recent.len() > self.swept_at + SWEEP_EVERY {
            self.sweep();
        }
        Some(Change {
            doer,
            pushed,
            suspects,
        })
    }

    /// What was noted last of somebody was not kept after all.
    pub(super) fn take_back(&mut self, change: &Change) {
        if let Some(acts) = self.recent.get_mut(&change.doer) {
            if change.pushed {
                acts.pop();
            }
            stand(acts, &change.suspects, Standing::Evidence);
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
        let latest = self.latest;
        self.recent
            .retain(|_, acts| acts.iter().any(|act| act.is_kept(latest)));
        self.swept_at = self.recent.len();
    }

    // === stored ===

    /// What counts of it, in one order; `number` is what stands for a contact.
    pub(super) fn stored(&self, number: impl Fn(u64) -> Option<u64>) -> StoredBursts {
        let each = self.recent.iter().filter_map(|(doer, acts)| {
            let counts = acts.iter().filter(|act| act.is_kept(self.latest));
            let acts: Vec<Act> = counts.cloned().collect();
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

/// Gives what was taken of these another standing.
fn stand(acts: &mut [Act], of: &[Suspect], standing: Standing) {
    for act in acts {
        if let What::Taken(decision, candidate, old) = &mut act.what {
            let named = |suspect: &Suspect| {
                suspect.decision == *decision && suspect.candidate == *candidate && suspect.at == act.at
            };
            if of.iter().any(named) {
                *old = standing;
            }
        }
    }
}

pub(super) fn is_near(one: Timestamp, other: Timestamp) -> bool {
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
pub(super) fn is_new(reply: OutcomeReply) -> bool {
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

pub(super) fn is_by_hand(outcome: &Outcome) -> bool {
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
