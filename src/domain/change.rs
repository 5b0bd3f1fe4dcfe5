use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{CampaignId, Kind, StopScope, TicketKey, Timestamp, Word};

/// How rules come into force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activating {
    /// By an edit of the rules folder: the folder's permissions are the control.
    #[default]
    OnChange,
    /// By one person who puts them and another who approves; an edit of the folder is only a proposal.
    Approved,
}

impl Activating {
    /// The word of the settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OnChange => "on_change",
            Self::Approved => "approved",
        }
    }
}

/// Who does something to what decides, why and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hand {
    /// Who, as it is said.
    pub by: Arc<str>,
    /// Who makes the call, as whoever calls is known; `None` where nobody is asked who they are.
    pub principal: Option<Arc<str>>,
    /// Why.
    pub because: Arc<str>,
    /// When.
    pub at: Timestamp,
}

impl Hand {
    /// Whether one person did both, as far as anybody can tell: by whom the callers are known to be, and where one of
    /// them was not asked, by who they say they are.
    #[must_use]
    pub fn is_of(&self, other: &Self) -> bool {
        match (&self.principal, &other.principal) {
            (Some(one), Some(another)) => one == another,
            (Some(_) | None, _) => self.by.eq_ignore_ascii_case(&other.by),
        }
    }

    /// What it did, for the record.
    #[must_use]
    pub fn did(self, what: Changed) -> Change {
        let Self {
            by,
            principal,
            because,
            at,
        } = self;
        Change {
            at,
            by,
            principal,
            because,
            what,
        }
    }
}

/// Something that people, or the server for them, did to what decides: kept beside the decisions that it explains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// When.
    pub at: Timestamp,
    /// Who, as it was said: a person, or the part of the server that acted by itself.
    pub by: Arc<str>,
    /// Who made the call, as whoever calls is known; `None` where nobody was asked, or the server acted by itself.
    pub principal: Option<Arc<str>>,
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
    /// Somebody put a rulebook that another may bring into force.
    RulebookPut {
        /// Its digest.
        digest: Arc<str>,
    },
    /// Somebody brought a rulebook into force that another had put.
    RulebookApproved {
        /// The one before.
        from: Arc<str>,
        /// The one in force.
        to: Arc<str>,
        /// Who had put it, as it was said.
        author: Arc<str>,
    },
    /// Another version of a campaign's score answers.
    ScoreInForce {
        /// The campaign.
        campaign: CampaignId,
        /// The version before, by its digest; `None` for the first.
        from: Option<Arc<str>>,
        /// The version that answers.
        to: Arc<str>,
    },
    /// A hand-over was frozen: the model did worse than the person's value.
    HandOverFrozen {
        /// Of which campaign.
        campaign: CampaignId,
        /// Of which kind of decision.
        kind: Kind,
        /// In which country; `None` is any.
        country: Option<Word>,
        /// On which channel; `None` is any.
        channel: Option<Word>,
    },
    /// Somebody let a frozen hand-over go on.
    HandOverResumed {
        /// Of which campaign.
        campaign: CampaignId,
        /// Of which kind of decision.
        kind: Kind,
        /// In which country; `None` is any.
        country: Option<Word>,
        /// On which channel; `None` is any.
        channel: Option<Word>,
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
            Self::ScoreInForce { .. } => "score_in_force",
            Self::HandOverFrozen { .. } => "hand_over_frozen",
            Self::HandOverResumed { .. } => "hand_over_resumed",
            Self::RulebookPut { .. } => "rulebook_put",
            Self::RulebookApproved { .. } => "rulebook_approved",
        }
    }
}
