//! Past decisions once more: does the record give the answer that left?
//!
//! Level 1 enforces again: the recorded limits and what was heard of the model go through the same code as then. From
//! the record alone, and within one build to the last bit; across builds a difference is told. Level 2 asks the model
//! again under the recorded limits and ledger, where its snapshot and the rulebook that declared the campaigns are
//! kept; else it says that they are gone.

use std::{fmt::Debug, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{
    Shelf,
    past::{Batch, Hand, Read, Told, Whose, hands, through},
};
use crate::{
    domain::{Bounded, CandidateLimits, CandidateRecord, FallbackReason, Kind, Proposed, Record, Timestamp},
    guardrail::{asked_before, enforced_again, read_before},
    journal::{Entry, Journal, JournalError},
    model::propose,
};

/// One thing that came out otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Difference {
    /// The candidate; empty where it concerns the whole.
    pub candidate_id: String,
    /// What: `verdict`, `answer`, `causes`, …
    pub what: String,
    /// As it was recorded.
    pub recorded: String,
    /// As it came out now.
    pub again: String,
}

/// What the model said when it was asked again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelAgain {
    /// No model was asked then, or none was heard.
    NotHeard,
    /// Its snapshot, or the rulebook that declared the campaigns, is not kept any more; which.
    Expired(String),
    /// The same.
    Same,
    /// Something else.
    Differs(Vec<Difference>),
}

/// A decision that came out otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Differing {
    /// The decision.
    pub decision_id: String,
    /// The build that made it, where it is another than this one.
    pub other_build: String,
    /// What differs.
    pub differences: Vec<Difference>,
}

/// What a replay came to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ReplayReport {
    /// Decisions replayed.
    pub decisions: u64,
    /// Of each kind: bid, send time, recommendation, budget, score.
    pub by_kind: Vec<u64>,
    /// Those whose contact was erased since: they cannot be repeated.
    pub erased: u64,
    /// Those that came out otherwise.
    pub differing: u64,
    /// The first of them.
    pub shown: Vec<Differing>,
    /// Decisions of which the model was asked again and said the same.
    pub model_same: u64,
    /// And something else.
    pub model_differing: u64,
    /// Whose snapshot or rulebook is not kept any more.
    pub model_expired: u64,
    /// Of which no model was heard then.
    pub model_not_heard: u64,
    /// The first of those of which the model said something else.
    pub model_shown: Vec<Differing>,
}

/// How many decisions that differ are shown.
const SHOWN: usize = 20;

/// What of the past is replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Within {
    /// From this instant on.
    pub since: Timestamp,
    /// Before this one.
    pub until: Timestamp,
}

impl Within {
    /// All of it.
    pub const ALL: Self = Self {
        since: Timestamp::from_millis(i64::MIN),
        until: Timestamp::from_millis(i64::MAX),
    };

    /// Whether the instant lies in it.
    #[must_use]
    pub fn holds(&self, at: Timestamp) -> bool {
        self.since <= at && at < self.until
    }
}

/// What differs when a recorded decision is enforced again; nothing, within one build.
#[must_use]
pub fn replayed(recorded: &Record) -> Vec<Difference> {
    let again = enforced_again(recorded);
    if again == *recorded {
        return Vec::new();
    }
    differences(recorded, &again)
}

/// What differs between two records of one decision.
#[must_use]
pub fn differences(recorded: &Record, again: &Record) -> Vec<Difference> {
    let mut found = Vec::new();
    for (then, now) in recorded.candidates.iter().zip(&again.candidates) {
        let CandidateRecord { id, .. } = then;
        let mut note = |what: &str, differs: Option<(String, String)>| {
            found.extend(differs.map(|(recorded, again)| Difference {
                candidate_id: id.to_string(),
                what: what.to_owned(),
                recorded,
                again,
            }));
        };
        note("verdict", unlike(&then.verdict, &now.verdict));
        note("answer", unlike(&then.choice, &now.choice));
        note("causes", unlike(&then.causes, &now.causes));
        note("proposal", unlike(&then.proposed, &now.proposed));
        note("fallback", unlike(&then.fallback, &now.fallback));
        note("tickets", unlike(&then.tickets, &now.tickets));
        note("limits", unlike(&then.limits, &now.limits));
    }
    if found.is_empty() && recorded != again {
        found.push(Difference {
            candidate_id: String::new(),
            what: "record".to_owned(),
            recorded: format!("{recorded:?}"),
            again: format!("{again:?}"),
        });
    }
    found
}

fn unlike<T: PartialEq + Debug>(recorded: &T, again: &T) -> Option<(String, String)> {
    (recorded != again).then(|| (format!("{recorded:?}"), format!("{again:?}")))
}

/// Asks the model again.
#[must_use]
pub fn model_again(recorded: &Record, shelf: &Shelf) -> ModelAgain {
    let candidates = &recorded.candidates;
    let silenced = candidates.iter().any(|candidate| {
        matches!(
            candidate.fallback,
            Some(FallbackReason::Deadline | FallbackReason::ModelFailed)
        )
    });
    let free = candidates.iter().any(|candidate| candidate.limits.is_free());
    if silenced || !free {
        return ModelAgain::NotHeard;
    }
    let number = recorded.versions.snapshot;
    let Some(snapshot) = shelf.snapshot(number) else {
        return ModelAgain::Expired(format!("the model snapshot {number}"));
    };
    let Some(bounded) = bounded_before(recorded, shelf) else {
        return ModelAgain::Expired(format!("the rulebook {:.12}", recorded.versions.rulebook));
    };
    let said = propose(snapshot, Arc::new(bounded)).candidates;
    let differing: Vec<Difference> = candidates
        .iter()
        .zip(&said)
        .filter_map(|(candidate, again)| otherwise(candidate, again.as_ref()))
        .collect();
    if differing.is_empty() {
        ModelAgain::Same
    } else {
        ModelAgain::Differs(differing)
    }
}

