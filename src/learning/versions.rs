//! Versions of what was learnt: kept, put in force, gone back to.
//!
//! A version is kept as two files under `models/`: what it is (its number, its digest, who kept it and why), and what it knows
//! ([`snapshots`](super::snapshots)). The one in force is read at the start and answers before the journal is. The others are learnt
//! again on the way through the journal, which costs no room, for they share what did not change; one that comes out otherwise
//! there, or that the journal does not reach any more because its beginning is past its retention, is read from its file. Either way it
//! is held against its digest, and what cannot be used is refused and said so. While a version is in force the learner goes on
//! learning and publishes nothing.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::{
    acts::Acts,
    score::Store,
    snapshots,
    version::{HeldOut, KeptBy, KeptVersion, RolledBack, VersionsError},
};
use crate::model::{Snapshot, contacts::ContactKey};

/// How many versions are kept beside the one in force.
const KEPT: usize = 8;

/// What the folder holds of one version: what it is, and a checksum of that.
#[derive(Serialize, Deserialize)]
struct Written {
    version: KeptVersion,
    /// BLAKE3 of the version as JSON.
    checksum: String,
}

/// The kept versions of one server.
#[derive(Debug, Default)]
pub struct Versions {
    folder: Option<PathBuf>,
    kept: BTreeMap<u64, Kept>,
    in_force: Option<u64>,
    damaged: Vec<String>,
    /// The versions of scores, for whoever learns them.
    pub(super) scores: Store,
    /// What people did to what is learnt.
    pub(super) acts: Acts,
}

#[derive(Debug)]
struct Kept {
    version: KeptVersion,
    /// `None` until the journal has been read that far again.
    snapshot: Option<Arc<Snapshot>>,
}

impl Versions {
    /// Those that a folder holds. What is damaged is listed and not used.
    ///
    /// # Errors
    /// The folder cannot be made or read.
    pub fn open(folder: PathBuf) -> Result<Self, VersionsError> {
        let store = |source: io::Error| VersionsError::Store {
            file: folder.clone(),
            source,
        };
        fs::create_dir_all(&folder).map_err(store)?;
        let mut versions = Self::default();
        for entry in fs::read_dir(&folder).map_err(store)? {
            let path = entry.map_err(store)?.path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            if path.file_name().is_some_and(|name| name == IN_FORCE) {
                versions.in_force = fs::read_to_string(&path)
                    .ok()
                    .and_then(|text| text.trim().parse().ok());
                continue;
            }
            match read(&path) {
                Ok(version) => {
                    let number = version.number;
                    let snapshot = None;
                    versions.kept.insert(number, Kept { version, snapshot });
                }
                Err(why) => versions.damaged.push(format!("`{}`: {why}", path.display())),
            }
        }
        versions.damaged.sort();
        if let Some(number) = versions
            .in_force
            .filter(|number| !versions.kept.contains_key(number))
        {
            versions.in_force = None;
            let said =
                format!("version {number} was in force and its file cannot be used: the journal is followed");
            versions.damaged.push(said);
        }
        versions.read_in_force(&folder);
        let scores = folder.join("scores");
        versions.scores = Store::open(scores.clone()).map_err(store)?;
        versions.acts = Acts::open(scores.join("acts.json")).map_err(store)?;
        versions.folder = Some(folder);
        Ok(versions)
    }

    /// The kept versions, the oldest first.
    pub fn list(&self) -> impl Iterator<Item = &KeptVersion> {
        self.kept.values().map(|kept| &kept.version)
    }

    /// Every kept version that was learnt again, with what it knows.
    pub fn snapshots(&self) -> impl Iterator<Item = &Arc<Snapshot>> {
        self.kept.values().filter_map(|kept| kept.snapshot.as_ref())
    }

    /// What cannot be used, and why.
    #[must_use]
    pub fn damaged(&self) -> &[String] {
        &self.damaged
    }

    /// Something else that cannot be used.
    pub(super) fn note_damaged(&mut self, why: impl IntoIterator<Item = String>) {
        self.damaged.extend(why);
    }

    /// The number of the version in force; `None` while the journal is followed.
    #[must_use]
    pub const fn in_force(&self) -> Option<u64> {
        self.in_force
    }

    /// Whether the snapshot of that number is kept and has not been learnt again yet.
    pub(super) fn wants(&self, number: u64) -> bool {
        self.kept.get(&number).is_some_and(|kept| kept.snapshot.is_none())
    }

    /// Takes what was learnt again, if it is what was kept.
    pub(super) fn learnt_again(&mut self, snapshot: Snapshot) {
        let number = snapshot.number();
        let Some(kept) = self.kept.get_mut(&number) else {
            return;
        };
        if snapshot.digest() == kept.version.digest {
            kept.snapshot = Some(Arc::new(snapshot));
        } else {
            self.read_stored(
                number,
                "learnt again from the journal it has another digest (the journal or the declared campaigns changed)",
            );
        }
    }

