//! Admission control: limits how many requests for new work are in flight.
//!
//! A request needs a permit. If none is free, it waits for a short time and is then refused, before any work was done
//! for it. Requests in flight therefore keep their latency under overload. The wait also paces clients that retry at
//! once, so that refusals do not take the processor from admitted requests. Callbacks, admin routes and health checks
//! are not limited.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A concurrency limit with a bounded wait, and a count of refusals.
#[derive(Debug)]
pub struct AdmissionControl {
    permits: Arc<Semaphore>,
    capacity: usize,
    max_wait: Duration,
    refused: AtomicU64,
}

/// The permit of a request. It is released when its last clone is dropped, or earlier by [`Permit::release`].
#[derive(Debug, Clone)]
pub struct Permit(Rc<RefCell<Option<OwnedSemaphorePermit>>>);

impl Permit {
    fn of(permit: OwnedSemaphorePermit) -> Self {
        Self(Rc::new(RefCell::new(Some(permit))))
    }

    /// Releases the permit, because the request only waits for someone else from here on.
    pub fn release(&self) {
        self.0.take();
    }
}

/// A snapshot for the status page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Requests that may be in flight at once.
    pub capacity: usize,
    /// Requests in flight.
    pub in_flight: usize,
    /// Requests refused since the start.
    pub refused: u64,
}

impl AdmissionControl {
    /// Admits `capacity` requests at once. Others wait for a permit, at most `max_wait`.
    #[must_use]
    pub fn new(capacity: usize, max_wait: Duration) -> Self {
        Self { permits: Arc::new(Semaphore::new(capacity)), capacity, max_wait, refused: AtomicU64::new(0) }
    }

    /// A permit, released when dropped; `None` if none was free within `max_wait`.
    pub async fn acquire(&self) -> Option<Permit> {
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            return Some(Permit::of(permit));
        }
        let permit = tokio::time::timeout(self.max_wait, Arc::clone(&self.permits).acquire_owned()).await;
        let permit = permit.ok().and_then(Result::ok).map(Permit::of);
        if permit.is_none() {
            self.refused.fetch_add(1, Relaxed);
        }
        permit
    }

    /// The current state.
    #[must_use]
    pub fn report(&self) -> Report {
        let in_flight = self.capacity.saturating_sub(self.permits.available_permits());
        Report { capacity: self.capacity, in_flight, refused: self.refused.load(Relaxed) }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[actix_web::test]
    async fn a_request_without_a_permit_in_time_is_refused_and_counted() {
        let admission = AdmissionControl::new(1, Duration::from_millis(20));
        let held = admission.acquire().await;
        assert!(held.is_some() && admission.acquire().await.is_none());
        assert_eq!(admission.report(), Report { capacity: 1, in_flight: 1, refused: 1 });
        drop(held);
        assert!(admission.acquire().await.is_some());
        assert_eq!(admission.report(), Report { capacity: 1, in_flight: 0, refused: 1 });
    }

    #[actix_web::test]
    async fn waiting_requests_are_admitted_in_order_of_arrival() {
        let admission = AdmissionControl::new(1, Duration::from_secs(60));
        let held = admission.acquire().await;
        let (first, second) = (admission.acquire(), admission.acquire());
        tokio::pin!(first, second);
        assert!((&mut first).now_or_never().is_none() && (&mut second).now_or_never().is_none());
        drop(held);
        let permit = first.await;
        assert!(permit.is_some() && (&mut second).now_or_never().is_none());
        drop(permit);
        assert!(second.await.is_some());
    }
}
