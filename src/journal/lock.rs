use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Write},
    path::Path,
};

use super::JournalError;

/// Holds the data folder for this process. The system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the folder, or says who has it.
    pub(super) fn take(folder: &Path) -> Result<Self, JournalError> {
        let path = folder.join("lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(JournalError::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // The holder's name only helps the reader of the message; without it the refusal stands.
                let _ = file.read_to_string(&mut holder);
                return Err(JournalError::Locked {
                    folder: folder.to_owned(),
                    holder: if holder.is_empty() {
                        "unknown".to_owned()
                    } else {
                        holder
                    },
                });
            }
            Err(TryLockError::Error(source)) => return Err(JournalError::io("lock", &path)(source)),
        }
        let name = format!("process {}", std::process::id());
        file.set_len(0)
            .and_then(|()| file.write_all(name.as_bytes()))
            .map_err(JournalError::io("write", &path))?;
        Ok(Self { _file: file })
    }
}
