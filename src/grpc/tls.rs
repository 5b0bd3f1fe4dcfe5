//! TLS: certificates are read from files, and read again while connections run.
//!
//! Each handshake takes the configuration of its moment, whole; connections that stand keep theirs. A file that cannot
//! be used, or a key that does not belong to its certificate, leaves the last good configuration in force.

use std::{path::PathBuf, sync::Arc};

use arc_swap::ArcSwap;
use tokio_rustls::rustls::{
    self, RootCertStore, ServerConfig,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
};

/// What clients have to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientCertificates {
    /// A certificate, or nothing and a key or a token.
    Optional,
    /// A certificate: the handshake fails without.
    Required,
}

/// The files of a listener that speaks TLS, all in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, then those that lead to a known authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The authorities of client certificates; without them none is asked for.
    pub client_authorities: Option<PathBuf>,
    /// Whether clients have to show one.
    pub client_certificates: ClientCertificates,
}

/// Why TLS cannot be spoken.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read as PEM of its sort.
    #[error("cannot read {what} in `{}`: {why}", path.display())]
    Unreadable {
        /// What was looked for.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The files do not go together.
    #[error("cannot use the certificate `{}` with its key: {source}", path.display())]
    Unusable {
        /// The certificate.
        path: PathBuf,
        /// What rustls said.
        source: rustls::Error,
    },
    /// The authorities of client certificates are none.
    #[error("cannot ask for client certificates of the authorities in `{}`: {why}", path.display())]
    Authorities {
        /// Their file.
        path: PathBuf,
        /// What is wrong with them.
        why: String,
    },
}

/// TLS as it is spoken at this moment.
#[derive(Debug)]
pub struct Tls {
    config: ArcSwap<ServerConfig>,
}

// === impl Tls ===

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// [`TlsError`], naming the file.
    pub fn read(files: &TlsFiles) -> Result<Self, TlsError> {
        let config = ArcSwap::from_pointee(config(files)?);
        Ok(Self { config })
    }

    /// Reads the files again, for handshakes to come. What cannot be used leaves everything as it was.
    ///
    /// # Errors
    /// [`TlsError`], naming the file.
    pub fn renew(&self, files: &TlsFiles) -> Result<(), TlsError> {
        self.config.store(Arc::new(config(files)?));
        Ok(())
    }

    /// What the next handshake takes.
    pub(super) fn config(&self) -> Arc<ServerConfig> {
        self.config.load_full()
    }
}

fn config(files: &TlsFiles) -> Result<ServerConfig, TlsError> {
    let unusable = |source| TlsError::Unusable {
        path: files.certificate.clone(),
        source,
    };
    let provider = Arc::new(default_provider());
    let builder = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable)?;
    let builder = match client_verifier(files)? {
        Some(verifier) => builder.with_client_cert_verifier(verifier),
        None => builder.with_no_client_auth(),
    };
    let chain = certificates(&files.certificate, "a certificate")?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| TlsError::Unreadable {
        what: "a private key",
        path: files.key.clone(),
        why: error.to_string(),
    })?;
    let mut config = builder.with_single_cert(chain, key).map_err(unusable)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

fn client_verifier(files: &TlsFiles) -> Result<Option<Arc<dyn ClientCertVerifier>>, TlsError> {
    let Some(path) = &files.client_authorities else {
        return Ok(None);
    };
    let wrong = |why: String| TlsError::Authorities {
        path: path.clone(),
        why,
    };
    let mut authorities = RootCertStore::empty();
    for authority in certificates(path, "an authority of client certificates")? {
        authorities
            .add(authority)
            .map_err(|error| wrong(error.to_string()))?;
    }
    let provider = Arc::new(default_provider());
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(authorities), provider);
    let builder = match files.client_certificates {
        ClientCertificates::Optional => builder.allow_unauthenticated(),
        ClientCertificates::Required => builder,
    };
    let verifier = builder.build().map_err(|error| wrong(error.to_string()))?;
    Ok(Some(verifier))
}

fn certificates(path: &PathBuf, what: &'static str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let unreadable = |why: String| TlsError::Unreadable {
        what,
        path: path.clone(),
        why,
    };
    let read = CertificateDer::pem_file_iter(path).map_err(|error| unreadable(error.to_string()))?;
    let read: Result<Vec<_>, _> = read.collect();
    let certificates = read.map_err(|error| unreadable(error.to_string()))?;
    if certificates.is_empty() {
        return Err(unreadable("it holds none".to_owned()));
    }
    Ok(certificates)
}
