//! The time source. All code reads the time through [`Clock`], so a test can move it forward.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::BigInt;
use parking_lot::Mutex;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A UTC timestamp in milliseconds since the Unix epoch. It is serialised as RFC 3339 text with milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = BigInt)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Creates a timestamp from its stored form, milliseconds since the Unix epoch.
    #[must_use]
    pub const fn from_integer(ms: i64) -> Self {
        Self(ms)
    }

    /// The stored form, by reference.
    #[must_use]
    pub const fn as_integer(&self) -> &i64 {
        &self.0
    }

    /// Adds `duration`; saturates at the largest timestamp.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(millis(duration)))
    }

    /// Subtracts `duration`; saturates at the smallest timestamp.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(millis(duration)))
    }

    /// The time elapsed between `earlier` and `self`; zero if `earlier` is later than `self`.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Whole seconds since the Unix epoch, rounded down.
    #[must_use]
    pub fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(timestamp) => write!(f, "{timestamp:.3}"),
            Err(_) => f.write_str("out of range"),
        }
    }
}

impl std::str::FromStr for Timestamp {
    type Err = super::Invalid;

    fn from_str(text: &str) -> Result<Self, super::Invalid> {
        let parsed: Result<jiff::Timestamp, _> = text.parse();
        parsed.map(|parsed| Self(parsed.as_millisecond())).map_err(|_| super::Invalid("must be a time as in RFC 3339"))
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// The value of `Shared::followed_ms` until [`Clock::follow`] is called.
const NOT_FOLLOWING: i64 = i64::MIN;

/// The time source. It is the system time until [`Clock::follow`] is called, and the time of another clock, usually a
/// database server's, after that. All clones share it, and offsets that are zero until [`Clock::advance`] or
/// [`Clock::step`] is called.
#[derive(Debug, Clone, Default)]
pub struct Clock(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// Start of the monotonic time.
    started: Instant,
    /// The time of the followed clock at `started`. Between two measurements the monotonic clock counts on from there,
    /// so a step of the system time changes nothing.
    followed_ms: AtomicI64,
    /// Time by which both the system time and the monotonic time were advanced.
    advanced_ms: AtomicI64,
    /// Time by which the system time alone was stepped.
    stepped_ms: AtomicI64,
    /// The latest time that was read.
    latest_ms: AtomicI64,
    steps: Mutex<Steps>,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            followed_ms: AtomicI64::new(NOT_FOLLOWING),
            advanced_ms: AtomicI64::new(0),
            stepped_ms: AtomicI64::new(0),
            latest_ms: AtomicI64::new(i64::MIN),
            steps: Mutex::default(),
        }
    }
}

/// The steps that the time has made against the monotonic time.
#[derive(Debug, Default)]
struct Steps {
    /// The difference between the two at the last look.
    difference_ms: Option<i64>,
    /// The steps forward: when they were noticed, in monotonic time, and their size.
    forward: Vec<(i64, i64)>,
}

/// The smallest change of the difference that counts as a step. Smaller ones are corrections of a clock that drifts.
const STEP_MS: i64 = 2_000;
/// Maximum number of steps that are remembered.
const STEPS_MAX: usize = 16;

impl Steps {
    /// Notes the present difference between the time and the monotonic time.
    fn observe(&mut self, difference_ms: i64, uptime_ms: i64) {
        let change = difference_ms.saturating_sub(self.difference_ms.replace(difference_ms).unwrap_or(difference_ms));
        if change >= STEP_MS && self.forward.len() < STEPS_MAX {
            self.forward.push((uptime_ms, change));
        } else if change <= -STEP_MS {
            // Most likely it takes back a step forward.
            self.forward.clear();
        }
    }

    /// The sum of the steps forward that were noticed less than `hold_ms` ago.
    fn held_ms(&self, uptime_ms: i64, hold_ms: i64) -> i64 {
        let is_held = |noticed: i64| uptime_ms.saturating_sub(noticed) < hold_ms;
        self.forward.iter().filter(|(noticed, _)| is_held(*noticed)).map(|(_, size)| size).sum()
    }
}

