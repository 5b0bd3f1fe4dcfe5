//! The state of a journal, stored: what follows from every entry up to one place, so that a start reads only what came after.
//!
//! A state is of a place where a file begins. It is made aside, by a thread of its own: the state before it is read, the
//! entries since are folded by the code by which a start goes on from a state, and the whole is written aside, synced, and
//! given its name: `<offset>.state`. The writer has no part in it, however much there is to remember. Only the index is not kept a
//! second time: each row is copied from the one in use, and what came after the place is followed back to what was there
//! before.
//!
//! Contacts stand in it by the numbers that stand for them in records: what was erased since is not found again when a
//! state is read, although the file was not touched. Where a contact is erased while a state is made, it is made anew. Two
//! states that follow from the same entries are the same bytes.
//!
//! | bytes | holds |
//! |---|---|
//! | 0..8 | the format |
//! | 8..40 | BLAKE3 of the rest under the journal's secret |
//! | 40..48 | length of the next part, little endian |
//! | .. | everything but the index (postcard), with a signed checkpoint of its place |
//! | 24 each | the index: a decision's id, the offset of the latest entry about it |

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use serde::{Deserialize, Serialize};

use super::{
    Checkpoint, JournalError, Offset, Shared,
    chain::Digest,
    disk,
    names::Names,
    projections::{Projections, StoredProjections},
    reader::Entries,
    recovery,
    secret::Secret,
    segment::Beginning,
};

const MAGIC: [u8; 8] = *b"blstst\x00\x03";

/// Bytes before the first part.
const BEFORE: usize = 48;

/// So many states are kept: should the latest be damaged, the one before it stands in.
pub(super) const KEPT: usize = 2;

/// Where a file begins, and what was before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) sequence: u64,
    pub(super) chain: Digest,
}

/// Everything but the index.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    checkpoint: Checkpoint,
    projections: StoredProjections,
}

/// A state that was read and holds.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) place: Place,
    pub(super) missed: u64,
    pub(super) bytes: u64,
    head: Head,
    file: Vec<u8>,
    rows_at: usize,
}

/// Makes the state of a place before which everything is written, and stores it, unless `is_over` says meanwhile that nobody
/// wants it any more; the offset of its place.
pub(super) fn store(
    shared: &Shared,
    place: Place,
    is_over: impl Fn() -> bool,
) -> Result<Offset, JournalError> {
    let begun = Instant::now();
    let bytes = loop {
        let erasures = shared.erasures();
        let is_in_vain = || is_over() || shared.erasures() != erasures;
        let made = folded(shared, place.offset, is_in_vain)?.map(|made| encoded(shared, &made, place));
        if is_over() {
            return Err(JournalError::Broken("it is closed".to_owned()));
        }
        // Somebody who was erased and came back must not be taken for who was there before.
        match made.filter(|_| shared.erasures() == erasures) {
            Some(bytes) => break bytes?,
            None => tracing::debug!("a contact was erased while a state was made; it is made anew"),
        }
    };
    kept(shared, place.offset, &bytes)?;
    let (offset, bytes, took) = (place.offset, bytes.len(), begun.elapsed());
    let took_ms = took.as_millis();
    tracing::info!(offset, bytes, took_ms, "the state of the journal is stored");
    Ok(Offset::new(offset))
}

/// Stores what was read at a start up to where a file begins. Where it cannot be stored the start goes on.
pub(super) fn store_read(shared: &Shared, beginning: &Beginning) {
    let place = Place {
        offset: beginning.base,
        sequence: beginning.sequence,
        chain: beginning.chain,
    };
    let stored =
        encoded(shared, &shared.projections, place).and_then(|bytes| kept(shared, place.offset, &bytes));
    if let Err(error) = stored {
        tracing::warn!(%error, "what was read at the start is not stored; the next start reads it again");
    }
}

/// Writes the bytes of a state.
fn kept(shared: &Shared, offset: u64, bytes: &[u8]) -> Result<(), JournalError> {
    let path = path(&shared.folder, offset);
    disk::replace(&*shared.disk, &path, bytes).map_err(JournalError::io("write", &path))?;
    forget_older(shared)?;
    shared.states.stored(offset, bytes.len() as u64);
    Ok(())
}

/// What follows from every entry before `until`; `None` where it was given up.
fn folded(
    shared: &Shared,
    until: u64,
    is_given_up: impl Fn() -> bool,
) -> Result<Option<Projections>, JournalError> {
    let (projections, from) = latest_before(shared, until)?;
    let mut entries = Entries::new(shared, from);
    while let Some(read) = entries.next_before(until)? {
        if is_given_up() {
            return Ok(None);
        }
        projections.fold(shared, read)?;
    }
    projections.cut(shared.segments.start());
    Ok(Some(projections))
}

