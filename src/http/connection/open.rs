//! All open connections of a server, within their limits.
//!
//! When there are too many, of one address or of all, the connections that wait longest for a request are ended in favour of
//! new ones. So connections that are held without a request keep no client out.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use actix_web::rt::net::TcpStream;
use parking_lot::Mutex;

use super::activity::{Cut, TimeLimits, Wait};
use super::socket::Connection;
use crate::domain::network::{TrustedProxies, client_block};

/// Shortest time between two log lines about refused or displaced connections.
const LOG_EVERY: Duration = Duration::from_secs(60);
/// Of the connections that could end in favour of new ones, this part ends at once, so that they are rarely looked for.
const DISPLACED_PART: usize = 32;

/// Limits of the connections of one server.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections in all.
    pub all: usize,
    /// Further connections, which serve nothing but callbacks, administrators and probes.
    pub reserved: usize,
    /// Connections of one address that is no trusted proxy's; 0 is no limit.
    pub per_address: usize,
    /// The proxies that carry the requests of many clients.
    pub proxies: TrustedProxies,
    /// Time limits of each connection.
    pub time: TimeLimits,
}

/// Numbers for the metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    /// Open connections.
    pub open: usize,
    /// Connections that may be open at once.
    pub capacity: usize,
    /// Connections that were cut since the start because no whole head arrived in time.
    pub cut_head: u64,
    /// Connections that were cut since the start because the client did not take its answer.
    pub cut_answer: u64,
    /// Connections that ended since the start in favour of new ones.
    pub displaced: u64,
    /// Connections that were refused since the start.
    pub refused: u64,
}

#[derive(Debug, Default)]
struct Table {
    next_id: u64,
    connections: HashMap<u64, Entry>,
    per_address: HashMap<IpAddr, usize>,
    logged: Option<Instant>,
}

#[derive(Debug)]
struct Entry {
    connection: Arc<Connection>,
    address: Option<IpAddr>,
}

impl Table {
    fn remove(&mut self, id: u64) -> Option<Arc<Connection>> {
        let Entry { connection, address } = self.connections.remove(&id)?;
        if let Some(address) = address
            && let Some(number) = self.per_address.get_mut(&address)
        {
            *number = number.saturating_sub(1);
            if *number == 0 {
                self.per_address.remove(&address);
            }
        }
        Some(connection)
    }

    /// Ends some connections of `address`, or of all addresses, that wait for a request. Returns how many.
    fn displace(&mut self, address: Option<IpAddr>, now: Instant) -> usize {
        let of_address = self.connections.iter().filter(|(_, entry)| address.is_none() || entry.address == address);
        let waiting = of_address.filter_map(|(id, entry)| {
            let (wait, since) = entry.connection.activity.lock().waits(now)?;
            Some((wait, since, *id))
        });
        let waiting: Vec<(Wait, Instant, u64)> = waiting.collect();
        let number_of = |kind| waiting.iter().filter(|(wait, ..)| *wait == kind).count();
        // Connections that wait for a first request are new ones of customers, or, if there are many, held by an attacker.
        let heads_first = number_of(Wait::Head) > number_of(Wait::Idle);
        let class = |wait| match wait {
            Wait::SlowHead => 0,
            Wait::Head => {
                if heads_first {
                    1
                } else {
                    2
                }
            }
            Wait::Idle => {
                if heads_first {
                    2
                } else {
                    1
                }
            }
        };
        let mut order: Vec<(u8, Instant, u64)> =
            waiting.iter().map(|(wait, since, id)| (class(*wait), *since, *id)).collect();
        let number = order.len().div_ceil(DISPLACED_PART);
        if number < order.len() {
            order.select_nth_unstable(number);
            order.truncate(number);
        }
        for connection in order.iter().filter_map(|(_, _, id)| self.remove(*id)).collect::<Vec<_>>() {
            connection.cut();
        }
        order.len()
    }

    /// Whether a line about full connections is due.
    fn may_log(&mut self, now: Instant) -> bool {
        let is_due = self.logged.is_none_or(|logged| now - logged >= LOG_EVERY);
        if is_due {
            self.logged = Some(now);
        }
        is_due
    }
}

