use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{StopScope, TicketKey, Timestamp};

/// Something that people, or the server for them, did to what decides: kept beside the decisions that it explains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// When.
    pub at: Timestamp,
    /// Who: a person, or the part of the server that acted by itself.
    pub by: Arc<str>,
    /// Why, as it was said; empty where nobody said it.
    pub because: Arc<str>,
    /// What became of it.
    pub what: Changed,
}

/// What was changed, from what to what. Versions are named by their digests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Changed {
    /// A rulebook came into force from the rules folder; `from` is `None` for the first of a journal.
    RulebookActivated {
        /// The one before.
        from: Option<Arc<str>>,
        /// The one in force.
        to: Arc<str>,
    },
    /// Somebody went back to an older rulebook.
    RulebookRolledBack {
        /// The one before.
        from: Arc<str>,
        /// The one in force.
        to: Arc<str>,
    },
    /// Decisions were stopped.
    Stopped {
        /// What the stop reaches.
        scope: StopScope,
        /// The stops before; `None` where nothing was stopped.
        from: Option<Arc<str>>,
        /// The stops in force.
        to: Option<Arc<str>>,
    },
    /// A stop was lifted.
    Resumed {
        /// What it reached.
        scope: StopScope,
        /// The stops before.
        from: Option<Arc<str>>,
        /// The stops in force; `None` where nothing is stopped.
        to: Option<Arc<str>>,
    },
    /// A version of the models was kept.
    ModelsKept {
        /// The number of its snapshot.
        version: u64,
        /// Its digest.
        digest: Arc<str>,
    },
    /// Another version of the models decides.
    ModelsPromoted {
        /// The snapshot that decided before.
        from: u64,
        /// The snapshot that decides.
        to: u64,
    },
    /// An older version of the models decides.
    ModelsRolledBack {
        /// The snapshot that decided before.
        from: u64,
        /// The snapshot that decides.
        to: u64,
    },
    /// The server was started with other settings than before.
    SettingsChanged {
        /// The settings before; `None` for the first of a journal.
        from: Option<Arc<str>>,
        /// The settings.
        to: Arc<str>,
        /// Each value that is in force, as `key = value`; secrets by their key alone.
        values: Vec<Arc<str>>,
    },
    /// A contact was erased. The number is all that is left: nothing leads from it to the contact.
    ContactErased {
        /// The number under which its decisions were kept.
        subject: u64,
    },
    /// Rows of a file of history follow.
    ImportBegun {
        /// BLAKE3 of the file.
        file: Arc<str>,
    },
    /// All rows of that file are there.
    ImportEnded {
        /// BLAKE3 of the file.
        file: Arc<str>,
        /// How many were kept.
        rows: u64,
    },
    /// A hold may be lifted.
    HoldApproved {
        /// What was held.
        ticket: TicketKey,
        /// Until then, exclusive.
        until: Timestamp,
    },
    /// A hold stays.
    HoldRefused {
        /// What was held.
        ticket: TicketKey,
    },
    /// What was older than its retention was cut off.
    Expired {
        /// Bytes of the journal that are no longer kept: everything before this offset.
        before: u64,
    },
}

impl Changed {
    /// The word for the sort of change.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::RulebookActivated { .. } => "rulebook_activated",
            Self::RulebookRolledBack { .. } => "rulebook_rolled_back",
            Self::Stopped { .. } => "stopped",
            Self::Resumed { .. } => "resumed",
            Self::ModelsKept { .. } => "models_kept",
            Self::ModelsPromoted { .. } => "models_promoted",
            Self::ModelsRolledBack { .. } => "models_rolled_back",
            Self::SettingsChanged { .. } => "settings_changed",
            Self::ContactErased { .. } => "contact_erased",
            Self::ImportBegun { .. } => "import_begun",
            Self::ImportEnded { .. } => "import_ended",
            Self::HoldApproved { .. } => "hold_approved",
            Self::HoldRefused { .. } => "hold_refused",
            Self::Expired { .. } => "expired",
        }
    }
}