    /// The journal was read to its end: what it did not reach is read from its files.
    pub(super) fn read_rest(&mut self) {
        let missing = self.kept.iter().filter(|(_, kept)| kept.snapshot.is_none());
        let missing: Vec<u64> = missing.map(|(number, _)| *number).collect();
        for number in missing {
            self.read_stored(number, "the journal does not reach back to it");
        }
    }

    /// Reads what a version knows from its file; it is refused if that cannot be done either.
    fn read_stored(&mut self, number: u64, because: &str) {
        let (Some(folder), Some(kept)) = (&self.folder, self.kept.get_mut(&number)) else {
            return;
        };
        match snapshots::read(folder, number, &kept.version.digest) {
            Ok(snapshot) => kept.snapshot = Some(Arc::new(snapshot)),
            Err(error) => {
                let why = format!("{because}, and {error}");
                self.damaged
                    .push(VersionsError::Damaged { number, why }.to_string());
                self.kept.remove(&number);
                self.in_force = self.in_force.filter(|in_force| *in_force != number);
            }
        }
    }

    /// The version in force answers before the journal is read. If its file cannot be used it may yet be learnt again.
    fn read_in_force(&mut self, folder: &Path) {
        let Some((number, kept)) = self
            .in_force
            .and_then(|number| Some((number, self.kept.get_mut(&number)?)))
        else {
            return;
        };
        if !snapshots::file_of(folder, number).exists() {
            return;
        }
        match snapshots::read(folder, number, &kept.version.digest) {
            Ok(snapshot) => kept.snapshot = Some(Arc::new(snapshot)),
            Err(error) => self.damaged.push(format!(
                "{error}; version {number} is in force and is learnt again from the journal"
            )),
        }
    }

    /// Contacts were erased: no version knows them any more, in its file neither. A version that knew one has another digest from
    /// now on; one that cannot be written anew is dropped. What is in force, where that is another now.
    pub(super) fn forget_contacts(&mut self, contacts: &[ContactKey]) -> Option<Arc<Snapshot>> {
        let numbers: Vec<u64> = self.kept.keys().copied().collect();
        let before = self.snapshot_in_force().map(|snapshot| snapshot.digest());
        for number in numbers {
            if let Err(error) = self.forget_in(number, contacts) {
                self.damaged.push(error.to_string());
                self.drop_version(number);
            }
        }
        self.snapshot_in_force()
            .filter(|snapshot| Some(snapshot.digest()) != before)
    }

    fn forget_in(&mut self, number: u64, contacts: &[ContactKey]) -> Result<(), VersionsError> {
        let Some(kept) = self.kept.get(&number) else {
            return Ok(());
        };
        let stored = || {
            let folder = self.folder.as_deref()?;
            snapshots::read(folder, number, &kept.version.digest)
                .ok()
                .map(Arc::new)
        };
        // What is neither known nor on disk will be learnt again from a journal that does not know the contact either.
        let Some(known) = kept.snapshot.clone().or_else(stored) else {
            return Ok(());
        };
        let snapshot = known.without(contacts);
        let version = KeptVersion {
            digest: snapshot.digest(),
            ..kept.version.clone()
        };
        if version.digest == kept.version.digest {
            return Ok(());
        }
        self.store(number, &snapshot)?;
        self.write(&version)?;
        let snapshot = Some(Arc::new(snapshot));
        self.kept.insert(number, Kept { version, snapshot });
        Ok(())
    }

    fn drop_version(&mut self, number: u64) {
        self.kept.remove(&number);
        self.in_force = self.in_force.filter(|in_force| *in_force != number);
        if let Some(folder) = &self.folder {
            // What is left behind is read, listed and forgotten again at the next start.
            let _ = fs::remove_file(file_of(folder, number));
            let _ = fs::remove_file(snapshots::file_of(folder, number));
        }
    }

