//! Where the service listens, and in what it speaks there.

use std::{
    net::SocketAddr,
    num::{NonZeroU32, NonZeroUsize},
    path::PathBuf,
};

use serde::{Deserialize, Serialize};

use crate::domain::Language;

/// `[grpc]`: the listener that backends call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Grpc {
    /// Where it listens. Plain text is for loopback; anything else must be asked for by `plaintext_beyond_loopback`.
    pub address: SocketAddr,
    /// Allows plain text on an address that others can reach.
    pub plaintext_beyond_loopback: bool,
    /// `[grpc.tls]`: speak TLS.
    pub tls: Option<Tls>,
    /// How many runtimes serve, each on one core; 0 is one a core.
    pub workers: usize,
    /// How many requests one worker works on at once before it refuses more.
    pub concurrency: NonZeroUsize,
    /// How many connections may be open at once.
    pub connections: usize,
    /// How many requests and streams one connection may have open at once. Clients keep further ones back themselves, which
    /// costs a busy server nothing; to refuse one costs a third of a decision.
    pub streams_per_connection: NonZeroU32,
    /// How long requests under way may take after the order to stop, in milliseconds.
    pub drain_ms: u64,
    /// Whether the contract can be read over the wire.
    pub reflection: bool,
    /// `en`, `it` or `es`: in which explanations are told to callers who send no `accept-language`.
    pub language: Language,
}

/// `[grpc.tls]`: files in PEM, read again when they change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The certificate, then those that lead to a known authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The authorities of client certificates; without them none is asked for.
    pub client_authorities: Option<PathBuf>,
    /// Whether every client has to show a certificate, or may show a key or a token instead.
    #[serde(default)]
    pub client_certificates: ClientCertificates,
}

/// What clients have to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientCertificates {
    /// A certificate, or a key or a token.
    #[default]
    Optional,
    /// A certificate.
    Required,
}

/// `[admin]`: `/metrics` and `/health` over HTTP, for machines that watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Admin {
    /// Whether they are told at all.
    pub enabled: bool,
    /// Where.
    pub address: SocketAddr,
    /// Allows an address that others can reach: they read which campaigns and rules there are.
    pub beyond_loopback: bool,
}

/// `[traces]`: a span for each decision, for OpenTelemetry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Traces {
    /// The gRPC endpoint of a collector, in plain text: `http://127.0.0.1:4317`. Without it nothing is traced.
    pub endpoint: Option<String>,
    /// Of decisions whose callers send no `traceparent`, one in so many begins a trace; callers who send one say
    /// themselves whether theirs is sampled. 1: each; at thousands a second choose more.
    pub one_in: u32,
}

impl Default for Traces {
    fn default() -> Self {
        Self {
            endpoint: None,
            one_in: 1,
        }
    }
}

impl Default for Admin {
    fn default() -> Self {
        Self {
            enabled: true,
            address: SocketAddr::from(([127, 0, 0, 1], 9_464)),
            beyond_loopback: false,
        }
    }
}

const CONCURRENCY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(255);
const STREAMS: NonZeroU32 = NonZeroU32::MIN.saturating_add(31);

impl Default for Grpc {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 50_051)),
            plaintext_beyond_loopback: false,
            tls: None,
            workers: 0,
            concurrency: CONCURRENCY,
            connections: 10_000,
            streams_per_connection: STREAMS,
            drain_ms: 5_000,
            reflection: true,
            language: Language::English,
        }
    }
}
