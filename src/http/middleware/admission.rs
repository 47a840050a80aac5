//! The door for new work. So many requests are let in at once; the next waits a moment for a permit and is then refused,
//! before anything was done for it. So what is under way is as fast as ever, however many stand outside; and as an answer
//! comes only after that moment, a crowd that asks again at once does not take the processor from those who were let in.
//! Callbacks, operators and load balancers do not pass here.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{Semaphore, SemaphorePermit};

/// How many may be inside, and how many were refused.
#[derive(Debug)]
pub struct AdmissionControl {
    permits: Semaphore,
    capacity: usize,
    within: Duration,
    refused: AtomicU64,
}

/// A door as it is now, for the status page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Requests that are let in at once.
    pub capacity: usize,
    /// Requests that are inside.
    pub in_flight: usize,
    /// Requests that were refused since the start.
    pub refused: u64,
}

impl AdmissionControl {
    /// A door through which `capacity` go at once, the others waiting `within` for a permit.
    #[must_use]
    pub const fn new(capacity: usize, within: Duration) -> Self {
        Self { permits: Semaphore::const_new(capacity), capacity, within, refused: AtomicU64::new(0) }
    }

    /// A permit inside, given back when it is dropped; `None` where there is none in time.
    pub async fn enter(&self) -> Option<SemaphorePermit<'_>> {
        if let Ok(permit) = self.permits.try_acquire() {
            return Some(permit);
        }
        let permit = tokio::time::timeout(self.within, self.permits.acquire()).await.ok().and_then(Result::ok);
        if permit.is_none() {
            self.refused.fetch_add(1, Relaxed);
        }
        permit
    }

    /// How it is now.
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
    async fn whoever_finds_no_place_in_time_is_refused_and_counted() {
        let door = AdmissionControl::new(1, Duration::from_millis(20));
        let inside = door.enter().await;
        assert!(inside.is_some() && door.enter().await.is_none());
        assert_eq!(door.report(), Report { capacity: 1, in_flight: 1, refused: 1 });
        drop(inside);
        assert!(door.enter().await.is_some());
        assert_eq!(door.report(), Report { capacity: 1, in_flight: 0, refused: 1 });
    }

    #[actix_web::test]
    async fn those_who_wait_go_in_in_the_order_in_which_they_came() {
        let door = AdmissionControl::new(1, Duration::from_secs(60));
        let inside = door.enter().await;
        let (first, second) = (door.enter(), door.enter());
        tokio::pin!(first, second);
        assert!((&mut first).now_or_never().is_none() && (&mut second).now_or_never().is_none());
        drop(inside);
        let permit = first.await;
        assert!(permit.is_some() && (&mut second).now_or_never().is_none());
        drop(permit);
        assert!(second.await.is_some());
    }
}
