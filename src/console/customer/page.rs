//! The page of one customer, and the preview of an adjustment of the balance.

use maud::{Markup, html};

use super::account;
use super::ledger::{self, ENTRIES_MAX};
use crate::actor::task::ask;
use crate::console::act::Act;
use crate::console::form::act_form;
use crate::console::menu::Section;
use crate::console::operator::{Operator, Question};
use crate::domain::id::{self, UserId};
use crate::domain::money::{Money, SignedMoney};
use crate::domain::text::{CustomerMessage, Reason, Text};
use crate::http::admin::balance::BalanceChange;
use crate::http::extract::body::FormBody;
use crate::http::extract::path::PathId;
use crate::http::problem::{FieldError, field_code};
use crate::http::state::HandlerResult;
use crate::user::message::api_key::FindReference;
use crate::user::message::{ListMoneyLog, ListScoreLog, User};
use crate::web::component::{facts, id_text, money, optional_text, optional_time, time};
use crate::web::language::Words;

/// `GET /console/customers/{id}`
///
/// # Errors
/// 404 if the user does not exist.
pub async fn show(operator: Operator, PathId(user_id): PathId<id::User>) -> HandlerResult {
    let (state, words, own) = (&operator.state, operator.words, &operator.words.customer);
    let listed = account::find(&operator, user_id).await?;
    let user = &listed.user;
    let (money_log, score_log, known_as) = tokio::join!(
        ask(&state.owners.user, ListMoneyLog { user_id, before: None, limit: ENTRIES_MAX }),
        ask(&state.owners.user, ListScoreLog { user_id, before: None, limit: ENTRIES_MAX }),
        ask(&state.owners.user, FindReference { user_id })
    );
    let (money_log, score_log) = (money_log?, score_log?);
    let known_as = known_as?.map(|known| serde_json::to_string(&known).unwrap_or_default());
    let content = html! {
        div.title {
            h1 { (user.user_name) }
            span.grow {}
            a.button href=(format!("/console/orders?user_id={user_id}")) { (own.orders) }
            a.button href=(format!("/console/coupons?user_id={user_id}")) { (own.coupons) }
        }
        div.two {
            div.stack {
                section.card { h2 { (own.money_log) } (ledger::of_balance(words, &money_log, user.user_money)) }
                section.card { h2 { (own.score_log) } (ledger::of_points(words, &score_log, user.user_score)) }
            }
            div.stack {
                section.card {
                    (facts([
                        (words.common.customer, id_text(user_id)),
                        (own.balance, money(user.user_money)),
                        (own.points, html! { (user.user_score) }),
                        (own.mobile, optional_text(words, user.user_mobile.as_deref())),
                        (own.known_as, optional_text(words, known_as.as_deref())),
                        (own.registered, time(user.user_reg_time)),
                        (own.role, account::role(own, listed.user_role)),
                        (own.account, account::state(own, listed.disable_time)),
                        (own.second_factor, optional_time(words, listed.second_factor_time)),
                    ]))
                }
                (adjust_form(words, user_id))
                (account::form(words, &listed))
            }
        }
    };
    operator.page(Section::Customers, &format!("{} {}", own.one, user.user_name), content).await
}

fn adjust_form(words: &Words, user_id: UserId) -> Markup {
    let own = &words.customer;
    let path = format!("/console/customers/{user_id}/balance");
    let fields = html! {
        label { (own.delta)
            input name="delta" required inputmode="decimal" pattern="-?[0-9]+([.][0-9]{1,2})?";
        }
        label { (own.reason) input name="reason" required maxlength="200"; }
        label { (own.message) input name="message" maxlength="200"; }
    };
    act_form(words, own.adjust, &path, fields)
}

/// `POST /console/customers/{id}/balance`: the preview of an adjustment.
///
/// # Errors
/// 404; 422 for a bad field.
pub async fn adjust(
    operator: Operator,
    PathId(user_id): PathId<id::User>,
    FormBody(change): FormBody<BalanceChange>,
) -> HandlerResult {
    let (words, own) = (operator.words, &operator.words.customer);
    let user = account::find(&operator, user_id).await?.user;
    let BalanceChange { delta: SignedMoney(delta), reason, message } = &change;
    let after = user.user_money.checked_add(*delta);
    let in_range = after.filter(|after| *delta != Money::ZERO && (Money::ZERO..=Money::LIMIT).contains(after));
    let detail = "must leave a balance from 0 to 9999999999.99, and change it";
    let after = in_range.ok_or_else(|| FieldError::new("delta", field_code::OUT_OF_RANGE, detail))?;
    let effects = effects(words, &user, *delta, after, reason, message.as_ref());
    let title = format!("{}: {}", own.adjust, user.user_name);
    let back = format!("/console/customers/{user_id}");
    let question = Question { title: &title, effects, button: own.adjust, back: &back };
    operator.preview(Section::Customers, question, &Act::AdjustBalance { user_id, change }).await
}

fn effects(
    words: &Words,
    user: &User,
    delta: Money,
    after: Money,
    reason: &Reason,
    message: Option<&CustomerMessage>,
) -> Markup {
    let own = &words.customer;
    facts([
        (own.balance, money(user.user_money)),
        (own.delta, money(delta)),
        (own.after, html! { b { (money(after)) } }),
        (own.reason, html! { (reason.as_str()) }),
        (own.message, optional_text(words, message.map(Text::as_str))),
    ])
}
