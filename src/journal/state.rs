//! The state of a journal, stored: what follows from every entry up to one place, so that a start reads only what came after.
//!
//! A state is taken where a file begins, by the writer, between two groups: index, live counts, what was done by hand lately,
//! changes and times are then exactly what the entries before say. The writer copies what is small and goes on; the index
//! is copied afterwards, part by part, and what it has learnt meanwhile is followed back to what it was. A thread of its own
//! brings everything into one order and writes it aside, syncs it and gives it its name: `<offset>.state`.
//!
//! Contacts stand in it by the numbers that stand for them in records: what was erased since is not found again when a
//! state is read, although the file was not touched. Two states that follow from the same entries are the same bytes.
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
    bursts::{Bursts, StoredBursts},
    chain::Digest,
    disk,
    group::Ask,
    keyring::Numbers,
    ledger::{CopiedLedger, StoredLedger},
    secret::Secret,
    times::Times,
};
use crate::domain::Change;

const MAGIC: [u8; 8] = *b"blstst\x00\x02";

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

/// What the writer copied at a place.
#[derive(Debug)]
pub(super) struct Copied {
    place: Place,
    ledger: CopiedLedger,
    bursts: Bursts,
    changes: Vec<(Offset, Change)>,
    times: Times,
    erasures: u64,
    pub(super) answer: Option<Ask<Offset>>,
    micros: u128,
}

/// Everything but the index.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    checkpoint: Checkpoint,
    ledger: StoredLedger,
    bursts: StoredBursts,
    changes: Vec<(Offset, Change)>,
    times: Times,
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

/// Copies the state at a place where everything before is written and counted, and nothing after.
pub(super) fn copied(shared: &Shared, place: Place) -> Copied {
    let begun = Instant::now();
    let ledger = shared.ledger.copied();
    Copied {
        place,
        ledger,
        bursts: shared.bursts().clone(),
        changes: shared.changes().clone(),
        times: shared.times().clone(),
        erasures: shared.erasures(),
        answer: None,
        micros: begun.elapsed().as_micros(),
    }
}

/// Writes a copied state; the offset of its place. One of a moment before an erasure is not written: its contacts could no
/// longer be told apart.
pub(super) fn write(shared: &Shared, copied: Copied) -> Result<Offset, JournalError> {
    let begun = Instant::now();
    let Copied {
        place,
        ledger,
        bursts,
        changes,
        times,
        erasures,
        answer: _,
        micros,
    } = copied;
    let numbers = shared.keyring.numbers();
    if shared.erasures() != erasures {
        let what = "a contact was erased while a state was to be written; the next one is written without it";
        return Err(JournalError::Broken(what.to_owned()));
    }
    let Place {
        offset,
        sequence,
        chain,
    } = place;
    let secret = shared.keyring.secret();
    let head = Head {
        checkpoint: Checkpoint::signed(offset, sequence, &chain, times.latest(), secret),
        ledger: ledger.stored(|name| numbers.number(name)),
        bursts: bursts.stored(|name| numbers.number(name)),
        changes,
        times,
    };
    let bytes = encoded(shared, &head, secret)?;
    let path = path(&shared.folder, offset);
    disk::replace(&*shared.disk, &path, &bytes).map_err(JournalError::io("write", &path))?;
    forget_older(shared)?;
    let (bytes, took) = (bytes.len(), begun.elapsed());
    shared.states.stored(offset, bytes as u64);
    tracing::info!(
        offset,
        bytes,
        writer_waited_us = micros,
        took_ms = took.as_millis(),
        "the state of the journal is stored"
    );
    Ok(Offset::new(offset))
}

fn encoded(shared: &Shared, head: &Head, secret: &Secret) -> Result<Vec<u8>, JournalError> {
    let mut bytes = vec![0; BEFORE];
    bytes = postcard::to_extend(head, bytes)
        .map_err(|error| JournalError::Broken(format!("a state cannot be written: {error}")))?;
    let head_bytes = (bytes.len() - BEFORE) as u64;
    let (start, before) = (shared.segments.start(), head.checkpoint.offset);
    shared.index.append_rows(&mut bytes, |offset| {
        // What came after this place is followed back to what was there before it.
        let mut latest = offset;
        while latest >= before {
            latest = shared.segments.frame(latest)?.header.previous;
        }
        Ok(if latest < start { 0 } else { latest })
    })?;
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
        missed: place.sequence.saturating_sub(head.times.entries()),
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
        let Head {
            checkpoint: _,
            ledger,
            bursts,
            changes,
            mut times,
        } = head;
        let numbers: Numbers = shared.keyring.numbers();
        shared.ledger.restore(ledger, |number| numbers.name(number));
        shared.bursts().restore(bursts, |number| numbers.name(number));
        *shared.changes() = changes;
        times.cut(start);
        *shared.times() = times;
        shared
            .index
            .restore(file.get(rows_at..).unwrap_or_default(), start);
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
