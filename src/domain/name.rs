use std::{borrow::Borrow, fmt};

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// Why a text cannot be a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Nothing but white space.
    #[error("must not be empty")]
    Empty,
    /// Longer than 256 bytes.
    #[error("must not be longer than {MAX_BYTES} bytes")]
    TooLong,
    /// Holds a control character.
    #[error("must not hold control characters")]
    Control,
}

/// The longest name that is accepted, in bytes.
const MAX_BYTES: usize = 256;

/// Most names are short: up to 23 bytes they stand where they are, and copying one costs no allocation.
fn checked(text: &str) -> Result<SmolStr, InvalidName> {
    if text.trim().is_empty() {
        return Err(InvalidName::Empty);
    }
    if text.len() > MAX_BYTES {
        return Err(InvalidName::TooLong);
    }
    let is_plain = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if !is_plain && text.chars().any(char::is_control) {
        return Err(InvalidName::Control);
    }
    Ok(SmolStr::new(text))
}

macro_rules! name {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(SmolStr);

        impl $name {
            /// A checked name: not empty, at most 256 bytes, no control characters.
            ///
            /// # Errors
            /// [`InvalidName`] says which of these failed.
            pub fn new(text: &str) -> Result<Self, InvalidName> {
                checked(text).map(Self)
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }
    )*};
}

name! {
    /// A brand.
    BrandId;
    /// A campaign; declared in `rules/campaigns.yaml`.
    CampaignId;
    /// One candidate of a query: unique in the query, and the name an outcome gives it.
    CandidateId;
    /// A creative of a campaign.
    CreativeId;
    /// A private deal of an auction.
    DealId;
    /// An objective; declared in `rules/objectives.yaml`.
    ObjectiveId;
    /// The caller's own name for a request; makes reservations idempotent.
    RequestId;
    /// A rule; unique in a rulebook.
    RuleId;
    /// A value of a fact: a country, a site, a topic.
    Word;
}
