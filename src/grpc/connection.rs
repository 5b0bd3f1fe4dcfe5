//! Connections before they carry requests: how many there may be, how long they may take to begin, and who is at the
//! other end.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::{Sleep, sleep, timeout},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_stream::{Stream, wrappers::ReceiverStream};
use tonic::transport::server::Connected;

use super::{
    identity::PeerCertificate,
    tls::Tls,
    unused::{Asked, FirstRequest, GiveWay, Unused},
};

/// How many connections of one core may wait to be taken after their handshake.
const WAITING: usize = 128;
/// How long to wait where the system gives no connection: most likely it has no descriptor left.
const AFTER_AN_ERROR: Duration = Duration::from_millis(50);
/// Bytes with which every HTTP/2 client begins (RFC 9113, 3.4).
const PREFACE_BYTES: usize = 24;

/// What is the same for every connection of every core.
#[derive(Debug, Clone)]
pub(super) struct Doorway {
    /// Spoken on the connections; `None`: plain text.
    pub(super) tls: Option<Arc<Tls>>,
    /// A place for each connection.
    pub(super) places: Arc<Semaphore>,
    /// Those that give way where no place is free.
    pub(super) unused: Arc<Unused>,
    /// How long a handshake may take, and the first bytes after it.
    pub(super) patience: Duration,
}

// === impl Doorway ===

impl Doorway {
    /// Connections as they come, after their handshakes. One that finds no place takes that of a connection that was never
    /// used, or is closed; one that does not begin in time is closed then; none holds up another.
    pub(super) fn connections(self, listener: TcpListener) -> impl Stream<Item = io::Result<Connection>> {
        let (hand, taken) = mpsc::channel(WAITING);
        tokio::spawn(async move {
            tokio::select! {
                () = self.accept(&listener, &hand) => {}
                // Nobody takes connections any more: the listener is closed with this task.
                () = hand.closed() => {}
            }
        });
        ReceiverStream::new(taken)
    }

    async fn accept(&self, listener: &TcpListener, hand: &mpsc::Sender<io::Result<Connection>>) {
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                sleep(AFTER_AN_ERROR).await;
                continue;
            };
            let free = Arc::clone(&self.places).try_acquire_owned().ok();
            if free.is_none() && !self.unused.close_one() {
                tracing::debug!("a connection is closed: there are as many as may be, and all are used");
                continue;
            }
            let (doorway, hand) = (self.clone(), hand.clone());
            tokio::spawn(async move {
                let Some(place) = doorway.place(free).await else {
                    return;
                };
                match doorway.shake_hands(stream, place).await {
                    // Nobody takes it only where the server ends.
                    Ok(connection) => drop(hand.send(Ok(connection)).await),
                    Err(error) => tracing::debug!(%error, "a handshake failed"),
                }
            });
        }
    }

    /// The place that is free, or the one that another gives up.
    async fn place(&self, free: Option<OwnedSemaphorePermit>) -> Option<OwnedSemaphorePermit> {
        if free.is_some() {
            return free;
        }
        let given_up = Arc::clone(&self.places).acquire_owned();
        timeout(self.patience, given_up).await.ok()?.ok()
    }

    async fn shake_hands(&self, stream: TcpStream, place: OwnedSemaphorePermit) -> io::Result<Connection> {
        // The server's own setting does not reach connections that are handed to it: without this a call takes 40 ms.
        stream.set_nodelay(true)?;
        let stream = match &self.tls {
            None => Wire::Plain(stream),
            Some(tls) => {
                let shaking = TlsAcceptor::from(tls.config()).accept(stream);
                Wire::Tls(Box::new(timeout(self.patience, shaking).await??))
            }
        };
        let (first, give_way) = self.unused.wait();
        Ok(Connection {
            peer: Peer {
                first: Some(Arc::new(first)),
                ..stream.peer()
            },
            stream,
            give_way: Some(give_way),
            beginning: Some(Beginning {
                read: 0,
                until: Box::pin(sleep(self.patience)),
            }),
            _place: place,
        })
    }
}

/// Who is at the other end of a connection.
#[derive(Debug, Clone, Default)]
pub(super) struct Peer {
    /// Its certificate, where it showed one.
    pub(super) certificate: Option<PeerCertificate>,
    first: Option<Arc<FirstRequest>>,
}

impl Peer {
    /// A request came by its connection.
    pub(super) fn asks(&self) {
        if let Some(first) = &self.first {
            first.came();
        }
    }
}

#[derive(Debug)]
enum Wire {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Wire {
    fn peer(&self) -> Peer {
        match self {
            Self::Plain(_) => Peer::default(),
            Self::Tls(stream) => {
                let shown = stream.get_ref().1.peer_certificates();
                let first = shown.and_then(<[_]>::first);
                Peer {
                    certificate: first.and_then(|first| PeerCertificate::read(first)),
                    ..Peer::default()
                }
            }
        }
    }
}

/// Until the first bytes have come: whoever connects and says nothing does not keep its place.
#[derive(Debug)]
struct Beginning {
    read: usize,
    until: Pin<Box<Sleep>>,
}

/// A connection, with its place among those that there may be.
#[derive(Debug)]
pub(super) struct Connection {
    stream: Wire,
    peer: Peer,
    beginning: Option<Beginning>,
    give_way: Option<GiveWay>,
    _place: OwnedSemaphorePermit,
}

impl Connected for Connection {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer.clone()
    }
}

// === impl Connection ===

impl Connection {
    /// Fails when it has to make room.
    fn stay(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        let Some(give_way) = &mut self.give_way else {
            return Ok(());
        };
        match give_way.asked(context) {
            Asked::NotYet => Ok(()),
            Asked::ToGo => Err(io::ErrorKind::ConnectionAborted.into()),
            Asked::NeverAgain => {
                self.give_way = None;
                Ok(())
            }
        }
    }

    /// Fails when the beginning takes too long.
    fn begin(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        let Some(beginning) = &mut self.beginning else {
            return Ok(());
        };
        match beginning.until.as_mut().poll(context) {
            Poll::Pending => Ok(()),
            Poll::Ready(()) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    fn has_read(&mut self, bytes: usize) {
        if let Some(beginning) = &mut self.beginning {
            beginning.read += bytes;
            if beginning.read >= PREFACE_BYTES {
                self.beginning = None;
            }
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.begin(context)?;
        self.stay(context)?;
        let before = buffer.filled().len();
        let read = match &mut self.stream {
            Wire::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Wire::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        };
        ready!(read)?;
        self.has_read(buffer.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Wire::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Wire::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Wire::Plain(stream) => Pin::new(stream).poll_flush(context),
            Wire::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Wire::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Wire::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Wire::Plain(stream) => Pin::new(stream).poll_write_vectored(context, parts),
            Wire::Tls(stream) => Pin::new(stream).poll_write_vectored(context, parts),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Wire::Plain(stream) => stream.is_write_vectored(),
            Wire::Tls(stream) => stream.is_write_vectored(),
        }
    }
}
