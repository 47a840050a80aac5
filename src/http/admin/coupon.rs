//! `/admin/coupons`.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::actor::task::ask;
use crate::coupon;
use crate::domain::id::UserId;
use crate::domain::money::Money;
use crate::http::extract::auth::Admin;
use crate::http::extract::body::Body;
use crate::http::problem::Problem;
use crate::http::state::{HandlerResult, State};
use crate::user;

/// Body of a new coupon for a user.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewCoupon {
    user_id: UserId,
    coupon_price: Money,
}

/// `POST /admin/coupons`
///
/// # Errors
/// 422, naming the field, if the price is 0 or the user does not exist.
pub async fn create(_: Admin, state: web::Data<State>, Body(new): Body<NewCoupon>) -> HandlerResult {
    if new.coupon_price == Money::ZERO {
        return Err(Problem::field("coupon_price", "must be more than 0"));
    }
    if ask(&state.owners.user, user::message::Find { user_id: new.user_id }).await?.is_none() {
        return Err(Problem::field("user_id", "must be the id of a user"));
    }
    let create =
        coupon::message::Create { coupon_id: state.ids.next(), user_id: new.user_id, coupon_price: new.coupon_price };
    Ok(HttpResponse::Created().json(ask(&state.owners.coupon, create).await?))
}
