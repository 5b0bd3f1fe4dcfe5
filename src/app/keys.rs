//! The secret that signs decision tokens. It stays in the data folder, so tokens survive a restart.

use std::{
    fs, io,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use rand::TryRng as _;

use crate::grpc::TokenKey;

/// Why the secret cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or made.
    #[error("cannot use the token key `{}`: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It does not hold a secret.
    #[error("`{}` does not hold 32 bytes; restore it, or delete it: outcomes of earlier decisions are then refused", .0.display())]
    Damaged(PathBuf),
    /// The system gave no random bytes.
    #[error("the system gave no random bytes for a token key")]
    Random,
}

/// Reads the key of the data folder; makes it the first time, readable by its owner alone.
pub(super) fn load_or_make(data: &Path) -> Result<TokenKey, KeyError> {
    let path = data.join("token.key");
    let secret = match fs::read(&path) {
        Ok(bytes) => <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| KeyError::Damaged(path))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let secret = random()?;
            write(&path, &secret).map_err(|source| KeyError::Io { path, source })?;
            secret
        }
        Err(source) => return Err(KeyError::Io { path, source }),
    };
    Ok(TokenKey { number: 1, secret })
}

/// 32 bytes from the system.
pub(crate) fn random() -> Result<[u8; 32], KeyError> {
    let mut bytes = [0; 32];
    rand::rngs::SysRng
        .try_fill_bytes(&mut bytes)
        .map_err(|_| KeyError::Random)?;
    Ok(bytes)
}

fn write(path: &Path, secret: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let next = path.with_extension("next");
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&next)?;
    file.write_all(secret)?;
    file.sync_all()?;
    fs::rename(next, path)
}
