//! `/admin/users/{id}/role`, `disable`, `enable`, `sign-out` and `remove-second-factor`: changes of the account of a user. Each ends all sessions of
//! the user.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use crate::actor::task::ask;
use crate::domain::id::{self, UserId};
use crate::domain::status::Role;
use crate::domain::text::Reason;
use crate::http::admin::list::ListedUser;
use crate::http::extract::auth::Admin;
use crate::http::extract::body::Body;
use crate::http::extract::path::PathId;
use crate::http::problem::{Code, Problem};
use crate::http::security::event::Event;
use crate::http::state::{HandlerResult, State};
use crate::journal::Request;
use crate::user::message::session::{AccountChange, ChangeAccount};

/// Body of a change of the role.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleChange {
    user_role: Role,
    reason: Reason,
}

/// Body of the other changes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountDecision {
    reason: Reason,
}

/// A change of an account, as pages name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The user may not sign in any more.
    Disable,
    /// The user may sign in again.
    Enable,
    /// The user becomes an administrator.
    MakeAdmin,
    /// The user is no administrator any more.
    MakeCustomer,
    /// All sessions of the user end.
    SignOut,
    /// The user signs in with the password alone.
    RemoveSecondFactor,
}

impl From<Change> for AccountChange {
    fn from(change: Change) -> Self {
        match change {
            Change::Disable => Self::Disable,
            Change::Enable => Self::Enable,
            Change::MakeAdmin => Self::Role(Role::Admin),
            Change::MakeCustomer => Self::Role(Role::Customer),
            Change::SignOut => Self::SignOut,
            Change::RemoveSecondFactor => Self::RemoveSecondFactor,
        }
    }
}

/// `POST /admin/users/{id}/role`
///
/// # Errors
/// 404; 409 for the caller's own account and the one that the settings name.
pub async fn change_role(
    admin: Admin,
    state: web::Data<State>,
    PathId(user_id): PathId<id::User>,
    Body(RoleChange { user_role, reason }): Body<RoleChange>,
) -> HandlerResult {
    answer(change_as(&state, admin, user_id, AccountChange::Role(user_role), reason).await)
}

/// `POST /admin/users/{id}/disable`
///
/// # Errors
/// 404; 409 for the caller's own account and the one that the settings name.
pub async fn disable(
    admin: Admin,
    state: web::Data<State>,
    PathId(user_id): PathId<id::User>,
    Body(AccountDecision { reason }): Body<AccountDecision>,
) -> HandlerResult {
    answer(change_as(&state, admin, user_id, AccountChange::Disable, reason).await)
}

/// `POST /admin/users/{id}/enable`
///
/// # Errors
/// 404.
pub async fn enable(
    admin: Admin,
    state: web::Data<State>,
    PathId(user_id): PathId<id::User>,
    Body(AccountDecision { reason }): Body<AccountDecision>,
) -> HandlerResult {
    answer(change_as(&state, admin, user_id, AccountChange::Enable, reason).await)
}

/// `POST /admin/users/{id}/sign-out`
///
/// # Errors
/// 404.
pub async fn sign_out(
    admin: Admin,
    state: web::Data<State>,
    PathId(user_id): PathId<id::User>,
    Body(AccountDecision { reason }): Body<AccountDecision>,
) -> HandlerResult {
    answer(change_as(&state, admin, user_id, AccountChange::SignOut, reason).await)
}

/// `POST /admin/users/{id}/remove-second-factor`
///
/// # Errors
/// 404; 409 for the caller's own account.
pub async fn remove_second_factor(
    admin: Admin,
    state: web::Data<State>,
    PathId(user_id): PathId<id::User>,
    Body(AccountDecision { reason }): Body<AccountDecision>,
) -> HandlerResult {
    answer(change_as(&state, admin, user_id, AccountChange::RemoveSecondFactor, reason).await)
}

fn answer(changed: Result<ListedUser, Problem>) -> HandlerResult {
    changed.map(|user| HttpResponse::Ok().json(user))
}

/// Changes an account in the name of an administrator.
///
/// # Errors
/// 404; 409, as the routes.
pub async fn change_as(
    state: &State,
    admin: Admin,
    user_id: UserId,
    change: AccountChange,
    reason: Reason,
) -> Result<ListedUser, Problem> {
    let locks_out = matches!(change, AccountChange::Disable | AccountChange::Role(_));
    if locks_out && user_id == admin.0 {
        return Err(Problem::with(Code::AccountProtected, "Another administrator has to change your account"));
    }
    if locks_out && user_id == state.admin {
        return Err(Problem::with(Code::AccountProtected, "The setting admin.user names this account"));
    }
    let is_of_factor = change == AccountChange::RemoveSecondFactor;
    if is_of_factor && user_id == admin.0 {
        let detail = "Your own second factor is removed with the password and a code";
        return Err(Problem::with(Code::AccountProtected, detail));
    }
    let (reason, request) = (Some(reason), Request { admin: admin.0, key: None });
    let changed = ask(&state.owners.user, ChangeAccount { user_id, change, reason, request }).await?;
    let (user, account) = changed.ok_or_else(|| Problem::new(Code::NotFound))?;
    state.sessions.learn(account);
    let event = if is_of_factor { Event::SecondFactorRemoved } else { Event::AccountChanged };
    event.log(Some(user_id), Some(&user.user_name));
    Ok(ListedUser::new(state, user, &account))
}
