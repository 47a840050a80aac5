//! Counts refused requests, and writes one log line about them in a minute. A line per refusal would let anybody fill the
//! disk; the lines are there at the level `debug`.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// Shortest time between two lines.
const EVERY: Duration = Duration::from_secs(60);

/// The refusals since the last line.
#[derive(Debug, Default)]
struct Refusals {
    /// Status and number.
    numbers: Vec<(u16, u64)>,
    written: Option<Instant>,
}

impl Refusals {
    /// Counts an answer. Returns the numbers if a line about them is due.
    fn count(&mut self, status: u16, now: Instant) -> Option<Vec<(u16, u64)>> {
        match self.numbers.iter_mut().find(|(known, _)| *known == status) {
            Some((_, number)) => *number += 1,
            None => self.numbers.push((status, 1)),
        }
        if self.written.is_some_and(|written| now - written < EVERY) {
            return None;
        }
        self.written = Some(now);
        Some(std::mem::take(&mut self.numbers))
    }
}

static REFUSALS: LazyLock<Mutex<Refusals>> = LazyLock::new(Mutex::default);

/// Counts a request that was refused with `status`.
pub fn count(status: u16) {
    let due = REFUSALS.lock().count(status, Instant::now());
    let Some(mut numbers) = due else { return };
    numbers.sort_unstable();
    let texts: Vec<String> = numbers.iter().map(|(status, number)| format!("{number} with {status}")).collect();
    tracing::info!(refused = texts.join(", "), "requests were refused since the last line of this kind");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_summed_up_once_in_a_minute() {
        let (mut refusals, start) = (Refusals::default(), Instant::now());
        assert_eq!(refusals.count(404, start), Some(vec![(404, 1)]));
        for second in 1..60 {
            assert_eq!(
                refusals.count(401 + u16::try_from(second % 2).unwrap(), start + Duration::from_secs(second)),
                None
            );
        }
        assert_eq!(refusals.count(404, start + EVERY), Some(vec![(402, 30), (401, 29), (404, 1)]));
    }
}
