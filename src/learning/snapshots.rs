//! What a kept version knows, on disk: one file a version, so that it survives a restart, and even the journal that it was learnt
//! from.
//!
//! A file is postcard behind a word that names its format, and the BLAKE3 of both at the end. What is read is held against that
//! checksum, and the knowledge in it against its own digest. Contacts stand in it by the hash under which the models know them, never
//! by their id; an erasure writes every file anew.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::model::Snapshot;

/// What every file begins with; the last byte counts its formats.
const FORMAT: &[u8; 8] = b"BALSNAP\x01";
const CHECKSUM: usize = 32;

/// The file of a version.
pub(super) fn file_of(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number}.snapshot"))
}

/// What a file holds of a snapshot.
///
/// # Errors
/// It cannot be encoded.
pub(super) fn written(snapshot: &Snapshot) -> io::Result<Vec<u8>> {
    let mut bytes = postcard::to_extend(snapshot, FORMAT.to_vec()).map_err(io::Error::other)?;
    let checksum = blake3::hash(&bytes);
    bytes.extend(checksum.as_bytes());
    Ok(bytes)
}

/// The snapshot of that number, if its file holds what has this digest; else why not.
///
/// # Errors
/// In words, with the file's name.
pub(super) fn read(folder: &Path, number: u64, digest: &str) -> Result<Snapshot, String> {
    let file = file_of(folder, number);
    let named = |why: &str| format!("`{}` {why}", file.display());
    let bytes = fs::read(&file).map_err(|error| named(&format!("cannot be read: {error}")))?;
    let snapshot = decoded(&bytes).map_err(|why| named(&why))?;
    if snapshot.number() == number && snapshot.digest() == digest {
        Ok(snapshot)
    } else {
        Err(named("holds another version than the one that was kept"))
    }
}

fn decoded(bytes: &[u8]) -> Result<Snapshot, String> {
    let split = bytes.len().checked_sub(CHECKSUM);
    let (content, checksum) = split
        .and_then(|at| bytes.split_at_checked(at))
        .ok_or("is cut off")?;
    if blake3::hash(content).as_bytes() != checksum {
        return Err("has another checksum: somebody or something changed it".to_owned());
    }
    let knowledge = content
        .strip_prefix(FORMAT)
        .ok_or("is of a format that this version does not know")?;
    postcard::from_bytes(knowledge).map_err(|error| format!("cannot be decoded: {error}"))
}