/// The open connections of a server.
#[derive(Debug)]
pub struct Connections {
    limits: Limits,
    table: Mutex<Table>,
    cut_head: AtomicU64,
    cut_answer: AtomicU64,
    displaced: AtomicU64,
    refused: AtomicU64,
}

/// The place of a connection in the table. Dropping it gives it back.
#[derive(Debug)]
pub struct Place {
    connections: Arc<Connections>,
    id: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.table.lock().remove(self.id);
    }
}

impl Connections {
    /// No connections yet.
    #[must_use]
    pub fn new(limits: Limits) -> Arc<Self> {
        let zero = || AtomicU64::new(0);
        let table = Mutex::default();
        Arc::new(Self { limits, table, cut_head: zero(), cut_answer: zero(), displaced: zero(), refused: zero() })
    }

    /// Takes a connection that was accepted. `None` if there is no place for it, which ends it.
    #[must_use]
    pub fn take(self: &Arc<Self>, stream: TcpStream) -> Option<(Arc<Connection>, Place)> {
        let now = Instant::now();
        let peer = stream.peer_addr().ok().map(|peer| peer.ip().to_canonical());
        let address = peer.filter(|peer| !self.limits.proxies.contains(*peer)).map(client_block);
        let mut table = self.table.lock();
        let of_address = address.and_then(|address| table.per_address.get(&address)).copied().unwrap_or_default();
        let is_address_full = self.limits.per_address > 0 && of_address >= self.limits.per_address;
        let is_full = table.connections.len() >= self.limits.all;
        let mut is_reserved = false;
        if is_address_full || is_full {
            let displaced = table.displace(address.filter(|_| is_address_full), now);
            self.displaced.fetch_add(u64::try_from(displaced).unwrap_or(u64::MAX), Relaxed);
            is_reserved = displaced == 0 && !is_address_full;
            let is_refused = displaced == 0
                && (is_address_full || table.connections.len() >= self.limits.all + self.limits.reserved);
            if is_refused {
                self.refused.fetch_add(1, Relaxed);
            }
            if table.may_log(now) {
                self.log_full(table.connections.len(), address.filter(|_| is_address_full));
            }
            if is_refused {
                return None;
            }
        }
        table.next_id += 1;
        let id = table.next_id;
        let connection = Arc::new(Connection::new(stream, is_reserved));
        table.connections.insert(id, Entry { connection: Arc::clone(&connection), address });
        if let Some(address) = address {
            *table.per_address.entry(address).or_default() += 1;
        }
        Some((connection, Place { connections: Arc::clone(self), id }))
    }

    fn log_full(&self, open: usize, address: Option<IpAddr>) {
        let (displaced, refused) = (self.displaced.load(Relaxed), self.refused.load(Relaxed));
        match address {
            Some(address) => tracing::warn!(
                %address, open, displaced, refused,
                "an address has http.connections_per_address_max connections; those that wait longest end"
            ),
            None => tracing::warn!(
                open,
                displaced,
                refused,
                "there are http.connections_max connections; those that wait longest end"
            ),
        }
    }

    /// Cuts the connections that have exceeded a time limit.
    pub fn cut_overdue(&self) {
        let now = Instant::now();
        let table = self.table.lock();
        let overdue = table.connections.values().filter_map(|Entry { connection, .. }| {
            let cut = connection.activity.lock().verdict(&self.limits.time, now)?;
            Some((Arc::clone(connection), cut))
        });
        let overdue: Vec<(Arc<Connection>, Cut)> = overdue.collect();
        drop(table);
        for (connection, cut) in overdue {
            match cut {
                Cut::Head => self.cut_head.fetch_add(1, Relaxed),
                Cut::Answer => self.cut_answer.fetch_add(1, Relaxed),
                Cut::Idle => 0,
            };
            tracing::debug!(peer = ?connection.peer, ?cut, "connection cut");
            connection.cut();
        }
    }

    /// The current numbers.
    #[must_use]
    pub fn report(&self) -> Report {
        Report {
            open: self.table.lock().connections.len(),
            capacity: self.limits.all,
            cut_head: self.cut_head.load(Relaxed),
            cut_answer: self.cut_answer.load(Relaxed),
            displaced: self.displaced.load(Relaxed),
            refused: self.refused.load(Relaxed),
        }
    }
}
