//! Tokens of an issuer that the deployment trusts (JSON Web Tokens, RFC 7519).
//!
//! Algorithm, issuer and audience are pinned by the settings; what the token says of its algorithm only has to agree,
//! so `none` and every other way of choosing it end here. `exp`, `iss`, `aud` and `sub` must be there. Roles and brands
//! are claims: no role, no call; no brands, none of any brand (`"*"` says every one).

use std::{
    cell::RefCell,
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use jsonwebtoken::{
    Algorithm, AlgorithmFamily, DecodingKey, Validation, decode, decode_header,
    jwk::{Jwk, JwkSet},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::signatures;
use crate::domain::{BrandId, BrandScope, Principal, Role, Roles, Timestamp};

/// How far the clocks of issuer and service may differ, in seconds.
const LEEWAY_SECS: i64 = 30;
/// How many tokens each core remembers to have verified; above it forgets them all.
const REMEMBERED: usize = 1_024;

/// How an issuer signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TokenAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256, keys of 2,048 bits and more.
    #[serde(rename = "RS256")]
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

/// Whose tokens are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenIssuer {
    /// What `iss` has to be.
    pub issuer: String,
    /// What `aud` has to be, or to hold.
    pub audience: String,
    /// How it signs.
    pub algorithm: TokenAlgorithm,
    /// Its public keys: a JWKS file, or one key in PEM.
    pub keys: PathBuf,
    /// The claim that lists roles.
    pub roles_claim: String,
    /// The claim that lists brands.
    pub brands_claim: String,
}

/// Why an issuer's public keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// The file cannot be read.
    #[error("cannot read the public keys of the token issuer in `{}`: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is neither a JWKS file nor a key in PEM.
    #[error("`{}` holds no public keys: {why}; it must be a JWKS file, or one public key in PEM", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// It holds keys, and none of them fits.
    #[error("`{}` holds no key for {algorithm:?}, which the settings pin", path.display())]
    NoneFits {
        /// The file.
        path: PathBuf,
        /// What is pinned.
        algorithm: TokenAlgorithm,
    },
}

/// A public key, with its id if it has one.
struct PublicKey {
    id: Option<String>,
    key: DecodingKey,
}

/// An issuer whose public keys are read.
pub(super) struct Issuer {
    validation: Validation,
    keys: Vec<PublicKey>,
    roles_claim: String,
    brands_claim: String,
    /// Tells tokens that this one verified from those of an earlier reading.
    number: u64,
}

impl TokenAlgorithm {
    const fn algorithm(self) -> Algorithm {
        match self {
            Self::Rs256 => Algorithm::RS256,
            Self::Es256 => Algorithm::ES256,
            Self::EdDsa => Algorithm::EdDSA,
        }
    }

    const fn family(self) -> AlgorithmFamily {
        match self {
            Self::Rs256 => AlgorithmFamily::Rsa,
            Self::Es256 => AlgorithmFamily::Ec,
            Self::EdDsa => AlgorithmFamily::Ed,
        }
    }
}

// === impl Issuer ===

impl Issuer {
    /// Reads its public keys.
    ///
    /// # Errors
    /// [`IssuerError`], naming the file.
    pub(super) fn read(of: &TokenIssuer) -> Result<Self, IssuerError> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        signatures::install();
        let TokenIssuer {
            issuer,
            audience,
            algorithm,
            keys,
            roles_claim,
            brands_claim,
        } = of;
        let mut validation = Validation::new(algorithm.algorithm());
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // By our clock, below.
        validation.validate_exp = false;
        Ok(Self {
            validation,
            keys: public_keys(keys, *algorithm)?,
            roles_claim: roles_claim.clone(),
            brands_claim: brands_claim.clone(),
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
        })
    }

    /// Whom a token speaks of; why it is not accepted, for the log.
    pub(super) fn principal(&self, token: &str, now: Timestamp) -> Result<Arc<Principal>, String> {
        let key = (self.number, *blake3::hash(token.as_bytes()).as_bytes());
        let known = VERIFIED.with_borrow(|verified| verified.get(&key).cloned());
        let verified = match known {
            Some(verified) => verified,
            None => self.verified(token)?,
        };
        verified.counts_at(now)?;
        let principal = Arc::clone(&verified.principal);
        VERIFIED.with_borrow_mut(|remembered| {
            if remembered.len() >= REMEMBERED {
                remembered.clear();
            }
            remembered.insert(key, verified);
        });
        Ok(principal)
    }

    fn verified(&self, token: &str) -> Result<Verified, String> {
        let header = decode_header(token).map_err(|error| error.to_string())?;
        if header.crit.is_some() {
            return Err("it asks for extensions that are not known".to_owned());
        }
        let fits = |key: &&PublicKey| key.id.is_none() || header.kid.is_none() || key.id == header.kid;
        let mut why = "no public key has its `kid`".to_owned();
        for PublicKey { key, .. } in self.keys.iter().filter(fits) {
            match decode::<Map<String, Value>>(token, key, &self.validation) {
                Ok(decoded) => return self.read_claims(&decoded.claims),
                Err(error) => why = error.to_string(),
            }
        }
        Err(why)
    }

    fn read_claims(&self, claims: &Map<String, Value>) -> Result<Verified, String> {
        let subject = claims.get("sub").and_then(Value::as_str);
        let subject = subject.filter(|subject| !subject.is_empty());
        let instant = |claim: &str| claims.get(claim).map(|at| at.as_i64().ok_or(claim.to_owned()));
        let unreadable = |claim: String| format!("its `{claim}` is no whole number of seconds");
        let until_secs = instant("exp").transpose().map_err(unreadable)?;
        Ok(Verified {
            principal: Arc::new(Principal {
                name: Some(Arc::from(subject.ok_or("its `sub` names nobody")?)),
                roles: roles(claims.get(&self.roles_claim)),
                brands: brands(claims.get(&self.brands_claim)),
            }),
            from_secs: instant("nbf").transpose().map_err(unreadable)?,
            until_secs: until_secs.ok_or("it never expires")?,
        })
    }
}

