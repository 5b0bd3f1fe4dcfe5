//! The stop switch: needs no rule file, survives a restart, acts at once.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use arc_swap::ArcSwap;

use crate::{
    domain::{Stop, StopScope, StopSet},
    guardrail::Stops,
};

/// Why the switch cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SwitchError {
    /// The file that remembers stops cannot be read or written.
    #[error("cannot keep stops in `{file}`: {source}")]
    Store {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file that remembers stops is not what it was written as. Nothing may be decided before a person has looked:
    /// what was stopped is not known.
    #[error(
        "`{file}` is damaged ({source}): what was stopped is not known; mend the file, or remove it to start with nothing stopped"
    )]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// Stops and resumes decisions. What it says is durable before it counts.
#[derive(Debug)]
pub struct StopSwitch {
    file: PathBuf,
    stops: Stops,
    /// One hand at the switch at a time.
    hand: Mutex<()>,
}

impl StopSwitch {
    /// The switch as it was left; nothing is stopped where it was never used.
    ///
    /// # Errors
    /// [`SwitchError`] where what was stopped cannot be read.
    pub fn open(file: PathBuf) -> Result<Self, SwitchError> {
        let stops: StopSet = match fs::read(&file) {
            Ok(bytes) => match serde_json::from_slice(&bytes) {
                Ok(stops) => stops,
                Err(source) => return Err(SwitchError::Damaged { file, source }),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => StopSet::default(),
            Err(source) => return Err(SwitchError::Store { file, source }),
        };
        Ok(Self {
            file,
            stops: Arc::new(ArcSwap::from_pointee(stops)),
            hand: Mutex::new(()),
        })
    }

    /// What is stopped, for the guardrail.
    #[must_use]
    pub fn stops(&self) -> Stops {
        Arc::clone(&self.stops)
    }

    /// Stops; a stop of the same scope is replaced.
    ///
    /// # Errors
    /// [`SwitchError::Store`], and then nothing has changed.
    pub fn stop(&self, stop: Stop) -> Result<Arc<StopSet>, SwitchError> {
        self.change(|stops| stops.with(stop))
    }

    /// Lifts the stop of that scope; whether there was one shows in the set.
    ///
    /// # Errors
    /// [`SwitchError::Store`], and then nothing has changed.
    pub fn resume(&self, scope: &StopScope) -> Result<Arc<StopSet>, SwitchError> {
        self.change(|stops| stops.without(scope))
    }

    fn change(&self, to: impl FnOnce(&StopSet) -> StopSet) -> Result<Arc<StopSet>, SwitchError> {
        let _hand = self.hand.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = Arc::new(to(&self.stops.load()));
        let written = serde_json::to_vec_pretty(&*changed).map_err(io::Error::from);
        written
            .and_then(|bytes| replaced(&self.file, &bytes))
            .map_err(|source| SwitchError::Store {
                file: self.file.clone(),
                source,
            })?;
        self.stops.store(Arc::clone(&changed));
        Ok(changed)
    }
}

/// Writes a file so that it is either the old one or the new one, whatever happens meanwhile.
pub(super) fn replaced(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let next = file.with_extension("next");
    let mut written = fs::File::create(&next)?;
    written.write_all(bytes)?;
    written.sync_all()?;
    fs::rename(&next, file)?;
    match file.parent() {
        Some(folder) => fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}
