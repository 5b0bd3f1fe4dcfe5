//! The durable mark: up to which offset the journal is known to be on the disk.
//!
//! Damage past the mark is a torn tail, which nobody was promised against a loss of power; damage before it is
//! damage. Two slots are written in turn, so that a torn write of one leaves the other. The mark itself is not
//! synced: after a loss of power it may be older than the truth, which only makes the promise smaller, never
//! wrong.

use std::path::{Path, PathBuf};

use super::{
    JournalError,
    disk::{Disk, DiskFile, Opening},
};

const SLOT: usize = 16;

/// The file of the mark.
pub(super) const FILE: &str = "durable";

/// The durable mark of an open journal.
#[derive(Debug)]
pub(super) struct Mark {
    path: PathBuf,
    file: Box<dyn DiskFile>,
    offset: u64,
    writes: u64,
}

/// What the mark said at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marked {
    /// Everything before this offset was durable.
    At(u64),
    /// There is no readable mark: all that is there has to be taken for durable.
    Unknown,
}

impl Mark {
    /// Opens the mark of a folder, or makes one.
    pub(super) fn open(disk: &dyn Disk, folder: &Path) -> Result<(Self, Marked), JournalError> {
        let path = folder.join(FILE);
        let file = disk
            .open(&path, Opening::OrMade)
            .map_err(JournalError::io("open", &path))?;
        let mut slots = [0; 2 * SLOT];
        let read = file
            .read_at(&mut slots, 0)
            .map_err(JournalError::io("read", &path))?;
        let (first, second) = slots.split_at(SLOT);
        let offset = if read == slots.len() {
            parse(first).max(parse(second))
        } else {
            None
        };
        let mark = Self {
            path,
            file,
            offset: offset.unwrap_or(0),
            writes: 0,
        };
        Ok((mark, offset.map_or(Marked::Unknown, Marked::At)))
    }

    /// States anew what is durable, whatever was stated before.
    pub(super) fn reset(&mut self, offset: u64) -> Result<(), JournalError> {
        self.offset = offset;
        self.write()?;
        self.write()?;
        self.file.sync().map_err(JournalError::io("sync", &self.path))
    }

    /// States that everything before `offset` is durable; never goes back.
    pub(super) fn advance(&mut self, offset: u64) -> Result<(), JournalError> {
        if offset <= self.offset {
            return Ok(());
        }
        self.offset = offset;
        self.write()
    }

    fn write(&mut self) -> Result<(), JournalError> {
        let offset = self.offset.to_le_bytes();
        let crc = crc32fast::hash(&offset).to_le_bytes();
        let slot = [&offset[..], &crc, &[0; 4]].concat();
        let at = (self.writes % 2) * SLOT as u64;
        self.writes += 1;
        self.file
            .write_all_at(&slot, at)
            .map_err(JournalError::io("write", &self.path))
    }
}

/// The slots of a mark that cannot be what was written, by their first byte.
pub(super) fn flaws(slots: &[u8]) -> Vec<u64> {
    let each = slots.chunks(SLOT).enumerate();
    each.filter(|(_, slot)| parse(slot).is_none())
        .map(|(place, _)| (place * SLOT) as u64)
        .collect()
}

fn parse(slot: &[u8]) -> Option<u64> {
    let (offset, rest) = slot.split_first_chunk::<8>()?;
    let (crc, rest) = rest.split_first_chunk::<4>()?;
    let is_whole = crc32fast::hash(offset).to_le_bytes() == *crc && rest == [0; 4];
    is_whole.then_some(u64::from_le_bytes(*offset))
}
