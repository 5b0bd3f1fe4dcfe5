//! API keys: 32 random bytes that are shown once, when they are made. The file keeps their digest alone.
//!
//! A key reads `bal_ID_SECRET`, both in hexadecimal. The id is no secret: it finds the entry, so that one comparison,
//! which takes the same time wherever two digests differ, decides. A plain BLAKE3 is enough for a secret of 256 random
//! bits; slow digests are for words that people choose.

use std::{
    collections::HashMap,
    fmt, fs, io,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use blake3::Hash;
use rand::TryRng as _;
use serde::{Deserialize, Serialize};

use crate::domain::{BrandId, Principal, Role, Roles, Timestamp};

const PREFIX: &str = "bal_";
/// Bytes of an id.
const ID_BYTES: usize = 8;
/// Bytes of a secret.
const SECRET_BYTES: usize = 32;

/// Why the file of API keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There is none.
    #[error(
        "there is no file of keys `{}`; make the first key with `balustrade keys create --name NAME --role caller`",
        .0.display()
    )]
    Missing(PathBuf),
    /// It cannot be read or written.
    #[error("cannot use the keys in `{}`: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is not what it was written as.
    #[error("the keys in `{}` cannot be read: {source}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// No key has that id.
    #[error("there is no key `{0}`; `balustrade keys list` tells which there are")]
    Unknown(String),
    /// The system gave no random bytes.
    #[error("the system gave no random bytes for a key")]
    Random,
}

/// A key as its holder shows it.
pub(super) struct ApiKey {
    id: String,
    digest: Hash,
}

/// A key that was just made, with the text that is shown once.
pub struct NewKey {
    /// What its holder sends.
    pub text: String,
    /// What the file keeps.
    pub entry: KeyEntry,
}

/// What the file keeps of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyEntry {
    /// Its id, no secret.
    pub id: String,
    /// Under which name the log and the journal speak of its holder.
    pub name: String,
    /// What the holder may do.
    pub roles: Vec<Role>,
    /// Of which brands it may speak; of every one where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub brands: Vec<BrandId>,
    /// When it was made.
    pub created: Timestamp,
    /// From when on it is not accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// Since when it is revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Timestamp>,
    /// BLAKE3 of the key's text, in hexadecimal.
    pub digest: String,
}

// === impl ApiKey ===

impl ApiKey {
    /// Reads what a caller shows; `None` where it is no key at all.
    pub(super) fn parse(shown: &str) -> Option<Self> {
        let (id, secret) = shown.strip_prefix(PREFIX)?.split_once('_')?;
        let is_key = id.len() == 2 * ID_BYTES && secret.len() == 2 * SECRET_BYTES;
        is_key.then(|| Self {
            id: id.to_owned(),
            digest: blake3::hash(shown.as_bytes()),
        })
    }
}

// === impl NewKey ===

impl NewKey {
    /// Makes a key.
    ///
    /// # Errors
    /// [`KeyError::Random`].
    pub fn make(
        name: String,
        roles: Vec<Role>,
        brands: Vec<BrandId>,
        created: Timestamp,
        expires: Option<Timestamp>,
    ) -> Result<Self, KeyError> {
        let id = hexadecimal(&random::<ID_BYTES>()?);
        let text = format!("{PREFIX}{id}_{}", hexadecimal(&random::<SECRET_BYTES>()?));
        let digest = blake3::hash(text.as_bytes()).to_hex().to_string();
        let entry = KeyEntry {
            id,
            name,
            roles,
            brands,
            created,
            expires,
            revoked: None,
            digest,
        };
        Ok(Self { text, entry })
    }
}

fn random<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    rand::rngs::SysRng
        .try_fill_bytes(&mut bytes)
        .map_err(|_| KeyError::Random)?;
    Ok(bytes)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The file of API keys, readable by its owner alone.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyFile {
    /// Every key, the oldest first.
    pub keys: Vec<KeyEntry>,
}

// === impl KeyFile ===

