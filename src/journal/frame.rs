//! The bytes of one entry: a header of 24 bytes, then the payload.
//!
//! | bytes | holds |
//! |---|---|
//! | 0..4 | length of the payload, little endian as all numbers here |
//! | 4..8 | CRC32 of everything else in the frame |
//! | 8..16 | sequence number; a jump says how many records were refused before this one |
//! | 16..24 | offset of the previous entry about the same decision; 0 is none |

/// Bytes of a frame before its payload.
pub(super) const HEADER: usize = 24;

/// The greatest payload that is believed; a longer one is damage.
const MAX_PAYLOAD: usize = 64 << 20;

/// What stands before the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) sequence: u64,
    pub(super) previous: u64,
}

/// A frame whose checksum holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame<'a> {
    pub(super) header: Header,
    pub(super) payload: &'a [u8],
}

impl Frame<'_> {
    /// Bytes of the whole frame.
    pub(super) fn bytes(&self) -> usize {
        HEADER + self.payload.len()
    }
}

/// Why bytes are not a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Flaw {
    /// They end before the frame does; it takes this many.
    #[error("the entry ends too early")]
    Short { needed: usize },
    /// The length cannot be.
    #[error("the length of the entry is impossible")]
    Length,
    /// The checksum does not hold.
    #[error("the checksum of the entry does not hold")]
    Checksum,
    /// A seal is not the digest of what is before it.
    #[error("what is before it is not what was sealed")]
    Seal,
    /// The sequence number does not follow the one before.
    #[error("the sequence number does not follow the one before")]
    Sequence,
}

/// Appends a frame to `buffer`; `payload` writes into it directly. On failure the buffer is as before.
pub(super) fn append<E>(
    buffer: &mut Vec<u8>,
    header: Header,
    payload: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    let start = buffer.len();
    buffer.extend_from_slice(&[0; HEADER]);
    if let Err(error) = payload(buffer) {
        buffer.truncate(start);
        return Err(error);
    }
    let (_, frame) = buffer.split_at_mut(start);
    if let Some((head, payload)) = frame.split_first_chunk_mut::<HEADER>() {
        *head = header.over(payload);
    }
    Ok(())
}

/// How many bytes the frame takes that begins `bytes`, as far as its header tells.
pub(super) fn needed(bytes: &[u8]) -> usize {
    let length = bytes
        .first_chunk()
        .map_or(0, |length| u32::from_le_bytes(*length) as usize);
    if bytes.len() < HEADER || length > MAX_PAYLOAD {
        return HEADER;
    }
    HEADER + length
}

/// The frame at the start of `bytes`.
pub(super) fn parse(bytes: &[u8]) -> Result<Frame<'_>, Flaw> {
    let Some((head, rest)) = bytes.split_first_chunk::<HEADER>() else {
        return Err(Flaw::Short { needed: HEADER });
    };
    let [
        l0,
        l1,
        l2,
        l3,
        _,
        _,
        _,
        _,
        s0,
        s1,
        s2,
        s3,
        s4,
        s5,
        s6,
        s7,
        p0,
        p1,
        p2,
        p3,
        p4,
        p5,
        p6,
        p7,
    ] = *head;
    let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
    // No payload is empty: it begins with a version. A stretch of zeros is no frame.
    if length == 0 || length > MAX_PAYLOAD {
        return Err(Flaw::Length);
    }
    let Some(payload) = rest.get(..length) else {
        return Err(Flaw::Short {
            needed: HEADER + length,
        });
    };
    let header = Header {
        sequence: u64::from_le_bytes([s0, s1, s2, s3, s4, s5, s6, s7]),
        previous: u64::from_le_bytes([p0, p1, p2, p3, p4, p5, p6, p7]),
    };
    if header.over(payload) != *head {
        return Err(Flaw::Checksum);
    }
    Ok(Frame { header, payload })
}

// === impl Header ===

impl Header {
    /// Where the entry about the same decision stands that was written before this one.
    pub(super) fn before(self) -> Option<u64> {
        (self.previous != 0).then_some(self.previous)
    }

    /// The header's bytes before this payload.
    fn over(self, payload: &[u8]) -> [u8; HEADER] {
        let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_le_bytes();
        let (sequence, previous) = (self.sequence.to_le_bytes(), self.previous.to_le_bytes());
        let mut crc = crc32fast::Hasher::new();
        for part in [&length[..], &sequence, &previous, payload] {
            crc.update(part);
        }
        let mut bytes = [0; HEADER];
        let parts = [&length[..], &crc.finalize().to_le_bytes(), &sequence, &previous].concat();
        for (byte, part) in bytes.iter_mut().zip(parts) {
            *byte = part;
        }
        bytes
    }
}
