//! What Coupon can be asked.

use actix::Message;
use diesel::Queryable;
use serde::Serialize;

use super::error::Refusal;
use crate::actor::Reply;
use crate::domain::clock::Timestamp;
use crate::domain::event::Event;
use crate::domain::id::{CouponId, OrderId, UserId};
use crate::domain::money::Money;
use crate::domain::status::CouponUse;

/// A coupon; a row of `coupon`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Queryable)]
pub struct Coupon {
    /// Its id.
    pub coupon_id: CouponId,
    /// What it pays.
    pub coupon_price: Money,
    /// Whose it is.
    pub user_id: UserId,
    /// The order that uses it.
    pub order_id: Option<OrderId>,
    /// Whether it is used.
    #[serde(serialize_with = "is_used")]
    pub is_used: CouponUse,
    /// When it was used.
    pub used_time: Option<Timestamp>,
    /// Since when it exists.
    pub add_time: Timestamp,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_used<S: serde::Serializer>(is_used: &CouponUse, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bool(*is_used == CouponUse::Used)
}

/// The coupon with this id, if it is this user's. Read.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Option<Coupon>>")]
pub struct Find {
    /// The coupon.
    pub coupon_id: CouponId,
    /// Whose it must be.
    pub user_id: UserId,
}

/// Binds a coupon to an order. Once per order: asked again it answers the same.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Result<(), Refusal>>")]
pub struct Bind {
    /// The order.
    pub order_id: OrderId,
    /// The coupon.
    pub coupon_id: CouponId,
    /// Whose it must be.
    pub user_id: UserId,
}

/// A new coupon for a user, who exists.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Coupon>")]
pub struct Create {
    /// The id to give it; the demo data has fixed ones.
    pub coupon_id: CouponId,
    /// Whose it is.
    pub user_id: UserId,
    /// What it pays, more than nothing.
    pub coupon_price: Money,
}

/// One page of a user's coupons, newest first, those older than `before`. Read.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Coupon>>")]
pub struct List {
    /// Whose.
    pub user_id: UserId,
    /// Where the last page ended.
    pub before: Option<CouponId>,
    /// At most so many.
    pub limit: i64,
}

/// What this owner's log says of an order. Read.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Event>>")]
pub struct ReadTimeline {
    /// Which.
    pub order_id: OrderId,
}
