//! What says who callers are, and what the listener shows: read from files, and read again when these change.
//!
//! Nobody restarts a service because a certificate ran out or a key leaked. A file that cannot be used leaves the last
//! good one in force, and the log says so once for each change.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{RecvTimeoutError, Sender, channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, SystemTime},
};

use crate::{
    domain::{BrandScope, Clock, Principal, Roles},
    grpc::{
        CertificateHolder, ClientCertificates, Identity, IdentityError, Tls, TlsError, TlsFiles,
        TokenAlgorithm, TokenIssuer, Ways,
    },
    settings::{self, Settings},
};

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Why callers cannot be known, or the listener cannot speak.
#[derive(Debug, thiserror::Error)]
pub(super) enum SecretsError {
    /// Callers cannot be known.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The listener cannot speak TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// Keys, public keys and certificates, as they were read last.
pub(super) struct Secrets {
    ways: Ways,
    identity: Arc<Identity>,
    tls: Option<(TlsFiles, Arc<Tls>)>,
}

// === impl Secrets ===

impl Secrets {
    /// Reads the files that the settings name.
    ///
    /// # Errors
    /// [`SecretsError`], naming the file.
    pub(super) fn read(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Self, SecretsError> {
        let ways = ways(&settings.identity);
        let identity = Arc::new(Identity::by(&ways, clock)?);
        let tls = match settings.grpc.tls.as_ref().map(tls_files) {
            None => None,
            Some(files) => {
                let tls = Arc::new(Tls::read(&files)?);
                Some((files, tls))
            }
        };
        Ok(Self { ways, identity, tls })
    }

    pub(super) fn identity(&self) -> Arc<Identity> {
        Arc::clone(&self.identity)
    }

    pub(super) fn tls(&self) -> Option<Arc<Tls>> {
        self.tls.as_ref().map(|(_, tls)| Arc::clone(tls))
    }

    /// Reads the files again whenever one of them changes, until what is returned is dropped.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub(super) fn follow(self) -> io::Result<Renewing> {
        let (stop, stopped) = channel::<()>();
        let mut seen = self.stamps();
        let thread = thread::Builder::new().name("secrets".to_owned()).spawn(move || {
            while stopped.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
                let found = self.stamps();
                if found != seen {
                    seen = found;
                    self.renew();
                }
            }
        })?;
        Ok(Renewing {
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    fn renew(&self) {
        let identity = self.identity.renew(&self.ways).map_err(SecretsError::from);
        let tls = self.tls.as_ref().map_or(Ok(()), |(files, tls)| tls.renew(files));
        match identity.and_then(|()| tls.map_err(SecretsError::from)) {
            Ok(()) => tracing::info!("changed keys and certificates are in force"),
            Err(error) => {
                tracing::error!(%error, "changed keys or certificates are refused; the last good ones stay")
            }
        }
    }

    /// What tells one state of the files from another.
    fn stamps(&self) -> Vec<Option<(SystemTime, u64)>> {
        self.files().map(stamp).collect()
    }

    fn files(&self) -> impl Iterator<Item = &Path> {
        let Ways { keys, issuer, .. } = &self.ways;
        let known = [keys.as_ref(), issuer.as_ref().map(|issuer| &issuer.keys)];
        let tls = self.tls.iter().flat_map(|(files, _)| {
            let TlsFiles {
                certificate,
                key,
                client_authorities,
                client_certificates: _,
            } = files;
            [Some(certificate), Some(key), client_authorities.as_ref()]
        });
        known.into_iter().chain(tls).flatten().map(PathBuf::as_path)
    }
}

/// When a file was written and how long it is; a link is followed, because that is how mounted secrets change.
fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let found = fs::metadata(path).ok()?;
    Some((found.modified().ok()?, found.len()))
}

/// The thread that reads files again; it ends when this is dropped.
pub(super) struct Renewing {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Renewing {
    fn drop(&mut self) {
        drop(self.stop.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that reads keys and certificates panicked");
        }
    }
}

fn ways(settings: &settings::Identity) -> Ways {
    let settings::Identity {
        keys,
        tokens,
        certificates,
    } = settings;
    Ways {
        keys: keys.clone(),
        issuer: tokens.as_ref().map(issuer),
        certificates: certificates.iter().map(holder).collect(),
    }
}

fn issuer(settings: &settings::Tokens) -> TokenIssuer {
    let settings::Tokens {
        issuer,
        audience,
        algorithm,
        keys,
        roles_claim,
        brands_claim,
    } = settings;
    TokenIssuer {
        issuer: issuer.clone(),
        audience: audience.clone(),
        algorithm: match algorithm {
            settings::TokenAlgorithm::Rs256 => TokenAlgorithm::Rs256,
            settings::TokenAlgorithm::Es256 => TokenAlgorithm::Es256,
            settings::TokenAlgorithm::EdDsa => TokenAlgorithm::EdDsa,
        },
        keys: keys.clone(),
        roles_claim: roles_claim.clone(),
        brands_claim: brands_claim.clone(),
    }
}

fn holder(settings: &settings::Certificate) -> CertificateHolder {
    let settings::Certificate { name, roles, brands } = settings;
    let brands: BrandScope = brands.iter().cloned().collect();
    let principal = Principal {
        name: Some(Arc::from(name.as_str())),
        roles: Roles::of(roles),
        brands,
    };
    CertificateHolder::new(name.clone(), principal)
}

fn tls_files(settings: &settings::Tls) -> TlsFiles {
    let settings::Tls {
        certificate,
        key,
        client_authorities,
        client_certificates,
    } = settings;
    TlsFiles {
        certificate: certificate.clone(),
        key: key.clone(),
        client_authorities: client_authorities.clone(),
        client_certificates: match client_certificates {
            settings::ClientCertificates::Optional => ClientCertificates::Optional,
            settings::ClientCertificates::Required => ClientCertificates::Required,
        },
    }
}
