//! The nodes that share one database server: each holds a number by a lease, which it renews.
//!
//! A node's number is part of every id that it makes, so no two running nodes may have the same one. The lease is a row
//! in the store of Order, and its times are those of the database's clock. A node that cannot renew its lease in time
//! stops writing (see [`Fence`]) until it can; a node whose number was taken by another stops for good. With each
//! renewal, a node learns which other nodes are alive and what time the database has.
//!
//! Stores in files need none of this: one process at a time has them open.

mod choice;
mod heartbeat;
pub mod lease;
pub mod measure;
mod memory;
mod store;

use std::sync::Arc;
use std::time::Duration;

use diesel::prelude::*;
use parking_lot::RwLock;
use serde::Serialize;

use crate::actor::{Fence, Peers};
use crate::db::schema::node;
use crate::domain::clock::Timestamp;
use crate::domain::id::NodeId;

/// A process, as the other nodes are shown it.
#[derive(Debug, Clone)]
pub struct Identity {
    /// A new id for each start of a process.
    pub boot_id: String,
    /// The address it listens on.
    pub address: String,
    /// Name of its machine.
    pub host: String,
    /// Number of its process on that machine.
    pub process_id: u32,
    /// Version of the program.
    pub version: &'static str,
}

/// The lease of one number, as stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = node, primary_key(node_number))]
struct Row {
    node_number: i32,
    boot_id: String,
    address: String,
    host: String,
    process_id: i64,
    version: String,
    start_time: Timestamp,
    heartbeat_time: Timestamp,
    lease_ms: i64,
    clock_difference_ms: i64,
}

impl Row {
    /// Whether the lease is valid at `now`. A heartbeat further ahead than the lease is from before the database's clock
    /// was set back, so its node has stopped, or will renew it in a moment.
    fn is_valid(&self, now: Timestamp) -> bool {
        now.0.abs_diff(self.heartbeat_time.0) <= self.lease_ms.unsigned_abs()
    }
}

/// The holder of the lease, for a person: where it runs and since when.
impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { address, host, process_id, boot_id, start_time, .. } = self;
        write!(f, "{address} (process {process_id} on {host}, boot {boot_id}, since {start_time})")
    }
}

/// A node whose lease is valid.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "the fields of Identity and of docs/http.md")]
pub struct LiveNode {
    pub number: i32,
    pub boot_id: String,
    pub address: String,
    pub host: String,
    pub process_id: i64,
    pub version: String,
    pub since: Timestamp,
    pub heartbeat_age_ms: u64,
    pub clock_difference_ms: i64,
}

impl LiveNode {
    fn new(row: Row, now: Timestamp) -> Self {
        Self {
            number: row.node_number,
            boot_id: row.boot_id,
            address: row.address,
            host: row.host,
            process_id: row.process_id,
            version: row.version,
            since: row.start_time,
            heartbeat_age_ms: u64::try_from(now.since(row.heartbeat_time).as_millis()).unwrap_or(u64::MAX),
            clock_difference_ms: row.clock_difference_ms,
        }
    }
}

/// This node among the others. Clones share the list of the live nodes.
#[derive(Debug, Clone)]
pub struct Node {
    /// The number of this node.
    pub number: NodeId,
    /// Whether this node may commit.
    pub fence: Fence,
    /// The numbers of the live nodes.
    pub peers: Peers,
    live: Arc<RwLock<Vec<LiveNode>>>,
}

impl Node {
    /// A node whose stores are files.
    #[must_use]
    pub fn alone(number: NodeId) -> Self {
        Self { number, fence: Fence::default(), peers: Peers::alone(number), live: Arc::default() }
    }

    /// The nodes with a valid lease, this one included, as of this node's last heartbeat. Empty if the stores are files.
    #[must_use]
    pub fn live(&self) -> Vec<LiveNode> {
        self.live.read().clone()
    }

    /// Whether this node drives on the unfinished work of the node `number`: its own, and that of nodes without a valid
    /// lease.
    #[must_use]
    pub fn is_responsible_for(&self, number: NodeId) -> bool {
        number == self.number || !self.live.read().iter().any(|other| other.number == number.get())
    }

    fn set_live(&self, rows: &[Row], now: Timestamp) {
        let valid = rows.iter().filter(|row| row.is_valid(now));
        let live: Vec<LiveNode> = valid.map(|row| LiveNode::new(row.clone(), now)).collect();
        self.peers.set(live.iter().map(|node| node.number).collect());
        *self.live.write() = live;
    }
}

/// Milliseconds of a lease, as stored.
fn stored_ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
