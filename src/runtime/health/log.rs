//! What of an actor's failures is logged: a database that is away fails every batch, and its log must not fill the disk.

use std::time::{Duration, Instant};

/// The same again is logged after this time.
const SAME_AFTER: Duration = Duration::from_secs(10);
/// Something else is logged after this time.
const OTHER_AFTER: Duration = Duration::from_secs(1);

/// What was logged last, and what was left out since.
#[derive(Debug, Default)]
pub struct Log {
    last: Option<(Instant, String)>,
    left_out: u64,
}

impl Log {
    /// Whether this is to be logged now: how many were left out before it.
    pub fn take(&mut self, message: &str, now: Instant) -> Option<u64> {
        let is_due = self.last.as_ref().is_none_or(|(at, last)| {
            let pause = if last == message { SAME_AFTER } else { OTHER_AFTER };
            now.saturating_duration_since(*at) >= pause
        });
        if !is_due {
            self.left_out += 1;
            return None;
        }
        self.last = Some((now, message.to_owned()));
        Some(std::mem::take(&mut self.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_on_is_logged_now_and_then_and_something_new_soon() {
        let (mut log, start) = (Log::default(), Instant::now());
        let mut at = |ms, message| log.take(message, start + Duration::from_millis(ms));
        assert_eq!(at(0, "gone"), Some(0));
        assert_eq!(at(1, "gone"), None);
        assert_eq!(at(2, "other"), None);
        assert_eq!(at(1_000, "other"), Some(2));
        assert_eq!(at(1_900, "gone"), None);
        assert_eq!(at(2_000, "gone"), Some(1));
        assert_eq!(at(11_999, "gone"), None);
        assert_eq!(at(12_000, "gone"), Some(1));
    }
}