impl KeyFile {
    /// Reads the file.
    ///
    /// # Errors
    /// [`KeyError`], naming the file.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let bytes = fs::read(path).map_err(|source| {
            if source.kind() == io::ErrorKind::NotFound {
                return KeyError::Missing(path.to_owned());
            }
            unusable(path)(source)
        })?;
        serde_json::from_slice(&bytes).map_err(|source| KeyError::Damaged {
            path: path.to_owned(),
            source,
        })
    }

    /// Adds a key; makes the file where there is none.
    ///
    /// # Errors
    /// [`KeyError`], naming the file.
    pub fn add(path: &Path, entry: KeyEntry) -> Result<(), KeyError> {
        Self::change(path, |file| {
            file.keys.push(entry);
            Ok(())
        })
    }

    /// Revokes a key; it stays in the file, so that its name can be found.
    ///
    /// # Errors
    /// [`KeyError`], naming the file or the id.
    pub fn revoke(path: &Path, id: &str, now: Timestamp) -> Result<(), KeyError> {
        Self::change(path, |file| {
            let mut keys = file.keys.iter_mut();
            let key = keys.find(|key| key.id == id);
            let key = key.ok_or_else(|| KeyError::Unknown(id.to_owned()))?;
            key.revoked.get_or_insert(now);
            Ok(())
        })
    }

    /// Two hands at once wait for each other.
    fn change(path: &Path, how: impl FnOnce(&mut Self) -> Result<(), KeyError>) -> Result<(), KeyError> {
        let unusable = unusable(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(&unusable)?;
        }
        let hand = fs::File::create(path.with_extension("lock")).map_err(&unusable)?;
        hand.lock().map_err(&unusable)?;
        let mut file = match Self::read(path) {
            Err(KeyError::Missing(_)) => Self::default(),
            read => read?,
        };
        how(&mut file)?;
        let text = serde_json::to_vec_pretty(&file).map_err(io::Error::from);
        text.and_then(|text| replaced(path, &text)).map_err(&unusable)
    }
}

fn unusable(path: &Path) -> impl Fn(io::Error) -> KeyError {
    move |source| KeyError::Io {
        path: path.to_owned(),
        source,
    }
}

/// Writes a file that only its owner reads; it is the old one or the new one, whatever happens meanwhile.
fn replaced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let next = path.with_extension("next");
    let mut written = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&next)?;
    written.write_all(bytes)?;
    written.sync_all()?;
    fs::rename(next, path)
}

/// Keys as they are looked up.
pub(super) struct Keys {
    by_id: HashMap<String, Known>,
}

struct Known {
    digest: Hash,
    principal: Arc<Principal>,
    over: Option<Timestamp>,
}

// === impl Keys ===

impl Keys {
    pub(super) fn read(path: &Path) -> Result<Self, KeyError> {
        let file = KeyFile::read(path)?;
        let by_id = file.keys.into_iter().map(known).collect();
        Ok(Self { by_id })
    }

    /// Who holds the key, and from when on it counts no more.
    pub(super) fn find(&self, key: &ApiKey) -> Option<(&Arc<Principal>, Option<Timestamp>)> {
        let known = self.by_id.get(&key.id)?;
        // The comparison of two hashes takes the same time wherever they differ.
        (known.digest == key.digest).then_some((&known.principal, known.over))
    }
}

fn known(entry: KeyEntry) -> (String, Known) {
    let KeyEntry {
        id,
        name,
        roles,
        brands,
        created: _,
        expires,
        revoked,
        digest,
    } = entry;
    let principal = Arc::new(Principal {
        name: Some(Arc::from(name)),
        roles: Roles::of(&roles),
        brands: brands.into_iter().collect(),
    });
    let known = Known {
        // A digest that is none equals no digest: the key is not accepted.
        digest: Hash::from_hex(digest).unwrap_or_else(|_| Hash::from_bytes([0; 32])),
        principal,
        // Revoked at whatever time, by whatever clock.
        over: revoked.map(|_| Timestamp::from_millis(i64::MIN)).or(expires),
    };
    (id, known)
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("keys", &self.by_id.len()).finish()
    }
}
