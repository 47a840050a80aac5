//! The stream of a connection, in plain text or under TLS, which reports to its [`Connection`].
//!
//! Under TLS, requests are seen behind it, where they are readable, and answers that the client does not take are seen
//! before it, at the socket.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::server::TlsStream;

use super::bare_error;
use super::open::Place;
use super::socket::Connection;
use super::tls::Tls;

/// The stream of a [`Connection`]. Dropping it ends the connection and gives its place back.
#[derive(Debug)]
pub struct Watched {
    /// The connection.
    pub connection: Arc<Connection>,
    stream: Stream,
    _place: Place,
}

#[derive(Debug)]
enum Stream {
    Plain(Socket),
    Encrypted(Box<TlsStream<Socket>>),
}

impl Stream {
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
        Self { connection, stream, _place: place }
    }

    /// The stream of `connection` under TLS, after the handshake. The connection has its place meanwhile, and the time of a
    /// request's head.
    ///
    /// # Errors
    /// The handshake fails.
    pub async fn encrypted(connection: Arc<Connection>, place: Place, tls: &Tls) -> io::Result<Self> {
        let stream = tls.accept(Socket(Arc::clone(&connection))).await?;
        Ok(Self { connection, stream: Stream::Encrypted(Box::new(stream)), _place: place })
    }
}

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(match &mut self.stream {
            Stream::Plain(socket) => Pin::new(socket).poll_read(cx, buf),
            Stream::Encrypted(stream) => Pin::new(stream).poll_read(cx, buf),
        })?;
        let read = buf.filled().get(before..).unwrap_or_default();
        self.connection.activity.lock().read(read, Instant::now);
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
