use std::hash::{Hash, Hasher as _};

use siphasher::sip::SipHasher13;

use super::secret::{Pseudonym, Secret};
use crate::domain::Word;

/// Names things by hashes that mean the same after a restart, and only with this journal's secret.
///
/// A contact's hash is the beginning of its pseudonym, so that whoever has the keyring can tell which number stands for it.
#[derive(Debug, Clone)]
pub(super) struct Names {
    secret: Secret,
    hasher: SipHasher13,
}

impl Names {
    pub(super) fn of(secret: &Secret) -> Self {
        Self {
            hasher: SipHasher13::new_with_key(&secret.hashes()),
            secret: secret.clone(),
        }
    }

    pub(super) fn contact(&self, contact: &Word) -> u64 {
        beginning(&self.secret.pseudonym(contact))
    }

    pub(super) fn hash(&self, thing: &impl Hash) -> u64 {
        let mut hasher = self.hasher;
        thing.hash(&mut hasher);
        hasher.finish()
    }
}

impl Default for Names {
    /// For state that is never stored.
    fn default() -> Self {
        Self::of(&Secret::default())
    }
}

/// The hash of a contact by its pseudonym.
pub(super) fn beginning(pseudonym: &Pseudonym) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *pseudonym;
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}
