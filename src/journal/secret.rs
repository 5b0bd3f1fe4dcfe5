//! The journal's own secret: names contacts by hashes that nobody else can make, and signs checkpoints.

use std::{io, path::Path};

use rand::TryRng as _;

use super::{
    JournalError,
    disk::{self, Disk},
};
use crate::domain::Word;

/// A contact by keyed hash.
pub(super) type Pseudonym = [u8; 16];

#[derive(Clone, Default)]
pub(super) struct Secret {
    names: [u8; 32],
    checkpoints: [u8; 32],
    states: [u8; 32],
    hashes: [u8; 32],
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// Reads the folder's secret; makes it the first time.
    pub(super) fn open(disk: &dyn Disk, folder: &Path) -> Result<Self, JournalError> {
        match Self::read(disk, folder) {
            Err(JournalError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                let path = folder.join(FILE);
                let secret = random()?;
                disk::replace(disk, &path, &secret).map_err(JournalError::io("write", &path))?;
                Ok(Self::of(&secret))
            }
            read => read,
        }
    }

    /// Reads the folder's secret.
    pub(super) fn read(disk: &dyn Disk, folder: &Path) -> Result<Self, JournalError> {
        let path = folder.join(FILE);
        let bytes = disk.read(&path).map_err(JournalError::io("read", &path))?;
        match <[u8; 32]>::try_from(bytes.as_slice()) {
            Ok(secret) => Ok(Self::of(&secret)),
            Err(_) => Err(JournalError::Damaged {
                file: path,
                position: 0,
                what: "it does not hold 32 bytes".to_owned(),
            }),
        }
    }

    fn of(secret: &[u8; 32]) -> Self {
        Self {
            names: blake3::derive_key("balustrade 2026 journal names of contacts", secret),
            checkpoints: blake3::derive_key("balustrade 2026 journal checkpoints", secret),
            states: blake3::derive_key("balustrade 2026 journal states", secret),
            hashes: blake3::derive_key("balustrade 2026 journal hashes", secret),
        }
    }

    pub(super) fn pseudonym(&self, contact: &Word) -> Pseudonym {
        let mut short = [0; 16];
        let mut hasher = blake3::Hasher::new_keyed(&self.names);
        hasher.update(contact.as_str().as_bytes());
        hasher.finalize_xof().fill(&mut short);
        short
    }

    /// The signature of a checkpoint's bytes.
    pub(super) fn signature(&self, bytes: &[u8]) -> blake3::Hash {
        blake3::keyed_hash(&self.checkpoints, bytes)
    }

    /// The signature of a stored state.
    pub(super) fn signature_of_state(&self, bytes: &[u8]) -> blake3::Hash {
        blake3::keyed_hash(&self.states, bytes)
    }

    /// The key of hashes that are no names of contacts.
    pub(super) fn hashes(&self) -> [u8; 16] {
        let mut short = [0; 16];
        for (byte, from) in short.iter_mut().zip(self.hashes) {
            *byte = from;
        }
        short
    }
}

/// The file of the secret.
const FILE: &str = "secret.key";

/// Bytes from the system.
pub(super) fn random<const N: usize>() -> Result<[u8; N], JournalError> {
    let mut bytes = [0; N];
    rand::rngs::SysRng
        .try_fill_bytes(&mut bytes)
        .map_err(|_| JournalError::Broken("the system gave no random bytes".to_owned()))?;
    Ok(bytes)
}
