//! A TCP stream that reports what it does to its [`Connection`].

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use actix_web::rt::net::{ActixStream, Ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::bare_error;
use super::open::Place;
use super::socket::Connection;

/// The stream of a [`Connection`]. Dropping it ends the connection and gives its place back.
#[derive(Debug)]
pub struct Watched {
    /// The connection.
    pub connection: Arc<Connection>,
    _place: Place,
}

impl Watched {
    /// The stream of `connection`, which has this place.
    pub const fn new(connection: Arc<Connection>, place: Place) -> Self {
        Self { connection, _place: place }
    }
}

impl AsyncRead for Watched {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let connection = &self.connection;
        loop {
            ready!(connection.stream.poll_read_ready(cx))?;
            let before = buf.filled().len();
            match connection.stream.try_read_buf(buf) {
                Ok(_) => {
                    let read = buf.filled().get(before..).unwrap_or_default();
                    connection.activity.lock().read(read, Instant::now);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for Watched {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let connection = &self.connection;
        loop {
            let Poll::Ready(ready) = connection.stream.poll_write_ready(cx) else {
                connection.activity.lock().blocked(Instant::now);
                return Poll::Pending;
            };
            ready?;
            if let Some(answer) = bare_error::completed(buf) {
                // The connection ends after it, and so short an answer fits into the buffer of the socket. If not, it is cut off.
                let _ = connection.stream.try_write(&answer);
                return Poll::Ready(Ok(buf.len()));
            }
            match connection.stream.try_write(buf) {
                Ok(written) => {
                    connection.activity.lock().written(written, written == buf.len(), Instant::now);
                    return Poll::Ready(Ok(written));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.connection.shut_down_writing())
    }
}

impl ActixStream for Watched {
    fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        ActixStream::poll_read_ready(&self.connection.stream, cx)
    }

    fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        ActixStream::poll_write_ready(&self.connection.stream, cx)
    }
}
