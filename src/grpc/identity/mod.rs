//! Who calls, and what they may do.
//!
//! A caller says who it is by an API key or a signed token (`authorization: Bearer …`), or by the certificate of its
//! connection. Whichever it is, it becomes one [`Principal`]: a name, roles, and the brands it may speak of. Each call
//! of the contract names the roles that may make it (`access`); a call that names none is for nobody.
//!
//! Where no way is configured, everybody is the principal [`Principal::local`], and the settings keep the listener on
//! loopback. A refusal says what to send and nothing of what was wrong with what was sent: whoever guesses learns
//! nothing from it. Why it was refused stands in the log.

mod access;
mod certificate;
mod jwt;
mod keys;
mod signatures;

use std::{path::PathBuf, sync::Arc};

use arc_swap::ArcSwapOption;
use tonic::{
    Extensions,
    codegen::http::{HeaderMap, header::AUTHORIZATION},
};

pub(super) use self::certificate::PeerCertificate;
use self::{
    access::access,
    jwt::{Issuer, IssuerError},
    keys::{ApiKey, Keys},
};
pub use self::{
    access::roles_of,
    certificate::CertificateHolder,
    jwt::{TokenAlgorithm, TokenIssuer},
    keys::{KeyEntry, KeyError, KeyFile, NewKey},
};
use super::refused::Refused;
use crate::domain::{Clock, Principal, Timestamp};

/// Why a caller is not let in; for the log, not for the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Stranger {
    #[error("nothing says who calls")]
    Nameless,
    #[error("the header `authorization` is no `Bearer` with a key or a token")]
    Unreadable,
    #[error("there is no such key, or its secret is another")]
    UnknownKey,
    #[error("the key `{0}` has expired or was revoked")]
    KeyOver(String),
    #[error("the token is not accepted: {0}")]
    Token(String),
    #[error("no holder is named for the certificate of `{0}`")]
    Certificate(String),
}

/// How callers are known. Keys and the issuer's public keys are replaced whole while requests run.
pub struct Identity {
    clock: Arc<dyn Clock>,
    keys: ArcSwapOption<Keys>,
    issuer: ArcSwapOption<Issuer>,
    certificates: Vec<CertificateHolder>,
    local: Option<Arc<Principal>>,
}

/// What callers may show.
#[derive(Debug, Default)]
pub struct Ways {
    /// The file of API keys.
    pub keys: Option<PathBuf>,
    /// Whose tokens are accepted.
    pub issuer: Option<TokenIssuer>,
    /// Who holds which certificate.
    pub certificates: Vec<CertificateHolder>,
}

/// Why callers cannot be known.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The file of API keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The public keys of an issuer cannot be used.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
}

// === impl Identity ===

impl Identity {
    /// Everybody is let in. For listeners that nobody else can reach.
    #[must_use]
    pub fn open(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            keys: ArcSwapOption::empty(),
            issuer: ArcSwapOption::empty(),
            certificates: Vec::new(),
            local: Some(Arc::new(Principal::local())),
        }
    }

    /// Only who is known by one of these ways is let in; everybody where none is named.
    ///
    /// # Errors
    /// [`IdentityError`], naming the file.
    pub fn by(ways: &Ways, clock: Arc<dyn Clock>) -> Result<Self, IdentityError> {
        let identity = Self {
            certificates: ways.certificates.clone(),
            local: None,
            ..Self::open(clock)
        };
        identity.renew(ways)?;
        if ways.is_none() {
            return Ok(Self::open(identity.clock));
        }
        Ok(identity)
    }

    /// Reads the files again. What cannot be read leaves everything as it was.
    ///
    /// # Errors
    /// [`IdentityError`], naming the file.
    pub fn renew(&self, ways: &Ways) -> Result<(), IdentityError> {
        let keys = ways.keys.as_deref().map(Keys::read).transpose()?;
        let issuer = ways.issuer.as_ref().map(Issuer::read).transpose()?;
        self.keys.store(keys.map(Arc::new));
        self.issuer.store(issuer.map(Arc::new));
        Ok(())
    }

    /// Whether everybody is let in.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.local.is_some()
    }

    /// Who makes the call at `path`, if they may.
    pub(super) fn admit(
        &self,
        path: &str,
        headers: &HeaderMap,
        peer: Option<&PeerCertificate>,
    ) -> Result<Arc<Principal>, Refused> {
        let access = access(path).ok_or_else(Refused::no_such_call)?;
        let principal = self.principal(headers, peer).map_err(|stranger| {
            tracing::info!(path, why = %stranger, "a caller is not let in");
            Refused::unauthenticated()
        })?;
        if access.opens_to(&principal) {
            return Ok(principal);
        }
        tracing::info!(path, caller = principal.told(), "a caller may not make this call");
        Err(Refused::not_theirs())
    }

    fn principal(
        &self,
        headers: &HeaderMap,
        peer: Option<&PeerCertificate>,
    ) -> Result<Arc<Principal>, Stranger> {
        if let Some(local) = &self.local {
            return Ok(Arc::clone(local));
        }
        match (headers.get(AUTHORIZATION), peer) {
            // A key or a token says more than the connection that it came by: a proxy's, for one.
            (Some(shown), _) => {
                let shown = shown.to_str().ok().and_then(bearer);
                self.shown(shown.ok_or(Stranger::Unreadable)?)
            }
            (None, Some(peer)) => self.certified(peer),
            (None, None) => Err(Stranger::Nameless),
        }
    }

    fn shown(&self, shown: &str) -> Result<Arc<Principal>, Stranger> {
        let now = self.clock.now();
        if let Some(key) = ApiKey::parse(shown) {
            return self.keyed(&key, now);
        }
        match &*self.issuer.load() {
            Some(issuer) => issuer.principal(shown, now).map_err(Stranger::Token),
            None => Err(Stranger::Unreadable),
        }
    }

    fn keyed(&self, key: &ApiKey, now: Timestamp) -> Result<Arc<Principal>, Stranger> {
        let keys = self.keys.load();
        let known = keys.as_ref().and_then(|keys| keys.find(key));
        let (principal, over) = known.ok_or(Stranger::UnknownKey)?;
        if over.is_some_and(|over| over <= now) {
            return Err(Stranger::KeyOver(principal.told().to_owned()));
        }
        Ok(Arc::clone(principal))
    }

    fn certified(&self, peer: &PeerCertificate) -> Result<Arc<Principal>, Stranger> {
        let holder = self.certificates.iter().find(|holder| holder.holds(peer));
        holder
            .map(CertificateHolder::principal)
            .ok_or_else(|| Stranger::Certificate(peer.to_string()))
    }
}

impl Ways {
    /// Whether there is none.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.keys.is_none() && self.issuer.is_none() && self.certificates.is_empty()
    }
}

/// Who made this call. Nobody, where a call came in by a way that asks nobody: a way in that forgets to ask lets
/// nobody in.
pub(super) fn caller(extensions: &Extensions) -> Arc<Principal> {
    let known = extensions.get::<Arc<Principal>>();
    known.cloned().unwrap_or_else(|| Arc::new(Principal::nobody()))
}

/// The scheme is written in any case (RFC 9110, 11.1).
fn bearer(header: &str) -> Option<&str> {
    let (scheme, shown) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| shown.trim_start())
}
