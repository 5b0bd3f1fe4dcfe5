//! What people did to what is learnt, and where in the journal that was.
//!
//! What is learnt is a function of the journal, and of these few acts beside it. Each is kept with the number of
//! entries that had been read when it was done, so that it is done again at that very place when the journal is read
//! again after a restart.

use std::{fs, io, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::{version::KeptBy, versions::replaced};
use crate::{domain::CampaignId, model::hand_over::Market};

/// One act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Act {
    /// After so many entries of the journal.
    pub(super) entries: u64,
    pub(super) deed: Deed,
    pub(super) by: KeptBy,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Deed {
    /// A score was fitted.
    FitScore(CampaignId),
    /// A version of a score was put in force, by the beginning of its digest.
    PromoteScore(CampaignId, String),
    /// The version of a score before the one in force was put in force.
    RollBackScore(CampaignId),
    /// A frozen hand-over was let go on.
    ResumeHandOver(Market),
}

/// Every act, the first one first.
#[derive(Debug, Default)]
pub(super) struct Acts {
    file: Option<PathBuf>,
    done: Vec<Act>,
    /// How many of them were done again since the start.
    repeated: usize,
    damaged: Option<String>,
}

/// What the file holds: the acts, and a checksum of them as JSON.
#[derive(Serialize, Deserialize)]
struct Written {
    acts: Vec<Act>,
    checksum: String,
}

impl Acts {
    /// Those that a file holds. A damaged one is said, and none of it is done again.
    pub(super) fn open(file: PathBuf) -> io::Result<Self> {
        let mut acts = Self::default();
        match fs::read(&file) {
            Ok(bytes) => match read(&bytes) {
                Ok(done) => acts.done = done,
                Err(why) => acts.damaged = Some(format!("`{}`: {why}", file.display())),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        acts.file = Some(file);
        Ok(acts)
    }

    /// The next act to be done again once so many entries were read.
    pub(super) fn next(&mut self, entries: u64) -> Option<Act> {
        let act = self
            .done
            .get(self.repeated)
            .filter(|act| act.entries <= entries)?;
        self.repeated += 1;
        Some(act.clone())
    }

    /// Writes a new one down.
    pub(super) fn keep(&mut self, act: Act) -> io::Result<()> {
        self.done.push(act);
        self.repeated = self.done.len();
        let Some(file) = &self.file else {
            return Ok(());
        };
        let written = Written {
            checksum: checksum(&self.done),
            acts: self.done.clone(),
        };
        let bytes = serde_json::to_vec_pretty(&written).map_err(io::Error::from)?;
        replaced(file, &bytes)
    }

    /// What cannot be used, and why.
    pub(super) const fn damaged(&self) -> Option<&String> {
        self.damaged.as_ref()
    }
}

fn read(bytes: &[u8]) -> Result<Vec<Act>, String> {
    let written: Written = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if checksum(&written.acts) != written.checksum {
        return Err("its checksum is another: somebody or something changed it".to_owned());
    }
    Ok(written.acts)
}

fn checksum(acts: &[Act]) -> String {
    let bytes = serde_json::to_vec(acts).unwrap_or_default();
    blake3::hash(&bytes).to_hex().to_string()
}
