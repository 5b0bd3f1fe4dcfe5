//! Rulebooks that were in force, kept on disk by digest, and what was set aside for one of them.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::{checked::checked, shelf::KeptRulebook, switch::replaced};
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
    /// How that one came into force.
    #[serde(default)]
    pub(super) how: Instead,
    pub(super) by: String,
    pub(super) because: String,
    pub(super) since: Timestamp,
}

/// How a rulebook came into force that is not the one in the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Instead {
    /// Somebody went back to it.
    #[default]
    RolledBack,
    /// Somebody approved what another had put.
    Approved,
}

/// The file that names the last good rulebook.
const LAST_GOOD: &str = "last_good";

/// Writes every file below `store/<digest>/`, then names it the last good one: only once all of them are durable.
pub(super) fn keep(store: &Path, sources: &Sources) -> io::Result<()> {
    let digest = write_files(store, sources)?;
    let next = store.join(format!("{LAST_GOOD}.next"));
    write_durably(&next, digest.as_bytes())?;
    fs::rename(next, store.join(LAST_GOOD))
}

/// Writes every file below `folder/<digest>/`; the digest.
pub(super) fn write_files(folder: &Path, sources: &Sources) -> io::Result<String> {
    let digest = sources.digest().to_string();
    let folder = folder.join(&digest);
    for (_, source) in sources.iter() {
        let path = folder.join(&source.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        write_durably(&path, &source.bytes)?;
    }
    Ok(digest)
}

/// The files below `folder/<digest>/`, if they still are what the digest says.
pub(super) fn kept_sources(folder: &Path, digest: &str) -> Result<Sources, String> {
    let sources = Sources::read(&folder.join(digest)).map_err(|error| error.to_string())?;
    if sources.digest().to_string() != digest {
        return Err("its files are not what they were".to_owned());
    }
    Ok(sources)
}

fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// The last good rulebook, if what is kept still is what its digest says.
pub(super) fn last_good(store: &Path) -> Option<Rulebook> {
    let sources = kept_sources(store, &last_good_name(store)?).ok()?;
    checked(&sources).rulebook
}

/// The digest of the last good rulebook.
pub(super) fn last_good_name(store: &Path) -> Option<String> {
    fs::read_to_string(store.join(LAST_GOOD)).ok()
}

/// The rulebook of that digest, if it is kept and still what its digest says. It was in force once, so its tests need
/// not run again.
pub(super) fn of_digest(store: &Path, digest: &str) -> Option<KeptRulebook> {
    let sources = kept_sources(store, digest).ok()?;
    let rulebook = compile(&sources).rulebook?;
    Some(KeptRulebook { sources, rulebook })
}

/// Removes kept rulebooks, but for the last good one, the one that was gone back to, and `in_force`; answers those that went.
pub(super) fn forget<'d>(store: &Path, in_force: &str, digests: &'d [Arc<str>]) -> Vec<&'d str> {
    let last_good = fs::read_to_string(store.join(LAST_GOOD)).unwrap_or_default();
    let instead = fs::read(store.join(SET_ASIDE))
        .ok()
        .and_then(|bytes| serde_json::from_slice::<SetAside>(&bytes).ok())
        .map_or_else(String::new, |set_aside| set_aside.instead);
    let stays = |digest: &&str| [in_force, &last_good, &instead].contains(digest);
    let goes = digests
        .iter()
        .map(|digest| &**digest)
        .filter(|digest| !stays(digest));
    goes.filter(|digest| {
        let is_name = digest.chars().all(|letter| letter.is_ascii_alphanumeric());
        let folder = store.join(digest);
        if !is_name || !folder.is_dir() {
            return false;
        }
        let removed = fs::remove_dir_all(&folder);
        if let Err(error) = &removed {
            tracing::warn!(folder = %folder.display(), %error, "a kept rulebook stays behind");
        }
        removed.is_ok()
    })
    .collect()
}

/// The file that remembers what was set aside.
const SET_ASIDE: &str = "set_aside.json";

// === impl SetAside ===

impl SetAside {
    pub(super) fn keep(&self, store: &Path) -> io::Result<()> {
        replaced(&store.join(SET_ASIDE), &serde_json::to_vec_pretty(self)?)
    }

    pub(super) fn told(&self) -> Diagnostic {
        let instead: String = self.instead.chars().take(12).collect();
        let (by, since, because) = (&self.by, self.since.to_string(), &self.because);
        let finding = Diagnostic::of_folder(match self.how {
            Instead::RolledBack => say!(
                "{} went back to the rulebook {} on {}: {}",
                by,
                instead,
                since,
                because
            ),
            Instead::Approved => {
                say!(
                    "{} brought the rulebook {} into force on {}: {}",
                    by,
                    instead,
                    since,
                    because
                )
            }
        });
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
