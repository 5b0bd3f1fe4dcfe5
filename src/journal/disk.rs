//! What the journal asks of a disk: the one seam to the outside world.
//!
//! [`RealDisk`] is the file system. Tests put one behind the journal whose n-th call fails, that has no room left, or
//! that forgets what was not synced, and hold the journal to what it acknowledged.

use std::{
    fmt,
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

/// Folders and files, as far as the journal uses them.
pub trait Disk: fmt::Debug + Send + Sync {
    /// Makes a folder, and those above it, where they are missing.
    ///
    /// # Errors
    /// What the system says.
    fn make_folder(&self, folder: &Path) -> io::Result<()>;

    /// The files of a folder, in any order.
    ///
    /// # Errors
    /// What the system says.
    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>>;

    /// Opens a file to read and write.
    ///
    /// # Errors
    /// What the system says.
    fn open(&self, path: &Path, opening: Opening) -> io::Result<Box<dyn DiskFile>>;

    /// Every byte of a file.
    ///
    /// # Errors
    /// What the system says.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// How many bytes a file has.
    ///
    /// # Errors
    /// What the system says.
    fn length(&self, path: &Path) -> io::Result<u64>;

    /// Gives a file another name; one that has it is replaced in the same step.
    ///
    /// # Errors
    /// What the system says.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// What the system says.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes the names in a folder durable.
    ///
    /// # Errors
    /// What the system says.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;

    /// Takes a lock file for as long as what it gives lives, and writes `holder` into it.
    ///
    /// # Errors
    /// What the system says.
    fn lock(&self, path: &Path, holder: &str) -> io::Result<Locked>;
}

/// One open file.
pub trait DiskFile: fmt::Debug + Send + Sync {
    /// Fills `bytes` from there on as far as one call of the system goes; 0 at the end.
    ///
    /// # Errors
    /// What the system says.
    fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<usize>;

    /// Writes all of `bytes` there; where it fails, some of them may stand.
    ///
    /// # Errors
    /// What the system says.
    fn write_all_at(&self, bytes: &[u8], at: u64) -> io::Result<()>;

    /// Makes everything written to it durable.
    ///
    /// # Errors
    /// What the system says.
    fn sync(&self) -> io::Result<()>;

    /// Cuts it, or fills it up with zeros.
    ///
    /// # Errors
    /// What the system says.
    fn set_length(&self, bytes: u64) -> io::Result<()>;
}

/// What is expected of a file that is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// It is there.
    Existing,
    /// It is there, or made.
    OrMade,
    /// It is made; one that is there loses its content.
    Emptied,
}

/// Who has a lock.
#[derive(Debug)]
pub enum Locked {
    /// This process, as long as the value lives.
    Here(Box<dyn Held>),
    /// Another one, by what the file says of it.
    Elsewhere(String),
}

/// A lock that is let go of when it is dropped.
pub trait Held: fmt::Debug + Send + Sync {}

/// The file system of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        std::fs::create_dir_all(folder)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        std::fs::read_dir(folder)?
            .map(|entry| Ok(entry?.path()))
            .collect()
    }

    fn open(&self, path: &Path, opening: Opening) -> io::Result<Box<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        match opening {
            Opening::Existing => {}
            Opening::OrMade => drop(options.create(true).truncate(false)),
            Opening::Emptied => drop(options.create(true).truncate(true)),
        }
        // What is kept is nobody's business but the owner's.
        let file = options.read(true).write(true).mode(0o600).open(path)?;
        Ok(Box::new(file))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        Ok(std::fs::metadata(path)?.len())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }

    fn lock(&self, path: &Path, holder: &str) -> io::Result<Locked> {
        let mut options = OpenOptions::new();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        match file.try_lock() {
            Ok(()) => {
                file.set_len(0)?;
                file.write_all(holder.as_bytes())?;
                Ok(Locked::Here(Box::new(LockFile(file))))
            }
            Err(TryLockError::WouldBlock) => {
                let mut other = String::new();
                // The holder's name only helps the reader of the message; without it the refusal stands.
                let _ = file.read_to_string(&mut other);
                Ok(Locked::Elsewhere(other))
            }
            Err(TryLockError::Error(source)) => Err(source),
        }
    }
}

impl DiskFile for File {
    fn read_at(&self, bytes: &mut [u8], at: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(self, bytes, at)
    }

    fn write_all_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(self, bytes, at)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn set_length(&self, bytes: u64) -> io::Result<()> {
        self.set_len(bytes)
    }
}

/// The system lets go of it when the process ends, however it ends.
/// A lock file that this process has. It is unlocked in so many words: a process that is just being started by this one has
/// a copy of every open file for a moment, and closing ours would leave the lock with it.
#[derive(Debug)]
struct LockFile(File);

impl Held for LockFile {}

impl Drop for LockFile {
    fn drop(&mut self) {
        // What cannot be unlocked is unlocked by its closing.
        let _ = self.0.unlock();
    }
}

/// Writes a whole file so that it is either what it was or what it becomes, whatever happens meanwhile.
pub(super) fn replace(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let next = path.with_extension("next");
    let file = disk.open(&next, Opening::Emptied)?;
    file.write_all_at(bytes, 0)?;
    file.sync()?;
    disk.rename(&next, path)?;
    match path.parent() {
        Some(folder) => disk.sync_folder(folder),
        None => Ok(()),
    }
}
