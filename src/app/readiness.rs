//! Whether the process can serve.

use std::sync::Arc;
use std::time::Duration;

use actix::ArbiterHandle;

use crate::actor::Health;
use crate::http::health;
use crate::node::Node;

/// The time in which the thread of the actors answers if it is not stuck.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);

/// Decides whether the process can serve: as `/readyz` does, and by asking the thread of the actors for an answer.
#[derive(Debug, Clone)]
pub struct Readiness {
    pub(super) node: Node,
    pub(super) health: Vec<Arc<Health>>,
    pub(super) actors: ArbiterHandle,
}

impl Readiness {
    /// Whether this process can serve.
    pub async fn is_ready(&self) -> bool {
        let (sender, answer) = tokio::sync::oneshot::channel();
        let is_running = self.actors.spawn_fn(move || sender.send(()).unwrap_or_default());
        let answers = is_running && matches!(tokio::time::timeout(ANSWERS_WITHIN, answer).await, Ok(Ok(())));
        answers && health::is_ready(&self.node, &self.health)
    }
}
