use std::{fmt, sync::Arc};

use webpki::EndEntityCert;

use crate::domain::Principal;

/// The names in the certificate of a connection, once rustls has verified it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::grpc) struct PeerCertificate {
    /// DNS names and URIs of its subject alternative name, and the common name of its subject.
    names: Arc<[String]>,
}

// === impl PeerCertificate ===

impl PeerCertificate {
    /// Reads the names of a certificate in DER; `None` where it cannot be read.
    #[must_use]
    pub(in crate::grpc) fn read(der: &[u8]) -> Option<Self> {
        let der = der.into();
        let certificate = EndEntityCert::try_from(&der).ok()?;
        let dns = certificate.valid_dns_names();
        let names = dns.chain(certificate.valid_uri_names()).map(str::to_owned);
        Some(Self {
            names: names.chain(common_name(certificate.subject())).collect(),
        })
    }
}

impl fmt::Display for PeerCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names.join(", "))
    }
}

/// The common name of a subject. A subject is a row of `SET { SEQUENCE { OID, string } }` in DER (RFC 5280, 4.1.2.6);
/// the string follows the five bytes of the OID 2.5.4.3. A name of 128 bytes and more, which no one gives, is none.
fn common_name(subject: &[u8]) -> Option<String> {
    const OF_COMMON_NAME: [u8; 5] = [0x06, 0x03, 0x55, 0x04, 0x03];
    const UTF8_STRING: u8 = 0x0c;
    const PRINTABLE_STRING: u8 = 0x13;
    let at = subject
        .windows(OF_COMMON_NAME.len())
        .position(|window| window == OF_COMMON_NAME)?;
    let (tag, rest) = subject.get(at + OF_COMMON_NAME.len()..)?.split_first()?;
    let (length, text) = rest.split_first()?;
    let text = text.get(..usize::from(*length)).filter(|_| *length < 128)?;
    let is_text = [UTF8_STRING, PRINTABLE_STRING].contains(tag);
    let text = std::str::from_utf8(text).ok().filter(|_| is_text)?;
    Some(text.to_owned())
}

/// Who holds the certificate of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateHolder {
    /// A DNS name, URI or common name, whole: `bidder.nova.example`, `spiffe://nova.example/bidder`.
    name: String,
    principal: Arc<Principal>,
}

// === impl CertificateHolder ===

impl CertificateHolder {
    /// Whoever shows a certificate of `name` is this principal.
    #[must_use]
    pub fn new(name: String, principal: Principal) -> Self {
        let principal = Arc::new(principal);
        Self { name, principal }
    }

    pub(super) fn holds(&self, peer: &PeerCertificate) -> bool {
        peer.names.contains(&self.name)
    }

    pub(super) fn principal(&self) -> Arc<Principal> {
        Arc::clone(&self.principal)
    }
}
