//! `/admin/coupons`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use crate::actor::task::ask;
use crate::coupon;
use crate::coupon::message::Coupon;
use crate::domain::id::UserId;
use crate::domain::money::Money;
use crate::http::extract::auth::Admin;
use crate::http::extract::body::Body;
use crate::http::extract::key::{self, OptionalKey};
use crate::http::extract::page::{Cursor, Limit, List, Page};
use crate::http::extract::query::{Query, optional};
use crate::http::problem::{Code, FieldError, Problem, field_code};
use crate::http::state::{HandlerResult, State};
use crate::journal::{KeyReused, Performed};
use crate::user;

/// Query parameters of the list of coupons.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CouponsQuery {
    #[serde(default, deserialize_with = "optional")]
    user_id: Option<UserId>,
    #[serde(default)]
    limit: Limit,
    #[serde(default)]
    cursor: Cursor,
}

/// `GET /admin/coupons`
///
/// # Errors
/// 422 for a bad parameter.
pub async fn list(_: Admin, state: web::Data<State>, Query(query): Query<CouponsQuery>) -> HandlerResult {
    Ok(HttpResponse::Ok().json(find_coupons(&state, query).await?))
}

/// One page of the coupons that match `query`.
///
/// # Errors
/// 503 if Coupon does not reply.
pub async fn find_coupons(state: &State, query: CouponsQuery) -> Result<List<Coupon>, Problem> {
    let page = Page { limit: query.limit, cursor: query.cursor };
    let list = coupon::message::List { user_id: query.user_id, before: page.before(), limit: page.fetch_limit() };
    let coupons = ask(&state.owners.coupon, list).await?;
    Ok(page.list(coupons, |coupon| coupon.coupon_id))
}

/// Body of a new coupon for a user.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewCoupon {
    /// Owner of the coupon.
    pub user_id: UserId,
    /// Amount that the coupon pays.
    pub coupon_price: Money,
}

/// `POST /admin/coupons`
///
/// # Errors
/// 422, naming the field, if the price is 0 or the user does not exist, or if the idempotency key was used for another
/// request.
pub async fn create(
    admin: Admin,
    key: OptionalKey,
    state: web::Data<State>,
    Body(new): Body<NewCoupon>,
) -> HandlerResult {
    Ok(key::performed(StatusCode::CREATED, &create_as(&state, admin, key, new).await?))
}

/// Creates a coupon in the name of an administrator.
///
/// # Errors
/// 422, as the route.
pub async fn create_as(
    state: &State,
    admin: Admin,
    key: OptionalKey,
    new: NewCoupon,
) -> Result<Performed<Coupon>, Problem> {
    check(state, &new).await?;
    let request = Some(key::request(admin, key, &("coupon", &new))?);
    let NewCoupon { user_id, coupon_price } = new;
    let create = coupon::message::Create { coupon_id: state.ids.next(), user_id, coupon_price, request };
    ask(&state.owners.coupon, create).await?.map_err(|KeyReused| Problem::new(Code::IdempotencyKeyReused))
}

/// Checks a new coupon.
///
/// # Errors
/// 422, naming the field, if the price is 0 or the user does not exist.
pub async fn check(state: &State, new: &NewCoupon) -> Result<(), Problem> {
    if new.coupon_price == Money::ZERO {
        return Err(Problem::field("coupon_price", "must be more than 0"));
    }
    if ask(&state.owners.user, user::message::Find { user_id: new.user_id }).await?.is_none() {
        return Err(FieldError::new("user_id", field_code::NOT_FOUND, "must be the id of a user").into());
    }
    Ok(())
}