fn otherwise(candidate: &CandidateRecord, again: Option<&Proposed>) -> Option<Difference> {
    let unfollowed = candidate.unfollowed.as_deref();
    let recorded = candidate.proposed.as_ref().or(unfollowed);
    let (recorded, again) = unlike(&recorded, &again)?;
    Some(Difference {
        candidate_id: candidate.id.to_string(),
        what: "proposal".to_owned(),
        recorded,
        again,
    })
}

/// What the model was given: the recorded limits and ledger, and the campaigns as they were declared then.
fn bounded_before(recorded: &Record, shelf: &Shelf) -> Option<Bounded> {
    let kept = shelf.rulebook(&recorded.versions.rulebook)?;
    let candidates = recorded.candidates.iter();
    let campaigns: Option<Vec<_>> = candidates
        .clone()
        .map(|candidate| kept.rulebook.campaign(&candidate.campaign).cloned())
        .collect();
    let limits: Vec<CandidateLimits> = candidates.map(|candidate| candidate.limits.clone()).collect();
    let views = read_before(recorded);
    Some(Bounded {
        query: asked_before(recorded),
        campaigns: campaigns?,
        limits,
        evidence: views.iter().map(|view| view.evidence).collect(),
        spend: views.iter().map(|view| view.spend).collect(),
        rules: Arc::new(recorded.rules.clone()),
    })
}

/// Replays every decision of that time; `None` where whoever asked called it off.
///
/// # Errors
/// The journal cannot be read.
pub fn replay(
    journal: &Journal,
    within: Within,
    shelf: Option<&Shelf>,
    told: &mut Told<'_>,
) -> Result<Option<ReplayReport>, JournalError> {
    let count = hands();
    let replayers = (0..count).map(|hand| Replayer {
        hand,
        hands: count,
        within,
        shelf,
        report: ReplayReport {
            by_kind: vec![0; Kind::ALL.len()],
            ..ReplayReport::default()
        },
    });
    let done = through(journal, Read::Decisions(within), replayers.collect(), told)?;
    Ok(done.map(|hands| {
        let reports = hands.into_iter().map(|hand| hand.report);
        reports.reduce(ReplayReport::and).unwrap_or_default()
    }))
}

/// Replays its part.
struct Replayer<'r> {
    hand: u64,
    hands: u64,
    within: Within,
    shelf: Option<&'r Shelf>,
    report: ReplayReport,
}

impl Hand for Replayer<'_> {
    fn take(&mut self, batch: &Batch) -> Result<(), JournalError> {
        for (entry, whose) in batch.of_hand(self.hand, self.hands) {
            if let (Entry::Decision(record), Whose::Own) = (entry, whose)
                && self.within.holds(record.now)
            {
                self.report.note(record, self.shelf);
            }
        }
        Ok(())
    }
}

// === impl ReplayReport ===

impl ReplayReport {
    /// Replays one decision and counts it.
    pub fn note(&mut self, record: &Record, shelf: Option<&Shelf>) {
        self.decisions += 1;
        let kind = record.question.kind();
        let place = Kind::ALL.iter().position(|known| *known == kind);
        if let Some(count) = place.and_then(|place| self.by_kind.get_mut(place)) {
            *count += 1;
        }
        if record.erased {
            self.erased += 1;
            return;
        }
        let found = replayed(record);
        if !found.is_empty() {
            self.differing += 1;
            push(&mut self.shown, record, found);
        }
        match shelf.map(|shelf| model_again(record, shelf)) {
            None => {}
            Some(ModelAgain::NotHeard) => self.model_not_heard += 1,
            Some(ModelAgain::Expired(_)) => self.model_expired += 1,
            Some(ModelAgain::Same) => self.model_same += 1,
            Some(ModelAgain::Differs(found)) => {
                self.model_differing += 1;
                push(&mut self.model_shown, record, found);
            }
        }
    }

    fn and(mut self, other: Self) -> Self {
        let Self {
            decisions,
            by_kind,
            erased,
            differing,
            shown,
            model_same,
            model_differing,
            model_expired,
            model_not_heard,
            model_shown,
        } = other;
        self.decisions += decisions;
        for (count, more) in self.by_kind.iter_mut().zip(by_kind) {
            *count += more;
        }
        self.erased += erased;
        self.differing += differing;
        self.model_same += model_same;
        self.model_differing += model_differing;
        self.model_expired += model_expired;
        self.model_not_heard += model_not_heard;
        for (own, more) in [(&mut self.shown, shown), (&mut self.model_shown, model_shown)] {
            own.extend(more);
            own.sort_by(|a, b| a.decision_id.cmp(&b.decision_id));
            own.truncate(SHOWN);
        }
        self
    }
}

fn push(shown: &mut Vec<Differing>, record: &Record, differences: Vec<Difference>) {
    if shown.len() < SHOWN {
        let build = &*record.versions.build;
        shown.push(Differing {
            decision_id: record.decision.to_string(),
            other_build: if build == env!("CARGO_PKG_VERSION") {
                String::new()
            } else {
                build.to_owned()
            },
            differences,
        });
    }
}
