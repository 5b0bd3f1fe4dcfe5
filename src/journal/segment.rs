//! The files of the log: `<offset>.seg`, named by the offset of their first byte.
//!
//! Offsets count every byte ever appended, headers of files too, so that the place of an entry never changes,
//! and old files can go without moving anything.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use super::{
    JournalError,
    disk::{Disk, DiskFile, Opening},
    frame::{self, Flaw, Header},
};

/// Bytes of a segment file before its first frame: eight that name the format, and its offset.
pub(super) const SEGMENT_HEADER: u64 = 16;
const MAGIC: [u8; 8] = *b"blstrd\x00\x01";

/// How much of an entry is read at first: most fit.
const FIRST_READ: usize = 4_096;

/// One file of the log.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) base: u64,
    pub(super) path: PathBuf,
    file: Box<dyn DiskFile>,
}

impl Segment {
    /// Makes the file that begins at `base`; the folder is synced, so that it outlives a loss of power.
    pub(super) fn create(disk: &dyn Disk, folder: &Path, base: u64) -> Result<Self, JournalError> {
        let path = path(folder, base);
        let file = disk
            .open(&path, Opening::Emptied)
            .map_err(JournalError::io("make", &path))?;
        let segment = Self { base, path, file };
        segment.write(base, &[MAGIC, base.to_le_bytes()].concat())?;
        disk.sync_folder(folder)
            .map_err(JournalError::io("sync", folder))?;
        Ok(segment)
    }

    /// Opens a file that is there.
    pub(super) fn open(disk: &dyn Disk, path: PathBuf, base: u64) -> Result<Self, JournalError> {
        let file = disk
            .open(&path, Opening::Existing)
            .map_err(JournalError::io("open", &path))?;
        Ok(Self { base, path, file })
    }

    /// Whether these first bytes of the file say what it is.
    pub(super) fn begins_well(&self, bytes: &[u8]) -> bool {
        bytes.starts_with(&[MAGIC, self.base.to_le_bytes()].concat())
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
