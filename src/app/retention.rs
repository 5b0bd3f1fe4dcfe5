//! What is kept for a time only: the journal's oldest files go once they are past their retention, and with them the kept
//! rulebooks that no kept decision names any more.

use std::{sync::Arc, time::Duration};

use super::App;
use crate::{
    domain::{Change, Changed},
    journal::{Cut, JournalError, Offset, Retention},
};

/// How often it is looked whether something may go.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(60);

/// So much is written before what was made of the journal is stored again, in bytes.
const STORE_EVERY: u64 = 64 << 20;

/// So many rulebooks from before the first kept entry stay: a decision may name the one before the latest change for a moment.
const STAY: usize = 2;

impl App {
    /// Stores what was made of the journal, and cuts off what is past its retention.
    ///
    /// # Errors
    /// A file cannot be read, written or removed: the next time goes on from there.
    pub fn look_after_what_is_kept(&self, retention: &Retention) -> Result<Cut, JournalError> {
        self.holds.store_after(STORE_EVERY)?;
        if *retention == Retention::default() {
            return Ok(Cut::Nothing);
        }
        self.holds.store_after(1)?;
        let read_until = self.holds.stored_until().min(self.learner().offset());
        let cut = self.journal.cut(retention, self.clock.now(), read_until)?;
        if let Cut::Before(start) = cut {
            let unnamed = unnamed(&self.journal.changes(), start);
            for digest in self.activations.forget(&unnamed) {
                tracing::info!(digest, "a kept rulebook goes: no kept decision names it");
            }
        }
        Ok(cut)
    }
}

/// Rulebooks that were in force before the first kept entry and not since.
fn unnamed(changes: &[(Offset, Change)], start: Offset) -> Vec<Arc<str>> {
    let activated = changes.iter().filter_map(|(at, change)| match &change.what {
        Changed::RulebookActivated { to, .. }
        | Changed::RulebookRolledBack { to, .. }
        | Changed::RulebookApproved { to, .. } => Some((*at, to)),
        Changed::Stopped { .. }
        | Changed::Resumed { .. }
        | Changed::ModelsKept { .. }
        | Changed::ModelsPromoted { .. }
        | Changed::ModelsRolledBack { .. }
        | Changed::SettingsChanged { .. }
        | Changed::ContactErased { .. }
        | Changed::ImportBegun { .. }
        | Changed::ImportEnded { .. }
        | Changed::HoldApproved { .. }
        | Changed::HoldRefused { .. }
        | Changed::RulebookPut { .. }
        | Changed::ScoreInForce { .. }
        | Changed::HandOverFrozen { .. }
        | Changed::HandOverResumed { .. }
        | Changed::Expired { .. } => None,
    });
    let activated: Vec<(Offset, &Arc<str>)> = activated.collect();
    let before = activated.partition_point(|(at, _)| *at < start);
    let (old, named) = activated.split_at(before.saturating_sub(STAY));
    let mut unnamed: Vec<Arc<str>> = old
        .iter()
        .filter(|(_, digest)| named.iter().all(|(_, named)| named != digest))
        .map(|(_, digest)| Arc::clone(digest))
        .collect();
    unnamed.sort_unstable();
    unnamed.dedup();
    unnamed
}
