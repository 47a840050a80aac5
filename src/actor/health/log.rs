//! Rate limit for the log lines of an actor's failures. An unreachable database fails every batch, and logging each
//! failure would fill the disk.

use std::time::{Duration, Instant};

/// A message is logged at most once within this window.
const WINDOW: Duration = Duration::from_secs(10);
/// Maximum number of distinct messages logged within [`WINDOW`].
const MAX_DISTINCT: usize = 16;

/// The messages logged within the current window, and the number of messages suppressed since the last one logged.
#[derive(Debug, Default)]
pub struct LogThrottle {
    recent: Vec<(Instant, String)>,
    suppressed: u64,
}

impl LogThrottle {
    /// Decides whether `message` is logged at `now`. Returns the number of messages suppressed since the last one
    /// logged, or `None` if this one is suppressed too.
    pub fn admit(&mut self, message: &str, now: Instant) -> Option<u64> {
        self.recent.retain(|(at, _)| now.saturating_duration_since(*at) < WINDOW);
        if self.recent.len() == MAX_DISTINCT || self.recent.iter().any(|(_, logged)| logged == message) {
            self.suppressed += 1;
            return None;
        }
        self.recent.push((now, message.to_owned()));
        Some(std::mem::take(&mut self.suppressed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_message_is_logged_once_per_window_and_a_new_one_at_once() {
        let (mut log, start) = (LogThrottle::default(), Instant::now());
        let mut log_at = |ms, message| log.admit(message, start + Duration::from_millis(ms));
        assert_eq!(log_at(0, "gone"), Some(0));
        assert_eq!(log_at(1, "gone"), None);
        assert_eq!(log_at(2, "a bug"), Some(1));
        assert_eq!(log_at(9_999, "gone"), None);
        assert_eq!(log_at(10_000, "gone"), Some(1));
    }

    #[test]
    fn the_number_of_distinct_messages_per_window_is_bounded() {
        let (mut log, now) = (LogThrottle::default(), Instant::now());
        let logged = (0..1_000).filter(|n| log.admit(&n.to_string(), now).is_some()).count();
        assert_eq!(logged, MAX_DISTINCT);
    }
}
