//! Polling with a time limit.

use std::future::Future;
use std::time::{Duration, Instant};

/// Polls until `poll` returns a value. The test fails after `bound`, with `what` in its message.
pub async fn eventually<T, F: Future<Output = Option<T>>>(
    bound: Duration,
    what: &str,
    mut poll: impl FnMut() -> F,
) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = poll().await {
            return found;
        }
        assert!(began.elapsed() < bound, "{what}: not within {bound:?}");
        actix_web::rt::time::sleep(Duration::from_millis(5)).await;
    }
}
