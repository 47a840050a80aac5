//! The acts of administrators on users, API keys, goods and coupons. Each owner keeps those that concern its tables in `admin_act`,
//! written by the transaction that carries them out. A request that is repeated under its key is found there and
//! changes nothing.

mod list;
mod row;

use crate::actor::Context;
use crate::db::{self, Db};
use crate::domain::id::{EntryId, UserId};
use crate::domain::idempotency::{Fingerprint, IdempotencyKey};
use crate::domain::text::Reason;

pub use list::{ActView, Journaled, List, authors};

/// An administrator's request to change something.
#[derive(Debug, Clone)]
pub struct Request {
    /// The administrator.
    pub admin: UserId,
    /// The client's idempotency key and the fingerprint of the request, if the client has sent a key.
    pub key: Option<(IdempotencyKey, Fingerprint)>,
}

/// The idempotency key was used for another request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyReused;

/// A result, and whether an earlier request under the same key has already brought it about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Performed<T> {
    /// The present state of the changed object.
    pub value: T,
    /// Whether this request has changed nothing.
    pub is_replay: bool,
}

impl<T> Performed<T> {
    /// The result of a change that was made now.
    pub const fn now(value: T) -> Self {
        Self { value, is_replay: false }
    }

    /// The result of a change that an earlier request has made.
    pub const fn before(value: T) -> Self {
        Self { value, is_replay: true }
    }
}

/// A change to record.
#[derive(Debug)]
pub struct Act {
    /// Id of the act; also that of the adjustment, if it is one.
    pub act_id: EntryId,
    /// Id of the user, API key, goods or coupon.
    pub subject_id: i64,
    /// The kind of change, for example `balance_adjusted`.
    pub act: &'static str,
    /// The administrator's reason.
    pub reason: Option<Reason>,
    /// A JSON object of what was changed.
    pub data: serde_json::Value,
}

/// Finds the act of an earlier request under the same key. Returns the id of its subject.
///
/// # Errors
/// A database error.
pub fn find_earlier(db: &mut Db, request: Option<&Request>) -> db::Result<Option<Result<i64, KeyReused>>> {
    let Some((request, (key, fingerprint))) = request.and_then(|request| Some((request, request.key.as_ref()?))) else {
        return Ok(None);
    };
    let earlier = row::find(db, request.admin, key.as_str())?;
    let is_same = |known: Option<String>| known.as_deref() == Some(fingerprint.as_str());
    Ok(earlier.map(|(subject_id, known)| if is_same(known) { Ok(subject_id) } else { Err(KeyReused) }))
}

/// Records what a request has changed. Without a request the shop itself has done it, for example by its demo data,
/// and nothing is recorded.
///
/// # Errors
/// A database error, for example because another transaction has used the key at the same time.
pub fn record(db: &mut Db, context: &Context, request: Option<&Request>, act: Act) -> db::Result<()> {
    let Some(request) = request else { return Ok(()) };
    row::insert(db, request, act, context.clock.now())
}
