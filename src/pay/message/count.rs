//! The messages that count what is not final yet.

use std::collections::BTreeMap;

use actix::Message;
use serde::Serialize;

use crate::actor::Reply;
use crate::domain::horizon::Horizon;
use crate::domain::money::Money;

/// Counts the open payments and refunds. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<PendingCounts>")]
pub struct CountPending;

/// Numbers of payments and refunds that are not final yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PendingCounts {
    /// Number of payments that are neither paid nor closed.
    pub open: i64,
    /// Number of closed payments whose platform is still queried.
    pub watched: i64,
    /// Number of refunds that the platform has not confirmed yet.
    pub refunds_pending: i64,
    /// Number of refunds that were refused and need an operator.
    pub refunds_parked: i64,
    /// Number of charges that match no payment and need an operator.
    pub charges_parked: i64,
}

/// Counts what is due later than the settings allow. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<AheadCounts>")]
pub struct CountAhead {
    /// How far ahead the next status query can be.
    pub sync: Horizon,
    /// How far ahead the next attempt of a refund can be.
    pub refund: Horizon,
}

/// Numbers of rows that are due later than the settings allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AheadCounts {
    /// Number of open payments.
    pub payments: i64,
    /// Number of pending refunds.
    pub refunds: i64,
}

/// Counts what is open at each platform, also at platforms that are no longer configured. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<BTreeMap<String, PlatformCounts>>")]
pub struct CountByPlatform;

/// Finds the names of all platforms at which there are payments, also closed ones. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<String>>")]
pub struct FindPlatforms;

/// Numbers of payments and refunds at one platform that are not final yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct PlatformCounts {
    /// Number of payments that are neither paid nor closed.
    pub open: i64,
    /// Number of refunds that the platform has not confirmed yet.
    pub refunds_pending: i64,
    /// Number of refunds that were refused, and of charges that match no payment, that need an operator.
    pub parked: i64,
    /// Sum of these payments and refunds.
    pub amount: Money,
}
