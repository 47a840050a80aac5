//! One connection: its socket and its activity.

use std::net::{Shutdown, SocketAddr};
use std::time::{Duration, Instant};

use actix_web::rt::net::TcpStream;
use parking_lot::Mutex;
use socket2::SockRef;

use super::activity::{Activity, Body};

/// Bytes of answers that the system buffers for a connection. A larger buffer would hide for minutes whether a slow client
/// takes its answer: the system asks for more only when a third of the buffer is free.
const SEND_BUFFER: usize = 128 * 1024;

/// One connection, shared by its stream, the middleware of its requests and the watch over all connections.
#[derive(Debug)]
pub struct Connection {
    /// The socket.
    pub stream: TcpStream,
    /// The address of the client, or of the proxy in front of it.
    pub peer: Option<SocketAddr>,
    /// Whether it has a place that is kept for callbacks, administrators and probes.
    pub is_reserved: bool,
    /// Its activity.
    pub activity: Mutex<Activity>,
}

impl Connection {
    /// A connection that has just been accepted.
    pub fn new(stream: TcpStream, is_reserved: bool) -> Self {
        let peer = stream.peer_addr().ok();
        let _ = SockRef::from(&stream).set_send_buffer_size(SEND_BUFFER);
        Self { stream, peer, is_reserved, activity: Mutex::new(Activity::new(Instant::now())) }
    }

    /// Notes that the head of a request with this body is complete.
    pub fn begin(&self, body: Body) {
        self.activity.lock().begin(body);
    }

    /// Notes that the handler of the request waits for more chunks of its body.
    pub fn want_chunks(&self) {
        self.activity.lock().want_chunks();
    }

    /// Notes that the answer to the request is complete.
    pub fn end(&self, is_refused: bool) {
        self.activity.lock().end(is_refused, Instant::now());
    }

    /// Whether the client has not taken its earlier answers.
    pub fn has_backlog(&self) -> bool {
        self.activity.lock().has_backlog()
    }

    /// Sends no more, after what was written.
    ///
    /// # Errors
    /// Those of the system.
    pub fn shut_down_writing(&self) -> std::io::Result<()> {
        SockRef::from(&self.stream).shutdown(Shutdown::Write)
    }

    /// Ends the connection, wherever it is. What was not sent is discarded.
    pub fn cut(&self) {
        let socket = SockRef::from(&self.stream);
        // Without it, the system would keep what the client does not take.
        let _ = socket.set_linger(Some(Duration::ZERO));
        let _ = socket.shutdown(Shutdown::Both);
    }
}
