//! `audit verify`: every byte that is kept is held against the checksums, the numbers and the hash chain.
//!
//! One flipped bit breaks the checksum of its frame, which is named with its file, its byte, its number and the time of the
//! entry before. Bytes that were changed with their checksum show at the next seal, and everything at a
//! [`Checkpoint`] that was taken before. What follows a broken frame in its file cannot be told apart any more; the next
//! file is read again.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{
    Checkpoint, Entry, JournalError, Offset,
    anchor::{self, Anchor},
    beside, chain,
    disk::{Disk, RealDisk},
    keyring::{self, Keyring},
    mark,
    secret::Secret,
    segment::{self, Beginning},
    state,
    walk::{Step, Walk},
};
use crate::domain::Timestamp;

/// Bytes that are not what was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The file.
    pub file: PathBuf,
    /// The first byte in it that cannot be trusted.
    pub position: u64,
    /// The number of the entry there; `None` where it is no entry's.
    pub sequence: Option<u64>,
    /// The time of the entry before it, where there is one.
    pub after: Option<Timestamp>,
    /// What is wrong.
    pub what: String,
}

/// What verifying came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Files that were read.
    pub files: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Entries whose checksum holds.
    pub entries: u64,
    /// Records that were refused while the journal was full or broken, by their missing numbers.
    pub missed: u64,
    /// Where the journal begins: what was before is past its retention.
    pub start: Offset,
    /// Where it ends.
    pub end: Offset,
    /// Everything that is wrong; nothing is, where it is empty.
    pub findings: Vec<Finding>,
}

/// Verifies a journal's folder that no process has open, against checkpoints taken before.
///
/// # Errors
/// A file cannot be read at all.
pub fn verify(folder: &Path, against: &[Checkpoint]) -> Result<Verified, JournalError> {
    verify_on(&RealDisk, folder, None, against)
}

/// The same on a disk; of a journal that is open, up to `until`.
///
/// # Errors
/// A file cannot be read at all.
pub fn verify_on(
    disk: &dyn Disk,
    folder: &Path,
    until: Option<Offset>,
    against: &[Checkpoint],
) -> Result<Verified, JournalError> {
    let mut verifier = Verifier::new(disk, folder, until, against)?;
    verifier.anchor();
    for (base, path) in segment::listed(disk, folder)? {
        if until.is_none_or(|until| base < until.get()) {
            verifier.file(base, &path)?;
        }
    }
    verifier.beside()?;
    Ok(verifier.ended())
}

struct Verifier<'a> {
    disk: &'a dyn Disk,
    folder: &'a Path,
    until: Option<Offset>,
    /// Checkpoints that were not come by yet, the earliest last.
    against: Vec<&'a Checkpoint>,
    keyring: Keyring,
    walk: Walk,
    /// Whether the walk knows what has to come next: not before the first file, nor after a flaw.
    knows: bool,
    latest: Option<(u64, Vec<u8>)>,
    /// Where the journal begins whose first part is past its retention.
    anchor: Option<Anchor>,
    secret: Secret,
    verified: Verified,
    last: PathBuf,
}

impl<'a> Verifier<'a> {
    fn new(
        disk: &'a dyn Disk,
        folder: &'a Path,
        until: Option<Offset>,
        against: &'a [Checkpoint],
    ) -> Result<Self, JournalError> {
        let secret = Secret::read(disk, folder)?;
        let keyring = Keyring::read(disk, folder, secret.clone())?;
        let mut verifier = Self {
            disk,
            folder,
            until,
            against: Vec::new(),
            keyring,
            walk: Walk::default(),
            knows: false,
            latest: None,
            anchor: None,
            secret: secret.clone(),
            verified: Verified {
                files: 0,
                bytes: 0,
                entries: 0,
                missed: 0,
                start: Offset::START,
                end: Offset::START,
                findings: Vec::new(),
            },
            last: folder.to_owned(),
        };
        for checkpoint in against {
            if checkpoint.is_signed(&secret) {
                verifier.against.push(checkpoint);
            } else {
                let what = format!(
                    "the checkpoint at offset {} is not signed by this journal's key: it is another journal's, or was changed",
                    checkpoint.offset
                );
                verifier.find(folder, 0, what);
            }
        }
        verifier
            .against
            .sort_by_key(|checkpoint| std::cmp::Reverse(checkpoint.offset));
        Ok(verifier)
    }

    fn file(&mut self, base: u64, path: &Path) -> Result<(), JournalError> {
        let mut bytes = self.disk.read(path).map_err(JournalError::io("read", path))?;
        if let Some(until) = self.until {
            bytes.truncate(usize::try_from(until.get().saturating_sub(base)).unwrap_or(usize::MAX));
        }
        self.verified.files += 1;
        self.verified.bytes += bytes.len() as u64;
        path.clone_into(&mut self.last);
        let beginning = match Beginning::parse(&bytes) {
            Ok(beginning) if beginning.base == base => beginning,
            Ok(_) => {
                self.flaw(path, base, 0, "its first bytes are another file's");
                return Ok(());
            }
            Err(flaw) => {
                self.flaw(path, base, 0, flaw);
                return Ok(());
            }
        };
        self.begins(path, &beginning);
        self.frames(path, base, &bytes);
        Ok(())
    }

    /// Whether a file goes on where the one before ended.
    fn begins(&mut self, path: &Path, beginning: &Beginning) {
        if self.verified.files == 1 {
            self.verified.start = Offset::new(beginning.base);
            self.begins_first(path, beginning);
        }
        if self.knows && self.walk.end != beginning.base {
            let what = format!(
                "the file before it ends at offset {}: something between them is missing",
                self.walk.end
            );
            self.find(path, 0, what);
        } else if self.knows && self.walk.digest() != beginning.chain {
            self.find(path, 0, "what was before it is not what was sealed");
        }
        self.walk.enter(beginning);
        self.knows = true;
    }

