//! What of an actor's failures is logged: a database that is away fails every batch, and its log must not fill the disk.

use std::time::{Duration, Instant};

/// The same is not logged again for this time.
const QUIET: Duration = Duration::from_secs(10);
/// So many different messages are logged in that time.
const DIFFERENT: usize = 16;

/// What was logged lately, and how much was left out since the last.
#[derive(Debug, Default)]
pub struct LogThrottle {
    lately: Vec<(Instant, String)>,
    left_out: u64,
}

impl LogThrottle {
    /// Whether this is to be logged now: how many were left out before it.
    pub fn take(&mut self, message: &str, now: Instant) -> Option<u64> {
        self.lately.retain(|(at, _)| now.saturating_duration_since(*at) < QUIET);
        if self.lately.len() == DIFFERENT || self.lately.iter().any(|(_, logged)| logged == message) {
            self.left_out += 1;
            return None;
        }
        self.lately.push((now, message.to_owned()));
        Some(std::mem::take(&mut self.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_on_is_logged_now_and_then_and_something_new_at_once() {
        let (mut log, start) = (LogThrottle::default(), Instant::now());
        let mut at = |ms, message| log.take(message, start + Duration::from_millis(ms));
        assert_eq!(at(0, "gone"), Some(0));
        assert_eq!(at(1, "gone"), None);
        assert_eq!(at(2, "a bug"), Some(1));
        assert_eq!(at(9_999, "gone"), None);
        assert_eq!(at(10_000, "gone"), Some(1));
    }

    #[test]
    fn even_if_no_two_are_the_same_there_is_an_end_of_it() {
        let (mut log, now) = (LogThrottle::default(), Instant::now());
        let logged = (0..1_000).filter(|n| log.take(&n.to_string(), now).is_some()).count();
        assert_eq!(logged, DIFFERENT);
    }
}
