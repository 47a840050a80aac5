//! Which orders are being worked on: each by one task, and never more than the settings allow.

use std::collections::HashSet;
use std::sync::Arc;

use std::sync::atomic::Ordering::Relaxed;

use parking_lot::Mutex;

use crate::actor::Health;
use crate::domain::id::OrderId;

/// The orders under way.
#[derive(Debug, Clone)]
pub struct Tracker {
    orders: Arc<Mutex<HashSet<OrderId>>>,
    max: usize,
    health: Arc<Health>,
}

impl Tracker {
    pub fn new(max: usize, health: Arc<Health>) -> Self {
        Self { orders: Arc::default(), max, health }
    }

    /// Begins work on an order; `None` where it is under way already or too many are.
    pub fn begin(&self, order_id: OrderId) -> Option<Working> {
        let mut orders = self.orders.lock();
        let begun = orders.len() < self.max && orders.insert(order_id);
        self.health.in_flight.store(orders.len(), Relaxed);
        begun.then(|| Working { tracker: self.clone(), order_id })
    }

    pub fn count(&self) -> usize {
        self.orders.lock().len()
    }

    pub fn is_full(&self) -> bool {
        self.count() >= self.max
    }
}

/// Work on one order; it ends when this is dropped, also by a panic.
#[derive(Debug)]
pub struct Working {
    tracker: Tracker,
    order_id: OrderId,
}

impl Drop for Working {
    fn drop(&mut self) {
        let mut orders = self.tracker.orders.lock();
        orders.remove(&self.order_id);
        self.tracker.health.in_flight.store(orders.len(), Relaxed);
    }
}
