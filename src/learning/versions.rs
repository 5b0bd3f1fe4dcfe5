//! Versions of what was learnt: kept, put in force, gone back to.
//!
//! A snapshot is a pure function of the journal's first entries, so a version is kept as its number, its digest and who kept
//! it why: a small file under `models/`. After a restart it is learnt again on the way through the journal and held against its
//! digest; one that comes out otherwise, or whose file is damaged, is refused and said so. While a version is in force the
//! learner goes on learning and publishes nothing.

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
    score::{Store, VersionError},
    sequence::Moments,
};
use crate::{domain::Timestamp, journal::JournalError, model::Snapshot};

/// How many versions are kept beside the one in force.
const KEPT: usize = 8;

/// Who did something to the models, why and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptBy {
    /// Who, as it is said.
    pub by: String,
    /// Who makes the call, as whoever calls is known: for the record of changes, not kept with a version.
    #[serde(skip)]
    pub principal: Option<Arc<str>>,
    /// Why.
    pub because: String,
    /// When.
    pub at: Timestamp,
}

/// A kept version, as people see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptVersion {
    /// The number of its snapshot.
    pub number: u64,
    /// The digest of everything in it.
    pub digest: String,
    /// The journal's time when it was made.
    pub made: Timestamp,
    /// What the response model was trained on.
    pub examples: u64,
    /// How many of them had the outcome.
    pub positives: u64,
    /// How good it was on what it had not seen.
    pub held_out: Option<HeldOut>,
    /// Who kept it, or promoted it last.
    pub kept_by: KeptBy,
    /// Whether it did worse in force than what decided before it, and so was taken out of force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rolled_back: Option<RolledBack>,
}

/// Why a version was taken out of use by itself: what the outcomes since it was put in force say.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RolledBack {
    /// When, in the journal's time.
    pub at: Timestamp,
    /// On how many outcomes both versions were held against each other.
    pub outcomes: u64,
    /// By how much its mean log loss was above that of the version before it.
    pub worse_by: f64,
}

impl RolledBack {
    /// What the differences of both losses come to.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count of outcomes"
    )]
    pub(super) fn of(worse_by: &Moments, at: Timestamp) -> Self {
        Self {
            at,
            outcomes: worse_by.count().max(0.0) as u64,
            worse_by: worse_by.mean(),
        }
    }
}

/// Mean log loss on examples that were scored before they were learnt from, the latest counting most.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HeldOut {
    /// Of the response model.
    pub log_loss: f64,
    /// Of saying the base rate.
    pub base_log_loss: f64,
}

/// Why a version cannot be kept or put in force.
#[derive(Debug, thiserror::Error)]
pub enum VersionsError {
    /// Nothing of that number is kept.
    #[error("version {0} is not kept; `balustrade models list` names those that are")]
    Unknown(u64),
    /// There is nothing older.
    #[error("there is no older version to go back to; `balustrade models train` keeps one")]
    NoOlder,
    /// It is worse than knowing nothing.
    #[error(
        "version {number} is worse on held-out data than saying the base rate: log loss {log_loss:.4} against {base_log_loss:.4}"
    )]
    Worse {
        /// Which.
        number: u64,
        /// Its own.
        log_loss: f64,
        /// The base rate's.
        base_log_loss: f64,
    },
    /// Its file, or what came out of learning it again, is not what was kept.
    #[error("version {number} is damaged and is not used: {why}")]
    Damaged {
        /// Which.
        number: u64,
        /// What is wrong with it.
        why: String,
    },
    /// No hand-over is frozen there.
    #[error(
        "no hand-over of {kind} is frozen for `{campaign}` in {place}; `balustrade models list` names those that are"
    )]
    NotFrozen {
        /// The kind of decision.
        kind: &'static str,
        /// The campaign.
        campaign: String,
        /// Country and channel.
        place: String,
    },
    /// A version of a score cannot be put in force.
    #[error(transparent)]
    Score(#[from] VersionError),
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The folder cannot be written.
    #[error("`{}` cannot be written: {source}", file.display())]
    Store {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

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
            return;
        }
        let why = "learnt again from the journal it has another digest; the journal or the declared campaigns changed";
        let error = VersionsError::Damaged {
            number,
            why: why.to_owned(),
        };
        self.damaged.push(error.to_string());
        self.kept.remove(&number);
        self.in_force = self.in_force.filter(|in_force| *in_force != number);
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
            self.kept.remove(&number);
            if let Some(folder) = &self.folder {
                // What is left behind is read, listed and forgotten again at the next start.
                let _ = fs::remove_file(file_of(folder, number));
            }
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
