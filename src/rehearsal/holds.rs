//! What rules hold until somebody approves: the open tickets, and what was said of each.
//!
//! A held answer opens its ticket in the journal, by its record; an approval is an entry of the journal too, and so is
//! its use, by the record of the decision that it lifted a hold of. What is open, approved, refused or used up is
//! therefore read from the journal alone, and a restart forgets nothing. A ticket names the very content that was held
//! ([`TicketKey`]): an approval lifts the hold of that content and of no other.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        BrandId, BrandScope, CampaignId, CandidateId, CandidateRecord, Change, Changed, DecisionId, Kind,
        Record, RuleCard, Ticket, TicketKey, Timestamp, Word,
    },
    guardrail::Approvals,
    journal::{Entry, Journal, JournalError, Offset},
};

/// The most callers of one ticket that are remembered. Beyond them an approval is refused where it is named: by then it is
/// known who asks.
const MOST_CALLERS: usize = 64;
/// The most tickets that are remembered; beyond, those that were held longest ago are forgotten first.
const MOST: usize = 100_000;

/// One ticket, as people see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeldTicket {
    /// Its name.
    pub key: TicketKey,
    /// The rule that holds.
    pub rule: RuleCard,
    /// Who has to approve.
    pub role: Word,
    /// The kind of decision.
    pub kind: Kind,
    /// The latest decision that it held.
    pub decision: DecisionId,
    /// The candidate in it.
    pub candidate: CandidateId,
    /// That one's campaign.
    pub campaign: CampaignId,
    /// Whose it is.
    pub brand: BrandId,
    /// Who asked for them, as far as anybody knows: those who asked first, if there are many.
    pub callers: BTreeSet<Arc<str>>,
    /// How many decisions it held.
    pub decisions: u64,
    /// The first of them.
    pub first: Timestamp,
    /// The latest of them.
    pub latest: Timestamp,
    /// What was said of it last.
    pub said: Option<Said>,
    /// Whether that approval served once already, and was to serve only once.
    pub is_used: bool,
}

/// What somebody said of a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Who, as it was said.
    pub by: Arc<str>,
    /// Who made the call, as whoever calls is known.
    pub principal: Option<Arc<str>>,
    /// Why.
    pub because: Arc<str>,
    /// When.
    pub at: Timestamp,
    /// Until when an approval counts; `None` is a refusal.
    pub until: Option<Timestamp>,
}

/// How it stands with a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HoldState {
    /// Nobody has said anything, or an approval is over and it was held again since.
    Open,
    /// It may be named.
    Approved,
    /// Somebody said no.
    Refused,
    /// It was approved, and the time is over.
    Expired,
    /// It was approved, and has served.
    Used,
}

impl HoldState {
    /// The word used on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Expired => "expired",
            Self::Used => "used",
        }
    }
}

/// Why nothing could be said of a ticket.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// Nothing was ever held under it.
    #[error("no decision was held under the ticket `{0}`; `balustrade holds list` names those that wait")]
    Unknown(TicketKey),
    /// Whoever asked wants to approve.
    #[error(
        "`{0}` asked for what is held under this ticket, and whoever asks does not approve; another has to"
    )]
    Own(Arc<str>),
    /// The journal did not take it.
    #[error("the journal did not take it; say it again")]
    NotKept,
    /// It cannot be read or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

// === impl HeldTicket ===

impl HeldTicket {
    /// How it stands at an instant.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> HoldState {
        let Some(said) = &self.said else {
            return HoldState::Open;
        };
        match said.until {
            None => HoldState::Refused,
            Some(_) if self.is_used => HoldState::Used,
            Some(until) if now >= until => HoldState::Expired,
            Some(_) => HoldState::Approved,
        }
    }

    /// Whether one approval serves every decision until it expires: of a bid it does.
    const fn serves_often(&self) -> bool {
        match self.kind {
            Kind::Bid => true,
            Kind::SendTime | Kind::Recommendation | Kind::Budget | Kind::Score => false,
        }
    }
}

