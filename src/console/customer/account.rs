//! The role and the state of an account, and the preview of their changes.

use maud::{Markup, html};
use serde::Deserialize;

use crate::actor::task::ask;
use crate::console::act::Act;
use crate::console::menu::Section;
use crate::console::operator::{Operator, Question};
use crate::domain::clock::Timestamp;
use crate::domain::id::{self, UserId};
use crate::domain::status::Role;
use crate::domain::text::Reason;
use crate::http::admin::account::Change;
use crate::http::admin::list::ListedUser;
use crate::http::extract::body::FormBody;
use crate::http::extract::path::PathId;
use crate::http::problem::{Code, Problem};
use crate::http::state::HandlerResult;
use crate::user::message::FindWithState;
use crate::web::component::{facts, time};
use crate::web::language::Words;
use crate::web::language::customer::Customers;

/// The user and the state of the account.
///
/// # Errors
/// 404; 503.
pub async fn find(operator: &Operator, user_id: UserId) -> Result<ListedUser, Problem> {
    let found = ask(&operator.state.owners.user, FindWithState { user_id }).await?;
    let (user, account) = found.ok_or_else(|| Problem::new(Code::NotFound))?;
    Ok(ListedUser::new(&operator.state, user, &account))
}

/// The role, in words.
pub fn role(own: &Customers, role: Role) -> Markup {
    let word = match role {
        Role::Customer => own.role_customer,
        Role::Admin => own.role_admin,
    };
    html! { (word) }
}

/// Whether the user may sign in, in words.
pub fn state(own: &Customers, disable_time: Option<Timestamp>) -> Markup {
    match disable_time {
        None => html! { (own.enabled) },
        Some(since) => html! { (own.disabled) " " (time(since)) },
    }
}

const fn name(own: &Customers, change: Change) -> &'static str {
    match change {
        Change::Disable => own.disable,
        Change::Enable => own.enable,
        Change::MakeAdmin => own.make_admin,
        Change::MakeCustomer => own.make_customer,
        Change::SignOut => own.sign_out,
        Change::RemoveSecondFactor => own.remove_second_factor,
    }
}

/// The form with the changes that are possible.
pub fn form(words: &Words, listed: &ListedUser) -> Markup {
    let own = &words.customer;
    let of_state =
        if listed.disable_time.is_some() { ("enable", Change::Enable) } else { ("disable", Change::Disable) };
    let of_role = match listed.user_role {
        Role::Customer => ("make_admin", Change::MakeAdmin),
        Role::Admin => ("make_customer", Change::MakeCustomer),
    };
    let of_factor = ("remove_second_factor", Change::RemoveSecondFactor);
    let of_factor = listed.second_factor_time.map(|_| of_factor);
    html! {
        details.card {
            summary { (own.change_account) " …" }
            form.fields method="post" action=(format!("/console/customers/{}/account", listed.user.user_id)) {
                label { (own.change_account)
                    select name="change" {
                        @for (value, change) in [("sign_out", Change::SignOut), of_state, of_role].into_iter().chain(of_factor) {
                            option value=(value) { (name(own, change)) }
                        }
                    }
                }
                label { (own.reason) input name="reason" required maxlength="200"; }
                button { (words.order.preview) }
            }
        }
    }
}

/// The form's fields.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    change: Change,
    reason: Reason,
}

/// `POST /console/customers/{id}/account`: the preview of a change.
///
/// # Errors
/// 404; 422 for a bad field.
pub async fn change(
    operator: Operator,
    PathId(user_id): PathId<id::User>,
    FormBody(Asked { change, reason }): FormBody<Asked>,
) -> HandlerResult {
    let own = &operator.words.customer;
    let listed = find(&operator, user_id).await?;
    let effects = effects(own, &listed, &reason);
    let title = format!("{}: {}", name(own, change), listed.user.user_name);
    let question = Question { title: &title, effects, button: name(own, change), back: &path(user_id) };
    operator.preview(Section::Customers, question, &Act::ChangeAccount { user_id, change, reason }).await
}

fn effects(own: &Customers, listed: &ListedUser, reason: &Reason) -> Markup {
    html! {
        (facts([
            (own.name, html! { (listed.user.user_name) }),
            (own.role, role(own, listed.user_role)),
            (own.account, state(own, listed.disable_time)),
            (own.reason, html! { (reason.as_str()) }),
        ]))
        p { (own.sessions_end) }
    }
}

fn path(user_id: UserId) -> String {
    format!("/console/customers/{user_id}")
}
