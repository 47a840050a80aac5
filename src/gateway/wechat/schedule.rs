//! The schedule of fetching WeChat Pay's platform certificates.

use std::time::Duration;

use parking_lot::Mutex;

use crate::domain::clock::Timestamp;

const FETCH_EVERY: Duration = Duration::from_secs(12 * 60 * 60);
/// After a failure, and after a message that names an unknown certificate. Anybody can send such a message.
const FETCH_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// The time at which the certificates are fetched next.
#[derive(Debug, Default)]
pub struct Schedule(Mutex<Times>);

#[derive(Debug, Default)]
struct Times {
    /// `None` before the first time.
    due: Option<Timestamp>,
    /// The earliest time to which `due` can be brought forward.
    earliest: Option<Timestamp>,
}

impl Schedule {
    /// Whether to fetch now. The next attempt is due after a minute, until this one has succeeded.
    pub fn claim(&self, now: Timestamp) -> bool {
        let mut times = self.0.lock();
        let is_due = times.due.is_none_or(|due| due <= now);
        if is_due {
            let next = Some(now.plus(FETCH_AGAIN_AFTER));
            (times.due, times.earliest) = (next, next);
        }
        is_due
    }

    /// Fetching has succeeded: the next time is due after twelve hours.
    pub fn succeeded(&self, now: Timestamp) {
        self.0.lock().due = Some(now.plus(FETCH_EVERY));
    }

    /// A message has named a certificate that is not known: fetches as soon as a minute has passed since the last time.
    pub fn hasten(&self) {
        let mut times = self.0.lock();
        times.due = times.due.min(times.earliest);
    }
}
