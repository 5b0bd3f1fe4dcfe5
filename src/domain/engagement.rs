//! What speaks against an engagement being a person's.
//!
//! Programs open and click messages too: mail filters fetch every link, crawlers follow ads. Whoever reports an engagement can
//! say what gave it away. The signs are those that the trade looks for; how much each counts here, until a score of
//! genuine engagement has been learnt, is deliberately plain: a crawler that says so is never a person, any other sign leaves
//! a part of the reward, and two of them leave next to nothing.

use serde::{Deserialize, Serialize};

/// One sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Sign {
    /// Every link of the message was clicked.
    AllLinks,
    /// It came within seconds of the delivery.
    WithinSeconds,
    /// It came from the address of a data centre.
    DataCentre,
    /// Its user agent is that of a crawler.
    Crawler,
    /// The link to unsubscribe was fetched as well.
    UnsubscribeFetched,
}

impl Sign {
    /// Every sign.
    pub const ALL: [Self; 5] = [
        Self::AllLinks,
        Self::WithinSeconds,
        Self::DataCentre,
        Self::Crawler,
        Self::UnsubscribeFetched,
    ];

    /// The word under which a score of genuine engagement knows it (`engagement_sign`).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AllLinks => "all_links",
            Self::WithinSeconds => "within_seconds",
            Self::DataCentre => "data_centre",
            Self::Crawler => "crawler",
            Self::UnsubscribeFetched => "unsubscribe_fetched",
        }
    }

    /// The odds that a person did it, where this alone is known.
    const fn odds(self) -> f64 {
        match self {
            Self::Crawler => 0.0,
            Self::AllLinks | Self::DataCentre | Self::UnsubscribeFetched => 0.1,
            Self::WithinSeconds => 0.2,
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// The signs of one engagement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Signs(u8);

impl Signs {
    /// None: nothing speaks against a person.
    pub const NONE: Self = Self(0);

    /// These and another one.
    #[must_use]
    pub const fn with(self, sign: Sign) -> Self {
        Self(self.0 | sign.bit())
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Sign> {
        Sign::ALL.into_iter().filter(move |sign| self.0 & sign.bit() != 0)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The chance that a person did it, 0 to 1, as far as the signs alone tell: 1 without any.
    #[must_use]
    pub fn human(self) -> f64 {
        if self.is_empty() {
            return 1.0;
        }
        let odds: f64 = self.iter().map(Sign::odds).product();
        odds / (1.0 + odds)
    }
}

impl FromIterator<Sign> for Signs {
    fn from_iter<T: IntoIterator<Item = Sign>>(signs: T) -> Self {
        signs.into_iter().fold(Self::NONE, Self::with)
    }
}
