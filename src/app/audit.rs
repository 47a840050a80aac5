//! The books of an installation, looked into beside whoever writes them.

use std::time::Duration;

use super::stores::Stores;
use crate::audit::{self, Report};
use crate::config::Settings;
use crate::db::Limits;
use crate::domain::clock::Timestamp;

/// Checks every invariant, through connections of its own; `progress` is told how many orders of how many are checked.
///
/// # Errors
/// A store that is not there or cannot be read.
pub fn audit(settings: &Settings, now: Timestamp, progress: impl FnMut(u64, u64)) -> anyhow::Result<Report> {
    // An audit reads whole tables: no statement of it is given up.
    let limits = Limits { statement_within: Duration::ZERO, ..settings.store.limits() };
    let stores = Stores::with_limits(settings, limits)?;
    stores.expect_all()?;
    Ok(audit::run(&stores.owners, now, settings.audit.grace.0, progress)?)
}
