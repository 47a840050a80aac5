//! The audit of an installation, run while its servers may be writing.

use std::time::Duration;

use super::stores::Stores;
use crate::audit::{self, Report};
use crate::config::Settings;
use crate::db::Limits;
use crate::domain::clock::Timestamp;

/// Checks every invariant, over separate connections. Calls `progress` with the number of orders checked and the total.
///
/// # Errors
/// Fails if a store does not exist or cannot be read.
pub fn audit(settings: &Settings, now: Timestamp, progress: impl FnMut(u64, u64)) -> anyhow::Result<Report> {
    // An audit reads whole tables, so its statements have no timeout.
    let limits = Limits { statement_within: Duration::ZERO, ..settings.store.limits() };
    let stores = Stores::with_limits(settings, limits)?;
    stores.expect_all()?;
    Ok(audit::run(&stores.owners, now, settings.audit.grace.0, progress)?)
}
