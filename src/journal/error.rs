use std::{io, path::PathBuf};

/// Why the journal could not be opened, written or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process has the folder open.
    #[error("`{folder}` is in use by another process ({holder}); stop it, or choose another data folder")]
    Locked {
        /// The data folder.
        folder: PathBuf,
        /// What the lock file says of its holder.
        holder: String,
    },
    /// Bytes that were durable are not what was written.
    #[error(
        "`{file}` is damaged at byte {position}: {what}; restore the file, or start with `--accept-loss` to \
         go on without everything after that byte"
    )]
    Damaged {
        /// The file.
        file: PathBuf,
        /// The first byte in it that cannot be trusted.
        position: u64,
        /// What is wrong there.
        what: String,
    },
    /// The folder holds a journal of an earlier format.
    #[error(
        "`{0}` is a journal of an earlier format, which this build does not read; name another data folder with \
         `--data`, and keep this one with the build that wrote it"
    )]
    OfOld(PathBuf),
    /// A file could not be used.
    #[error("cannot {action} `{path}`: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// An entry that this build cannot read.
    #[error("the entry at offset {offset} cannot be read: {what}")]
    Unreadable {
        /// Where it stands in the journal.
        offset: u64,
        /// What is wrong with it.
        what: String,
    },
    /// The disk has no room. Nothing is taken until it has; then the journal goes on by itself.
    #[error("the disk of the journal is full; make room, and it goes on by itself")]
    NoSpace,
    /// More waits to be written than may wait; try again.
    #[error("the journal is full")]
    Full,
    /// An earlier write failed; nothing more is written until a restart.
    #[error("the journal is broken: {0}")]
    Broken(String),
}

impl JournalError {
    /// Whether it is for want of room on the disk, and passes by itself.
    pub(super) fn is_for_want_of_room(&self) -> bool {
        match self {
            Self::NoSpace => true,
            Self::Io { source, .. } => matches!(
                source.kind(),
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
            ),
            Self::Locked { .. }
            | Self::Damaged { .. }
            | Self::OfOld(_)
            | Self::Unreadable { .. }
            | Self::Full
            | Self::Broken(_) => false,
        }
    }

    /// For `map_err`: what was tried, on which file.
    pub(super) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}
