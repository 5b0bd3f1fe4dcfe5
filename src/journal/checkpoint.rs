use std::{fs, path::Path};

use serde::{Deserialize, Serialize};

use super::{JournalError, chain, secret::Secret};
use crate::domain::Timestamp;

/// What the journal was at one moment, signed: kept elsewhere, it proves later that nothing before it was changed or cut off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// How far the journal went, in bytes ever written.
    pub offset: u64,
    /// The number that its next entry would have had.
    pub sequence: u64,
    /// The hash chain there: BLAKE3 in hexadecimal digits.
    pub chain: String,
    /// When it was taken.
    pub at: Timestamp,
    /// The above under the journal's own key: BLAKE3 in hexadecimal digits.
    pub signature: String,
}

impl Checkpoint {
    pub(super) fn signed(
        offset: u64,
        sequence: u64,
        digest: &chain::Digest,
        at: Timestamp,
        secret: &Secret,
    ) -> Self {
        let mut checkpoint = Self {
            offset,
            sequence,
            chain: chain::hex(digest),
            at,
            signature: String::new(),
        };
        checkpoint.signature = secret
            .signature(checkpoint.said().as_bytes())
            .to_hex()
            .to_string();
        checkpoint
    }

    /// Whether this journal's key signed it.
    pub(super) fn is_signed(&self, secret: &Secret) -> bool {
        // Compared as hashes: in constant time.
        blake3::Hash::from_hex(&self.signature)
            .is_ok_and(|signature| signature == secret.signature(self.said().as_bytes()))
    }

    fn said(&self) -> String {
        let Self {
            offset,
            sequence,
            chain,
            at,
            signature: _,
        } = self;
        format!("{offset} {sequence} {chain} {}", at.as_millis())
    }

    /// Reads one from a file that [`Checkpoint::write`] made.
    ///
    /// # Errors
    /// The file cannot be read, or holds none.
    pub fn read(path: &Path) -> Result<Self, JournalError> {
        let text = fs::read_to_string(path).map_err(JournalError::io("read", path))?;
        Self::from_json(&text).map_err(|what| JournalError::Damaged {
            file: path.to_owned(),
            position: 0,
            what,
        })
    }

    /// Reads one from its JSON.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_json(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| format!("it holds no checkpoint: {error}"))
    }

    /// As JSON, on several lines.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}
