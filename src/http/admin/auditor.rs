//! Runs the audit for `GET /admin/audit` and for the console, one at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};

use actix_web::rt::task::{JoinError, JoinHandle, spawn_blocking};

use crate::audit::Report;
use crate::http::problem::{Code, Problem};
use crate::metrics::LastAudit;

/// Called with the number of orders checked and the total.
type Observer<'a> = &'a dyn Fn(u64, u64);
type Check = dyn Fn(Observer<'_>) -> Result<Report, String> + Send + Sync;

/// Runs the audit, one run at a time because it reads all stores.
#[derive(Clone)]
pub struct Auditor {
    check: Arc<Check>,
    is_running: Arc<AtomicBool>,
    progress: Arc<(AtomicU64, AtomicU64)>,
    last: LastAudit,
}

impl Auditor {
    /// Wraps `check`, which may block for long and fails with the reason if the stores cannot be read. The report is kept in
    /// `last`.
    #[must_use]
    pub fn new(
        check: impl Fn(Observer<'_>) -> Result<Report, String> + Send + Sync + 'static,
        last: LastAudit,
    ) -> Self {
        Self { check: Arc::new(check), is_running: Arc::default(), progress: Arc::default(), last }
    }

    /// Runs the audit on a blocking thread. It runs to its end even if the caller stops waiting.
    ///
    /// # Errors
    /// 503 if an audit is running already or the stores cannot be read; 500 if the audit panics.
    pub async fn run(&self) -> Result<Report, Problem> {
        let run = self.begin().ok_or_else(|| Problem::with(Code::Busy, "An audit is running"))?;
        self.end(run.await)
    }

    /// Starts an audit whose report is kept as the last one. Does nothing if one is running.
    pub fn start(&self) {
        let auditor = self.clone();
        actix_web::rt::spawn(async move {
            if let Some(run) = auditor.begin() {
                // A failure is logged.
                let _ = auditor.end(run.await);
            }
        });
    }

    /// The number of orders that the running audit has checked and the total; `None` if none is running.
    #[must_use]
    pub fn progress(&self) -> Option<(u64, u64)> {
        let (done, total) = &*self.progress;
        self.is_running.load(SeqCst).then(|| (done.load(SeqCst), total.load(SeqCst)))
    }

    /// The last report; `None` if no audit was run since the start.
    #[must_use]
    pub fn last(&self) -> Option<Arc<Report>> {
        self.last.get()
    }

    fn begin(&self) -> Option<JoinHandle<Result<Report, String>>> {
        if self.is_running.swap(true, SeqCst) {
            return None;
        }
        self.observe(0, 0);
        let auditor = self.clone();
        Some(spawn_blocking(move || {
            let report = (auditor.check)(&|done, total| auditor.observe(done, total));
            report.iter().for_each(|report| auditor.last.keep(report.clone()));
            auditor.is_running.store(false, SeqCst);
            report
        }))
    }

    fn observe(&self, done: u64, total: u64) {
        self.progress.0.store(done, SeqCst);
        self.progress.1.store(total, SeqCst);
    }

    fn end(&self, ended: Result<Result<Report, String>, JoinError>) -> Result<Report, Problem> {
        match ended {
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
