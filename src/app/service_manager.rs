//! Notifies a service manager, such as systemd, of the state of the server, by datagrams as of sd_notify(3).

use std::cell::Cell;
use std::io;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use super::readiness::Readiness;
use crate::config::service_manager::ServiceManager;

/// The server is alive.
const ALIVE: &str = "WATCHDOG=1";

/// A connection to a service manager.
#[derive(Debug)]
pub struct Notifier {
    socket: UnixDatagram,
    watchdog: Option<Duration>,
    is_stopping: Cell<bool>,
}

impl Notifier {
    /// Connects to the socket of `manager`.
    ///
    /// # Errors
    /// There is no such socket.
    pub fn connect(manager: &ServiceManager) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.connect_addr(&address(manager.socket.as_encoded_bytes())?)?;
        // The manager may be slow to read, and the server does not wait for it.
        socket.set_nonblocking(true)?;
        Ok(Self { socket, watchdog: manager.watchdog, is_stopping: Cell::new(false) })
    }

    /// Reports that the server listens; `status` is for people.
    pub fn ready(&self, status: &str) {
        self.report("READY=1", status);
    }

    /// Reports that the server begins to stop. From then on, it is alive, although its actors end.
    pub fn stopping(&self) {
        self.is_stopping.set(true);
        self.report("STOPPING=1", "stopping");
    }

    /// Reports `state`, and `status` for people. A failure is only logged.
    fn report(&self, state: &str, status: &str) {
        // Further lines would be further states.
        let status = status.replace('\n', " ");
        if let Err(error) = self.socket.send(format!("{state}\nSTATUS={status}\n").as_bytes()) {
            tracing::warn!(%error, "the service manager was not notified");
        }
    }

    /// Reports that the server is alive, twice in the time that the service manager waits, and whether it is ready, for
    /// people. A server that is not ready is alive: a restart would not bring its database back. Returns at once if the
    /// service manager does not watch.
    pub async fn watch(&self, readiness: &Readiness) {
        let Some(within) = self.watchdog else { return };
        let mut was_alive = true;
        loop {
            let is_alive = readiness.is_alive().await;
            let status = match (self.is_stopping.get(), is_alive, readiness.is_ready()) {
                (true, _, _) => "stopping",
                (false, false, _) => "stuck",
                (false, true, false) => "not ready",
                (false, true, true) => "ready",
            };
            if is_alive || self.is_stopping.get() {
                self.report(ALIVE, status);
            } else {
                // An empty state: only the status is reported.
                self.report("", status);
                if was_alive {
                    tracing::error!(
                        "the actors do not answer: the service manager restarts this process after {within:?}"
                    );
                }
            }
            was_alive = is_alive;
            tokio::time::sleep(within / 2).await;
        }
    }
}

/// The address of a socket: a path, or a name without a file, which begins with `@`.
fn address(socket: &[u8]) -> io::Result<SocketAddr> {
    #[cfg(target_os = "linux")]
    if let Some(name) = socket.strip_prefix(b"@") {
        return <SocketAddr as std::os::linux::net::SocketAddrExt>::from_abstract_name(name);
    }
    let path = std::str::from_utf8(socket).map_err(|_| io::Error::other("its path is not UTF-8"))?;
    SocketAddr::from_pathname(path)
}
