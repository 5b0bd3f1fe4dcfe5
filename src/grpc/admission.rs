//! Who gets in: at most so many requests at once, the rest refused cheaply, so that those inside keep their latency;
//! and of these only who is known and may make the call ([`Identity`]).
//!
//! A request counts from the moment it is taken from its connection until its answer begins, so requests that
//! wait for a core count too, but not while its own sender is waited for ([`Place`]). A stream counts while it opens;
//! afterwards `max_concurrent_streams` bounds it, and it decides one question at a time. Health and reflection are always let in.
//! No caller takes all places ([`Shares`]).
//!
//! The same layer puts what the transport itself refuses into the caller's terms: an oversized message is
//! `RESOURCE_EXHAUSTED`, bytes that are no message are `INVALID_ARGUMENT`.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Instant,
};

use tonic::{Status, body::Body, codegen::http};
use tower::{Layer, Service};

use super::{
    connection::Peer,
    deadline::Arrived,
    identity::Identity,
    place::Place,
    refused::Refused,
    seen::Seen,
    share::{Share, Shares},
};
use crate::domain::Principal;

/// How many may be inside, how many are, and who they may be.
#[derive(Clone)]
pub(super) struct AdmissionLayer {
    inside: Arc<AtomicUsize>,
    most: usize,
    shares: Arc<Shares>,
    identity: Arc<Identity>,
    seen: Arc<Seen>,
}

impl AdmissionLayer {
    /// At most `most` at once, over all connections and cores that share this layer, and whom `identity` knows.
    pub(super) fn new(most: usize, identity: Arc<Identity>, seen: Arc<Seen>) -> Self {
        Self {
            inside: Arc::default(),
            most,
            shares: Shares::new(most),
            identity,
            seen,
        }
    }
}

impl<S> Layer<S> for AdmissionLayer {
    type Service = Admission<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Admission {
            inner,
            doors: self.clone(),
        }
    }
}

/// A service behind [`AdmissionLayer`].
#[derive(Clone)]
pub(super) struct Admission<S> {
    inner: S,
    doors: AdmissionLayer,
}

impl AdmissionLayer {
    /// Takes a place, if one is free, asks who comes, and whether that caller may have one more.
    fn admit(&self, request: &http::Request<Body>) -> Result<(Place, Share, Arc<Principal>), Refused> {
        let place = Place::take(&self.inside, self.most).ok_or_else(Refused::overloaded)?;
        let peer = request.extensions().get::<Peer>();
        let certificate = peer.and_then(|peer| peer.certificate.as_ref());
        let path = request.uri().path();
        let principal = self.identity.admit(path, request.headers(), certificate)?;
        let inside = self.inside.load(Ordering::Relaxed);
        let share = self.shares.take(&principal, inside);
        Ok((place, share.ok_or_else(Refused::over_share)?, principal))
    }
}

type Answering<E> = Pin<Box<dyn Future<Output = Result<http::Response<Body>, E>> + Send>>;

impl<S> Service<http::Request<Body>> for Admission<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = S::Error;
    type Future = Answering<S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        request.extensions_mut().insert(Arrived(Instant::now()));
        if let Some(peer) = request.extensions().get::<Peer>() {
            peer.asks();
        }
        let mut held = None;
        if request.uri().path().starts_with("/balustrade.") {
            match self.doors.admit(&request) {
                Ok((taken, share, principal)) => {
                    let taken = Arc::new(taken);
                    request.extensions_mut().insert(principal);
                    request = request.map(|body| taken.filled_by(body));
                    held = Some((taken, share));
                }
                Err(refused) => {
                    let refusal = refused.into_status();
                    self.doors.seen.refused(refusal.code());
                    let refusal = refusal.into_http();
                    return Box::pin(std::future::ready(Ok(refusal)));
                }
            }
        }
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await;
            if let Some((place, _share)) = held {
                place.leave();
            }
            answer.map(|answer| refused_by_transport(&answer).unwrap_or(answer))
        })
    }
}

fn refused_by_transport(answer: &http::Response<Body>) -> Option<http::Response<Body>> {
    // Only a refused unary call has its status in the first headers.
    let status = Status::from_header_map(answer.headers())?;
    Some(Refused::by_transport(&status)?.into_status().into_http())
}
