//! The files of the log: `<offset>.seg`, named by the offset of their first byte.
//!
//! Offsets count every byte ever appended, headers of files too, so that the place of an entry never changes,
//! and old files can go without moving anything.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    JournalError,
    chain::Digest,
    disk::{Disk, DiskFile, Opening},
    frame::{self, Flaw, Header},
};

/// Bytes of a segment file before its first frame.
pub(super) const SEGMENT_HEADER: u64 = 64;
const MAGIC: [u8; 8] = *b"blstrd\x00\x02";
/// The format of journals before contacts were encrypted and the chain began.
const MAGIC_OF_OLD: [u8; 8] = *b"blstrd\x00\x01";

/// How much of an entry is read at first: most fit.
const FIRST_READ: usize = 4_096;

/// One file of the log.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) base: u64,
    pub(super) path: PathBuf,
    file: Box<dyn DiskFile>,
    /// The earliest entry that has to be read to know what an outcome of this file moves.
    reach: AtomicU64,
}

/// How a file begins: its format, its offset, the number of its first entry at least, and the digest of the file before, its
/// seal; then their CRC32 and four zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Beginning {
    pub(super) base: u64,
    pub(super) sequence: u64,
    pub(super) chain: Digest,
}

/// Why bytes are not the beginning of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoBeginning {
    /// They never were, or were changed.
    #[error("its first bytes are not those of a journal file")]
    Damaged,
    /// They are of an earlier format.
    #[error("it has an earlier format")]
    OfOld,
}

impl Beginning {
    pub(super) fn to_bytes(self) -> [u8; SEGMENT_HEADER as usize] {
        let (base, sequence) = (self.base.to_le_bytes(), self.sequence.to_le_bytes());
        let said = [&MAGIC[..], &base, &sequence, &self.chain].concat();
        let crc = crc32fast::hash(&said).to_le_bytes();
        let mut bytes = [0; SEGMENT_HEADER as usize];
        for (byte, from) in bytes.iter_mut().zip([said, crc.to_vec()].concat()) {
            *byte = from;
        }
        bytes
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, NoBeginning> {
        if bytes.starts_with(&MAGIC_OF_OLD) {
            return Err(NoBeginning::OfOld);
        }
        let parsed = || {
            let (whole, _) = bytes.split_first_chunk::<{ SEGMENT_HEADER as usize }>()?;
            let (_, rest) = whole.split_first_chunk::<8>()?;
            let (base, rest) = rest.split_first_chunk::<8>()?;
            let (sequence, rest) = rest.split_first_chunk::<8>()?;
            let chain = rest.first_chunk::<32>()?;
            let beginning = Self {
                base: u64::from_le_bytes(*base),
                sequence: u64::from_le_bytes(*sequence),
                chain: *chain,
            };
            (beginning.to_bytes() == *whole).then_some(beginning)
        };
        parsed().ok_or(NoBeginning::Damaged)
    }
}

impl Segment {
    /// Makes a file; the folder is synced, so that it outlives a loss of power.
    pub(super) fn create(
        disk: &dyn Disk,
        folder: &Path,
        beginning: &Beginning,
    ) -> Result<Self, JournalError> {
        let base = beginning.base;
        let path = path(folder, base);
        let file = disk
            .open(&path, Opening::Emptied)
            .map_err(JournalError::io("make", &path))?;
        let segment = Self {
            base,
            path,
            file,
            reach: AtomicU64::new(u64::MAX),
        };
        segment.write(base, &beginning.to_bytes())?;
        disk.sync_folder(folder)
            .map_err(JournalError::io("sync", folder))?;
        Ok(segment)
    }

    /// Opens a file that is there; how far its outcomes reach back is not known unless [`Segment::is_read`] says that it is
    /// read now.
    pub(super) fn open(disk: &dyn Disk, path: PathBuf, base: u64) -> Result<Self, JournalError> {
        let file = disk
            .open(&path, Opening::Existing)
            .map_err(JournalError::io("open", &path))?;
        let reach = AtomicU64::new(0);
        Ok(Self {
            base,
            path,
            file,
            reach,
        })
    }

    /// Every entry of it is read from here on.
    pub(super) fn is_read(&self) {
        self.reach.store(u64::MAX, Ordering::Relaxed);
    }