/// A token whose signature and issuer are right.
#[derive(Clone)]
struct Verified {
    principal: Arc<Principal>,
    from_secs: Option<i64>,
    until_secs: i64,
}

thread_local! {
    /// Checking a signature takes longer than deciding. A core asks no other one, so nothing is locked.
    static VERIFIED: RefCell<HashMap<(u64, [u8; 32]), Verified>> = RefCell::default();
}

impl Verified {
    fn counts_at(&self, now: Timestamp) -> Result<(), String> {
        let now_secs = now.as_millis().div_euclid(1_000);
        if self.until_secs.saturating_add(LEEWAY_SECS) <= now_secs {
            return Err("it has expired".to_owned());
        }
        if self
            .from_secs
            .is_some_and(|from| from > now_secs.saturating_add(LEEWAY_SECS))
        {
            return Err("it does not count yet".to_owned());
        }
        Ok(())
    }
}

/// The roles of a claim; a word that is no role of ours is none.
fn roles(claim: Option<&Value>) -> Roles {
    let named: Vec<Role> = words(claim).filter_map(|word| word.parse().ok()).collect();
    Roles::of(&named)
}

fn brands(claim: Option<&Value>) -> BrandScope {
    if words(claim).any(|word| word == "*") {
        return BrandScope::Every;
    }
    let named = words(claim).filter_map(|word| BrandId::new(word).ok());
    BrandScope::Only(named.collect())
}

/// A claim is a list of words, or a text of words with blanks between them, as `scope` is (RFC 8693, 4.2).
fn words(claim: Option<&Value>) -> impl Iterator<Item = &str> {
    let list = claim.and_then(Value::as_array).into_iter().flatten();
    let text = claim.and_then(Value::as_str).into_iter();
    list.filter_map(Value::as_str)
        .chain(text.flat_map(str::split_whitespace))
}

fn public_keys(path: &Path, algorithm: TokenAlgorithm) -> Result<Vec<PublicKey>, IssuerError> {
    let path = || path.to_owned();
    let text = fs::read_to_string(path()).map_err(|source| IssuerError::Io { path: path(), source })?;
    let keys = if text.trim_start().starts_with('{') {
        set(&text)
    } else {
        pem(&text, algorithm)
    };
    let mut keys = keys.map_err(|why| IssuerError::Unreadable { path: path(), why })?;
    keys.retain(|key| key.key.family() == algorithm.family());
    if keys.is_empty() {
        return Err(IssuerError::NoneFits {
            path: path(),
            algorithm,
        });
    }
    Ok(keys)
}

fn set(text: &str) -> Result<Vec<PublicKey>, String> {
    let set: JwkSet = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let key = |jwk: &Jwk| {
        let key = DecodingKey::from_jwk(jwk).ok()?;
        let id = jwk.common.key_id.clone();
        Some(PublicKey { id, key })
    };
    // A set may hold keys for other uses; that one fits is asked for afterwards.
    Ok(set.keys.iter().filter_map(key).collect())
}

fn pem(text: &str, algorithm: TokenAlgorithm) -> Result<Vec<PublicKey>, String> {
    let read = match algorithm {
        TokenAlgorithm::Rs256 => DecodingKey::from_rsa_pem,
        TokenAlgorithm::Es256 => DecodingKey::from_ec_pem,
        TokenAlgorithm::EdDsa => DecodingKey::from_ed_pem,
    };
    let key = read(text.as_bytes()).map_err(|error| error.to_string())?;
    Ok(vec![PublicKey { id: None, key }])
}
