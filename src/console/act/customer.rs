//! Acts on the accounts of customers.

use crate::console::operator::Operator;
use crate::domain::id::UserId;
use crate::domain::idempotency::IdempotencyKey;
use crate::domain::text::Reason;
use crate::http::admin::account::{self, Change};
use crate::http::admin::balance::{self, BalanceChange};
use crate::http::admin::coupon::{self, NewCoupon};
use crate::http::extract::key::OptionalKey;
use crate::http::problem::Problem;

/// Creates a coupon.
pub async fn create_coupon(operator: &Operator, key: IdempotencyKey, new: NewCoupon) -> Result<String, Problem> {
    let coupon = coupon::create_as(&operator.state, operator.admin, OptionalKey(Some(key)), new).await?;
    Ok(format!("/console/coupons?user_id={}", coupon.value.user_id))
}

/// Adjusts a balance.
pub async fn adjust_balance(
    operator: &Operator,
    key: IdempotencyKey,
    user_id: UserId,
    change: BalanceChange,
) -> Result<String, Problem> {
    balance::adjust_as(&operator.state, operator.admin, OptionalKey(Some(key)), user_id, change).await?;
    Ok(format!("/console/customers/{user_id}"))
}

/// Changes an account.
pub async fn change_account(
    operator: &Operator,
    user_id: UserId,
    change: Change,
    reason: Reason,
) -> Result<String, Problem> {
    account::change_as(&operator.state, operator.admin, user_id, change.into(), reason).await?;
    Ok(format!("/console/customers/{user_id}"))
}
