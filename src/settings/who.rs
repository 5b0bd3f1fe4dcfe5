//! Who may call, and as whom the client commands call.

use std::{fmt, path::PathBuf};

use serde::{Deserialize, Serialize, Serializer};

use crate::domain::{BrandId, Role};

/// `[identity]`: how callers are known. Where nothing is set everybody is let in, and the listener keeps to loopback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct Identity {
    /// The file of API keys, made by `balustrade keys create`.
    pub keys: Option<PathBuf>,
    /// `[identity.tokens]`: whose signed tokens are accepted.
    pub tokens: Option<Tokens>,
    /// `[[identity.certificates]]`: who holds which client certificate.
    pub certificates: Vec<Certificate>,
}

/// `[identity.tokens]`: the issuer whose signed tokens (JWT) are accepted. Everything is pinned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    /// What `iss` has to be.
    pub issuer: String,
    /// What `aud` has to be, or to hold.
    pub audience: String,
    /// How tokens are signed.
    pub algorithm: TokenAlgorithm,
    /// The issuer's public keys: a JWKS file, or one key in PEM. Read again when it changes.
    pub keys: PathBuf,
    /// The claim that lists roles.
    #[serde(default = "roles_claim")]
    pub roles_claim: String,
    /// The claim that lists brands; `"*"` in it is every brand, and without it there is none.
    #[serde(default = "brands_claim")]
    pub brands_claim: String,
}

fn roles_claim() -> String {
    "roles".to_owned()
}

fn brands_claim() -> String {
    "brands".to_owned()
}

/// How tokens are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TokenAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

/// `[[identity.certificates]]`: who holds the client certificate of a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// A DNS name or URI of its subject alternative name, or the common name of its subject, whole.
    pub name: String,
    /// What its holder may do.
    pub roles: Vec<Role>,
    /// Of which brands it may speak; of every one where none is named.
    #[serde(default)]
    pub brands: Vec<BrandId>,
}

/// `[client]`: as whom the commands that speak to a server call it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct Client {
    /// An API key or a token.
    pub key: Option<Secret>,
    /// A file that holds it.
    pub key_file: Option<PathBuf>,
    /// The authority that the server's certificate is of, in PEM; makes the commands speak TLS.
    pub authority: Option<PathBuf>,
    /// The name that the server's certificate has to bear; without it the address.
    pub server_name: Option<String>,
    /// A client certificate to show, in PEM.
    pub certificate: Option<PathBuf>,
    /// Its private key.
    pub certificate_key: Option<PathBuf>,
}

/// A text that is shown nowhere.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl Secret {
    /// What stands for one wherever settings are shown.
    pub const HIDDEN: &'static str = "(hidden)";
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::HIDDEN)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(Self::HIDDEN)
    }
}
