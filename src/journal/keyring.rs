//! The keys of contacts: what makes erasing possible in a log that is never rewritten.
//!
//! A record names its contact only as ciphertext under the contact's own key. The key lies here, beside a keyed hash of the
//! contact and a random number that stands for it in records. To erase a contact is to write this file anew without its
//! row: the ciphertext stays, as the hash chain wants it, and nothing can read it or lead to it. The number stays as a row
//! without hash and key, so that an erased contact is told from a lost key.
//!
//! | bytes of a row | holds |
//! |---|---|
//! | 0..4 | 1 a contact, 2 an erased one; zeros |
//! | 4..8 | CRC32 of the rest of the row |
//! | 8..16 | the number, little endian |
//! | 16..32 | the keyed hash |
//! | 32..64 | the key |
//!
//! A key encrypts one text in its life, its contact's name, so the nonce may stay zero: the same record always gets the same
//! bytes (ChaCha20-Poly1305, RFC 8439, with the number as associated data).
//!
//! What the medium keeps of a file that was replaced is beyond a program: on disks that matter, encrypt the volume.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use chacha20poly1305::{
    ChaCha20Poly1305, Key, Nonce,
    aead::{Aead as _, KeyInit as _, Payload},
};
use hashbrown::HashMap;
use smallvec::SmallVec;

use super::{
    JournalError,
    disk::{self, Disk, DiskFile, Opening},
    names,
    secret::{Pseudonym, Secret, random},
};
use crate::domain::Word;

const ROW: usize = 64;

/// How many sealed contacts are remembered.
const SEALED_LATELY: usize = 4_096;

/// A contact as a record keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sealed {
    pub(super) subject: u64,
    pub(super) text: SmallVec<[u8; 48]>,
}

/// A sealed contact, read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unsealed {
    Contact(Word),
    Erased,
    /// There is no such key, or it does not fit.
    KeyLost,
}

#[derive(Debug)]
pub(super) struct Keyring {
    path: PathBuf,
    secret: Secret,
    known: RwLock<Known>,
    /// Contacts that were sealed lately: the same contact is always sealed into the same bytes.
    lately: Mutex<HashMap<Word, Sealed>>,
    file: Mutex<Store>,
    unsynced: AtomicBool,
}

#[derive(Debug, Default)]
struct Known {
    subjects: HashMap<Pseudonym, u64>,
    /// `None` of an erased contact.
    keys: HashMap<u64, Option<[u8; 32]>>,
}

#[derive(Debug)]
struct Store {
    file: Arc<dyn DiskFile>,
    end: u64,
    /// Rows that are not written yet.
    fresh: Vec<u8>,
}

/// Which number stands for the contact of which hash: the contacts of one moment that are not erased.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    numbers: HashMap<u64, u64>,
    names: HashMap<u64, u64>,
}

impl Numbers {
    pub(super) fn number(&self, name: u64) -> Option<u64> {
        self.numbers.get(&name).copied()
    }

    pub(super) fn name(&self, number: u64) -> Option<u64> {
        self.names.get(&number).copied()
    }
}

/// One row of the file.
#[derive(Debug, Clone, Copy)]
enum Row {
    Contact(u64, Pseudonym, [u8; 32]),
    Erased(u64),
}

impl Keyring {
    /// Reads the keys of a folder. A torn last row is cut off: no record that was kept needs it.
    pub(super) fn open(disk: &dyn Disk, folder: &Path, secret: Secret) -> Result<Self, JournalError> {
        let path = folder.join(FILE);
        let file = disk
            .open(&path, Opening::OrMade)
            .map_err(JournalError::io("open", &path))?;
        let bytes = disk.read(&path).map_err(JournalError::io("read", &path))?;
        let mut end = 0;
        for (place, row) in bytes.chunks(ROW).enumerate() {
            if Row::parse(row).is_some() {
                if end != (place * ROW) as u64 {
                    return Err(damaged(&path, end));
                }
                end += ROW as u64;
            }
        }
        if end < bytes.len() as u64 {
            file.set_length(end)
                .map_err(JournalError::io("truncate", &path))?;
        }
        Ok(Self::of(path, secret, &bytes, file, end))
    }

