//! A log line that clients without an account can cause: at most one in a second, with the number of those left out.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// Shortest time between two lines.
const EVERY: Duration = Duration::from_secs(1);

/// The state of one line, usually a static.
#[derive(Debug, Default)]
pub struct LogThrottle(Mutex<Lines>);

#[derive(Debug, Default)]
struct Lines {
    written: Option<Instant>,
    left_out: u64,
}

impl LogThrottle {
    /// No line was written yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Mutex::new(Lines { written: None, left_out: 0 }))
    }

    /// Whether a line is due, and how many were left out before it.
    pub fn due(&self) -> Option<u64> {
        self.due_at(Instant::now())
    }

    fn due_at(&self, now: Instant) -> Option<u64> {
        let mut lines = self.0.lock();
        if lines.written.is_some_and(|written| now - written < EVERY) {
            lines.left_out += 1;
            return None;
        }
        lines.written = Some(now);
        Some(std::mem::take(&mut lines.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_left_out_and_counted() {
        let (throttle, start) = (LogThrottle::new(), Instant::now());
        assert_eq!(throttle.due_at(start), Some(0));
        assert_eq!([1, 2, 999].map(|ms| throttle.due_at(start + Duration::from_millis(ms))), [None; 3]);
        assert_eq!(throttle.due_at(start + EVERY), Some(3));
    }
}
