//! What other rooms make of the journal, stored beside it with the offset up to which they had read: one file each, signed, and
//! replaced in one step.

use std::path::{Path, PathBuf};

use serde::{Serialize, de::DeserializeOwned};

use super::{Journal, JournalError, Offset, disk, secret::Secret};

const MAGIC: [u8; 8] = *b"blsbes\x00\x01";

impl Journal {
    /// Stores what somebody made of every entry before `read_until`, under a name of its own.
    ///
    /// # Errors
    /// It cannot be written; what was stored before still stands.
    pub fn store_beside<T: Serialize>(
        &self,
        name: &str,
        read_until: Offset,
        made: &T,
    ) -> Result<(), JournalError> {
        let unwritable = |error| JournalError::Broken(format!("`{name}` cannot be stored: {error}"));
        let said = read_until.get().to_le_bytes().to_vec();
        let said = postcard::to_extend(made, said).map_err(unwritable)?;
        let signature = self.shared.keyring.secret().signature_of_state(&said);
        let bytes = [&MAGIC[..], signature.as_bytes(), &said].concat();
        let path = path(&self.shared.folder, name);
        disk::replace(&*self.shared.disk, &path, &bytes).map_err(JournalError::io("write", &path))
    }

    /// What was stored under that name, and up to where the journal had been read. `None` where nothing is, or what is there
    /// cannot be used: that is named, and everything is to be read again.
    #[must_use]
    pub fn stored_beside<T: DeserializeOwned>(&self, name: &str) -> Option<(Offset, T)> {
        let path = path(&self.shared.folder, name);
        let read = match self.shared.disk.read(&path) {
            Ok(bytes) => opened(&bytes, self.shared.keyring.secret()).and_then(|(offset, said)| {
                let made = postcard::from_bytes(said).map_err(|error| error.to_string())?;
                Ok((offset, made))
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            Err(error) => Err(error.to_string()),
        };
        let end = self.end();
        let read = read.and_then(|(offset, made)| {
            if offset > end {
                let (offset, end) = (offset.get(), end.get());
                return Err(format!("it is of offset {offset}, and the journal ends at {end}"));
            }
            Ok((offset, made))
        });
        read.inspect_err(|why| {
            tracing::error!(file = %path.display(), why, "what was stored is not used; the journal is read again");
        })
        .ok()
    }
}

/// The offset and the content, if it is what was written.
fn opened<'b>(bytes: &'b [u8], secret: &Secret) -> Result<(Offset, &'b [u8]), String> {
    let rest = bytes.strip_prefix(&MAGIC).ok_or("it has another format")?;
    let (signature, said) = rest.split_first_chunk::<32>().ok_or("it ends too early")?;
    if blake3::Hash::from_bytes(*signature) != secret.signature_of_state(said) {
        return Err("its digest is another: it is not what was written".to_owned());
    }
    let (offset, made) = said.split_first_chunk::<8>().ok_or("it ends too early")?;
    Ok((Offset::new(u64::from_le_bytes(*offset)), made))
}

/// What is wrong with a stored file; nothing, if it is what was written.
pub(super) fn flaw(bytes: &[u8], secret: &Secret) -> Option<String> {
    opened(bytes, secret).err()
}

fn path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.beside"))
}

/// The stored files of a folder.
pub(super) fn listed(disk: &dyn disk::Disk, folder: &Path) -> Result<Vec<PathBuf>, JournalError> {
    let mut found = disk.list(folder).map_err(JournalError::io("list", folder))?;
    found.retain(|path| path.extension().is_some_and(|extension| extension == "beside"));
    found.sort_unstable();
    Ok(found)
}
