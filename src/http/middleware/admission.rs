//! Admission control: limits how many requests for new work are in flight.
//!
//! A request needs a permit. If none is free, it waits for a short time and is then refused, before any work was done
//! for it. Requests in flight therefore keep their latency under overload. The wait also paces clients that retry at
//! once, so that refusals do not take the processor from admitted requests. Callbacks, admin routes and health checks
//! are not limited.
//!
//! A handler asks for the permit when it has read the whole request, so that no client holds one with a body that does not
//! come. A user has few permits at a time, so that no user keeps the others out.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::id::UserId;
use crate::http::problem::{Code, Problem};

/// A concurrency limit with a bounded wait, and a count of refusals.
#[derive(Debug)]
pub struct AdmissionControl {
    permits: Arc<Semaphore>,
    capacity: usize,
    max_wait: Duration,
    refused: AtomicU64,
    users: Arc<Users>,
}

/// The users with requests in flight.
#[derive(Debug)]
struct Users {
    /// Requests of one user that may be in flight, or wait; 0 is no limit.
    capacity: usize,
    in_flight: Mutex<HashMap<UserId, usize>>,
}

/// One of the requests in flight of a user.
#[derive(Debug)]
struct UserPermit {
    users: Arc<Users>,
    user_id: UserId,
}

impl Users {
    fn acquire(self: &Arc<Self>, user_id: UserId) -> Option<UserPermit> {
        let mut in_flight = self.in_flight.lock();
        let number = in_flight.entry(user_id).or_default();
        if self.capacity > 0 && *number >= self.capacity {
            return None;
        }
        *number += 1;
        Some(UserPermit { users: Arc::clone(self), user_id })
    }
}

impl Drop for UserPermit {
    fn drop(&mut self) {
        let mut in_flight = self.users.in_flight.lock();
        if let Some(number) = in_flight.get_mut(&self.user_id) {
            *number = number.saturating_sub(1);
            if *number == 0 {
                in_flight.remove(&self.user_id);
            }
        }
    }
}

/// The permit of a request. It is released when it is dropped.
#[derive(Debug)]
pub struct Permit {
    _of_all: OwnedSemaphorePermit,
    _of_user: UserPermit,
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
    /// Admits `capacity` requests at once, and `per_user` of one user, if that is not 0. Others wait for a permit, at most
    /// `max_wait`.
    #[must_use]
    pub fn new(capacity: usize, per_user: usize, max_wait: Duration) -> Self {
        let users = Arc::new(Users { capacity: per_user, in_flight: Mutex::default() });
        Self { permits: Arc::new(Semaphore::new(capacity)), capacity, max_wait, refused: AtomicU64::new(0), users }
    }

    /// A permit for a request of `user_id`, released when dropped.
    ///
    /// # Errors
    /// 503 if none was free within `max_wait`; 429 if the user has too many requests in flight.
    pub async fn acquire(&self, user_id: UserId) -> Result<Permit, Problem> {
        let Some(of_user) = self.users.acquire(user_id) else {
            let detail = "Too many requests of this user are in progress";
            return Err(Problem::with(Code::TooManyRequests, detail).with_data("limit", "in_flight_per_user_max"));
        };
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            return Ok(Permit { _of_all: permit, _of_user: of_user });
        }
        let permit = tokio::time::timeout(self.max_wait, Arc::clone(&self.permits).acquire_owned()).await;
        match permit {
            Ok(Ok(permit)) => Ok(Permit { _of_all: permit, _of_user: of_user }),
            _ => {
                self.refused.fetch_add(1, Relaxed);
                Err(Problem::new(Code::Busy))
            }
        }
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

    const USER: UserId = UserId::new(1);

    #[actix_web::test]
    async fn a_request_without_a_permit_in_time_is_refused_and_counted() {
        let admission = AdmissionControl::new(1, 0, Duration::from_millis(20));
        let held = admission.acquire(USER).await;
        assert_eq!(admission.acquire(USER).await.unwrap_err(), Problem::new(Code::Busy));
        assert_eq!(admission.report(), Report { capacity: 1, in_flight: 1, refused: 1 });
        drop(held);
        assert!(admission.acquire(USER).await.is_ok());
        assert_eq!(admission.report(), Report { capacity: 1, in_flight: 0, refused: 1 });
    }

    #[actix_web::test]
    async fn waiting_requests_are_admitted_in_order_of_arrival() {
        let admission = AdmissionControl::new(1, 0, Duration::from_secs(60));
        let held = admission.acquire(USER).await;
        let (first, second) = (admission.acquire(USER), admission.acquire(USER));
        tokio::pin!(first, second);
        assert!((&mut first).now_or_never().is_none() && (&mut second).now_or_never().is_none());
        drop(held);
        let permit = first.await;
        assert!(permit.is_ok() && (&mut second).now_or_never().is_none());
        drop(permit);
        assert!(second.await.is_ok());
    }

    #[actix_web::test]
    async fn a_user_takes_no_more_than_a_share() {
        let admission = AdmissionControl::new(8, 2, Duration::from_secs(60));
        let held = (admission.acquire(USER).await.unwrap(), admission.acquire(USER).await.unwrap());
        assert_eq!(admission.acquire(USER).await.unwrap_err().code, Code::TooManyRequests);
        assert!(admission.acquire(UserId::new(2)).await.is_ok());
        drop(held.0);
        assert!(admission.acquire(USER).await.is_ok());
        drop(held.1);
        assert!(admission.users.in_flight.lock().is_empty());
    }
}
