//! The hash chain: BLAKE3 over every kept byte, from seal to seal.
//!
//! A *seal* is a frame that holds the digest of all bytes from the start of the seal before it up to its own start; the
//! header of each file is the seal of the file before. So every byte hangs on the ones before, and what was changed shows at
//! the next seal at the latest, whoever mended its checksum. Hashing a whole stretch at once costs a tenth of a microsecond
//! a record, and one seal in [`SEAL_EVERY`] bytes next to no room.
//!
//! Who can write the folder can also write a whole new chain. Against that, and against a cut tail, stands a
//! [`Checkpoint`](super::Checkpoint) that was taken elsewhere in time.

/// Bytes after which a group begins with a seal.
pub(super) const SEAL_EVERY: u64 = 256 << 10;

/// The first byte of a seal's payload; entries begin with their format, which is never zero.
const SEAL: u8 = 0;

/// Names a stretch of bytes and all that was before.
pub(super) type Digest = [u8; 32];

/// The digest of everything since the last seal, as it grows.
#[derive(Debug, Default)]
pub(super) struct Chain {
    hasher: blake3::Hasher,
    bytes: u64,
    /// What a seal holds where nothing was added yet: it was stored elsewhere.
    known: Option<Digest>,
}

impl Chain {
    /// Where a seal would hold this.
    pub(super) fn at(digest: Digest) -> Self {
        Self {
            known: Some(digest),
            ..Self::default()
        }
    }

    /// More bytes are kept.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.known = None;
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    /// What a seal here would hold.
    pub(super) fn digest(&self) -> Digest {
        self.known.unwrap_or_else(|| *self.hasher.finalize().as_bytes())
    }

    /// A seal begins here.
    pub(super) fn restart(&mut self) {
        *self = Self::default();
    }

    /// Whether it is time for a seal.
    pub(super) const fn is_long(&self) -> bool {
        self.bytes >= SEAL_EVERY
    }
}

/// The payload of a seal.
pub(super) fn seal(digest: &Digest) -> [u8; 33] {
    let mut payload = [SEAL; 33];
    if let Some((_, rest)) = payload.split_first_mut() {
        rest.copy_from_slice(digest);
    }
    payload
}

/// The digest of a seal; `None` where the payload is an entry.
pub(super) fn sealed(payload: &[u8]) -> Option<Option<Digest>> {
    let (first, rest) = payload.split_first()?;
    (*first == SEAL).then(|| rest.try_into().ok())
}

/// As people and files write it.
pub(super) fn hex(digest: &Digest) -> String {
    blake3::Hash::from_bytes(*digest).to_hex().to_string()
}
