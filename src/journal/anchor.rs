use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{
    Checkpoint, JournalError,
    chain::Digest,
    disk::{self, Disk},
    secret::Secret,
    state::Place,
    walk::Walk,
};
use crate::domain::{Change, Changed, Timestamp};

/// Where a journal begins whose first part is past its retention, signed: what the hash chain was there, and until when the
/// decisions were made that are gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Anchor {
    /// What the journal was where it now begins.
    pub(super) checkpoint: Checkpoint,
    /// When the latest of the decisions was made that are gone; `None` where none is.
    pub(super) decided_until: Option<Timestamp>,
    /// The above under the journal's own key.
    signature: String,
}

/// The file of the anchor.
pub(super) const FILE: &str = "anchor.json";

impl Anchor {
    pub(super) fn signed(checkpoint: Checkpoint, decided_until: Option<Timestamp>, secret: &Secret) -> Self {
        let mut anchor = Self {
            checkpoint,
            decided_until,
            signature: String::new(),
        };
        let signature = secret.signature(anchor.said().as_bytes());
        anchor.signature = signature.to_hex().to_string();
        anchor
    }

    /// What the hash chain was where the journal now begins.
    pub(super) fn chain(&self) -> Result<Digest, JournalError> {
        let hash = blake3::Hash::from_hex(&self.checkpoint.chain);
        let what = "the anchor of the journal holds no hash chain";
        hash.map(|hash| *hash.as_bytes())
            .map_err(|_| JournalError::Broken(what.to_owned()))
    }

    /// Before the first file that is kept.
    pub(super) fn walk(&self) -> Result<Walk, JournalError> {
        let Checkpoint { offset, sequence, .. } = self.checkpoint;
        let chain = self.chain()?;
        let place = Place {
            offset,
            sequence,
            chain,
        };
        Ok(Walk::after(place, 0))
    }

    /// The cut that it is of, as it stands on record.
    pub(super) fn change(&self) -> Change {
        Change {
            at: self.checkpoint.at,
            by: "the retention".into(),
            principal: None,
            because: format!("the hash chain there: {}", self.checkpoint.chain).into(),
            what: Changed::Expired {
                before: self.checkpoint.offset,
            },
        }
    }

    fn said(&self) -> String {
        let until = self.decided_until.map(Timestamp::as_millis);
        format!("anchor {} {until:?}", self.checkpoint.signature)
    }

    fn is_signed(&self, secret: &Secret) -> bool {
        let signature = blake3::Hash::from_hex(&self.signature);
        let own = signature.is_ok_and(|signature| signature == secret.signature(self.said().as_bytes()));
        own && self.checkpoint.is_signed(secret)
    }

    /// The anchor of a folder; `None` where nothing was cut off yet.
    pub(super) fn read(
        disk: &dyn Disk,
        folder: &Path,
        secret: &Secret,
    ) -> Result<Option<Self>, JournalError> {
        let path = path(folder);
        let bytes = match disk.read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(JournalError::io("read", &path)(error)),
        };
        let anchor: Option<Self> = serde_json::from_slice(&bytes).ok();
        match anchor.filter(|anchor| anchor.is_signed(secret)) {
            Some(anchor) => Ok(Some(anchor)),
            None => Err(JournalError::Damaged {
                file: path,
                position: 0,
                what: "it is not the anchor that this journal's key signed".to_owned(),
            }),
        }
    }

    pub(super) fn write(&self, disk: &dyn Disk, folder: &Path) -> Result<(), JournalError> {
        let path = path(folder);
        let bytes = serde_json::to_vec_pretty(self)
            .map_err(|error| JournalError::Broken(format!("an anchor cannot be written: {error}")))?;
        disk::replace(disk, &path, &bytes).map_err(JournalError::io("write", &path))
    }
}

pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join(FILE)
}
