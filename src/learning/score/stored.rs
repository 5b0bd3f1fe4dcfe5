//! Score models on disk: one file a version, named by its digest, so that a version survives a restart, and even the journal
//! that it was learnt from.
//!
//! A file is postcard behind a word that names its format, and the BLAKE3 of both at the end. What is read is held
//! against that checksum, and the model in it against its own digest. A damaged file is listed and not used.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::versions::{Judged, Standing};
use crate::{
    domain::{CampaignId, Timestamp},
    learning::version::RolledBack,
    model::score::Fitted,
};

/// What every file begins with; the last byte counts its formats.
const FORMAT: &[u8; 8] = b"BALSCOR\x01";
const CHECKSUM: usize = 32;

/// A version as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Stored {
    pub(super) campaign: CampaignId,
    pub(super) made: Timestamp,
    pub(super) judged: Judged,
    pub(super) rolled_back: Option<RolledBack>,
    /// Whether it answered when it was written down last.
    pub(super) standing: Standing,
    pub(super) fitted: Arc<Fitted>,
}

impl Stored {
    /// The name of the version.
    pub(super) fn digest(&self) -> String {
        self.fitted.version().to_hex().to_string()
    }
}

/// The folder of kept versions; without one, nothing is written.
#[derive(Debug, Default)]
pub(in crate::learning) struct Store {
    folder: Option<PathBuf>,
    /// By digest, in hexadecimal.
    read: BTreeMap<String, Stored>,
    /// Those that were learnt since the start, by digest.
    learnt: BTreeSet<String>,
    damaged: Vec<String>,
}

impl Store {
    /// What a folder holds; it is made where it is not there.
    pub(in crate::learning) fn open(folder: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        let mut store = Self::default();
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.extension().is_none_or(|extension| extension != "score") {
                continue;
            }
            match read(&path) {
                Ok((digest, stored)) => {
                    store.read.insert(digest, stored);
                }
                Err(why) => store.damaged.push(format!("`{}`: {why}", path.display())),
            }
        }
        store.damaged.sort();
        store.folder = Some(folder);
        Ok(store)
    }

    /// What cannot be used, and why.
    pub(in crate::learning) fn damaged(&self) -> &[String] {
        &self.damaged
    }

    /// Keeps a version, unless it is kept already as it is.
    pub(super) fn keep(&mut self, stored: &Stored) {
        let digest = stored.digest();
        if self.read.get(&digest) == Some(stored) {
            return;
        }
        if let Some(folder) = &self.folder {
            let file = file_of(folder, &digest);
            if let Err(error) = write(&file, stored) {
                let file = file.display();
                tracing::error!(%file, %error, "a version of a score cannot be kept on disk");
            }
            self.read.insert(digest, stored.clone());
        }
    }

    /// Forgets a version.
    pub(super) fn forget(&mut self, digest: &str) {
        self.read.remove(digest);
        if let Some(folder) = &self.folder {
            // What is left behind is read, listed and forgotten again at the next start.
            let _ = fs::remove_file(file_of(folder, digest));
        }
    }

    /// The version of a campaign whose digest begins so.
    pub(super) fn find(&self, campaign: &CampaignId, digest: &str) -> Option<&Stored> {
        let named =
            |(known, stored): &(&String, &Stored)| stored.campaign == *campaign && known.starts_with(digest);
        self.read.iter().find(named).map(|(_, stored)| stored)
    }

    /// Notes that a version was learnt from the journal.
    pub(super) fn note_learnt(&mut self, digest: String) {
        self.learnt.insert(digest);
    }

    /// The versions that were read at the start and not learnt since.
    pub(super) fn not_learnt(&self) -> impl Iterator<Item = &Stored> {
        let unlearnt = self
            .read
            .iter()
            .filter(|(digest, _)| !self.learnt.contains(*digest));
        unlearnt.map(|(_, stored)| stored)
    }

    /// Every version that was read or kept, with its digest.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Stored)> {
        self.read.iter()
    }
}

fn file_of(folder: &Path, digest: &str) -> PathBuf {
    folder.join(format!("{digest}.score"))
}

fn write(file: &Path, stored: &Stored) -> io::Result<()> {
    let mut bytes = FORMAT.to_vec();
    bytes = postcard::to_extend(stored, bytes).map_err(io::Error::other)?;
    let checksum = blake3::hash(&bytes);
    bytes.extend_from_slice(checksum.as_bytes());
    let next = file.with_extension("next");
    let mut written = fs::File::create(&next)?;
    written.write_all(&bytes)?;
    written.sync_all()?;
    fs::rename(&next, file)
}

fn read(path: &Path) -> Result<(String, Stored), String> {
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    let (content, checksum) = bytes
        .split_last_chunk::<CHECKSUM>()
        .ok_or("it is too short to be a model")?;
    if blake3::hash(content) != blake3::Hash::from_bytes(*checksum) {
        return Err("its checksum is another: somebody or something changed it".to_owned());
    }
    let stored = content
        .strip_prefix(FORMAT)
        .ok_or("another version of this program wrote it")?;
    let stored: Stored = postcard::from_bytes(stored).map_err(|error| error.to_string())?;
    let digest = stored.digest();
    let named = path.file_stem().and_then(|stem| stem.to_str());
    if named != Some(digest.as_str()) {
        return Err(format!(
            "it holds the model {digest}, not the one it is named for"
        ));
    }
    Ok((digest, stored))
}