    /// The first file begins at offset 0, or where the anchor says; what lies before that was to go and may be there still.
    fn begins_first(&mut self, path: &Path, beginning: &Beginning) {
        let start = self.anchor.as_ref().map_or(0, |anchor| anchor.checkpoint.offset);
        if beginning.base > start {
            let what = format!(
                "the files of offset {start} up to {} are missing before it",
                beginning.base
            );
            self.find(path, 0, what);
        }
        let chain = self.anchor.as_ref().and_then(|anchor| anchor.chain().ok());
        if beginning.base == start && chain.is_some_and(|chain| chain != beginning.chain) {
            self.find(path, 0, "what was before it is not what the anchor says");
        }
    }

    /// Where the journal begins.
    fn anchor(&mut self) {
        match Anchor::read(self.disk, self.folder, &self.secret) {
            Ok(anchor) => self.anchor = anchor,
            Err(error) => self.find(&anchor::path(self.folder), 0, error),
        }
    }

    fn frames(&mut self, path: &Path, base: u64, bytes: &[u8]) {
        loop {
            self.compare(path, base);
            let at = self.walk.end - base;
            let rest = usize::try_from(at).ok().and_then(|at| bytes.get(at..));
            let Some(rest) = rest.filter(|rest| !rest.is_empty()) else {
                return;
            };
            match self.walk.step(rest) {
                Ok(Step::Entry(frame)) => {
                    self.verified.entries += 1;
                    self.latest = Some((base + at, frame.payload.to_vec()));
                }
                Ok(Step::Seal(_)) => {}
                Err(flaw) => return self.flaw(path, base, at, flaw),
            }
        }
    }

    /// Holds the journal against the checkpoints that were taken here.
    fn compare(&mut self, path: &Path, base: u64) {
        while let Some(checkpoint) = self.against.last().copied() {
            if checkpoint.offset > self.walk.end {
                return;
            }
            self.against.pop();
            let before = checkpoint.offset < self.verified.start.get();
            let same =
                checkpoint.offset == self.walk.end && checkpoint.chain == chain::hex(&self.walk.digest());
            if !before && !same {
                let what = format!(
                    "what is before it is not what it was at the checkpoint of {}",
                    checkpoint.at
                );
                self.find(path, self.walk.end - base, what);
            }
        }
    }

    /// The stored states: each is what was written, or is not used.
    fn states(&mut self) -> Result<(), JournalError> {
        for (_, path) in state::listed(self.disk, self.folder)? {
            match state::read(self.disk, &path, &self.secret) {
                Ok(stored) => self.verified.bytes += stored.bytes,
                // Of an open journal an older one may go while this is read.
                Err(_) if self.until.is_some() && self.disk.length(&path).is_err() => continue,
                Err(why) => self.find(&path, 0, why),
            }
            self.verified.files += 1;
        }
        for path in beside::listed(self.disk, self.folder)? {
            let bytes = self.disk.read(&path).map_err(JournalError::io("read", &path))?;
            self.verified.files += 1;
            self.verified.bytes += bytes.len() as u64;
            if let Some(why) = beside::flaw(&bytes, &self.secret) {
                self.find(&path, 0, why);
            }
        }
        Ok(())
    }

    /// What lies beside the log: stored states, the contacts' keys and the durable mark.
    fn beside(&mut self) -> Result<(), JournalError> {
        self.states()?;
        let path = self.folder.join(keyring::FILE);
        let keys = self.disk.read(&path).map_err(JournalError::io("read", &path))?;
        self.verified.files += 2;
        self.verified.bytes += keys.len() as u64;
        for position in Keyring::flaws(&keys) {
            self.find(
                &path,
                position,
                "the row of a contact's key is not what was written",
            );
        }
        let path = self.folder.join(mark::FILE);
        let slots = self.disk.read(&path).map_err(JournalError::io("read", &path))?;
        self.verified.bytes += slots.len() as u64;
        // An open journal writes one slot while this is read.
        if self.until.is_none() {
            for position in mark::flaws(&slots) {
                self.find(&path, position, "the durable mark is not what was written");
            }
        }
        Ok(())
    }

    fn ended(mut self) -> Verified {
        for checkpoint in std::mem::take(&mut self.against) {
            let what = format!(
                "it ends at offset {}, and went to {} at the checkpoint of {}: its tail was cut off",
                self.walk.end, checkpoint.offset, checkpoint.at
            );
            let (path, position) = (self.last.clone(), self.walk.end);
            self.find(&path, position, what);
        }
        self.verified.end = Offset::new(self.walk.end);
        self.verified.missed = self.walk.missed;
        self.verified
    }

    /// Nothing behind a flaw can be told apart, up to the next file.
    fn flaw(&mut self, path: &Path, base: u64, position: u64, what: impl ToString) {
        self.find(path, position, what);
        if let Some(finding) = self.verified.findings.last_mut().filter(|_| position > 0) {
            finding.sequence = Some(self.walk.sequence);
        }
        self.walk.end = base + position;
        self.knows = false;
    }

    fn find(&mut self, path: &Path, position: u64, what: impl ToString) {
        let entry = self.latest.as_ref();
        let entry = entry.and_then(|(offset, payload)| Entry::decode(payload, *offset, &self.keyring).ok());
        self.verified.findings.push(Finding {
            file: path.to_owned(),
            position,
            sequence: None,
            after: entry.map(|entry| entry.at()),
            what: what.to_string(),
        });
    }
}
