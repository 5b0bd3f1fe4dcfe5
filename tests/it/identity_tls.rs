//! TLS and client certificates, with real handshakes.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use balustrade::{
    domain::Role,
    grpc::client::{CallError, ClientTls, Credentials},
    settings::{Certificate, ClientCertificates, Settings, Tls},
};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SanType, date_time_ymd,
};
use tokio::{io::AsyncReadExt as _, net::TcpStream, time::timeout};

use crate::served::Guarded;

/// A wait that only a hang exceeds.
const PATIENCE: Duration = Duration::from_secs(30);

/// An authority that signs certificates.
struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, in PEM.
struct Pair {
    certificate: String,
    key: String,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    fn sign(&self, params: CertificateParams) -> Pair {
        let key = KeyPair::generate().unwrap();
        Pair {
            certificate: params.signed_by(&key, &self.0).unwrap().pem(),
            key: key.serialize_pem(),
        }
    }

    /// For the server: its name is the address.
    fn server(&self) -> Pair {
        self.sign(CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap())
    }

    /// For a client of that DNS name.
    fn client(&self, name: &str) -> Pair {
        self.sign(CertificateParams::new(vec![name.to_owned()]).unwrap())
    }
}

impl Pair {
    fn write(&self, folder: &Path) {
        // As whoever renews certificates does: each file is replaced whole.
        for (name, text) in [("server.key", &self.key), ("server.pem", &self.certificate)] {
            let next = folder.join("next");
            fs::write(&next, text).unwrap();
            fs::rename(next, folder.join(name)).unwrap();
        }
    }
}

fn tls(settings: &mut Settings, folder: &Path, server: &Pair) {
    server.write(folder);
    settings.grpc.tls = Some(Tls {
        certificate: folder.join("server.pem"),
        key: folder.join("server.key"),
        client_authorities: None,
        client_certificates: ClientCertificates::Optional,
    });
}

/// Asks for client certificates of `authority`, and knows the holder of `bidder.nova.example`.
fn mutual(settings: &mut Settings, folder: &Path, authority: &Authority, asked: ClientCertificates) {
    let authorities: PathBuf = folder.join("clients.pem");
    fs::write(&authorities, authority.pem()).unwrap();
    if let Some(tls) = &mut settings.grpc.tls {
        tls.client_authorities = Some(authorities);
        tls.client_certificates = asked;
    }
    for name in [
        "bidder.nova.example",
        "spiffe://nova.example/bidder",
        "Bidder of Nova",
    ] {
        settings.identity.certificates.push(Certificate {
            name: name.to_owned(),
            roles: vec![Role::Auditor],
            brands: Vec::new(),
        });
    }
}

fn trusting(authorities: &[&Authority], shown: Option<&Pair>) -> Credentials {
    let authorities: String = authorities.iter().map(|authority| authority.pem()).collect();
    let shown = shown.map(|pair| {
        (
            pair.certificate.clone().into_bytes(),
            pair.key.clone().into_bytes(),
        )
    });
    Credentials {
        key: None,
        tls: Some(ClientTls {
            authorities: authorities.into_bytes(),
            certificate: shown,
            server_name: None,
        }),
    }
}

/// The code of a call that its roles open, and that asks nothing.
async fn called(address: std::net::SocketAddr, credentials: &Credentials) -> Result<String, CallError> {
    let client = Guarded::connect(address, credentials).await?;
    let refused = client.json("AuditService/GetDecision", "{}").await;
    Ok(refused.expect_err("an empty question").code)
}

/// It was let in, and its question was read.
fn is_in(called: &Result<String, CallError>) -> bool {
    called.as_deref() == Ok("INVALID_ARGUMENT")
}

#[test]
fn a_client_that_trusts_the_authority_is_answered_and_no_other() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let server = Guarded::open(|settings, folder| tls(settings, folder, &authority.server()));
    let ask = |credentials: &Credentials| server.runtime.block_on(called(server.address(), credentials));
    assert!(is_in(&ask(&trusting(&[&authority], None))));
    let refused = ask(&trusting(&[&stranger], None)).unwrap_err();
    assert!(refused.message.contains("certificate"), "{refused}");
    let mut other_name = trusting(&[&authority], None);
    if let Some(tls) = &mut other_name.tls {
        tls.server_name = Some("elsewhere.example".to_owned());
    }
    assert!(ask(&other_name).is_err(), "the certificate is of another name");
    let plain = ask(&Credentials::default());
    assert!(!is_in(&plain), "plain text is not spoken: {plain:?}");
}

#[test]
fn the_holder_of_a_certificate_is_known_by_each_of_its_names() {
    let authority = Authority::new();
    let server = Guarded::open(|settings, folder| {
        tls(settings, folder, &authority.server());
        mutual(settings, folder, &authority, ClientCertificates::Required);
    });
    let ask = |shown: Option<&Pair>| {
        let credentials = trusting(&[&authority], shown);
        server.runtime.block_on(called(server.address(), &credentials))
    };
    let mut by_uri = CertificateParams::default();
    let uri = "spiffe://nova.example/bidder".try_into().unwrap();
    by_uri.subject_alt_names = vec![SanType::URI(uri)];
    let mut by_common_name = CertificateParams::default();
    by_common_name
        .distinguished_name
        .push(DnType::CommonName, "Bidder of Nova");
    for pair in [
        authority.client("bidder.nova.example"),
        authority.sign(by_uri),
        authority.sign(by_common_name),
    ] {
        assert!(is_in(&ask(Some(&pair))));
    }
    let of_nobody = ask(Some(&authority.client("reports.nova.example")));
    assert_eq!(of_nobody.as_deref(), Ok("UNAUTHENTICATED"));
    let near = ask(Some(&authority.client("x.bidder.nova.example")));
    assert_eq!(near.as_deref(), Ok("UNAUTHENTICATED"), "a name counts whole");
}

