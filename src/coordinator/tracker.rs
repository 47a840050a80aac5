//! Tracks the orders with a running saga: at most one saga per order, and a bounded number in total.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use parking_lot::Mutex;

use super::message::{RunningSaga, WaitsFor};
use super::saga::{Phase, Saga, Step};
use crate::actor::Health;
use crate::domain::clock::Timestamp;
use crate::domain::id::OrderId;

/// The orders with a running saga. Clones share them.
#[derive(Debug, Clone)]
pub struct Tracker {
    orders: Arc<Mutex<HashMap<OrderId, Progress>>>,
    max: usize,
    health: Arc<Health>,
}

/// The progress of a saga.
#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    waits_for: WaitsFor,
    retries: u32,
    next_attempt: Option<Timestamp>,
}

impl Tracker {
    /// Creates an empty tracker for at most `max` orders.
    pub fn new(max: usize, health: Arc<Health>) -> Self {
        Self { orders: Arc::default(), max, health }
    }

    /// Adds an order; `None` if it is already tracked or the tracker is full.
    pub fn try_start(&self, order_id: OrderId) -> Option<InFlightGuard> {
        let mut orders = self.orders.lock();
        let is_added = orders.len() < self.max && !orders.contains_key(&order_id);
        if is_added {
            orders.insert(order_id, Progress::default());
        }
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

    /// Up to `limit` of the running sagas, the oldest orders first.
    pub fn running(&self, limit: usize) -> Vec<RunningSaga> {
        let orders = self.orders.lock();
        let running = |(order_id, progress): (&OrderId, &Progress)| RunningSaga {
            order_id: *order_id,
            waits_for: progress.waits_for,
            retries: progress.retries,
            next_attempt: progress.next_attempt,
        };
        let mut all: Vec<RunningSaga> = orders.iter().map(running).collect();
        drop(orders);
        all.sort_unstable_by_key(|saga| saga.order_id);
        all.truncate(limit);
        all
    }
}

/// Keeps an order in the tracker. Dropping it removes the order, also during a panic.
#[derive(Debug)]
pub struct InFlightGuard {
    tracker: Tracker,
    order_id: OrderId,
}

impl InFlightGuard {
    /// Notes how far the saga is. `retries` counts the steps that were sent again, the last of them at `next_attempt`.
    pub fn note(&self, saga: &Saga, retries: u32, next_attempt: Option<Timestamp>) {
        let waits_for = match &saga.phase {
            Phase::Reserving(steps) => WaitsFor::Reservations {
                stock: steps.contains(&Step::Stock),
                coupon: steps.contains(&Step::Coupon),
                balance: steps.contains(&Step::Balance),
            },
            Phase::Confirming | Phase::Ended => WaitsFor::Confirmation,
            Phase::Cancelling(_) => WaitsFor::Cancellation,
        };
        if let Some(progress) = self.tracker.orders.lock().get_mut(&self.order_id) {
            *progress = Progress { waits_for, retries, next_attempt };
        }
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        let mut orders = self.tracker.orders.lock();
        orders.remove(&self.order_id);
        self.tracker.health.in_flight.store(orders.len(), Relaxed);
    }
}
