//! Runs the audit for `GET /admin/audit`, one at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use actix_web::rt::task::spawn_blocking;

use crate::audit::Report;
use crate::http::problem::{Code, Problem};
use crate::metrics::LastAudit;

type Check = dyn Fn() -> Result<Report, String> + Send + Sync;

/// Runs the audit, one run at a time because it reads all stores.
#[derive(Clone)]
pub struct Auditor {
    check: Arc<Check>,
    is_running: Arc<AtomicBool>,
    last: LastAudit,
}

impl Auditor {
    /// Wraps `check`, which may block for long and fails with the reason if the stores cannot be read. The report is kept in
    /// `last`.
    #[must_use]
    pub fn new(check: impl Fn() -> Result<Report, String> + Send + Sync + 'static, last: LastAudit) -> Self {
        Self { check: Arc::new(check), is_running: Arc::default(), last }
    }

    /// Runs the audit on a blocking thread. It runs to its end even if the caller stops waiting.
    ///
    /// # Errors
    /// 503 if an audit is running already or the stores cannot be read; 500 if the audit panics.
    pub async fn run(&self) -> Result<Report, Problem> {
        if self.is_running.swap(true, SeqCst) {
            return Err(Problem::with(Code::Busy, "An audit is running"));
        }
        let Self { check, is_running, last } = self.clone();
        let report = spawn_blocking(move || {
            let report = check();
            report.iter().for_each(|report| last.keep(report.clone()));
            is_running.store(false, SeqCst);
            report
        });
        match report.await {
            Ok(Ok(report)) => Ok(report),
            Ok(Err(error)) => {
                tracing::warn!(error, "the stores cannot be read");
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
