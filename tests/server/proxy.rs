//! A TCP proxy between the application and its database that breaks connections on demand.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// The time at which a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Before the matching bytes reach the server.
    Before,
    /// After the server has answered them and before the answer reaches the client.
    After,
}

/// A text to wait for, and the number of cuts.
struct Plan {
    text: Vec<u8>,
    cut: Cut,
    times: usize,
}

/// A connection through the proxy.
struct Connection {
    client: TcpStream,
    server: TcpStream,
    /// The next answer is to be lost.
    withhold: AtomicBool,
}

impl Connection {
    fn cut(&self) {
        // The connection may be broken already.
        drop(self.client.shutdown(Shutdown::Both));
        drop(self.server.shutdown(Shutdown::Both));
    }
}

#[derive(Default)]
struct Connections {
    refuse: bool,
    open: HashMap<u64, Arc<Connection>>,
}

struct Shared {
    to_port: u16,
    stopped: AtomicBool,
    connections: Mutex<Connections>,
    plan: Mutex<Option<Plan>>,
    delay: Mutex<Duration>,
    fired: AtomicUsize,
}

/// A running proxy. Dropping it cuts all of its connections.
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
    accept_thread: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Starts a proxy to a local port.
    pub fn start(to_port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            to_port,
            stopped: AtomicBool::new(false),
            connections: Mutex::default(),
            plan: Mutex::default(),
            delay: Mutex::default(),
            fired: AtomicUsize::new(0),
        });
        let accept_thread = thread::spawn({
            let shared = Arc::clone(&shared);
            move || shared.accept(&listener)
        });
        Self { port, shared, accept_thread: Some(accept_thread) }
    }

    /// The port on which the proxy listens.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// With `true`, cuts all connections and closes new ones at once. With `false`, accepts connections again.
    pub fn refuse(&self, refuse: bool) {
        let mut connections = lock(&self.shared.connections);
        connections.refuse = refuse;
        if refuse {
            connections.open.values().for_each(|connection| connection.cut());
        }
    }

    /// Cuts all open connections.
    pub fn cut(&self) {
        lock(&self.shared.connections).open.values().for_each(|connection| connection.cut());
    }

    /// Cuts the connection the next `times` times that bytes from a client contain `text`. A new plan replaces the
    /// previous one.
    ///
    /// The text must be sent as an unprepared statement. A prepared statement shows its text when it is prepared, and
    /// `Cut::After` would lose the answer to that. `BEGIN` and `COMMIT` are not prepared.
    pub fn cut_at(&self, text: &[u8], cut: Cut, times: usize) {
        assert!(!text.is_empty(), "every text contains the empty text");
        *lock(&self.shared.plan) = Some(Plan { text: text.to_vec(), cut, times });
    }

    /// Number of cuts by plans.
    pub fn fired(&self) -> usize {
        self.shared.fired.load(Ordering::SeqCst)
    }

    /// Delays all bytes from clients by `delay`.
    pub fn delay(&self, delay: Duration) {
        *lock(&self.shared.delay) = delay;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        self.refuse(true);
        // A connection wakes the accept thread, which then sees that it is to stop.
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
        drop(self.accept_thread.take().map(JoinHandle::join));
    }
}

impl Shared {
    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for (id, client) in (0..).zip(listener.incoming()) {
            if self.stopped.load(Ordering::SeqCst) {
                return;
            }
            // Going out of scope closes the connection, as if there were no server.
            let Ok(client) = client else { continue };
            let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, self.to_port)) else { continue };
            client.set_nodelay(true).unwrap();
            server.set_nodelay(true).unwrap();
            let connection = Arc::new(Connection { client, server, withhold: AtomicBool::new(false) });
            {
                let mut connections = lock(&self.connections);
                if connections.refuse {
                    continue;
                }
                connections.open.insert(id, Arc::clone(&connection));
            }
            for forward in [Self::to_server, Self::to_client] {
                let (shared, connection) = (Arc::clone(self), Arc::clone(&connection));
                thread::spawn(move || {
                    forward(&shared, &connection);
                    connection.cut();
                    lock(&shared.connections).open.remove(&id);
                });
            }
        }
    }

    /// Forwards from the client to the server until one of them closes the connection.
    fn to_server(&self, connection: &Connection) {
        // The end of the earlier bytes, because a text may arrive in two pieces.
        let mut before = Vec::new();
        let mut buffer = vec![0; 64 * 1024];
        while let Some(bytes) = read(&connection.client, &mut buffer) {
            let delay = *lock(&self.delay);
            thread::sleep(delay);
            match self.planned(&mut before, bytes) {
                Some(Cut::Before) => return self.fire(),
                // Before the server has the bytes, so that its answer cannot come first.
                Some(Cut::After) => connection.withhold.store(true, Ordering::SeqCst),
                None => {}
            }
            if (&connection.server).write_all(bytes).is_err() {
                return;
            }
        }
    }

    /// Forwards from the server to the client until one of them closes the connection.
    fn to_client(&self, connection: &Connection) {
        let mut buffer = vec![0; 64 * 1024];
        while let Some(bytes) = read(&connection.server, &mut buffer) {
            if connection.withhold.load(Ordering::SeqCst) {
                return self.fire();
            }
            if (&connection.client).write_all(bytes).is_err() {
                return;
            }
        }
    }

    /// The planned cut if these bytes complete the text. `before` has the end of the earlier bytes.
    fn planned(&self, before: &mut Vec<u8>, bytes: &[u8]) -> Option<Cut> {
        const KEPT: usize = 1024;
        let mut plan = lock(&self.plan);
        let cut = plan.as_mut().filter(|plan| plan.times > 0).and_then(|plan| {
            // One byte less than the text, so that a match contains new bytes.
            let tail = before.len().saturating_sub(plan.text.len() - 1);
            let seen = [&before[tail..], bytes].concat();
            let found = seen.windows(plan.text.len()).any(|window| window == plan.text);
            plan.times -= usize::from(found);
            found.then_some(plan.cut)
        });
        before.extend_from_slice(bytes);
        before.drain(..before.len().saturating_sub(KEPT));
        cut
    }

    /// Counts a cut. This comes before the cut itself, so that a client that notices the cut finds it counted.
    fn fire(&self) {
        self.fired.fetch_add(1, Ordering::SeqCst);
    }
}

/// Reads the next bytes; `None` at the end of the connection.
fn read<'a>(mut from: &TcpStream, buffer: &'a mut [u8]) -> Option<&'a [u8]> {
    let length = from.read(buffer).ok().filter(|length| *length > 0)?;
    Some(&buffer[..length])
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
