//! The messages that Coupon handles.

use actix::Message;
use diesel::Queryable;
use serde::Serialize;

use super::error::BindRefusal;
use crate::actor::Reply;
use crate::domain::clock::Timestamp;
use crate::domain::event::Event;
use crate::domain::id::{CouponId, OrderId, UserId};
use crate::domain::money::Money;
use crate::domain::status::CouponUse;
use crate::journal::{KeyReused, Performed, Request};

/// A coupon: a row of `coupon`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Queryable)]
pub struct Coupon {
    /// Id of the coupon.
    pub coupon_id: CouponId,
    /// Amount that the coupon pays.
    pub coupon_price: Money,
    /// Owner of the coupon.
    pub user_id: UserId,
    /// Order that the coupon is bound to, if any.
    pub order_id: Option<OrderId>,
    /// Whether an order uses the coupon. JSON shows it as a boolean.
    #[serde(serialize_with = "is_used")]
    pub is_used: CouponUse,
    /// Time at which the coupon was bound to `order_id`.
    pub used_time: Option<Timestamp>,
    /// Time of creation.
    pub add_time: Timestamp,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_used<S: serde::Serializer>(is_used: &CouponUse, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bool(*is_used == CouponUse::Used)
}

/// Finds a coupon by its id; `None` if it does not exist or belongs to another user. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Option<Coupon>>")]
pub struct Find {
    /// Id of the coupon.
    pub coupon_id: CouponId,
    /// Required owner of the coupon.
    pub user_id: UserId,
}

/// Binds a coupon to an order. Idempotent per order: a repeated request returns the same outcome.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Result<(), BindRefusal>>")]
pub struct Bind {
    /// Id of the order.
    pub order_id: OrderId,
    /// Id of the coupon.
    pub coupon_id: CouponId,
    /// Required owner of the coupon.
    pub user_id: UserId,
}

/// Creates a coupon. The caller has checked that the user exists. A request that is repeated under its key creates
/// nothing.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Result<Performed<Coupon>, KeyReused>>")]
pub struct Create {
    /// Id of the new coupon. Chosen by the caller because the demo data uses fixed ids.
    pub coupon_id: CouponId,
    /// Owner of the coupon.
    pub user_id: UserId,
    /// Amount that the coupon pays; greater than zero.
    pub coupon_price: Money,
    /// The administrator's request; `None` for the demo data.
    pub request: Option<Request>,
}

/// Reads one page of coupons, newest first. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Coupon>>")]
pub struct List {
    /// Owner of the coupons; `None` for those of all users.
    pub user_id: Option<UserId>,
    /// Last coupon of the previous page; only older coupons are returned. `None` for the first page.
    pub before: Option<CouponId>,
    /// Maximum number of coupons.
    pub limit: i64,
}

/// Reads the events that this owner has logged for an order. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Event>>")]
pub struct ReadTimeline {
    /// Id of the order.
    pub order_id: OrderId,
}
