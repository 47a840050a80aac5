//! A rate for each key, in bounded memory.

use std::hash::{BuildHasher, Hash, RandomState};
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use parking_lot::Mutex;

/// Keys that are counted apart. At about 50 bytes each they take 5 MB.
const KEYS_MAX: usize = 100_000;
/// Counters that further keys share.
const SHARED: u64 = 4096;
/// Shortest time between two searches for keys that need no counter any more.
const PRUNE_EVERY: Duration = Duration::from_secs(1);

/// The counter of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Counter<K> {
    Own(K),
    /// One of [`SHARED`], while there are too many keys: a crowd of addresses takes no more memory, and no more than its
    /// share of the shared counters.
    Shared(u64),
}

#[derive(Debug)]
struct Meter<K: Hash + Eq + Clone> {
    limiter: RateLimiter<Counter<K>, HashMapStateStore<Counter<K>>, DefaultClock>,
    clock: DefaultClock,
    hasher: RandomState,
    pruned: Mutex<Option<Instant>>,
    keys_max: usize,
}

/// A rate for each key; the default is no limit.
#[derive(Debug)]
pub struct Keyed<K: Hash + Eq + Clone>(Option<Meter<K>>);

impl<K: Hash + Eq + Clone> Default for Keyed<K> {
    fn default() -> Self {
        Self(None)
    }
}

impl<K: Hash + Eq + Clone> Keyed<K> {
    /// At most `number` requests of a key in each `period`, at any time of it. 0 is no limit.
    #[must_use]
    pub fn new(number: u32, period: Duration) -> Self {
        Self::with_keys(number, period, KEYS_MAX)
    }

    fn with_keys(number: u32, period: Duration, keys_max: usize) -> Self {
        let quota = NonZeroU32::new(number)
            .and_then(|burst| Some(Quota::with_period(period.checked_div(number)?)?.allow_burst(burst)));
        let meter = |quota| {
            let limiter = RateLimiter::hashmap(quota);
            let (clock, hasher) = (DefaultClock::default(), RandomState::new());
            Meter { limiter, clock, hasher, pruned: Mutex::new(None), keys_max }
        };
        Self(quota.map(meter))
    }

    /// Counts a request of `key`.
    ///
    /// # Errors
    /// The time until the next one is allowed, if this one is not.
    pub fn check(&self, key: K) -> Result<(), Duration> {
        let Some(meter) = &self.0 else { return Ok(()) };
        let counter = meter.counter(key);
        meter.limiter.check_key(&counter).map_err(|not_until| not_until.wait_time_from(meter.clock.now()))
    }
}

impl<K: Hash + Eq + Clone> Meter<K> {
    fn counter(&self, key: K) -> Counter<K> {
        if self.limiter.len() < self.keys_max {
            return Counter::Own(key);
        }
        let mut pruned = self.pruned.lock();
        if pruned.is_none_or(|pruned| pruned.elapsed() >= PRUNE_EVERY) {
            // Keys that have not used any of their rate.
            self.limiter.retain_recent();
            *pruned = Some(Instant::now());
            if self.limiter.len() < self.keys_max {
                return Counter::Own(key);
            }
        }
        Counter::Shared(self.hasher.hash_one(&key) % SHARED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn each_key_has_its_number_and_then_waits() {
        let keyed = Keyed::new(3, MINUTE);
        for key in ["one", "two"] {
            assert_eq!((0..3).map(|_| keyed.check(key)).collect::<Vec<_>>(), [Ok(()); 3]);
            let wait = keyed.check(key).unwrap_err();
            assert!(wait > Duration::from_secs(19) && wait <= Duration::from_secs(20), "{wait:?}");
        }
    }

    #[test]
    fn zero_is_no_limit() {
        let keyed = Keyed::new(0, MINUTE);
        assert!((0..10_000).all(|_| keyed.check(1).is_ok()));
    }

    #[test]
    fn a_crowd_of_keys_takes_bounded_memory_and_has_a_bounded_rate() {
        let keyed = Keyed::with_keys(2, MINUTE, 100);
        let allowed = (0..50_000).filter(|key| keyed.check(*key).is_ok()).count();
        let shared = usize::try_from(SHARED).unwrap();
        assert!(keyed.0.as_ref().unwrap().limiter.len() <= 100 + shared);
        assert!(allowed <= 100 + 2 * shared, "{allowed}");
    }

    #[test]
    fn keys_that_are_quiet_again_make_room() {
        let keyed = Keyed::with_keys(1000, Duration::from_millis(10), 100);
        assert!((0..100).all(|key| keyed.check(key).is_ok()));
        std::thread::sleep(Duration::from_millis(20));
        assert!(keyed.check(1_000).is_ok());
        assert_eq!(keyed.0.as_ref().unwrap().limiter.len(), 1);
    }
}
