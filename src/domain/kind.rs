use serde::{Deserialize, Serialize};

/// The five kinds of decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// What to bid for one impression, per (campaign, creative).
    Bid,
    /// When to send one message to one contact.
    SendTime,
    /// Which items to show, in which order.
    Recommendation,
    /// How to split a total among arms.
    Budget,
    /// How likely an outcome is.
    Score,
}

impl Kind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 5] = [
        Self::Bid,
        Self::SendTime,
        Self::Recommendation,
        Self::Budget,
        Self::Score,
    ];

    /// The name used in rule files, settings and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bid => "bid",
            Self::SendTime => "send_time",
            Self::Recommendation => "recommendation",
            Self::Budget => "budget",
            Self::Score => "score",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
