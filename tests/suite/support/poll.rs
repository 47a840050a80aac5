//! Waiting for what happens by itself, with a bound.

use std::future::Future;
use std::time::{Duration, Instant};

/// Looks again and again until there is something; the test fails where there is nothing within `bound`.
pub async fn eventually<T, F: Future<Output = Option<T>>>(
    bound: Duration,
    what: &str,
    mut look: impl FnMut() -> F,
) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(began.elapsed() < bound, "{what}: not within {bound:?}");
        actix_web::rt::time::sleep(Duration::from_millis(5)).await;
    }
}
