//! Tracks the orders with a running saga: at most one saga per order, and a bounded number in total.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use parking_lot::Mutex;

use crate::actor::Health;
use crate::domain::id::OrderId;

/// The set of orders with a running saga. Clones share the set.
#[derive(Debug, Clone)]
pub struct Tracker {
    orders: Arc<Mutex<HashSet<OrderId>>>,
    max: usize,
    health: Arc<Health>,
}

impl Tracker {
    /// Creates an empty tracker for at most `max` orders.
    pub fn new(max: usize, health: Arc<Health>) -> Self {
        Self { orders: Arc::default(), max, health }
    }

    /// Adds an order; `None` if it is already tracked or the tracker is full.
    pub fn try_start(&self, order_id: OrderId) -> Option<InFlightGuard> {
        let mut orders = self.orders.lock();
        let is_added = orders.len() < self.max && orders.insert(order_id);
        self.health.in_flight.store(orders.len(), Relaxed);
        is_added.then(|| InFlightGuard { tracker: self.clone(), order_id })
    }

    /// The number of tracked orders.
    pub fn count(&self) -> usize {
        self.orders.lock().len()
    }

    /// Whether no further order can be added.
    pub fn is_full(&self) -> bool {
        self.count() >= self.max
    }
}

/// Keeps an order in the tracker. Dropping it removes the order, also during a panic.
#[derive(Debug)]
pub struct InFlightGuard {
    tracker: Tracker,
    order_id: OrderId,
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        let mut orders = self.tracker.orders.lock();
        orders.remove(&self.order_id);
        self.tracker.health.in_flight.store(orders.len(), Relaxed);
    }
}
