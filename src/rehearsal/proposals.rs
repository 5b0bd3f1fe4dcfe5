//! Rulebooks that somebody put and nobody has brought into force: each kept on disk under its digest, with its author.
//!
//! They lie apart from those that were in force, so that nobody goes back to what never was.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{kept::write_files, switch::replaced};
use crate::{domain::Hand, rules::Sources};

/// The most that wait; the one that waits longest goes first.
const MOST: usize = 100;

/// A rulebook that waits for an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Its digest.
    pub digest: String,
    /// Who put it, why and when.
    pub author: Hand,
}

/// `<digest>/` holds the files of each, `<digest>.json` its author, written last.
#[derive(Debug)]
pub(super) struct Proposals {
    folder: PathBuf,
}

// === impl Proposals ===

impl Proposals {
    pub(super) fn open(store: &Path) -> io::Result<Self> {
        let folder = store.join("proposed");
        fs::create_dir_all(&folder)?;
        Ok(Self { folder })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Keeps these files; whoever puts them first is their author. Their digest.
    pub(super) fn put(&self, sources: &Sources, author: &Hand) -> io::Result<String> {
        let digest = sources.digest().to_string();
        if self.read(&self.author_of(&digest)).is_some() {
            return Ok(digest);
        }
        write_files(&self.folder, sources)?;
        replaced(&self.author_of(&digest), &serde_json::to_vec_pretty(author)?)?;
        let waiting = self.list();
        for oldest in waiting.iter().take(waiting.len().saturating_sub(MOST)) {
            self.forget(&oldest.digest);
        }
        Ok(digest)
    }

    /// Each with its author, the one that waits longest first.
    pub(super) fn list(&self) -> Vec<Proposal> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) => {
                tracing::error!(%error, "what was put cannot be listed");
                return Vec::new();
            }
        };
        let each = entries.filter_map(|entry| self.read(&entry.ok()?.path()));
        let mut proposals: Vec<Proposal> = each.collect();
        proposals.sort_by(|a, b| (a.author.at, &a.digest).cmp(&(b.author.at, &b.digest)));
        proposals
    }

    fn read(&self, path: &Path) -> Option<Proposal> {
        let digest = path.file_name()?.to_str()?.strip_suffix(".json")?.to_owned();
        let bytes = fs::read(path).ok()?;
        match serde_json::from_slice(&bytes) {
            Ok(author) => Some(Proposal { digest, author }),
            Err(error) => {
                tracing::error!(digest, %error, "who put a rulebook cannot be read: it does not wait any more");
                None
            }
        }
    }

    pub(super) fn forget(&self, digest: &str) {
        let gone = fs::remove_file(self.author_of(digest));
        if let Err(error) = gone.and_then(|()| fs::remove_dir_all(self.folder.join(digest))) {
            tracing::error!(digest, %error, "a rulebook that was put could not be removed");
        }
    }

    fn author_of(&self, digest: &str) -> PathBuf {
        self.folder.join(format!("{digest}.json"))
    }
}
