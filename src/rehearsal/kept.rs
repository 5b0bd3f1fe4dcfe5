//! Rulebooks that were in force, kept on disk by digest, and what was set aside for one of them.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use serde::{Deserialize, Serialize};

use super::{
    activation::{checked, unreadable},
    shelf::KeptRulebook,
    switch::replaced,
};
use crate::{
    domain::Timestamp,
    rules::{Diagnostic, Digest, Rulebook, Sources, compile, say},
};

/// Files that were set aside when somebody went back to an older rulebook; kept, so that a restart does not bring them
/// back into force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SetAside {
    /// The digest of the files in the folder.
    pub(super) folder: String,
    /// The rulebook that is in force instead.
    pub(super) instead: String,
    pub(super) by: String,
    pub(super) because: String,
    pub(super) since: Timestamp,
}

/// The file that names the last good rulebook.
const LAST_GOOD: &str = "last_good";

/// Writes every file below `store/<digest>/`, then names it the last good one: only once all of them are durable.
pub(super) fn keep(store: &Path, sources: &Sources) -> io::Result<()> {
    let digest = sources.digest().to_string();
    let folder = store.join(&digest);
    for (_, source) in sources.iter() {
        let path = folder.join(&source.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        write_durably(&path, &source.bytes)?;
    }
    let next = store.join(format!("{LAST_GOOD}.next"));
    write_durably(&next, digest.as_bytes())?;
    fs::rename(next, store.join(LAST_GOOD))
}

fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// The last good rulebook, if what is kept still is what its digest says.
pub(super) fn last_good(store: &Path) -> Option<Rulebook> {
    let digest = fs::read_to_string(store.join(LAST_GOOD)).ok()?;
    let sources = Sources::read(&store.join(&digest)).ok()?;
    if sources.digest().to_string() != digest {
        return None;
    }
    checked(&sources).rulebook
}

/// The rulebook of that digest, if it is kept and still what its digest says. It was in force once, so its tests need
/// not run again.
pub(super) fn of_digest(store: &Path, digest: &str) -> Option<KeptRulebook> {
    let sources = Sources::read(&store.join(digest)).ok()?;
    if sources.digest().to_string() != digest {
        return None;
    }
    let rulebook = compile(&sources).rulebook?;
    Some(KeptRulebook { sources, rulebook })
}

/// The file that remembers what was set aside.
const SET_ASIDE: &str = "set_aside.json";

// === impl SetAside ===

impl SetAside {
    pub(super) fn keep(&self, store: &Path) -> io::Result<()> {
        replaced(&store.join(SET_ASIDE), &serde_json::to_vec_pretty(self)?)
    }

    pub(super) fn told(&self) -> Diagnostic {
        let finding = unreadable(say!(
            "{} went back to the rulebook {} on {}: {}",
            &self.by,
            self.instead.chars().take(12).collect::<String>(),
            self.since.to_string(),
            &self.because
        ));
        Diagnostic {
            help: Some(say!(
                "the files in the folder are set aside until they change; edit them to bring them into force"
            )),
            ..finding
        }
    }
}

/// What was set aside, if it is these files.
pub(super) fn set_aside(store: &Path, folder: &Digest) -> Option<SetAside> {
    let bytes = fs::read(store.join(SET_ASIDE)).ok()?;
    let set_aside: SetAside = serde_json::from_slice(&bytes).ok()?;
    (set_aside.folder == folder.to_string()).then_some(set_aside)
}

pub(super) fn forget_set_aside(store: &Path) {
    match fs::remove_file(store.join(SET_ASIDE)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::error!(%error, "what was set aside could not be forgotten; it no longer counts");
        }
        Ok(()) | Err(_) => {}
    }
}

/// The digests of kept rulebooks that begin so.
pub(super) fn kept(store: &Path, digest: &str) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(store)? {
        let entry = entry?;
        let name = entry.file_name();
        let named = name.to_str().filter(|name| name.starts_with(digest));
        if let Some(name) = named
            && entry.file_type()?.is_dir()
        {
            found.push(name.to_owned());
        }
    }
    Ok(found)
}
