//! Distinguishes overdue refunds that wait for their platform from those that are forgotten.
//!
//! A platform that answers slowly makes refunds overdue: an attempt may take longer than the time after which its refund
//! is due again, and further refunds wait for their turn.

use std::collections::BTreeMap;

use diesel::prelude::*;

use crate::db::schema::pay_refund;
use crate::db::{self, Db, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::refund::ATTEMPT_MAX;
use crate::domain::status::RefundState;

/// Finds forgotten refunds. The platforms are read when they are needed.
pub struct Overdue {
    cutoff: Timestamp,
    /// Whether a platform's refunds are being attempted, by its name.
    attempted: BTreeMap<String, bool>,
}

impl Overdue {
    /// A refund is overdue if it was due before `cutoff`.
    pub const fn new(cutoff: Timestamp) -> Self {
        Self { cutoff, attempted: BTreeMap::new() }
    }

    /// Whether a pending refund is overdue although no attempt of it can be in progress and no other refund of its
    /// platform is being attempted.
    pub fn is_forgotten(
        &mut self,
        provider: &str,
        due_time: Timestamp,
        attempts: i32,
        db: &mut Db,
    ) -> db::Result<bool> {
        let due_before = if attempts > 0 { self.attempted_since() } else { self.cutoff };
        if due_time >= due_before {
            return Ok(false);
        }
        if let Some(is_attempted) = self.attempted.get(provider) {
            return Ok(!is_attempted);
        }
        let is_attempted = self.is_attempted(provider, db)?;
        self.attempted.insert(provider.to_owned(), is_attempted);
        Ok(!is_attempted)
    }

    /// The due time of a refund whose attempt has just ended is not before this. An attempt moves the due time ahead when
    /// it begins.
    fn attempted_since(&self) -> Timestamp {
        self.cutoff.minus(ATTEMPT_MAX)
    }

    fn is_attempted(&self, provider: &str, db: &mut Db) -> db::Result<bool> {
        let pending = pay_refund::provider.eq(provider).and(pay_refund::status.eq(RefundState::Pending));
        let attempted = pay_refund::due_time.ge(self.attempted_since()).and(pay_refund::attempts.gt(0));
        let one = pay_refund::table.filter(pending.and(attempted)).select(pay_refund::attempts).limit(1);
        let found: Option<i32> = with_conn!(db, one.get_result(db)).optional()?;
        Ok(found.is_some())
    }
}
