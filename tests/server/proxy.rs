//! A network that fails on demand: a TCP proxy between the application and its database.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// When a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Before the bytes with the text reach the server.
    Before,
    /// After the server has answered them, before the answer reaches the client.
    After,
}

/// What is waited for, and how often.
struct Plan {
    text: Vec<u8>,
    cut: Cut,
    times: usize,
}

/// A connection through the proxy.
struct Connection {
    client: TcpStream,
    server: TcpStream,
    /// The next answer is the one that gets lost.
    withhold: AtomicBool,
}

impl Connection {
    fn cut(&self) {
        // One that is broken already is as good.
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

/// The proxy; what goes through it is cut when it is dropped.
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
    accepts: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Starts a proxy to a port of this machine.
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
        let accepts = thread::spawn({
            let shared = Arc::clone(&shared);
            move || shared.accept(&listener)
        });
        Self { port, shared, accepts: Some(accepts) }
    }

    /// The port it listens on.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// From now on new connections are closed at once, and those that exist are cut; or no longer.
    pub fn refuse(&self, refuse: bool) {
        let mut connections = lock(&self.shared.connections);
        connections.refuse = refuse;
        if refuse {
            connections.open.values().for_each(|connection| connection.cut());
        }
    }

    /// Cuts all connections there are.
    pub fn cut(&self) {
        lock(&self.shared.connections).open.values().for_each(|connection| connection.cut());
    }

    /// The next `times` times that bytes from a client contain the text, their connection is cut. A new plan takes the
    /// place of the last one.
    ///
    /// The text must be answered by itself: a statement that is first prepared shows its text in the preparation, and it
    /// is the answer to that which `Cut::After` loses. `BEGIN` and `COMMIT` are sent as text and run as such.
    pub fn cut_at(&self, text: &[u8], cut: Cut, times: usize) {
        assert!(!text.is_empty(), "nothing is in every text");
        *lock(&self.shared.plan) = Some(Plan { text: text.to_vec(), cut, times });
    }

    /// How often a plan has cut a connection.
    pub fn fired(&self) -> usize {
        self.shared.fired.load(Ordering::SeqCst)
    }

    /// Holds up whatever a client sends for so long.
    pub fn delay(&self, delay: Duration) {
        *lock(&self.shared.delay) = delay;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        self.refuse(true);
        // It sees that it is to stop when somebody knocks.
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
        drop(self.accepts.take().map(JoinHandle::join));
    }
}

impl Shared {
    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for (id, client) in (0..).zip(listener.incoming()) {
            if self.stopped.load(Ordering::SeqCst) {
                return;
            }
            // Closed by going out of scope, as where there is no server.
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
            for way in [Self::forth, Self::back] {
                let (shared, connection) = (Arc::clone(self), Arc::clone(&connection));
                thread::spawn(move || {
                    way(&shared, &connection);
                    connection.cut();
                    lock(&shared.connections).open.remove(&id);
                });
            }
        }
    }

    /// From the client to the server, until one of them is gone.
    fn forth(&self, connection: &Connection) {
        // What came before, since a text may come in two pieces.
        let mut before = Vec::new();
        let mut buffer = vec![0; 64 * 1024];
        while let Some(bytes) = read(&connection.client, &mut buffer) {
            let delay = *lock(&self.delay);
            thread::sleep(delay);
            match self.planned(&mut before, bytes) {
                Some(Cut::Before) => return self.fire(),
                // Before the server has them: its answer is not to come first.
                Some(Cut::After) => connection.withhold.store(true, Ordering::SeqCst),
                None => {}
            }
            if (&connection.server).write_all(bytes).is_err() {
                return;
            }
        }
    }

    /// From the server to the client, until one of them is gone.
    fn back(&self, connection: &Connection) {
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

    /// What is to happen at these bytes.
    fn planned(&self, before: &mut Vec<u8>, bytes: &[u8]) -> Option<Cut> {
        const KEPT: usize = 1024;
        let mut plan = lock(&self.plan);
        let cut = plan.as_mut().filter(|plan| plan.times > 0).and_then(|plan| {
            // Only so much that a text found has something new in it.
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

    /// Counted before the connection is cut: who notices the cut finds it counted.
    fn fire(&self) {
        self.fired.fetch_add(1, Ordering::SeqCst);
    }
}

/// The next bytes, while there are some.
fn read<'a>(mut from: &TcpStream, buffer: &'a mut [u8]) -> Option<&'a [u8]> {
    let length = from.read(buffer).ok().filter(|length| *length > 0)?;
    Some(&buffer[..length])
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
