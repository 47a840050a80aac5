//! Whether the process lives, and whether it can serve.

use std::sync::Arc;
use std::time::Duration;

use actix::ArbiterHandle;
use futures_util::future::join_all;

use crate::actor::Health;
use crate::http::health;
use crate::node::Node;

/// The time in which a thread of the actors answers if it is not stuck.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);

/// Decides whether the process lives, and whether it can serve as `/readyz` says.
#[derive(Debug, Clone)]
pub struct Readiness {
    pub(super) node: Node,
    pub(super) health: Vec<Arc<Health>>,
    pub(super) actors: Vec<ArbiterHandle>,
}

impl Readiness {
    /// Whether all threads of the actors answer. A database that is away does not stop them, because only other threads
    /// wait for a database.
    pub async fn is_alive(&self) -> bool {
        let answers = self.actors.iter().map(|arbiter| answers(arbiter, ANSWERS_WITHIN));
        join_all(answers).await.into_iter().all(|answers| answers)
    }

    /// Whether this process can serve.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        health::is_ready(&self.node, &self.health)
    }
}

/// Whether the thread of an arbiter does a small task in time.
async fn answers(arbiter: &ArbiterHandle, within: Duration) -> bool {
    let (sender, answer) = tokio::sync::oneshot::channel();
    let is_running = arbiter.spawn_fn(move || sender.send(()).unwrap_or_default());
    is_running && matches!(tokio::time::timeout(within, answer).await, Ok(Ok(())))
}

#[cfg(test)]
mod tests {
    use actix::Arbiter;

    use super::*;

    #[actix_web::test]
    async fn a_thread_that_is_stuck_or_has_ended_does_not_answer() {
        let arbiter = Arbiter::new();
        let (hold, held) = std::sync::mpsc::channel::<()>();
        assert!(answers(&arbiter.handle(), ANSWERS_WITHIN).await);
        arbiter.spawn_fn(move || held.recv().unwrap_or_default());
        assert!(!answers(&arbiter.handle(), Duration::from_millis(50)).await, "it is stuck");
        drop(hold);
        assert!(answers(&arbiter.handle(), ANSWERS_WITHIN).await, "it goes on");
        arbiter.stop();
        let handle = arbiter.handle();
        arbiter.join().unwrap();
        assert!(!answers(&handle, ANSWERS_WITHIN).await);
    }
}
