//! The stream of a connection, in plain text or under TLS, which reports to its [`Connection`].
//!
//! Under TLS, requests are seen behind it, where they are readable, and answers that the client does not take are seen
//! before it, at the socket.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use actix_web::web::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::server::TlsStream;

use super::activity::{Allowance, Read};
use super::bare_error;
use super::framing::{Chunks, Head};
use super::open::Place;
use super::socket::Connection;
use super::tls::Tls;

/// Bytes of a body in chunks that are read at once. The HTTP server keeps each chunk by itself, however small.
const CHUNKS_AT_ONCE: usize = 4096;
/// Bytes that are read to see whether the client sends more than it may, or leaves.
const AHEAD: usize = 512;

/// The stream of a [`Connection`]. Dropping it ends the connection and gives its place back.
#[derive(Debug)]
pub struct Watched {
    /// The connection.
    pub connection: Arc<Connection>,
    stream: Stream,
    /// The head that is being read.
    head: Head,
    /// The body that is being read, if it is one in chunks.
    chunks: Chunks,
    /// Bytes that the client has sent before the HTTP server may have them.
    ahead: BytesMut,
    /// Whether the HTTP server has to look at what it got before it gets more.
    is_given: bool,
    _place: Place,
}

#[derive(Debug)]
enum Stream {
    Plain(Socket),
    Encrypted(Box<TlsStream<Socket>>),
}

impl Stream {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(socket) => Pin::new(socket).poll_read(cx, buf),
            Self::Encrypted(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(socket) => Pin::new(socket).poll_write(cx, buf),
            Self::Encrypted(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }
}

impl Watched {
    /// The stream of `connection`, which has this place.
    pub fn plain(connection: Arc<Connection>, place: Place) -> Self {
        let stream = Stream::Plain(Socket(Arc::clone(&connection)));
        Self::new(connection, stream, place)
    }

    fn new(connection: Arc<Connection>, stream: Stream, place: Place) -> Self {
        let (head, chunks, ahead) = (Head::default(), Chunks::Size(0), BytesMut::new());
        Self { connection, stream, head, chunks, ahead, is_given: false, _place: place }
    }

    /// The stream of `connection` under TLS, after the handshake. The connection has its place meanwhile, and the time of a
    /// request's head.
    ///
    /// # Errors
    /// The handshake fails.
    pub async fn encrypted(connection: Arc<Connection>, place: Place, tls: &Tls) -> io::Result<Self> {
        let stream = tls.accept(Socket(Arc::clone(&connection))).await?;
        Ok(Self::new(connection, Stream::Encrypted(Box::new(stream)), place))
    }

    /// Reads what is not allowed yet, until the client leaves, which is an empty read.
    fn poll_ahead(&mut self, cx: &mut Context<'_>, is_soon: bool) -> Poll<io::Result<()>> {
        if self.ahead.is_empty() {
            let mut bytes = [MaybeUninit::uninit(); AHEAD];
            let mut bytes = ReadBuf::uninit(&mut bytes);
            ready!(self.stream.poll_read(cx, &mut bytes))?;
            self.ahead.extend_from_slice(bytes.filled());
            if self.ahead.is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
        if is_soon {
            cx.waker().wake_by_ref();
        } else {
            self.connection.activity.lock().wait(cx.waker());
        }
        Poll::Pending
    }

    /// How many of the bytes `read` the HTTP server may have, at least one, and what they are.
    fn allow(&mut self, allowance: Allowance, read: &[u8]) -> (usize, Read) {
        match allowance {
            Allowance::Nothing | Allowance::Request => {
                let piece = self.head.read(read);
                if piece.is_some() {
                    self.chunks = Chunks::Size(0);
                }
                (piece.map_or(read.len(), |piece| piece.head + piece.body), Read::Request(piece))
            }
            Allowance::Body(left) => {
                let allowed = usize::try_from(left).map_or(read.len(), |left| left.min(read.len()));
                (allowed, Read::Body(u64::try_from(allowed).unwrap_or(u64::MAX)))
            }
            Allowance::Chunks => {
                let allowed = self.chunks.read(read.get(..CHUNKS_AT_ONCE).unwrap_or(read));
                (allowed, Read::Chunks { is_complete: self.chunks == Chunks::Complete })
            }
        }
    }

    /// Reads what waits, or from the stream.
    fn poll_more(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.ahead.is_empty() {
            return self.stream.poll_read(cx, buf);
        }
        let length = self.ahead.len().min(buf.remaining());
        buf.put_slice(&self.ahead.split_to(length));
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if std::mem::take(&mut this.is_given) {
            return this.poll_ahead(cx, true);
        }
        let allowance = this.connection.activity.lock().allowance();
        if allowance == Allowance::Nothing {
            return this.poll_ahead(cx, false);
        }
        let before = buf.filled().len();
        ready!(this.poll_more(cx, buf))?;
        let read = buf.filled().get(before..).unwrap_or_default();
        if read.is_empty() {
            return Poll::Ready(Ok(()));
        }
        let (allowed, what) = this.allow(allowance, read);
        let rest = read.get(allowed..).unwrap_or_default();
        if !rest.is_empty() {
            // What waits already comes after it.
            let later = std::mem::take(&mut this.ahead);
            this.ahead.reserve(rest.len() + later.len());
            this.ahead.extend_from_slice(rest);
            this.ahead.extend_from_slice(&later);
        }
        buf.set_filled(before + allowed);
        this.is_given = !matches!(what, Read::Request(None) | Read::Body(_));
        this.connection.activity.lock().read(what, !this.ahead.is_empty(), Instant::now);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let Some(answer) = bare_error::completed(buf) else { return self.stream.poll_write(cx, buf) };
        // The connection ends after it, and so short an answer fits into the buffer of the socket. If not, it is cut off.
        ready!(self.stream.poll_write(cx, &answer))?;
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(socket) => Pin::new(socket).poll_flush(cx),
            Stream::Encrypted(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(socket) => Pin::new(socket).poll_shutdown(cx),
            Stream::Encrypted(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

/// The socket of a connection, which reports what it takes of the answers.
#[derive(Debug)]
struct Socket(Arc<Connection>);

impl Socket {
    /// Writes with `write` as soon as the socket takes something of `total` bytes.
    fn poll_taken(
        &self,
        cx: &mut Context<'_>,
        total: usize,
        write: impl Fn(&Connection) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        let Self(connection) = self;
        loop {
            let Poll::Ready(ready) = connection.stream.poll_write_ready(cx) else {
                connection.activity.lock().blocked(Instant::now);
                return Poll::Pending;
            };
            ready?;
            match write(connection) {
                Ok(written) => {
                    connection.activity.lock().written(written, written == total, Instant::now);
                    return Poll::Ready(Ok(written));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Self(connection) = &*self;
        loop {
            ready!(connection.stream.poll_read_ready(cx))?;
            match connection.stream.try_read_buf(buf) {
                Ok(_) => return Poll::Ready(Ok(())),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_taken(cx, buf.len(), |connection| connection.stream.try_write(buf))
    }

    /// All records of TLS that wait are written together, so that a part of them that is taken does not look like all.
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let total = bufs.iter().map(|buf| buf.len()).sum();
        self.poll_taken(cx, total, |connection| connection.stream.try_write_vectored(bufs))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.0.shut_down_writing())
    }
}
