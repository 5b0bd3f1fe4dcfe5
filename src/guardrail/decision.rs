use super::enforce::{Answer, Enforced};
use crate::domain::{Bounded, DecisionId, Record, TicketKey, Versions};

/// Why a decision that was answered is missing from the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gap {
    /// It was written.
    None,
    /// The journal did not accept it, and the kind does not require it.
    NotRecorded,
}

/// A checked answer, made live: the only thing a reply can be built from.
///
/// Only the guardrail makes one. It is neither `Clone`, `Default` nor `Deserialize`, and building the reply
/// consumes it.
#[derive(Debug)]
pub struct Decision {
    enforced: Enforced,
    versions: Versions,
    /// The approvals that lifted a hold.
    approvals: Vec<TicketKey>,
    gap: Gap,
}

impl Decision {
    /// Makes checked answers live. The one constructor.
    pub(super) const fn live(enforced: Enforced, versions: Versions, approvals: Vec<TicketKey>) -> Self {
        Self {
            enforced,
            versions,
            approvals,
            gap: Gap::None,
        }
    }

    pub(super) const fn not_recorded(mut self) -> Self {
        self.gap = Gap::NotRecorded;
        self
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> DecisionId {
        self.bounded().query.decision
    }

    /// What was asked, with its limits.
    #[must_use]
    pub fn bounded(&self) -> &Bounded {
        self.enforced.bounded()
    }

    /// One answer a candidate, in the query's order.
    #[must_use]
    pub fn answers(&self) -> &[Answer] {
        self.enforced.answers()
    }

    /// Under what it was made.
    #[must_use]
    pub const fn versions(&self) -> &Versions {
        &self.versions
    }

    /// Whether the journal holds it.
    #[must_use]
    pub const fn gap(&self) -> Gap {
        self.gap
    }

    /// What the journal keeps of it.
    #[must_use]
    pub fn record(&self) -> Record {
        Record {
            approvals: self.approvals.clone(),
            ..super::record::record(&self.enforced, self.versions.clone())
        }
    }
}
