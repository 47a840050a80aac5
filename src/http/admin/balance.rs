//! `/admin/users/{id}/balance`.

use actix_web::http::StatusCode;
use actix_web::web;
use serde::{Deserialize, Serialize};

use crate::actor::task::ask;
use crate::domain::id::{self, UserId};
use crate::domain::money::{Money, SignedMoney};
use crate::domain::text::{CustomerMessage, Reason};
use crate::http::extract::auth::Admin;
use crate::http::extract::body::Body;
use crate::http::extract::key::{self, OptionalKey};
use crate::http::extract::path::PathId;
use crate::http::problem::{Code, FieldError, Problem, field_code};
use crate::http::state::{HandlerResult, State};
use crate::journal::Performed;
use crate::user;
use crate::user::error::AdjustRefusal;
use crate::user::message::User;

/// Body of a balance adjustment: the signed change, its reason for operators, and words for the customer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BalanceChange {
    /// Amount to add; negative to deduct.
    pub delta: SignedMoney,
    /// The reason, for operators.
    pub reason: Reason,
    /// Words for the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<CustomerMessage>,
}

/// `POST /admin/users/{id}/balance`
///
/// # Errors
/// 404; 422, naming `delta`, if it is 0 or would make the balance negative or too high, or if the idempotency key was used
/// for another request.
pub async fn adjust(
    admin: Admin,
    key: OptionalKey,
    state: web::Data<State>,
    PathId(user_id): PathId<id::User>,
    Body(change): Body<BalanceChange>,
) -> HandlerResult {
    Ok(key::performed(StatusCode::OK, &adjust_as(&state, admin, key, user_id, change).await?))
}

/// Adjusts a balance in the name of an administrator.
///
/// # Errors
/// 404; 422, as the route.
pub async fn adjust_as(
    state: &State,
    admin: Admin,
    key: OptionalKey,
    user_id: UserId,
    change: BalanceChange,
) -> Result<Performed<User>, Problem> {
    let SignedMoney(money) = change.delta;
    if money == Money::ZERO {
        return Err(Problem::field("delta", "must not be 0"));
    }
    let request = key::request(admin, key, &("balance", user_id, &change))?;
    let adjust =
        user::message::Adjust { user_id, money, score: 0, reason: change.reason, message: change.message, request };
    match ask(&state.owners.user, adjust).await? {
        Ok(user) => Ok(user),
        Err(AdjustRefusal::NotFound) => Err(Problem::new(Code::NotFound)),
        Err(AdjustRefusal::KeyReused) => Err(Problem::new(Code::IdempotencyKeyReused)),
        Err(AdjustRefusal::OutOfRange(user_money)) => {
            let detail = "must leave a balance from 0 to 9999999999.99";
            Err(FieldError::new("delta", field_code::OUT_OF_RANGE, detail).with("user_money", user_money).into())
        }
    }
}
