//! The audit of an installation, run while its servers may be writing.

use std::time::Duration;

use serde::Deserialize;
use serde::de::IntoDeserializer;

use super::stores::Stores;
use crate::audit::{self, Expected, KeptHead, Plan, Report};
use crate::config::Settings;
use crate::db::Limits;
use crate::domain::clock::{Clock, Timestamp};
use crate::domain::span::Span;
use crate::node::measure::measure;

/// Checks every invariant, or only what was changed `since`, and that the `kept` heads are on the chains, over separate
/// connections. `clock` follows the database's from then on. Calls `progress` with
/// the number of orders checked and the total.
///
/// # Errors
/// Fails if a store is missing, not set up or cannot be read, or if the stores do not belong together.
pub fn audit(
    settings: &Settings,
    clock: &Clock,
    kept: &[KeptHead],
    since: Option<Since>,
    progress: impl FnMut(u64, u64),
) -> anyhow::Result<Report> {
    // An audit reads whole tables, so its statements have no timeout.
    let limits = Limits { statement_within: Duration::ZERO, ..settings.store_limits() };
    let stores = Stores::with_limits(settings, limits)?;
    stores.expect_complete()?;
    if !stores.owners.order.is_embedded() {
        measure(&mut stores.owners.order.connect()?, clock)?;
    }
    let chains = Expected { is_on: settings.audit.chain, kept };
    let since = since.map(|since| since.time(clock.now()));
    let (grace, files) = (settings.audit.grace.0, settings.audit.files);
    let plan = Plan { grace, horizons: &settings.horizons(), chains, files, since };
    Ok(audit::run(&stores.owners, clock, &plan, progress)?)
}

/// A time, or a time span before now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// A time.
    Time(Timestamp),
    /// A time span before now.
    Ago(Span),
}

impl Since {
    fn time(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Time(time) => time,
            Self::Ago(Span(span)) => now.minus(span),
        }
    }
}

impl std::str::FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let span = Span::deserialize(text.into_deserializer()).map(Self::Ago);
        let span = span.map_err(|_: serde::de::value::Error| ());
        let since = span.or_else(|()| text.parse().map(Self::Time).map_err(drop));
        since
            .map_err(|()| format!("{text:?} is neither a time span such as 1h nor a time such as 2026-11-25T10:00:00Z"))
    }
}