/// Every ticket, read from a journal.
#[derive(Debug)]
pub struct Holds {
    journal: Arc<Journal>,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    from: Offset,
    /// Up to where what was read is stored.
    stored: Offset,
    tickets: BTreeMap<TicketKey, HeldTicket>,
}

/// Under what the tickets are stored beside the journal.
const STORED_AS: &str = "holds";

// === impl Holds ===

impl Holds {
    /// The tickets of this journal, as far as they are stored beside it; [`Holds::catch_up`] reads the rest.
    #[must_use]
    pub fn new(journal: Arc<Journal>) -> Self {
        let stored: Option<(Offset, Vec<HeldTicket>)> = journal.stored_beside(STORED_AS);
        let seen = stored.map_or_else(Seen::default, |(from, tickets)| Seen {
            from,
            stored: from,
            tickets: tickets.into_iter().map(|held| (held.key, held)).collect(),
        });
        Self {
            journal,
            seen: Mutex::new(seen),
        }
    }

    /// Stores the tickets beside the journal, if so many bytes were read since the last time.
    ///
    /// # Errors
    /// The journal cannot be read, or the tickets cannot be written.
    pub fn store_after(&self, bytes: u64) -> Result<(), JournalError> {
        self.catch_up()?;
        let seen = self.seen();
        if seen.from.get().saturating_sub(seen.stored.get()) < bytes {
            return Ok(());
        }
        let (from, tickets) = (seen.from, seen.tickets.values().cloned().collect::<Vec<_>>());
        drop(seen);
        self.journal.store_beside(STORED_AS, from, &tickets)?;
        self.seen().stored = from;
        Ok(())
    }

    /// Up to where of the journal the tickets are stored.
    #[must_use]
    pub fn stored_until(&self) -> Offset {
        self.seen().stored
    }

