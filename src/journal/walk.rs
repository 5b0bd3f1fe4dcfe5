//! Going through the frames of the log in their order: what opening and verifying share.

use super::{
    chain::{self, Chain, Digest},
    frame::{self, Flaw, Frame},
    segment::{Beginning, SEGMENT_HEADER},
    state::Place,
};

/// Where one stands, and what has to come next.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// The offset of the next frame.
    pub(super) end: u64,
    /// The number that the next entry has at least.
    pub(super) sequence: u64,
    /// Numbers that were left out: records that were refused.
    pub(super) missed: u64,
    chain: Chain,
    /// Whether it is not known what was before: at the first file.
    is_unknown: bool,
}

/// One frame that follows the ones before.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'a> {
    /// An entry.
    Entry(Frame<'a>),
    /// A seal that holds.
    Seal(Frame<'a>),
}

impl Walk {
    /// Before the file that begins there.
    pub(super) fn from(base: u64) -> Self {
        Self {
            end: base,
            is_unknown: true,
            ..Self::default()
        }
    }

    /// Whether it is not known what was before.
    pub(super) const fn is_unknown(&self) -> bool {
        self.is_unknown
    }

    /// Where everything before is known.
    pub(super) fn after(place: Place, missed: u64) -> Self {
        Self {
            end: place.offset,
            sequence: place.sequence,
            missed,
            chain: Chain::at(place.chain),
            is_unknown: false,
        }
    }

    /// Enters a file by its first bytes.
    pub(super) fn enter(&mut self, beginning: &Beginning) {
        self.is_unknown = false;
        self.end = beginning.base + SEGMENT_HEADER;
        self.sequence = beginning.sequence;
        self.chain.restart();
        self.chain.add(&beginning.to_bytes());
    }

    /// What the next seal, or the next file, has to hold.
    pub(super) fn digest(&self) -> Digest {
        self.chain.digest()
    }

    /// The chain from here on.
    pub(super) fn into_chain(self) -> Chain {
        self.chain
    }

    /// Goes over the next frame, if it follows the one before.
    pub(super) fn step<'a>(&mut self, bytes: &'a [u8]) -> Result<Step<'a>, Flaw> {
        let frame = frame::parse(bytes)?;
        let sequence = frame.header.sequence;
        let missed = sequence.checked_sub(self.sequence).ok_or(Flaw::Sequence)?;
        let whole = bytes.get(..frame.bytes()).unwrap_or_default();
        let step = match chain::sealed(frame.payload) {
            Some(digest) => {
                if missed > 0 || digest != Some(self.chain.digest()) {
                    return Err(Flaw::Seal);
                }
                self.chain.restart();
                Step::Seal(frame)
            }
            None => {
                self.missed += missed;
                self.sequence = sequence + 1;
                Step::Entry(frame)
            }
        };
        self.chain.add(whole);
        self.end += frame.bytes() as u64;
        Ok(step)
    }
}
