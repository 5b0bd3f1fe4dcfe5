//! The admin listener: `/metrics` and `/health` over HTTP/1, on loopback.
//!
//! It has a thread of its own, so that neither a slow scrape nor a hundred probes reach the decisions.

use std::{
    convert::Infallible,
    io,
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::CONTENT_TYPE,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus_client::registry::Registry;
use tokio::{
    sync::{Semaphore, watch},
    time::timeout,
};

use super::{
    App,
    metrics::{self, Metrics},
};

/// Connections at once; who comes above that waits.
const CONNECTIONS: usize = 32;
/// How long a connection may last, and how long its headers may take.
const PATIENCE: Duration = Duration::from_secs(60);
const HEADERS_WITHIN: Duration = Duration::from_secs(5);

/// What is answered from.
struct Desk {
    app: Arc<App>,
    registry: Registry,
    leaving: Arc<AtomicBool>,
}

/// The running listener; it ends when this is dropped.
pub(super) struct Admin {
    address: SocketAddr,
    leaving: Arc<AtomicBool>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

// === impl Admin ===

impl Admin {
    /// Listens.
    ///
    /// # Errors
    /// The address cannot be bound, or the thread not be started.
    pub(super) fn listen(address: SocketAddr, metrics: Metrics) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let (address, leaving) = (listener.local_addr()?, Arc::<AtomicBool>::default());
        let desk = Arc::new(Desk {
            app: Arc::clone(&metrics.app),
            registry: metrics::registry(metrics),
            leaving: Arc::clone(&leaving),
        });
        let (stop, stopped) = watch::channel(false);
        let thread = thread::Builder::new().name("admin".to_owned()).spawn(move || {
            if let Err(error) = serve(listener, desk, stopped) {
                tracing::error!(%error, "the admin listener ended");
            }
        })?;
        Ok(Self {
            address,
            leaving,
            stop,
            thread: Some(thread),
        })
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on `/health` says that the service leaves.
    pub(super) fn leaving(&self) {
        self.leaving.store(true, Ordering::Relaxed);
    }
}

impl Drop for Admin {
    fn drop(&mut self) {
        // Nobody listens to the order only if the listener has ended already.
        let _ = self.stop.send(true);
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the admin listener panicked");
        }
    }
}

fn serve(listener: TcpListener, desk: Arc<Desk>, mut stopped: watch::Receiver<bool>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        tokio::select! {
            () = accept(&listener, &desk) => {}
            _ = stopped.wait_for(|stopped| *stopped) => {}
        }
        Ok(())
    })
}

async fn accept(listener: &tokio::net::TcpListener, desk: &Arc<Desk>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        // The semaphore is never closed, so a place comes.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, as a rule: to ask again at once would take a core until one is free.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let desk = Arc::clone(desk);
        tokio::spawn(async move {
            let answering =
                service_fn(|request| std::future::ready(Ok::<_, Infallible>(desk.answer(&request))));
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADERS_WITHIN)
                .serve_connection(TokioIo::new(stream), answering);
            // What a probe does to its own connection concerns nobody.
            let _ = timeout(PATIENCE, connection).await;
            drop(place);
        });
    }
}

// === impl Desk ===

impl Desk {
    fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        if request.method() != Method::GET {
            return told(
                StatusCode::METHOD_NOT_ALLOWED,
                "text/plain",
                "only GET is answered\n",
            );
        }
        match request.uri().path() {
            "/metrics" => match metrics::text(&self.registry) {
                Ok(text) => told(StatusCode::OK, metrics::CONTENT_TYPE, text),
                Err(_) => told(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", "no metrics\n"),
            },
            "/health" => self.health(),
            _ => told(
                StatusCode::NOT_FOUND,
                "text/plain",
                "there are /metrics and /health\n",
            ),
        }
    }

    /// 200 where decisions are made, 503 where nobody should send any.
    fn health(&self) -> Response<Full<Bytes>> {
        if self.leaving.load(Ordering::Relaxed) {
            return told(StatusCode::SERVICE_UNAVAILABLE, "text/plain", "leaving\n");
        }
        if let Err(error) = self.app.journal.health() {
            return told(
                StatusCode::SERVICE_UNAVAILABLE,
                "text/plain",
                format!("{error}\n"),
            );
        }
        told(StatusCode::OK, "text/plain", "serving\n")
    }
}

fn told(status: StatusCode, sort: &'static str, text: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(text.into()));
    *response.status_mut() = status;
    let sort = hyper::header::HeaderValue::from_static(sort);
    response.headers_mut().insert(CONTENT_TYPE, sort);
    response
}