    /// Reads what was written since the last time.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn catch_up(&self) -> Result<(), JournalError> {
        let mut seen = self.seen();
        for read in self.journal.follow_from(seen.from) {
            let (next, entry) = read?;
            match &*entry {
                Entry::Decision(record) => seen.decided(record),
                Entry::Change(change) => seen.changed(change),
                Entry::Outcome { .. } | Entry::Observation(_) => {}
            }
            seen.from = next;
        }
        seen.forget();
        Ok(())
    }

    /// Every ticket, those that wait longest first.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn list(&self) -> Result<Vec<HeldTicket>, JournalError> {
        self.catch_up()?;
        let mut tickets: Vec<HeldTicket> = self.seen().tickets.values().cloned().collect();
        tickets.sort_by_key(|ticket| (ticket.first, ticket.key));
        Ok(tickets)
    }

    /// Keeps what somebody who may speak of `brands` said of a ticket; answers how it stands then. That there is a ticket
    /// of another brand is not told.
    ///
    /// # Errors
    /// [`ResolveError`], and then nothing has changed.
    pub async fn resolve(
        &self,
        key: TicketKey,
        change: Change,
        brands: &BrandScope,
    ) -> Result<HeldTicket, ResolveError> {
        self.journal.settled().await?;
        self.catch_up()?;
        let callers = {
            let seen = self.seen();
            let held = seen.tickets.get(&key).filter(|held| brands.covers(&held.brand));
            held.ok_or(ResolveError::Unknown(key))?.callers.clone()
        };
        if let Some(own) = own_hold(&change, &callers) {
            return Err(ResolveError::Own(own));
        }
        let at = change.at;
        self.journal.note(change);
        self.journal.settled().await?;
        self.catch_up()?;
        let found = self.seen().tickets.get(&key).cloned();
        // What the journal did not take has not been said.
        let found = found.filter(|held| held.said.as_ref().is_some_and(|said| said.at == at));
        found.ok_or(ResolveError::NotKept)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who approves what they asked for themselves. To refuse is to be careful: anybody may.
fn own_hold(change: &Change, callers: &BTreeSet<Arc<str>>) -> Option<Arc<str>> {
    let approves = matches!(change.what, Changed::HoldApproved { .. });
    let principal = change.principal.as_ref().filter(|_| approves)?;
    callers.contains(principal).then(|| Arc::clone(principal))
}

impl Approvals for Holds {
    fn lifts(&self, ticket: TicketKey, caller: Option<&str>, now: Timestamp) -> bool {
        let mut seen = self.seen();
        let Some(held) = seen.tickets.get_mut(&ticket) else {
            return false;
        };
        let approver = held.said.as_ref().and_then(|said| said.principal.as_deref());
        let is_own = caller.is_some() && caller == approver;
        let lifts = held.state(now) == HoldState::Approved && !is_own;
        if lifts && !held.serves_often() {
            // At once, so that of two calls at the same time one is held.
            held.is_used = true;
        }
        lifts
    }
}

// === impl Seen ===

impl Seen {
    fn decided(&mut self, record: &Record) {
        for candidate in &record.candidates {
            for ticket in &candidate.tickets {
                if let Some(rule) = record.rules.get(ticket.rule) {
                    self.held(record, candidate, ticket, rule);
                }
            }
        }
        for used in &record.approvals {
            if let Some(held) = self.tickets.get_mut(used)
                && !held.serves_often()
            {
                held.is_used = true;
            }
        }
    }

    fn held(&mut self, record: &Record, candidate: &CandidateRecord, ticket: &Ticket, rule: &RuleCard) {
        let held = self.tickets.entry(ticket.key).or_insert_with(|| HeldTicket {
            key: ticket.key,
            rule: rule.clone(),
            role: ticket.role.clone(),
            kind: record.question.kind(),
            decision: record.decision,
            candidate: candidate.id.clone(),
            campaign: candidate.campaign.clone(),
            brand: candidate.brand.clone(),
            callers: BTreeSet::new(),
            decisions: 0,
            first: record.now,
            latest: record.now,
            said: None,
            is_used: false,
        });
        held.decisions += 1;
        if held.callers.len() < MOST_CALLERS {
            held.callers.extend(record.caller.clone());
        }
        held.rule = rule.clone();
        held.role = ticket.role.clone();
        held.decision = record.decision;
        held.candidate = candidate.id.clone();
        held.latest = held.latest.max(record.now);
        // An approval that is over does not answer a hold that came after it.
        let is_over = matches!(held.state(record.now), HoldState::Used | HoldState::Expired);
        let said_at = held.said.as_ref().map(|said| said.at);
        if is_over && said_at.is_some_and(|at| at < record.now) {
            held.said = None;
            held.is_used = false;
        }
    }

    fn changed(&mut self, change: &Change) {
        let (ticket, until) = match &change.what {
            Changed::HoldApproved { ticket, until } => (ticket, Some(*until)),
            Changed::HoldRefused { ticket } => (ticket, None),
            Changed::RulebookActivated { .. }
            | Changed::RulebookRolledBack { .. }
            | Changed::Stopped { .. }
            | Changed::Resumed { .. }
            | Changed::ModelsKept { .. }
            | Changed::ModelsPromoted { .. }
            | Changed::ModelsRolledBack { .. }
            | Changed::SettingsChanged { .. }
            | Changed::ContactErased { .. }
            | Changed::ImportBegun { .. }
            | Changed::ImportEnded { .. }
            | Changed::RulebookPut { .. }
            | Changed::ScoreInForce { .. }
            | Changed::HandOverFrozen { .. }
            | Changed::HandOverResumed { .. }
            | Changed::RulebookApproved { .. }
            | Changed::Expired { .. } => return,
        };
        if let Some(held) = self.tickets.get_mut(ticket) {
            held.said = Some(Said {
                by: Arc::clone(&change.by),
                principal: change.principal.clone(),
                because: Arc::clone(&change.because),
                at: change.at,
                until,
            });
            held.is_used = false;
        }
    }

    fn forget(&mut self) {
        if self.tickets.len() <= MOST {
            return;
        }
        let mut ages: Vec<(Timestamp, TicketKey)> = self
            .tickets
            .values()
            .map(|held| (held.latest, held.key))
            .collect();
        ages.sort_unstable();
        for (_, key) in ages.iter().take(self.tickets.len() - MOST) {
            self.tickets.remove(key);
        }
    }
}