    fn store(&self, number: u64, snapshot: &Snapshot) -> Result<(), VersionsError> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        let file = snapshots::file_of(folder, number);
        let written = snapshots::written(snapshot);
        written
            .and_then(|bytes| replaced(&file, &bytes))
            .map_err(|source| VersionsError::Store { file, source })
    }

    /// Keeps a snapshot. The oldest that is not in force makes room.
    ///
    /// # Errors
    /// [`VersionsError::Store`], and then nothing has changed.
    pub(super) fn keep(
        &mut self,
        snapshot: Arc<Snapshot>,
        held_out: Option<HeldOut>,
        kept_by: KeptBy,
    ) -> Result<KeptVersion, VersionsError> {
        let knowledge = snapshot.knowledge();
        let version = KeptVersion {
            number: snapshot.number(),
            digest: snapshot.digest(),
            made: snapshot.at(),
            examples: knowledge.examples,
            positives: knowledge.positives,
            held_out,
            kept_by,
            rolled_back: None,
        };
        self.store(version.number, &snapshot)?;
        self.write(&version)?;
        let kept = Kept {
            version: version.clone(),
            snapshot: Some(snapshot),
        };
        self.kept.insert(version.number, kept);
        self.forget();
        Ok(version)
    }

    fn forget(&mut self) {
        while self.kept.len() > KEPT {
            let oldest = self
                .kept
                .keys()
                .copied()
                .find(|number| Some(*number) != self.in_force);
            let Some(number) = oldest else { return };
            self.drop_version(number);
        }
    }

    /// Puts a kept version in force.
    ///
    /// # Errors
    /// Why it cannot be; and then nothing has changed.
    pub(super) fn promote(&mut self, number: u64, kept_by: KeptBy) -> Result<Arc<Snapshot>, VersionsError> {
        let kept = self.kept.get(&number).ok_or(VersionsError::Unknown(number))?;
        if let Some(HeldOut {
            log_loss,
            base_log_loss,
        }) = kept.version.held_out
            && log_loss > base_log_loss
        {
            return Err(VersionsError::Worse {
                number,
                log_loss,
                base_log_loss,
            });
        }
        let snapshot = kept.snapshot.clone().ok_or_else(|| VersionsError::Damaged {
            number,
            why: "the journal has not been read that far".to_owned(),
        })?;
        let version = KeptVersion {
            kept_by,
            rolled_back: None,
            ..kept.version.clone()
        };
        self.write(&version)?;
        self.write_in_force(Some(number))?;
        if let Some(kept) = self.kept.get_mut(&number) {
            kept.version = version;
        }
        self.in_force = Some(number);
        Ok(snapshot)
    }

    /// Takes the version in force out of force, because it did worse than what decided before it, and puts that in force:
    /// a version that is still kept, else what is learnt from the journal.
    ///
    /// # Errors
    /// [`VersionsError::Store`], and then nothing has changed.
    pub(super) fn take_back(
        &mut self,
        before: Option<u64>,
        rolled_back: RolledBack,
    ) -> Result<(), VersionsError> {
        let before = before.filter(|number| self.kept.contains_key(number));
        self.write_in_force(before)?;
        let worse = std::mem::replace(&mut self.in_force, before);
        let version = worse.and_then(|number| self.kept.get_mut(&number));
        if let Some(kept) = version {
            kept.version.rolled_back = Some(rolled_back);
            let version = kept.version.clone();
            self.write(&version)?;
        }
        Ok(())
    }

    /// The newest version that is older than what decides now.
    pub(super) fn older_than(&self, number: u64) -> Result<u64, VersionsError> {
        let mut older = self.kept.range(..number).rev();
        let sound = older.find(|(_, kept)| kept.version.rolled_back.is_none());
        sound.map(|(number, _)| *number).ok_or(VersionsError::NoOlder)
    }

    /// Goes back to following the journal.
    ///
    /// # Errors
    /// [`VersionsError::Store`], and then nothing has changed.
    pub(super) fn follow(&mut self) -> Result<(), VersionsError> {
        self.write_in_force(None)?;
        self.in_force = None;
        Ok(())
    }

    /// The snapshot in force, where one is.
    pub(super) fn snapshot_in_force(&self) -> Option<Arc<Snapshot>> {
        self.kept.get(&self.in_force?)?.snapshot.clone()
    }

    fn write(&self, version: &KeptVersion) -> Result<(), VersionsError> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        let file = file_of(folder, version.number);
        let written = Written {
            checksum: checksum(version),
            version: version.clone(),
        };
        let written = serde_json::to_vec_pretty(&written).map_err(io::Error::from);
        written
            .and_then(|bytes| replaced(&file, &bytes))
            .map_err(|source| VersionsError::Store { file, source })
    }

    fn write_in_force(&self, number: Option<u64>) -> Result<(), VersionsError> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        let file = folder.join(IN_FORCE);
        let done = match number {
            Some(number) => replaced(&file, number.to_string().as_bytes()),
            None if file.exists() => fs::remove_file(&file),
            None => Ok(()),
        };
        done.map_err(|source| VersionsError::Store { file, source })
    }
}

/// The file that names the version in force.
const IN_FORCE: &str = "in-force.json";

fn file_of(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number}.json"))
}

fn checksum(version: &KeptVersion) -> String {
    let bytes = serde_json::to_vec(version).unwrap_or_default();
    blake3::hash(&bytes).to_hex().to_string()
}

fn read(path: &Path) -> Result<KeptVersion, String> {
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    let written: Written = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
    if checksum(&written.version) != written.checksum {
        return Err("its checksum is another: somebody or something changed it".to_owned());
    }
    Ok(written.version)
}

/// Writes a file so that it is either the old one or the new one, whatever happens meanwhile.
pub(super) fn replaced(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let next = file.with_extension("next");
    let mut written = fs::File::create(&next)?;
    written.write_all(bytes)?;
    written.sync_all()?;
    fs::rename(&next, file)
}
