//! The turn of reconciliations.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use crate::http::problem::{Code, Problem};

/// Lets one reconciliation run at a time, because it reads all payments of a day.
#[derive(Debug, Clone, Default)]
pub struct Turn(Arc<AtomicBool>);

/// A turn that has been taken. It ends when this is dropped.
#[derive(Debug)]
pub struct Taken(Arc<AtomicBool>);

impl Turn {
    /// Takes the turn.
    ///
    /// # Errors
    /// 503 if it is taken.
    pub fn take(&self) -> Result<Taken, Problem> {
        if self.0.swap(true, SeqCst) {
            return Err(Problem::with(Code::Busy, "A reconciliation is running"));
        }
        Ok(Taken(Arc::clone(&self.0)))
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.store(false, SeqCst);
    }
}