    /// Reads the keys of a folder and changes nothing: whatever row can be read counts.
    pub(super) fn read(disk: &dyn Disk, folder: &Path, secret: Secret) -> Result<Self, JournalError> {
        let path = folder.join(FILE);
        let file = disk
            .open(&path, Opening::Existing)
            .map_err(JournalError::io("open", &path))?;
        let bytes = disk.read(&path).map_err(JournalError::io("read", &path))?;
        let end = bytes.len() as u64;
        Ok(Self::of(path, secret, &bytes, file, end))
    }

    fn of(path: PathBuf, secret: Secret, rows: &[u8], file: Box<dyn DiskFile>, end: u64) -> Self {
        let mut known = Known::default();
        for row in rows.chunks(ROW).filter_map(Row::parse) {
            known.add(row);
        }
        Self {
            path,
            secret,
            known: RwLock::new(known),
            lately: Mutex::default(),
            file: Mutex::new(Store {
                file: file.into(),
                end,
                fresh: Vec::new(),
            }),
            unsynced: AtomicBool::new(true),
        }
    }

    /// What names contacts and signs checkpoints.
    pub(super) const fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Which number stands for whom.
    pub(super) fn numbers(&self) -> Numbers {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let each = known.subjects.iter();
        let each = each.map(|(pseudonym, number)| (names::beginning(pseudonym), *number));
        Numbers {
            numbers: each.clone().collect(),
            names: each.map(|(name, number)| (number, name)).collect(),
        }
    }

    /// The rows of a keyring that cannot be what was written, by their first byte.
    pub(super) fn flaws(bytes: &[u8]) -> Vec<u64> {
        let rows = bytes.chunks(ROW).enumerate();
        rows.filter(|(_, row)| Row::parse(row).is_none())
            .map(|(place, _)| (place * ROW) as u64)
            .collect()
    }

