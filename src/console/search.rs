//! `/console/search`: finds an object by its id, a customer by name, and orders by their consignee.

use maud::html;
use serde::Deserialize;

use super::menu::Section;
use super::operator::Operator;
use super::orders::orders_table;
use crate::actor::Reply;
use crate::actor::task::ask;
use crate::domain::id::{GoodsId, OrderId, PayId, RefundId, UserId};
use crate::domain::text::{Consignee, UserName};
use crate::http::extract::query::{Filters, optional};
use crate::http::state::{HandlerResult, State};
use crate::order::message::{ListAll, StateFilter};
use crate::pay::message::FindRefund;
use crate::user::message::User;
use crate::web::component::{Column, id, money, table};
use crate::web::redirect::see_other;
use crate::{goods, order, pay, user};

/// Largest number of customers, and of orders, that are shown.
const SHOWN_MAX: i64 = 20;

/// Query of the search.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchQuery {
    #[serde(default, deserialize_with = "optional")]
    q: Option<String>,
}

/// `GET /console/search`: goes to the page of an object whose id was entered, or lists what was found.
///
/// # Errors
/// 503 if an owner does not reply.
pub async fn show(operator: Operator, Filters { query, .. }: Filters<SearchQuery>) -> HandlerResult {
    let (state, words, own) = (&operator.state, operator.words, &operator.words.search);
    let text = query.q.unwrap_or_default().trim().to_owned();
    if let Ok(number) = text.parse::<OrderId>()
        && let Some(path) = page_of_id(state, number.get()).await?
    {
        return Ok(see_other(&path));
    }
    let users = users(state, &text).await?;
    let orders = match Consignee::try_from(text.clone()) {
        Ok(consignee) => ask(&state.owners.order, of_consignee(consignee)).await?,
        Err(_) => Vec::new(),
    };
    let columns = [
        Column::Text(words.common.customer),
        Column::Text(words.customer.name),
        Column::Number(words.customer.balance),
    ];
    let row =
        |user: &User| vec![id("/console/customers/", user.user_id), html! { (user.user_name) }, money(user.user_money)];
    let content = html! {
        div.title { h1 { (own.title) } }
        @if !text.is_empty() { p { (own.for_text) ": " b { (text) } } }
        @if users.is_empty() && orders.is_empty() { p.empty { (own.nothing) } }
        @if !users.is_empty() {
            section.card { h2 { (words.customer.title) } (table(words, &columns, users.iter().map(row))) }
        }
        @if !orders.is_empty() { section.card { h2 { (words.orders.title) } (orders_table(words, &orders)) } }
    };
    operator.page(Section::None, own.title, content).await
}

/// The page of the object with this id. Ids are unique over all kinds of objects.
async fn page_of_id(state: &State, number: i64) -> Reply<Option<String>> {
    let owners = &state.owners;
    let (order, payment, refund, customer, product) = tokio::join!(
        ask(&owners.order, order::message::FindAny { order_id: OrderId::new(number) }),
        ask(&owners.pay, pay::message::FindAny { pay_id: PayId::new(number) }),
        ask(&owners.pay, FindRefund { refund_id: RefundId::new(number) }),
        ask(&owners.user, user::message::Find { user_id: UserId::new(number) }),
        ask(&owners.goods, goods::message::Find { goods: vec![GoodsId::new(number)] })
    );
    let found = [
        ("orders", order?.is_some()),
        ("payments", payment?.is_some()),
        ("refunds", refund?.is_some()),
        ("customers", customer?.is_some()),
        ("goods", !product?.is_empty()),
    ];
    Ok(found.iter().find(|(_, is_found)| *is_found).map(|(page, _)| format!("/console/{page}/{number}")))
}

/// The customers whose name begins with `text`.
async fn users(state: &State, text: &str) -> Reply<Vec<User>> {
    let Ok(prefix) = UserName::try_from(text.to_owned()) else { return Ok(Vec::new()) };
    let (user_role, user_name, before) = (None, None, None);
    let list = user::message::List { user_role, user_name, prefix: Some(prefix), before, limit: SHOWN_MAX };
    Ok(ask(&state.owners.user, list).await?.into_iter().map(|(user, _)| user).collect())
}

fn of_consignee(consignee: Consignee) -> ListAll {
    ListAll {
        order_id: None,
        user_id: None,
        consignee: Some(consignee.into_inner()),
        goods_id: None,
        from: None,
        before_time: None,
        amount_min: None,
        amount_max: None,
        states: StateFilter::default(),
        before: None,
        limit: SHOWN_MAX,
    }
}
