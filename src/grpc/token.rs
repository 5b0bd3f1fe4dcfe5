//! Decision tokens: proof that an outcome speaks of a decision that this service made.
//!
//! A token is a key's number, an expiry and a keyed BLAKE3 over both and the decision's id. It holds no secret
//! and needs no look-up: a genuine token of a decision that the journal lost is still recognised.

use blake3::Hash;

use crate::domain::{DecisionId, Duration, Timestamp};

/// Bytes of a token: key number, expiry, keyed hash.
const BYTES: usize = 4 + 8 + 32;

/// A numbered signing key.
#[derive(Clone)]
pub struct TokenKey {
    /// Its number; tokens name it, so keys can be changed without losing the tokens already out.
    pub number: u32,
    /// The secret.
    pub secret: [u8; 32],
}

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenKey")
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

/// Why an outcome's token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum BadToken {
    /// None was sent.
    #[error("missing")]
    Missing,
    /// Forged, damaged, made for another decision, or signed by a key that is gone.
    #[error("not_genuine")]
    NotGenuine,
    /// Older than tokens may be.
    #[error("expired")]
    Expired,
}

/// Makes and checks tokens.
#[derive(Debug, Clone)]
pub struct Tokens {
    current: TokenKey,
    older: Vec<TokenKey>,
    lifetime: Duration,
}

impl Tokens {
    /// Signs with `current`; accepts what `current` or any of `older` signed, for `lifetime` after the decision.
    #[must_use]
    pub const fn new(current: TokenKey, older: Vec<TokenKey>, lifetime: Duration) -> Self {
        Self {
            current,
            older,
            lifetime,
        }
    }

    /// The token of a decision made at `now`.
    #[must_use]
    pub fn issue(&self, decision: DecisionId, now: Timestamp) -> Vec<u8> {
        let expiry = now.plus(self.lifetime);
        let mut token = Vec::with_capacity(BYTES);
        token.extend_from_slice(&self.current.number.to_be_bytes());
        token.extend_from_slice(&expiry.as_millis().to_be_bytes());
        token.extend_from_slice(signature(&self.current, decision, expiry).as_bytes());
        token
    }

    /// Whether `token` was issued for `decision` and has not expired.
    ///
    /// # Errors
    /// [`BadToken`] says what is wrong with it.
    pub fn verify(&self, token: &[u8], decision: DecisionId, now: Timestamp) -> Result<(), BadToken> {
        if token.is_empty() {
            return Err(BadToken::Missing);
        }
        let parts = token
            .split_first_chunk::<4>()
            .and_then(|(number, rest)| Some((number, rest.split_first_chunk::<8>()?)));
        let Some((number, (expiry, signed))) = parts else {
            return Err(BadToken::NotGenuine);
        };
        let expiry = Timestamp::from_millis(i64::from_be_bytes(*expiry));
        let key = self
            .key(u32::from_be_bytes(*number))
            .ok_or(BadToken::NotGenuine)?;
        let given = Hash::from_slice(signed).map_err(|_| BadToken::NotGenuine)?;
        // The comparison of two hashes takes the same time wherever they differ.
        if signature(key, decision, expiry) != given {
            return Err(BadToken::NotGenuine);
        }
        if expiry < now {
            return Err(BadToken::Expired);
        }
        Ok(())
    }

    fn key(&self, number: u32) -> Option<&TokenKey> {
        let mut keys = std::iter::once(&self.current).chain(&self.older);
        keys.find(|key| key.number == number)
    }
}

fn signature(key: &TokenKey, decision: DecisionId, expiry: Timestamp) -> Hash {
    let mut signed = [0_u8; 28];
    let (id, rest) = signed.split_at_mut(16);
    let (number, instant) = rest.split_at_mut(4);
    id.copy_from_slice(&decision.to_bytes());
    number.copy_from_slice(&key.number.to_be_bytes());
    instant.copy_from_slice(&expiry.as_millis().to_be_bytes());
    blake3::keyed_hash(&key.secret, &signed)
}
