use std::iter;

use postcard::ser_flavors::Flavor;
use serde::{Deserialize, Serialize};

use super::{
    JournalError,
    keyring::{Keyring, Sealed, Unsealed},
};
use crate::domain::{
    Attribute, Change, FactValue, Facts, Observation, Outcome, OutcomeReply, Record, Timestamp, Word,
};

/// A place between two entries of the journal. It stays valid across restarts, so that a reader can store it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Offset(u64);

impl Offset {
    /// Before the first entry.
    pub const START: Self = Self(0);

    /// From the number of bytes written before it.
    #[must_use]
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The number of bytes written before it.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// One thing that the journal keeps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Entry {
    /// A decision that was made.
    Decision(Box<Record>),
    /// An outcome that was taken: accepted, late, corrected or set aside.
    Outcome {
        /// What was reported.
        outcome: Outcome,
        /// When the report arrived.
        received_at: Timestamp,
        /// What was answered.
        reply: OutcomeReply,
    },
    /// A row of imported history.
    Observation(Box<Observation>),
    /// Something that was done to what decides.
    Change(Box<Change>),
}

/// The first byte of an entry's payload: how the rest is to be read.
const VERSION: u8 = 5;

impl Entry {
    /// When it was made, as far as the entry says: a decision, a report, a row of history, a change.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Decision(record) => record.now,
            Self::Outcome { received_at, .. } => *received_at,
            Self::Observation(row) => row.at,
            Self::Change(change) => change.at,
        }
    }

    /// Appends the entry's bytes: the version; how many contacts it names, each sealed; then postcard, with the place of a
    /// contact in that list instead of its name. The entry is as before.
    pub(super) fn encode(&mut self, keyring: &Keyring, bytes: &mut Vec<u8>) -> Result<(), JournalError> {
        let contacts = self.take_contacts();
        let encoded = self.encode_with(&contacts, keyring, bytes);
        for facts in self.facts_mut() {
            if let Some(place) = facts.word(&Attribute::Contact).and_then(place_of)
                && let Some(contact) = contacts.get(place)
            {
                facts.set(Attribute::Contact, FactValue::Word(contact.clone()));
            }
        }
        encoded
    }

    fn encode_with(
        &self,
        contacts: &[Word],
        keyring: &Keyring,
        bytes: &mut Vec<u8>,
    ) -> Result<(), JournalError> {
        bytes.push(VERSION);
        bytes.extend(u16::try_from(contacts.len()).unwrap_or(u16::MAX).to_le_bytes());
        for contact in contacts {
            let Sealed { subject, text } = keyring.seal(contact)?;
            bytes.extend(subject.to_le_bytes());
            bytes.extend(u16::try_from(text.len()).unwrap_or(u16::MAX).to_le_bytes());
            bytes.extend(text);
        }
        postcard::serialize_with_flavor(self, Appended(bytes))
            .map_err(|error| JournalError::Broken(format!("an entry cannot be written: {error}")))
    }

    /// Replaces every contact by its place in the list of those that are named.
    fn take_contacts(&mut self) -> Vec<Word> {
        let mut contacts = Vec::new();
        for facts in self.facts_mut() {
            let Some(contact) = facts.word(&Attribute::Contact) else {
                continue;
            };
            let known = contacts.iter().position(|known| known == contact);
            let place = known.unwrap_or(contacts.len());
            if known.is_none() {
                contacts.push(contact.clone());
            }
            if let Ok(place) = Word::new(&format!("#{place}")) {
                facts.set(Attribute::Contact, FactValue::Word(place));
            }
        }
        contacts
    }

    /// The entry of a payload; `offset` only names it in the error. A contact that was erased is gone from its facts.
    pub(super) fn decode(payload: &[u8], offset: u64, keyring: &Keyring) -> Result<Self, JournalError> {
        let unreadable = |what: String| JournalError::Unreadable { offset, what };
        let bytes = match payload.split_first() {
            Some((&VERSION, bytes)) => bytes,
            Some((version, _)) => {
                let what = format!("it has format {version}, and this build reads format {VERSION}");
                return Err(unreadable(what));
            }
            None => return Err(unreadable("it is empty".to_owned())),
        };
        let (sealed, bytes) =
            sealed(bytes).ok_or_else(|| unreadable("its contacts cannot be read".to_owned()))?;
        let mut entry: Self = postcard::from_bytes(bytes).map_err(|error| unreadable(error.to_string()))?;
        let mut contacts = Vec::with_capacity(sealed.len());
        for sealed in &sealed {
            contacts.push(match keyring.unseal(sealed) {
                Unsealed::Contact(contact) => Some(contact),
                Unsealed::Erased => None,
                Unsealed::KeyLost => return Err(unreadable("the key of its contact is lost".to_owned())),
            });
        }
        if !contacts.is_empty() {
            entry.put_back(&contacts);
        }
        Ok(entry)
    }

    fn put_back(&mut self, contacts: &[Option<Word>]) {
        for facts in self.facts_mut() {
            let place = facts.word(&Attribute::Contact).and_then(place_of);
            match place.and_then(|place| contacts.get(place)) {
                Some(Some(contact)) => facts.set(Attribute::Contact, FactValue::Word(contact.clone())),
                Some(None) => facts.forget(&Attribute::Contact),
                None => {}
            }
        }
        if let Self::Decision(record) = self {
            record.erased = contacts.iter().any(Option::is_none);
        }
    }

    fn facts_mut(&mut self) -> Box<dyn Iterator<Item = &mut Facts> + '_> {
        match self {
            Self::Decision(record) => {
                let candidates = record.candidates.iter_mut();
                let each = candidates.map(|candidate| &mut candidate.facts);
                Box::new(iter::once(&mut record.facts).chain(each))
            }
            Self::Observation(row) => Box::new(iter::once(&mut row.facts)),
            Self::Outcome { .. } | Self::Change(_) => Box::new(iter::empty()),
        }
    }
}

/// Where postcard writes: at the end of what is there. (Its way to any `Write` makes a call of every byte.)
struct Appended<'a>(&'a mut Vec<u8>);

impl Flavor for Appended<'_> {
    type Output = ();

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        match bytes {
            // Most that is written are numbers below 128, and lengths.
            [byte] => self.0.push(*byte),
            _ => self.0.extend_from_slice(bytes),
        }
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// The place that stands where a contact was.
fn place_of(word: &Word) -> Option<usize> {
    word.as_str().strip_prefix('#')?.parse().ok()
}

/// The sealed contacts at the start of these bytes, and the rest.
fn sealed(bytes: &[u8]) -> Option<(Vec<Sealed>, &[u8])> {
    let (count, mut rest) = bytes.split_first_chunk::<2>()?;
    let mut all = Vec::new();
    for _ in 0..u16::from_le_bytes(*count) {
        let (subject, after) = rest.split_first_chunk::<8>()?;
        let (length, after) = after.split_first_chunk::<2>()?;
        let (text, after) = after.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
        all.push(Sealed {
            subject: u64::from_le_bytes(*subject),
            text: text.into(),
        });
        rest = after;
    }
    Some((all, rest))
}
