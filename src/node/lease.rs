//! Takes a number for this process and keeps it.

use std::path::PathBuf;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::choice::{Refusal, choose};
use super::heartbeat::Heartbeat;
use super::measure::measure;
use super::memory::Memory;
use super::{Identity, Node, Row, store, stored_ms};
use crate::db::{self, Class, Db, Store};
use crate::domain::clock::Clock;
use crate::domain::id::NodeId;

/// Interval at which a number that is held is tried again.
const TRY_EVERY: Duration = Duration::from_millis(100);
/// Time limit for giving the number back at the end.
const RELEASE_WITHIN: Duration = Duration::from_secs(2);
/// How often the table is tried again if another node changes it at the same time.
const CONFLICTS_MAX: u32 = 50;

/// A request for a number.
#[derive(Debug)]
pub struct Request {
    /// The number of the settings; `None` for any free number.
    pub wanted: Option<NodeId>,
    /// How long the number is held after a heartbeat.
    pub lease: Duration,
    /// The process, as the other nodes are shown it.
    pub identity: Identity,
    /// The folder in which a killed process can be recognised; `None` for a command that runs beside the server.
    pub folder: Option<PathBuf>,
}

/// A number that this process holds. Dropping it gives the number back.
#[derive(Debug)]
pub struct Lease {
    /// This node among the others.
    pub node: Node,
    /// Resolves with the reason if another node has taken the number, after which nothing is written any more.
    pub lost: oneshot::Receiver<String>,
    stop: Option<mpsc::Sender<()>>,
    stopped: mpsc::Receiver<()>,
    _memory: Option<Memory>,
}

impl Lease {
    /// Takes a number, sets `clock` to the database's, and starts the heartbeat. If the number of the settings is held,
    /// waits until its holder renews the lease, which shows that it is alive, or the lease ends. Blocks.
    ///
    /// # Errors
    /// One line: the number is held, with its holder and the way out, or the database cannot be used.
    pub fn acquire(store: &Store, request: Request, clock: &Clock) -> Result<Self, String> {
        let mut memory = request.folder.as_deref().and_then(Memory::open);
        let ended = memory.as_mut().and_then(Memory::ended);
        let mut db = store.connect().map_err(|error| error.to_string())?;
        measure(&mut db, clock).map_err(|error| error.to_string())?;
        let (number, renewed) = wait_for_number(&mut db, &request, ended.as_deref(), clock)?;
        if let Some(memory) = &mut memory {
            memory.remember(&request.identity.boot_id);
        }
        let node = Node::alone(number);
        let (lost_sender, lost) = oneshot::channel();
        let (stop, stop_receiver) = mpsc::channel();
        let (stopped_sender, stopped) = mpsc::channel();
        let Request { identity, lease, .. } = request;
        let (store, clock) = (store.clone(), clock.clone());
        let mut heartbeat = Heartbeat::new(store, db, node.clone(), identity, lease, clock, renewed);
        // The first heartbeat reads which other nodes are alive, before anything depends on it.
        heartbeat.beat().map_err(|error| error.to_string())?;
        std::thread::Builder::new()
            .name("heartbeat".to_owned())
            .spawn(move || {
                if let Some(reason) = heartbeat.run(&stop_receiver) {
                    let _ = lost_sender.send(reason);
                }
                drop(stopped_sender);
            })
            .map_err(|error| format!("cannot start a thread: {error}"))?;
        Ok(Self { node, lost, stop: Some(stop), stopped, _memory: memory })
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        drop(self.stop.take());
        // Fails as intended when the thread has ended. If the database does not answer, the lease ends by itself.
        let _ = self.stopped.recv_timeout(RELEASE_WITHIN);
    }
}

/// The number, and an instant not later than its first heartbeat.
fn wait_for_number(
    db: &mut Db,
    request: &Request,
    ended: Option<&str>,
    clock: &Clock,
) -> Result<(NodeId, Instant), String> {
    let mut first_seen: Option<Row> = None;
    let mut conflicts = 0;
    loop {
        let before = Instant::now();
        match try_to_take(db, request, ended, clock) {
            Ok(Ok(number)) => return Ok((number, before)),
            Ok(Err(Refusal::NoneFree)) => return Err("all 1024 numbers are held by running nodes".to_owned()),
            Ok(Err(Refusal::Held(holder))) => match &first_seen {
                Some(first) if *first != *holder => return Err(held_by(&holder)),
                Some(_) => std::thread::sleep(TRY_EVERY),
                None => {
                    tracing::info!("node {} is held by {holder}: waiting for its lease to end", holder.node_number);
                    first_seen = Some(*holder);
                }
            },
            Err(error) if matches!(error.class, Class::Constraint | Class::Conflict) && conflicts < CONFLICTS_MAX => {
                conflicts += 1;
                std::thread::sleep(TRY_EVERY / 10);
            }
            Err(error) => return Err(error.to_string()),
        }
    }
}

fn held_by(holder: &Row) -> String {
    format!(
        "number {} is held by a running node, {holder}: stop that node, give this one another number, or leave \
         node.id empty for a free one",
        holder.node_number
    )
}

/// Takes a number, unless it is held.
///
/// # Errors
/// [`Class::Conflict`] or [`Class::Constraint`] if another node has changed the table at the same time.
fn try_to_take(
    db: &mut Db,
    request: &Request,
    ended: Option<&str>,
    clock: &Clock,
) -> db::Result<Result<NodeId, Refusal>> {
    let rows = store::read_all(db)?;
    let now = measure(db, clock)?;
    let number = match choose(&rows, request.wanted, ended, now) {
        Ok(number) => number,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let Identity { boot_id, address, host, process_id, version } = request.identity.clone();
    let row = Row {
        node_number: number.get(),
        boot_id,
        address,
        host,
        process_id: process_id.into(),
        version: version.to_owned(),
        start_time: now,
        heartbeat_time: now,
        lease_ms: stored_ms(request.lease),
        clock_difference_ms: clock.system_difference_ms(),
    };
    let seen = rows.iter().find(|row| row.node_number == number.get());
    if store::take(db, seen, &row)? { Ok(Ok(number)) } else { Err(db::Error::conflict("another node took the number")) }
}
