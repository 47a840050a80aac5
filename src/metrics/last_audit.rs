//! The last audit of this process. Its report has the time at which it began.

use std::sync::Arc;

use parking_lot::RwLock;

use crate::audit::Report;

/// The report of the last audit that was run to its end; none before the first one. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct LastAudit(Arc<RwLock<Option<Arc<Report>>>>);

impl LastAudit {
    /// Keeps `report` in place of the one before.
    pub fn keep(&self, report: Report) {
        *self.0.write() = Some(Arc::new(report));
    }

    /// The report that was kept last.
    #[must_use]
    pub fn get(&self) -> Option<Arc<Report>> {
        self.0.read().clone()
    }
}
