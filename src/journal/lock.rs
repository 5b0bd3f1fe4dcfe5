use std::path::Path;

use super::{
    JournalError,
    disk::{Disk, Held, Locked},
};

/// Holds the data folder for this process. The system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock {
    _held: Box<dyn Held>,
}

impl Lock {
    /// Takes the folder, or says who has it.
    pub(super) fn take(disk: &dyn Disk, folder: &Path) -> Result<Self, JournalError> {
        let path = folder.join("lock");
        let us = format!("process {}", std::process::id());
        match disk.lock(&path, &us).map_err(JournalError::io("lock", &path))? {
            Locked::Here(held) => Ok(Self { _held: held }),
            Locked::Elsewhere(holder) => Err(JournalError::Locked {
                folder: folder.to_owned(),
                holder: if holder.is_empty() {
                    "unknown".to_owned()
                } else {
                    holder
                },
            }),
        }
    }
}
