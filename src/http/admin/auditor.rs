//! Runs the audit for `GET /admin/audit`, one at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use actix_web::rt::task::spawn_blocking;

use crate::audit::Report;
use crate::http::problem::{Code, Problem};

type Check = dyn Fn() -> Result<Report, String> + Send + Sync;

/// Checks the books, one check at a time: it reads all of them.
#[derive(Clone)]
pub struct Auditor {
    check: Arc<Check>,
    is_running: Arc<AtomicBool>,
}

impl Auditor {
    /// By this check, which may take long; an error is why the books cannot be read.
    #[must_use]
    pub fn new(check: impl Fn() -> Result<Report, String> + Send + Sync + 'static) -> Self {
        Self { check: Arc::new(check), is_running: Arc::default() }
    }

    /// Runs on a thread that may block, to its end, also where nobody waits for the answer any more.
    ///
    /// # Errors
    /// Where an audit is running already, or the books cannot be read.
    pub async fn run(&self) -> Result<Report, Problem> {
        if self.is_running.swap(true, SeqCst) {
            return Err(Problem::with(Code::Busy, "An audit is running"));
        }
        let Self { check, is_running } = self.clone();
        let report = spawn_blocking(move || {
            let report = check();
            is_running.store(false, SeqCst);
            report
        });
        match report.await {
            Ok(Ok(report)) => Ok(report),
            Ok(Err(error)) => {
                tracing::warn!(error, "the books cannot be read");
                Err(Problem::new(Code::Busy))
            }
            Err(panic) => {
                tracing::error!(%panic, "the audit failed");
                self.is_running.store(false, SeqCst);
                Err(Problem::new(Code::Internal))
            }
        }
    }
}
