//! Past decisions under a rulebook that is to be tried: what would have come out otherwise?
//!
//! What a rule that is the same in both rulebooks did, it does again: its effects are taken from the record, with all
//! that they read then: texts, caps, evidence. Only rules that come, go or change are asked anew, on the recorded
//! facts and on the ledger as it was at that instant, folded again from the journal. The model is not asked again: its
//! recorded wish stands, and meets the new limits where it met the old ones. So nothing but the rules makes a
//! difference, and rules that are the same change nothing.
//!
//! Three things are told apart, because they are known differently:
//!
//! - A decision comes out otherwise if its answer under the new limits is another, or if what left is no longer
//!   permitted. That an explored price would have been drawn anew is no difference.
//! - Where a rule kept the value back, no model was asked. If the value is free now, it is asked afterwards, by what it
//!   knows today, and the answer says so.
//! - A new or changed rule that looks into a text cannot be asked about a text that is no longer kept. Such decisions
//!   are set aside and counted, never guessed.
//!
//! What a changed answer would have set off (a budget that lasts longer, a contact reached less often) is not followed
//! further: each decision is looked at in the world as it was.

mod count;
mod joined;
mod once;
mod report;
mod said;
mod worth;

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use self::{count::Counted, once::Came};
use super::{
    KeptRulebook, Shelf, Within,
    past::{Batch, Hand, Read, Told, Whose, hands, through},
};
use crate::{
    domain::{Attribute, DecisionId, Record, RuleId},
    journal::{Entry, Journal, JournalError, PastLedger},
    rules::{
        Compiled, Diagnostic, Rulebook, Severity, Sources, compile,
        diff::{Version, same_rules, texts_read},
        draft::{Action, RuleDraft},
    },
};

pub use report::{Change, Edit, Refused, Segment, Shift, SimulateReport, Turn, Worth};

/// A rulebook that is to be tried.
#[derive(Debug)]
pub struct Trial {
    kept: KeptRulebook,
    /// The texts that each rule looks into, in the order of the table.
    texts: Vec<Vec<Attribute>>,
    needs_ledger: bool,
}

/// Which decisions are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// Those of this time.
    pub within: Within,
    /// Of these only this one; `None` is all.
    pub only: Option<DecisionId>,
}

// === impl Trial ===

impl Trial {
    /// Of the files of a rules folder. Its tests do not run: an edit may be tried before the tests that pin the old
    /// answers agree, and what they say `check` tells.
    ///
    /// # Errors
    /// The findings that are errors.
    pub fn of(sources: Sources) -> Result<Self, Vec<Diagnostic>> {
        let Compiled {
            rulebook,
            mut findings,
            ..
        } = compile(&sources);
        findings.retain(|finding| finding.severity == Severity::Error);
        let Some(rulebook) = rulebook.filter(|_| findings.is_empty()) else {
            return Err(findings);
        };
        let drafts = rulebook.drafts();
        Ok(Self {
            texts: drafts.iter().map(|draft| texts_read(&rulebook, draft)).collect(),
            needs_ledger: drafts.iter().any(reads_ledger),
            kept: KeptRulebook { sources, rulebook },
        })
    }

    /// Of files: their paths, relative to the folder, and what they hold.
    ///
    /// # Errors
    /// As [`Trial::of`].
    pub fn of_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Result<Self, Vec<Diagnostic>> {
        Self::of(Sources::from_texts(files))
    }

    /// The rulebook.
    #[must_use]
    pub const fn rulebook(&self) -> &Rulebook {
        &self.kept.rulebook
    }

    const fn version(&self) -> Version<'_> {
        version(&self.kept)
    }
}

const fn version(kept: &KeptRulebook) -> Version<'_> {
    Version {
        sources: &kept.sources,
        rulebook: &kept.rulebook,
    }
}

/// Whether a rule asks more of the ledger than a record holds.
fn reads_ledger(draft: &RuleDraft) -> bool {
    let mut actions = draft.effects.iter().map(|effect| &effect.action);
    actions.any(|action| matches!(action, Action::Cap(_) | Action::StartAt(_)))
}

/// Takes the decisions of that scope through the rulebook that is to be tried; `None` where whoever asked called it
/// off.
///
/// # Errors
/// The journal cannot be read.
pub fn simulate(
    journal: &Journal,
    trial: &Trial,
    shelf: &Shelf,
    scope: Scope,
    told: &mut Told<'_>,
) -> Result<Option<SimulateReport>, JournalError> {
    let count = hands();
    let simulators = (0..count).map(|hand| Simulator {
        hand,
        hands: count,
        journal,
        trial,
        shelf,
        scope,
        ledger: PastLedger::default(),
        same: HashMap::new(),
        counted: Counted::default(),
    });
    let done = through(journal, Read::Everything, simulators.collect(), told)?;
    Ok(done.map(|hands| {
        let counted = hands.into_iter().map(|hand| hand.counted);
        let counted = counted.reduce(Counted::and).unwrap_or_default();
        SimulateReport {
            uncounted_until: if trial.needs_ledger {
                gone_until(journal)
            } else {
                String::new()
            },
            ..counted.report(trial, shelf)
        }
    }))
}

/// When the latest decision was made that is past its retention; empty where none is.
fn gone_until(journal: &Journal) -> String {
    let until = journal.decided_until();
    until.map(|until| until.to_string()).unwrap_or_default()
}

/// Rules of an older rulebook that the trial leaves as they were.
type Same = Arc<BTreeSet<RuleId>>;

/// Works on its part of the decisions; follows the ledger through all.
struct Simulator<'s> {
    hand: u64,
    hands: u64,
    journal: &'s Journal,
    trial: &'s Trial,
    shelf: &'s Shelf,
    scope: Scope,
    ledger: PastLedger,
    same: HashMap<Arc<str>, Same>,
    counted: Counted,
}

impl Hand for Simulator<'_> {
    fn take(&mut self, batch: &Batch) -> Result<(), JournalError> {
        for (entry, whose) in batch.of_hand(self.hand, self.hands) {
            match entry {
                Entry::Decision(record) if whose == Whose::Own && self.is_asked(record) => self.look(record),
                Entry::Outcome { outcome, reply, .. } => self.counted.hear(outcome, *reply),
                Entry::Decision(_) | Entry::Observation(_) | Entry::Change(_) => {}
            }
            if self.trial.needs_ledger {
                self.journal.refold(&self.ledger, entry)?;
            }
        }
        Ok(())
    }
}

impl Simulator<'_> {
    fn is_asked(&self, record: &Record) -> bool {
        let Scope { within, only } = self.scope;
        within.holds(record.now) && only.is_none_or(|only| only == record.decision)
    }

    fn look(&mut self, record: &Record) {
        let same = self.same_as(&record.versions.rulebook);
        let came = self.once(record, &same);
        if let Came::Changed(changed) = &came {
            self.counted.worth.note(record, changed);
        }
        self.counted.note(record, came);
    }

    /// The rules of the rulebook of that digest that the trial leaves as they were; none where it is not kept.
    fn same_as(&mut self, digest: &Arc<str>) -> Same {
        if let Some(same) = self.same.get(digest) {
            return Arc::clone(same);
        }
        let older = self.shelf.rulebook(digest);
        if older.is_none() {
            self.counted.unkept.insert(digest.to_string());
        }
        let same = older.map(|older| same_rules(version(&older), self.trial.version()));
        let same = Arc::new(same.unwrap_or_default());
        self.same.insert(Arc::clone(digest), Arc::clone(&same));
        same
    }
}