impl Clock {
    /// The current time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let time = self.followed(Instant::now()).unwrap_or_else(|| self.system_time());
        let now = time.0.saturating_add(self.0.advanced_ms.load(Relaxed));
        self.0.latest_ms.fetch_max(now, Relaxed);
        Timestamp(now)
    }

    /// The time by which deadlines are judged. It is [`Clock::now`], except that a step forward of the system time counts
    /// only `hold` after it was noticed. A deadline of at most `hold` is therefore never cut short by such a step.
    #[must_use]
    pub fn now_for_deadlines(&self, hold: Duration) -> Timestamp {
        let (now, uptime) = (self.now(), self.uptime_ms());
        let mut steps = self.0.steps.lock();
        steps.observe(now.0.saturating_sub(uptime), uptime);
        Timestamp(now.0.saturating_sub(steps.held_ms(uptime, millis(hold))))
    }

    /// The latest time that was read. It is later than the current time if the system time was set back.
    #[must_use]
    pub fn latest(&self) -> Timestamp {
        self.now().max(Timestamp(self.0.latest_ms.load(Relaxed)))
    }

    /// The monotonic time since this clock was made. A step of the system time does not change it.
    #[must_use]
    pub fn monotonic(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.uptime_ms()).unwrap_or_default())
    }

    /// The monotonic time since this clock was made, in milliseconds.
    fn uptime_ms(&self) -> i64 {
        millis(self.0.started.elapsed()).saturating_add(self.0.advanced_ms.load(Relaxed))
    }

    /// Moves this clock and all its clones forward by `duration`, as time that has passed.
    pub fn advance(&self, duration: Duration) {
        self.0.advanced_ms.fetch_add(millis(duration), Relaxed);
    }

    /// Steps the system time of this clock and all its clones by `ms` milliseconds, although no time has passed.
    pub fn step(&self, ms: i64) {
        self.0.stepped_ms.fetch_add(ms, Relaxed);
    }

    /// Follows a clock that showed `time` at the instant `at`. A difference up to `tolerance`, the uncertainty of that
    /// measurement, is not corrected.
    pub fn follow(&self, time: Timestamp, at: Instant, tolerance: Duration) {
        let is_near = |known: Timestamp| known.0.abs_diff(time.0) <= millis(tolerance).unsigned_abs();
        if !self.followed(at).is_some_and(is_near) {
            let since_start = millis(at.saturating_duration_since(self.0.started));
            self.0.followed_ms.store(time.0.saturating_sub(since_start), Relaxed);
        }
    }

    /// The system time minus the time of the followed clock, in milliseconds: positive if this machine's clock is ahead.
    /// Zero if no clock is followed.
    #[must_use]
    pub fn system_difference_ms(&self) -> i64 {
        self.followed(Instant::now()).map_or(0, |followed| self.system_time().0.saturating_sub(followed.0))
    }

    /// The time of the followed clock at `at`.
    fn followed(&self, at: Instant) -> Option<Timestamp> {
        let followed_ms = self.0.followed_ms.load(Relaxed);
        let since_start = millis(at.saturating_duration_since(self.0.started));
        (followed_ms != NOT_FOLLOWING).then(|| Timestamp(followed_ms.saturating_add(since_start)))
    }

    /// The time of this machine.
    #[expect(clippy::disallowed_methods, reason = "this is the only place that reads the system clock")]
    fn system_time(&self) -> Timestamp {
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp(millis(since_epoch).saturating_add(self.0.stepped_ms.load(Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_written_as_rfc_3339_in_utc() {
        assert_eq!(Timestamp(1_760_000_000_123).to_string(), "2025-10-09T08:53:20.123Z");
        assert_eq!(Timestamp(0).to_string(), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn advancing_a_clock_advances_its_clones() {
        let clock = Clock::default();
        let clone = clock.clone();
        let before = clone.now();
        clock.advance(Duration::from_secs(3600));
        assert!(clone.now().since(before) >= Duration::from_secs(3600));
    }

    #[test]
    fn a_clock_that_follows_another_ignores_the_system_time_and_small_errors_of_the_measurement() {
        let (clock, at) = (Clock::default(), Instant::now());
        let clone = clock.clone();
        let two_hours = Duration::from_secs(7200);
        clock.follow(clock.now().plus(two_hours), at, Duration::ZERO);
        assert!((-7_201_000..=-7_199_000).contains(&clone.system_difference_ms()), "{}", clone.system_difference_ms());
        let shown = clone.now();
        let now = Instant::now();
        clock.follow(clock.now().plus(Duration::from_millis(40)), now, Duration::from_millis(50));
        assert!(clone.now().since(shown) < Duration::from_millis(40), "within the tolerance");
        clock.advance(two_hours);
        assert!(clone.now().since(shown) >= two_hours, "a test moves it as before");
    }

    #[test]
    fn a_step_forward_counts_for_deadlines_only_after_the_hold() {
        let (clock, hour, hold) = (Clock::default(), 3_600_000, Duration::from_secs(1_800));
        let behind = |clock: &Clock| clock.now().since(clock.now_for_deadlines(hold)).as_secs();
        assert_eq!(behind(&clock), 0);
        clock.step(hour);
        assert_eq!(behind(&clock), 3_600);
        clock.advance(Duration::from_secs(1_799));
        assert_eq!(behind(&clock), 3_600);
        clock.advance(Duration::from_secs(1));
        assert_eq!(behind(&clock), 0);
    }

    #[test]
    fn a_step_back_takes_effect_at_once() {
        let (clock, hold) = (Clock::default(), Duration::from_secs(1_800));
        let before = clock.now_for_deadlines(hold);
        clock.step(3_600_000);
        assert!(clock.now_for_deadlines(hold).since(before) < Duration::from_secs(60));
        clock.step(-7_200_000);
        assert_eq!(clock.now().since(clock.now_for_deadlines(hold)), Duration::ZERO);
        assert!(clock.latest().since(clock.now()) >= Duration::from_secs(7_199));
    }
}
