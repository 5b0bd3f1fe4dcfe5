//! A bare echo: what gRPC itself costs, and nothing else.
//!
//! It answers every unary call with the bytes it was sent, and every stream (a path that ends in `/Decide`)
//! message by message, on the same runtimes and with the same settings as the service. Figures of the service
//! are quoted as ratios to it, from the same run.

use std::{
    convert::Infallible,
    io,
    net::TcpListener,
    pin::Pin,
    task::{Context, Poll},
};

use prost::bytes::Bytes;
use tokio::sync::watch;
use tonic::{
    Request, Response, Status, Streaming,
    body::Body,
    codegen::http,
    server::{Grpc, NamedService},
};
use tower::{Service, service_fn};

use super::{
    raw::Raw,
    serve::{Bounds, called_off, drained, on_each_core},
};

/// Stands where `DecisionService` stands, so that the same load can be sent to both.
#[derive(Debug, Clone, Copy)]
struct Echo;

impl NamedService for Echo {
    const NAME: &'static str = "balustrade.v1.DecisionService";
}

type Echoing = Pin<Box<dyn Future<Output = Result<http::Response<Body>, Infallible>> + Send>>;

impl Service<http::Request<Body>> for Echo {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Echoing;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async move {
            let mut grpc = Grpc::new(Raw);
            if request.uri().path().ends_with("/Decide") {
                let stream = service_fn(|request: Request<Streaming<Bytes>>| async move {
                    Ok::<_, Status>(Response::new(request.into_inner()))
                });
                return Ok(grpc.streaming(stream, request).await);
            }
            let unary = service_fn(|request: Request<Bytes>| async move {
                Ok::<_, Status>(Response::new(request.into_inner()))
            });
            Ok(grpc.unary(unary, request).await)
        })
    }
}

/// Echoes until `shutdown` turns true. Blocks, as [`serve`](super::serve) does.
///
/// # Errors
/// As [`serve`](super::serve).
pub fn echo(
    listeners: Vec<TcpListener>,
    bounds: &Bounds,
    shutdown: &watch::Receiver<bool>,
) -> io::Result<()> {
    let doorway = bounds.doorway(None);
    on_each_core(listeners, |listener| {
        let (doorway, shutdown) = (doorway.clone(), shutdown.clone());
        async move {
            let connections = doorway.connections(listener);
            let server = bounds
                .server()
                .add_service(Echo)
                .serve_with_incoming_shutdown(connections, called_off(shutdown.clone()));
            drained(server, shutdown, bounds.drain).await
        }
    })
}
