//! `/admin/users/{id}/balance`.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::actor::task::ask;
use crate::domain::id;
use crate::domain::money::{Money, SignedMoney};
use crate::domain::text::Reason;
use crate::http::extract::auth::Admin;
use crate::http::extract::body::Body;
use crate::http::extract::path::PathId;
use crate::http::problem::{Code, Problem};
use crate::http::state::{HandlerResult, State};
use crate::user;
use crate::user::error::AdjustRefusal;

/// Body of a balance adjustment: the signed change and its reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BalanceChange {
    delta: SignedMoney,
    reason: Reason,
}

/// `POST /admin/users/{id}/balance`
///
/// # Errors
/// 404; 422, naming `delta`, if it is 0 or would make the balance negative.
pub async fn adjust(
    _: Admin,
    state: web::Data<State>,
    PathId(user_id): PathId<id::User>,
    Body(change): Body<BalanceChange>,
) -> HandlerResult {
    let SignedMoney(money) = change.delta;
    if money == Money::ZERO {
        return Err(Problem::field("delta", "must not be 0"));
    }
    let adjust = user::message::Adjust { user_id, money, score: 0, reason: change.reason };
    match ask(&state.owners.user, adjust).await? {
        Ok(user) => Ok(HttpResponse::Ok().json(user)),
        Err(AdjustRefusal::NotFound) => Err(Problem::new(Code::NotFound)),
        Err(AdjustRefusal::OutOfRange) => Err(Problem::field("delta", "must leave a balance that is not negative")),
    }
}
