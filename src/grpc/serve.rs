//! Listening, serving, draining.
//!
//! Each core runs a runtime of its own on a listener of its own (`SO_REUSEPORT`): measured, that is twice as fast
//! as one runtime over all cores, because a request never changes its core.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    num::NonZeroUsize,
    sync::Arc,
    thread,
    time::Duration,
};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::sync::{Semaphore, watch};
use tonic::transport::Server;

use super::{connection::Doorway, tls::Tls};

/// Bounds of the server, and the time it takes to leave.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// Requests that may be inside at once, over all connections.
    pub concurrent_requests: usize,
    /// Connections that may be open at once; one more is closed at once.
    pub connections: usize,
    /// Requests and streams that one connection may have open.
    pub streams_per_connection: u32,
    /// The headers of one request, in bytes as HTTP/2 counts them.
    pub header_bytes: u32,
    /// How long a handshake may take, and then the first bytes.
    pub handshake: Duration,
    /// How long a connection may be silent before it is asked whether anybody is there.
    pub ask_after: Duration,
    /// How long a drain waits for what is under way.
    pub drain: Duration,
}

impl Default for Bounds {
    /// 1,024 requests, 10,000 connections of 32 streams, 16 KiB of headers, 5 s to begin, 30 s of silence, 10 s to
    /// drain.
    fn default() -> Self {
        Self {
            concurrent_requests: 1_024,
            connections: 10_000,
            streams_per_connection: 32,
            header_bytes: 16 * 1_024,
            handshake: Duration::from_secs(5),
            ask_after: Duration::from_secs(30),
            drain: Duration::from_secs(10),
        }
    }
}

/// How long to wait for the answer of a silent client; then its connection is closed.
const ASK_FOR: Duration = Duration::from_secs(10);
/// Streams that a client may have reset before the server took them up; above it the connection is closed
/// (CVE-2023-44487).
const RESETS_WAITING: usize = 20;
/// Streams that the server may have reset because of a client's errors; above it the connection is closed.
const RESETS_OF_OURS: usize = 1_024;

// === impl Bounds ===

impl Bounds {
    /// A server with the bounds of a connection.
    pub(super) fn server(&self) -> Server {
        Server::builder()
            .max_concurrent_streams(self.streams_per_connection)
            .http2_max_header_list_size(self.header_bytes)
            .http2_max_pending_accept_reset_streams(Some(RESETS_WAITING))
            .http2_max_local_error_reset_streams(Some(RESETS_OF_OURS))
            .http2_keepalive_interval(Some(self.ask_after))
            .http2_keepalive_timeout(Some(ASK_FOR))
    }

    /// The way in for every core; with `tls` spoken on it, else plain text.
    pub(super) fn doorway(&self, tls: Option<Arc<Tls>>) -> Doorway {
        Doorway {
            tls,
            places: Arc::new(Semaphore::new(self.connections)),
            unused: Arc::default(),
            patience: self.handshake,
        }
    }
}

/// One listener a core on the same address. With port 0 they share the port that the first one is given.
///
/// # Errors
/// The address cannot be bound: another process listens there, even one that would share it.
pub fn listen(address: SocketAddr, cores: NonZeroUsize) -> io::Result<Vec<TcpListener>> {
    let first = bound(address, Binding::Alone)?;
    let address = first.local_addr()?;
    let mut listeners = vec![first];
    for _ in 1..cores.get() {
        listeners.push(bound(address, Binding::Shared)?);
    }
    Ok(listeners)
}

/// How an address is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Binding {
    /// Refused where anybody listens already; shared only afterwards. Otherwise a second server would silently
    /// take every other connection of the first.
    Alone,
    /// Beside listeners of ours.
    Shared,
}

fn bound(address: SocketAddr, binding: Binding) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(binding == Binding::Shared)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.set_reuse_port(true)?;
    socket.listen(1_024)?;
    Ok(socket.into())
}

/// Runs one current-thread runtime for each listener until all have drained.
///
/// # Errors
/// A thread or a runtime cannot be started, or a listener fails.
pub(super) fn on_each_core<F, R>(listeners: Vec<TcpListener>, run: F) -> io::Result<()>
where
    F: Fn(tokio::net::TcpListener) -> R + Send + Sync,
    R: Future<Output = io::Result<()>>,
{
    thread::scope(|scope| {
        let mut cores = Vec::new();
        for (number, listener) in listeners.into_iter().enumerate() {
            let run = &run;
            let core = thread::Builder::new().name(format!("grpc-{number}"));
            cores.push(core.spawn_scoped(scope, move || on_this_core(listener, run))?);
        }
        let ended = cores.into_iter().map(|core| {
            core.join()
                .unwrap_or_else(|_| Err(io::Error::other("a serving thread panicked")))
        });
        ended.fold(Ok(()), Result::and)
    })
}

fn on_this_core<F, R>(listener: TcpListener, run: &F) -> io::Result<()>
where
    F: Fn(tokio::net::TcpListener) -> R,
    R: Future<Output = io::Result<()>>,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async { run(tokio::net::TcpListener::from_std(listener)?).await })
}

/// Completes when `shutdown` turns true, or when nobody can turn it any more.
pub(super) async fn called_off(mut shutdown: watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|down| *down).await;
}

/// Waits for `serving` to end by itself after a shutdown, at most for `drain`: a half-open client may not hold
/// the process.
pub(super) async fn drained<E>(
    serving: impl Future<Output = Result<(), E>>,
    shutdown: watch::Receiver<bool>,
    drain: Duration,
) -> io::Result<()>
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let overdue = async {
        called_off(shutdown).await;
        tokio::time::sleep(drain).await;
    };
    tokio::select! {
        ended = serving => ended.map_err(io::Error::other),
        () = overdue => {
            tracing::warn!(drain_ms = drain.as_millis(), "connections were cut: they did not end within the drain");
            Ok(())
        }
    }
}