    /// To know what an outcome of this file moves, the entry there has to be read.
    pub(super) fn reaches(&self, offset: Option<u64>) {
        self.reach
            .fetch_min(offset.unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// How far back its outcomes reach.
    pub(super) fn reach(&self) -> u64 {
        self.reach.load(Ordering::Relaxed)
    }

    pub(super) fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), JournalError> {
        self.file
            .write_all_at(bytes, offset.saturating_sub(self.base))
            .map_err(JournalError::io("write", &self.path))
    }

    pub(super) fn sync(&self) -> Result<(), JournalError> {
        self.file.sync().map_err(JournalError::io("sync", &self.path))
    }

    /// Drops every byte from `offset` on.
    pub(super) fn cut(&self, offset: u64) -> Result<(), JournalError> {
        self.file
            .set_length(offset.saturating_sub(self.base))
            .map_err(JournalError::io("truncate", &self.path))?;
        self.sync()
    }

    /// Fills `bytes` from `offset` on as far as the file goes; says how far that was.
    pub(super) fn read(&self, offset: u64, bytes: &mut [u8]) -> Result<usize, JournalError> {
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let at = offset.saturating_sub(self.base) + filled as u64;
            match self.file.read_at(rest, at) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(JournalError::io("read", &self.path)(error)),
            }
        }
        Ok(filled)
    }

    /// The damage at `offset` of this file, named.
    pub(super) fn damaged(&self, offset: u64, what: impl ToString) -> JournalError {
        JournalError::Damaged {
            file: self.path.clone(),
            position: offset.saturating_sub(self.base),
            what: what.to_string(),
        }
    }
}

/// The path of the file that begins at `base`.
pub(super) fn path(folder: &Path, base: u64) -> PathBuf {
    folder.join(format!("{base:020}.seg"))
}

/// The paths of a folder's segments with their offsets, in order.
pub(super) fn listed(disk: &dyn Disk, folder: &Path) -> Result<Vec<(u64, PathBuf)>, JournalError> {
    let mut found = Vec::new();
    for path in disk.list(folder).map_err(JournalError::io("list", folder))? {
        if path.extension().is_none_or(|extension| extension != "seg") {
            continue;
        }
        if let Some(base) = path
            .file_stem()
            .and_then(|stem| stem.to_str()?.parse::<u64>().ok())
        {
            found.push((base, path));
        }
    }
    found.sort();
    Ok(found)
}

/// Every segment of an open journal; shared by the writer and the readers.
#[derive(Debug, Default)]
pub(super) struct Segments(RwLock<Vec<Arc<Segment>>>);

/// A frame read back from a file.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) header: Header,
    pub(super) payload: Vec<u8>,
}

impl Segments {
    pub(super) fn push(&self, segment: Arc<Segment>) {
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(segment);
    }

    /// Every segment, in order.
    pub(super) fn all(&self) -> Vec<Arc<Segment>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How far back the outcomes reach of all files from `from` on.
    pub(super) fn reach_from(&self, from: u64) -> u64 {
        let segments = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let later = segments.iter().filter(|segment| segment.base >= from);
        later.map(|segment| segment.reach()).min().unwrap_or(u64::MAX)
    }

    /// Lets go of those that end before `start`; they are read on by whoever reads them now.
    pub(super) fn cut(&self, start: u64) -> Vec<Arc<Segment>> {
        let mut segments = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let kept = segments.partition_point(|segment| segment.base < start);
        segments.drain(..kept).collect()
    }

    /// The segment that holds `offset`, and where the next one begins.
    pub(super) fn holding(&self, offset: u64) -> Option<(Arc<Segment>, Option<u64>)> {
        let segments = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let after = segments.partition_point(|segment| segment.base <= offset);
        let segment = segments.get(after.checked_sub(1)?)?;
        Some((Arc::clone(segment), segments.get(after).map(|next| next.base)))
    }

    /// Where the first segment begins.
    pub(super) fn start(&self) -> u64 {
        let segments = self.0.read().unwrap_or_else(PoisonError::into_inner);
        segments.first().map_or(0, |segment| segment.base)
    }

    /// The frame that begins at `offset`.
    pub(super) fn frame(&self, offset: u64) -> Result<Stored, JournalError> {
        let Some((segment, _)) = self.holding(offset) else {
            return Err(JournalError::Unreadable {
                offset,
                what: "no file holds it".to_owned(),
            });
        };
        let mut bytes = vec![0; FIRST_READ];
        loop {
            let read = segment.read(offset, &mut bytes)?;
            let short = read < bytes.len();
            match frame::parse(bytes.get(..read).unwrap_or_default()) {
                Ok(frame) => {
                    return Ok(Stored {
                        header: frame.header,
                        payload: frame.payload.to_vec(),
                    });
                }
                Err(Flaw::Short { needed }) if !short => bytes.resize(needed, 0),
                Err(flaw) => return Err(segment.damaged(offset, flaw)),
            }
        }
    }
}