    /// A contact for a record. A new one gets a number and a key, which [`Keyring::write`] has to keep before the record is.
    pub(super) fn seal(&self, contact: &Word) -> Result<Sealed, JournalError> {
        let mut lately = self.lately.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sealed) = lately.get(contact) {
            return Ok(sealed.clone());
        }
        let sealed = self.seal_anew(contact)?;
        if lately.len() >= SEALED_LATELY {
            lately.clear();
        }
        lately.insert(contact.clone(), sealed.clone());
        Ok(sealed)
    }

    fn seal_anew(&self, contact: &Word) -> Result<Sealed, JournalError> {
        let pseudonym = self.secret.pseudonym(contact);
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let found = known.subjects.get(&pseudonym);
        let found = found.and_then(|subject| Some((*subject, (*known.keys.get(subject)?)?)));
        drop(known);
        let (subject, key) = match found {
            Some(found) => found,
            None => self.add(pseudonym)?,
        };
        let associated = subject.to_le_bytes();
        let payload = Payload {
            msg: contact.as_str().as_bytes(),
            aad: &associated,
        };
        let text = ChaCha20Poly1305::new(&Key::from(key))
            .encrypt(&Nonce::default(), payload)
            .map_err(|_| JournalError::Broken("a contact cannot be encrypted".to_owned()))?;
        Ok(Sealed {
            subject,
            text: text.into(),
        })
    }

    fn add(&self, pseudonym: Pseudonym) -> Result<(u64, [u8; 32]), JournalError> {
        let (subject, key) = (u64::from_le_bytes(random()?), random()?);
        let row = Row::Contact(subject, pseudonym, key);
        self.store().fresh.extend_from_slice(&row.to_bytes());
        self.known
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .add(row);
        Ok((subject, key))
    }

    pub(super) fn unseal(&self, sealed: &Sealed) -> Unsealed {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let key = match known.keys.get(&sealed.subject) {
            Some(Some(key)) => *key,
            Some(None) => return Unsealed::Erased,
            None => return Unsealed::KeyLost,
        };
        drop(known);
        let associated = sealed.subject.to_le_bytes();
        let payload = Payload {
            msg: &sealed.text,
            aad: &associated,
        };
        let text = ChaCha20Poly1305::new(&Key::from(key)).decrypt(&Nonce::default(), payload);
        text.ok()
            .and_then(|text| String::from_utf8(text).ok())
            .and_then(|text| Word::new(&text).ok())
            .map_or(Unsealed::KeyLost, Unsealed::Contact)
    }

    /// Writes the rows of new contacts: before the records that need them.
    pub(super) fn write(&self) -> Result<(), JournalError> {
        let mut store = self.store();
        if store.fresh.is_empty() {
            return Ok(());
        }
        self.unsynced.store(true, Ordering::Release);
        // What a failed write left behind is written over by the next one.
        store
            .file
            .write_all_at(&store.fresh, store.end)
            .map_err(JournalError::io("write", &self.path))?;
        store.end += store.fresh.len() as u64;
        store.fresh.clear();
        Ok(())
    }

    /// Makes what was written durable.
    pub(super) fn sync(&self) -> Result<(), JournalError> {
        if !self.unsynced.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        let file = Arc::clone(&self.store().file);
        file.sync().map_err(JournalError::io("sync", &self.path))
    }

    /// Forgets a contact for good, and names the number that stood for it; `None` where it is not known.
    pub(super) fn erase(&self, disk: &dyn Disk, contact: &Word) -> Result<Option<u64>, JournalError> {
        let pseudonym = self.secret.pseudonym(contact);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let Some(subject) = known.subjects.get(&pseudonym).copied() else {
            return Ok(None);
        };
        let mut rows = Vec::with_capacity(known.keys.len() * ROW);
        for (pseudonym, kept) in &known.subjects {
            if let Some(Some(key)) = known.keys.get(kept).filter(|_| *kept != subject) {
                rows.extend_from_slice(&Row::Contact(*kept, *pseudonym, *key).to_bytes());
            }
        }
        let erased = known.keys.iter().filter(|(_, key)| key.is_none());
        for (number, _) in erased {
            rows.extend_from_slice(&Row::Erased(*number).to_bytes());
        }
        rows.extend_from_slice(&Row::Erased(subject).to_bytes());
        let mut store = self.store();
        disk::replace(disk, &self.path, &rows).map_err(JournalError::io("write", &self.path))?;
        store.file = disk
            .open(&self.path, Opening::Existing)
            .map_err(JournalError::io("open", &self.path))?
            .into();
        store.end = rows.len() as u64;
        store.fresh.clear();
        known.subjects.remove(&pseudonym);
        known.keys.insert(subject, None);
        self.lately
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(contact);
        Ok(Some(subject))
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The file of the keys.
pub(super) const FILE: &str = "contacts.keys";

fn damaged(path: &Path, position: u64) -> JournalError {
    JournalError::Damaged {
        file: path.to_owned(),
        position,
        what: "the row of a contact's key is not what was written".to_owned(),
    }
}

impl Known {
    fn add(&mut self, row: Row) {
        match row {
            Row::Contact(subject, pseudonym, key) => {
                self.subjects.insert(pseudonym, subject);
                self.keys.insert(subject, Some(key));
            }
            Row::Erased(subject) => {
                self.keys.insert(subject, None);
            }
        }
    }
}

impl Row {
    fn to_bytes(self) -> [u8; ROW] {
        let (sort, subject, pseudonym, key) = match self {
            Self::Contact(subject, pseudonym, key) => (1_u32, subject, pseudonym, key),
            Self::Erased(subject) => (2, subject, [0; 16], [0; 32]),
        };
        let rest = [&subject.to_le_bytes()[..], &pseudonym, &key].concat();
        let mut crc = crc32fast::Hasher::new();
        crc.update(&sort.to_le_bytes());
        crc.update(&rest);
        let row = [&sort.to_le_bytes()[..], &crc.finalize().to_le_bytes(), &rest].concat();
        let mut bytes = [0; ROW];
        for (byte, from) in bytes.iter_mut().zip(row) {
            *byte = from;
        }
        bytes
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (sort, rest) = bytes.split_first_chunk::<4>()?;
        let (_, rest) = rest.split_first_chunk::<4>()?;
        let (subject, rest) = rest.split_first_chunk::<8>()?;
        let (pseudonym, key) = rest.split_first_chunk::<16>()?;
        let subject = u64::from_le_bytes(*subject);
        let row = match u32::from_le_bytes(*sort) {
            1 => Self::Contact(subject, *pseudonym, key.try_into().ok()?),
            2 => Self::Erased(subject),
            _ => return None,
        };
        (row.to_bytes() == *bytes).then_some(row)
    }
}
