//! The nodes that share the stores of this one, as far as work left by a dead one has to be noticed.

use std::collections::BTreeSet;
use std::sync::Arc;

use parking_lot::RwLock;

use crate::domain::id::NodeId;

/// The numbers of the nodes that hold a lease, as of this node's last heartbeat. Clones share them.
#[derive(Debug, Clone)]
pub struct Peers {
    own: i32,
    live: Arc<RwLock<BTreeSet<i32>>>,
}

impl Peers {
    /// A node without others.
    #[must_use]
    pub fn alone(own: NodeId) -> Self {
        Self { own: own.get(), live: Arc::default() }
    }

    /// Records the numbers of the nodes that hold a lease.
    pub fn set(&self, live: BTreeSet<i32>) {
        *self.live.write() = live;
    }

    /// The numbers of the other nodes that hold a lease.
    #[must_use]
    pub fn others(&self) -> BTreeSet<i32> {
        let mut others = self.live.read().clone();
        others.remove(&self.own);
        others
    }

    /// The number of this node.
    #[must_use]
    pub const fn own(&self) -> i32 {
        self.own
    }
}