/// The latest stored state of a place up to `until`, and where that is; without one, nothing at the first entry.
fn latest_before(shared: &Shared, until: u64) -> Result<(Projections, Offset), JournalError> {
    let Shared {
        disk,
        folder,
        keyring,
        segments,
        ..
    } = shared;
    let projections = Projections::new(Names::of(keyring.secret()));
    let start = segments.start();
    let usable = |offset: &u64| (start..=until).contains(offset);
    for (offset, path) in listed(&**disk, folder)? {
        match read(&**disk, &path, keyring.secret()) {
            Ok(stored) if usable(&offset) && stored.place.offset == offset => {
                projections.restore(stored.head.projections, &keyring.numbers(), start);
                return Ok((projections, Offset::new(offset)));
            }
            Ok(_) => {}
            Err(why) => {
                tracing::error!(file = %path.display(), why, "a stored state is not used; more is read instead");
            }
        }
    }
    recovery::stateless(shared, start)?;
    Ok((projections, Offset::new(start)))
}

/// The digest of what is counted now and of the index: the same for all journals of the same entries.
pub(super) fn digest(shared: &Shared) -> Result<String, JournalError> {
    let place = Place {
        offset: shared.end.borrow().get(),
        sequence: 0,
        chain: Digest::default(),
    };
    let bytes = encoded(shared, &shared.projections, place)?;
    Ok(blake3::hash(&bytes).to_hex().to_string())
}

/// The bytes of the state of a place.
fn encoded(shared: &Shared, projections: &Projections, place: Place) -> Result<Vec<u8>, JournalError> {
    let Place {
        offset,
        sequence,
        chain,
    } = place;
    let secret = shared.keyring.secret();
    let head = Head {
        checkpoint: Checkpoint::signed(offset, sequence, &chain, projections.latest(), secret),
        projections: projections.stored(&shared.keyring.numbers()),
    };
    let mut bytes = vec![0; BEFORE];
    bytes = postcard::to_extend(&head, bytes)
        .map_err(|error| JournalError::Broken(format!("a state cannot be written: {error}")))?;
    drop(head);
    let head_bytes = (bytes.len() - BEFORE) as u64;
    shared
        .index
        .append_rows(&mut bytes, |latest| shared.before(latest, offset))?;
    if let Some((first, rest)) = bytes.split_at_mut_checked(40) {
        if let Some(length) = rest.first_chunk_mut::<8>() {
            *length = head_bytes.to_le_bytes();
        }
        let signature = secret.signature_of_state(rest);
        for (byte, from) in first.iter_mut().zip(MAGIC.iter().chain(signature.as_bytes())) {
            *byte = *from;
        }
    }
    Ok(bytes)
}

/// Reads a state; why it cannot be used, if so.
pub(super) fn read(disk: &dyn disk::Disk, path: &Path, secret: &Secret) -> Result<Stored, String> {
    let file = disk.read(path).map_err(|error| error.to_string())?;
    let other = "it is not the state of a journal of this format";
    let rest = file.strip_prefix(&MAGIC).ok_or(other)?;
    let (signature, rest) = rest.split_first_chunk::<32>().ok_or("it ends too early")?;
    if blake3::Hash::from_bytes(*signature) != secret.signature_of_state(rest) {
        return Err("its digest is another: it is not what was written".to_owned());
    }
    let (length, rest) = rest.split_first_chunk::<8>().ok_or("it ends too early")?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| other)?;
    let head = rest.get(..length).ok_or("it ends too early")?;
    let head: Head = postcard::from_bytes(head).map_err(|error| error.to_string())?;
    let checkpoint = &head.checkpoint;
    let chain = blake3::Hash::from_hex(&checkpoint.chain).map_err(|error| error.to_string())?;
    let place = Place {
        offset: checkpoint.offset,
        sequence: checkpoint.sequence,
        chain: *chain.as_bytes(),
    };
    Ok(Stored {
        place,
        missed: place.sequence.saturating_sub(head.projections.entries()),
        bytes: file.len() as u64,
        head,
        file,
        rows_at: BEFORE + length,
    })
}

impl Stored {
    /// Puts everything where it is counted on from. What an erased contact did, and decisions from before `start`, are left out.
    pub(super) fn restore(self, shared: &Shared, start: u64) {
        let Self {
            head, file, rows_at, ..
        } = self;
        let rows = file.get(rows_at..).unwrap_or_default();
        std::thread::scope(|scope| {
            scope.spawn(|| shared.index.restore(rows, start));
            let numbers = shared.keyring.numbers();
            shared.projections.restore(head.projections, &numbers, start);
        });
    }
}

/// The path of the state at `offset`.
pub(super) fn path(folder: &Path, offset: u64) -> PathBuf {
    folder.join(format!("{offset:020}.state"))
}

/// The stored states of a folder by their offsets, the latest first.
pub(super) fn listed(disk: &dyn disk::Disk, folder: &Path) -> Result<Vec<(u64, PathBuf)>, JournalError> {
    let mut found = Vec::new();
    for path in disk.list(folder).map_err(JournalError::io("list", folder))? {
        let is_state = path.extension().is_some_and(|extension| extension == "state");
        let offset = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
        if let Some(offset) = offset.filter(|_| is_state) {
            found.push((offset, path));
        }
    }
    found.sort_unstable_by(|a, b| b.cmp(a));
    Ok(found)
}

fn forget_older(shared: &Shared) -> Result<(), JournalError> {
    for (_, path) in listed(&*shared.disk, &shared.folder)?.into_iter().skip(KEPT) {
        shared
            .disk
            .remove(&path)
            .map_err(JournalError::io("remove", &path))?;
    }
    Ok(())
}