#[test]
fn a_certificate_that_is_wrong_or_over_does_not_pass_the_handshake() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let server = Guarded::open(|settings, folder| {
        tls(settings, folder, &authority.server());
        mutual(settings, folder, &authority, ClientCertificates::Required);
    });
    let mut over = CertificateParams::new(vec!["bidder.nova.example".to_owned()]).unwrap();
    over.not_before = date_time_ymd(2020, 1, 1);
    over.not_after = date_time_ymd(2021, 1, 1);
    let mut early = CertificateParams::new(vec!["bidder.nova.example".to_owned()]).unwrap();
    early.not_before = date_time_ymd(2999, 1, 1);
    for (what, shown) in [
        ("none", None),
        ("of a stranger", Some(stranger.client("bidder.nova.example"))),
        ("over", Some(authority.sign(over))),
        ("not yet", Some(authority.sign(early))),
    ] {
        let credentials = trusting(&[&authority], shown.as_ref());
        let called = server.runtime.block_on(async {
            let client = Guarded::connect(server.address(), &credentials).await?;
            client.json("AuditService/GetDecision", "{}").await
        });
        // In TLS 1.3 a client learns only by its first call that its certificate was refused.
        let refused = called.unwrap_err();
        let by_handshake =
            ["UNAVAILABLE", "UNKNOWN", "CANCELLED", "INTERNAL"].contains(&refused.code.as_str());
        assert!(by_handshake && refused.reason.is_none(), "{what}: {refused}");
    }
}

#[test]
fn where_certificates_are_optional_who_shows_none_needs_a_key() {
    let authority = Authority::new();
    let server = Guarded::open(|settings, folder| {
        tls(settings, folder, &authority.server());
        mutual(settings, folder, &authority, ClientCertificates::Optional);
    });
    let ask = |credentials: &Credentials| server.runtime.block_on(called(server.address(), credentials));
    let none = ask(&trusting(&[&authority], None));
    assert_eq!(none.as_deref(), Ok("UNAUTHENTICATED"));
    assert!(is_in(&ask(&trusting(
        &[&authority],
        Some(&authority.client("bidder.nova.example"))
    ))));
}

#[test]
fn certificates_replaced_under_load_fail_no_request() {
    let (old, new) = (Authority::new(), Authority::new());
    let server = Guarded::open(|settings, folder| tls(settings, folder, &old.server()));
    let address = server.address();
    let stop = Arc::new(AtomicBool::new(false));
    server.runtime.block_on(async {
        let both = Arc::new(trusting(&[&old, &new], None));
        let standing = Guarded::connect(address, &both).await.unwrap();
        let load: Vec<_> = (0..4)
            .map(|number| {
                let (both, stop, standing) = (Arc::clone(&both), Arc::clone(&stop), standing.clone());
                tokio::spawn(async move {
                    let (mut answered, mut failed) = (0_u32, Vec::new());
                    while !stop.load(Ordering::Relaxed) {
                        // Half of them on a connection that stands, half each on one of its own.
                        let called = if number % 2 == 0 {
                            Ok(standing
                                .json("AuditService/GetDecision", "{}")
                                .await
                                .unwrap_err()
                                .code)
                        } else {
                            called(address, &both).await
                        };
                        if is_in(&called) {
                            answered += 1;
                        } else {
                            failed.push(called);
                        }
                    }
                    (answered, failed)
                })
            })
            .collect();
        new.server().write(server.folder());
        let after = timeout(PATIENCE, async {
            while !is_in(&called(address, &trusting(&[&new], None)).await) {}
        });
        after.await.expect("the new certificate is shown");
        stop.store(true, Ordering::Relaxed);
        for worker in load {
            let (answered, failed) = worker.await.unwrap();
            assert!(answered > 0);
            assert!(
                failed.is_empty(),
                "{} of {answered} failed: {:?}",
                failed.len(),
                failed[0]
            );
        }
        assert!(
            called(address, &trusting(&[&old], None)).await.is_err(),
            "the old one is shown no more"
        );
    });
}

#[test]
fn a_key_that_is_not_of_its_certificate_is_refused_at_the_start_and_later() {
    use balustrade::grpc::{ClientCertificates, Tls, TlsFiles};
    let (authority, folder) = (Authority::new(), tempfile::tempdir().unwrap());
    authority.server().write(folder.path());
    let files = TlsFiles {
        certificate: folder.path().join("server.pem"),
        key: folder.path().join("server.key"),
        client_authorities: None,
        client_certificates: ClientCertificates::Optional,
    };
    let tls = Tls::read(&files).unwrap();
    fs::write(&files.key, authority.server().key).unwrap();
    for refused in [tls.renew(&files).unwrap_err(), Tls::read(&files).unwrap_err()] {
        let told = refused.to_string();
        assert!(told.contains("server.pem"), "{told}");
    }
    fs::write(&files.certificate, "nothing").unwrap();
    let told = tls.renew(&files).unwrap_err().to_string();
    assert!(told.contains("a certificate in"), "{told}");
}

#[test]
fn a_handshake_that_never_comes_is_given_up_and_holds_up_nobody() {
    let authority = Authority::new();
    let server = Guarded::open(|settings, folder| tls(settings, folder, &authority.server()));
    server.runtime.block_on(async {
        let mut silent = TcpStream::connect(server.address()).await.unwrap();
        assert!(is_in(
            &called(server.address(), &trusting(&[&authority], None)).await
        ));
        let end = timeout(PATIENCE, silent.read(&mut [0]))
            .await
            .expect("it is closed");
        assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
    });
}
