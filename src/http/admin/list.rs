//! The lists under `/admin`, and the details of one order.

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use crate::actor::task::ask;
use crate::domain::clock::Timestamp;
use crate::domain::event::Event;
use crate::domain::id::{self, GoodsId, OrderId, UserId};
use crate::domain::money::Money;
use crate::domain::provider::is_name;
use crate::domain::status::{OrderStatus, PayStatus, Role, ShippingStatus};
use crate::domain::text::{Consignee, UserName};
use crate::gateway::text::{EVENT_ID_LENGTH_MAX, is_printable_ascii};
use crate::http::admin::journal::{self, JournalEntry};
use crate::http::extract::auth::Admin;
use crate::http::extract::listing::Listing;
use crate::http::extract::page::{Cursor, Limit, List, Page, TimedPage};
use crate::http::extract::path::PathId;
use crate::http::extract::query::{Query, optional};
use crate::http::problem::{Code, Problem};
use crate::http::security::sign_in::role_of;
use crate::http::state::{HandlerResult, State};
use crate::order::message::{Order, StateFilter};
use crate::pay::message::{ListParkedNotifications, ParkedNotification, Payment};
use crate::user::message::api_key::{FindReference, KnownAs};
use crate::user::message::{AccountState, User};
use crate::{order, pay, user};

/// Query parameters of the list of users.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsersQuery {
    #[serde(default, deserialize_with = "optional")]
    user_name: Option<UserName>,
    #[serde(default, deserialize_with = "optional")]
    user_name_prefix: Option<UserName>,
    #[serde(default, deserialize_with = "optional")]
    user_role: Option<Role>,
    #[serde(default)]
    limit: Limit,
    #[serde(default)]
    cursor: Cursor,
}

/// `GET /admin/users`
///
/// # Errors
/// 422 for a bad parameter.
pub async fn users(_: Admin, state: web::Data<State>, Listing { query, form }: Listing<UsersQuery>) -> HandlerResult {
    form.answer(find_users(&state, query).await?, "ListedUser")
}

/// One page of the users that match `query`.
///
/// # Errors
/// 503 if User does not reply.
pub async fn find_users(state: &State, query: UsersQuery) -> Result<List<ListedUser>, Problem> {
    let page = Page { limit: query.limit, cursor: query.cursor };
    let list = user::message::List {
        user_role: query.user_role,
        user_name: query.user_name,
        prefix: query.user_name_prefix,
        before: page.before(),
        limit: page.fetch_limit(),
    };
    let users = ask(&state.owners.user, list).await?;
    let users = users.into_iter().map(|(user, account)| ListedUser::new(state, user, &account)).collect();
    Ok(page.list(users, |listed| listed.user.user_id))
}

/// Response body: a user with the state of the account.
#[derive(Debug, Serialize)]
pub struct ListedUser {
    /// The user.
    #[serde(flatten)]
    pub user: User,
    /// The role that is in effect.
    pub user_role: Role,
    /// Since when the user may not sign in.
    pub disable_time: Option<Timestamp>,
    /// Since when the user signs in with a one-time code as well.
    pub second_factor_time: Option<Timestamp>,
}

impl ListedUser {
    /// The user as administrators see it.
    #[must_use]
    pub fn new(state: &State, user: User, account: &AccountState) -> Self {
        let AccountState { disable_time, second_factor_time, .. } = *account;
        Self { user, user_role: role_of(state, account), disable_time, second_factor_time }
    }
}

/// Response body: a user with the state of the account and the name that servers use.
#[derive(Serialize)]
struct UserDetails {
    #[serde(flatten)]
    user: ListedUser,
    /// The name by which the shop's own server knows the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    known_as: Option<KnownAs>,
}

/// `GET /admin/users/{id}`
///
/// # Errors
/// 404 if the user does not exist.
pub async fn user(_: Admin, state: web::Data<State>, PathId(user_id): PathId<id::User>) -> HandlerResult {
    let found = ask(&state.owners.user, user::message::FindWithState { user_id }).await?;
    let (user, account) = found.ok_or(Problem::new(Code::NotFound))?;
    let known_as = ask(&state.owners.user, FindReference { user_id }).await?;
    let user = ListedUser::new(&state, user, &account);
    Ok(HttpResponse::Ok().json(UserDetails { user, known_as }))
}

/// Query parameters of the list of orders.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrdersQuery {
    #[serde(default, deserialize_with = "optional")]
    order_id: Option<OrderId>,
    #[serde(default, deserialize_with = "optional")]
    user_id: Option<UserId>,
    #[serde(default, deserialize_with = "optional")]
    consignee: Option<Consignee>,
    #[serde(default, deserialize_with = "optional")]
    goods_id: Option<GoodsId>,
    #[serde(default, deserialize_with = "optional")]
    from: Option<Timestamp>,
    #[serde(default, deserialize_with = "optional")]
    before: Option<Timestamp>,
    #[serde(default, deserialize_with = "optional")]
    amount_min: Option<Money>,
    #[serde(default, deserialize_with = "optional")]
    amount_max: Option<Money>,
    #[serde(default, deserialize_with = "optional")]
    order_status: Option<OrderStatus>,
    #[serde(default, deserialize_with = "optional")]
    pay_status: Option<PayStatus>,
    #[serde(default, deserialize_with = "optional")]
    shipping_status: Option<ShippingStatus>,
    #[serde(default)]
    limit: Limit,
    #[serde(default)]
    cursor: Cursor,
}

/// `GET /admin/orders`
///
/// # Errors
/// 422 for a bad parameter.
pub async fn orders(_: Admin, state: web::Data<State>, Listing { query, form }: Listing<OrdersQuery>) -> HandlerResult {
    form.answer(find_orders(&state, query).await?, "Order")
}

/// One page of the orders that match `query`.
///
/// # Errors
/// 503 if Order does not reply.
pub async fn find_orders(state: &State, query: OrdersQuery) -> Result<List<Order>, Problem> {
    let page = Page { limit: query.limit, cursor: query.cursor };
    let list = order::message::ListAll {
        order_id: query.order_id,
        user_id: query.user_id,
        consignee: query.consignee.map(Consignee::into_inner),
        goods_id: query.goods_id,
        from: query.from,
        before_time: query.before,
        amount_min: query.amount_min,
        amount_max: query.amount_max,
        states: StateFilter {
            order_status: query.order_status,
            pay_status: query.pay_status,
            shipping_status: query.shipping_status,
        },
        before: page.before(),
        limit: page.fetch_limit(),
    };
    let orders = ask(&state.owners.order, list).await?;
    Ok(page.list(orders, |order| order.order_id))
}

/// Response body: one order with its payments, operator log and timeline.
#[derive(Serialize)]
struct OrderDetails {
    #[serde(flatten)]
    order: Order,
    payments: Vec<Payment>,
    journal: Vec<JournalEntry>,
    events: Vec<Event>,
}

/// Largest number of payments, and of log entries, in the details of one order.
const DETAILS_MAX: i64 = 100;

/// `GET /admin/orders/{id}`
///
/// # Errors
/// 404 if the order does not exist.
pub async fn order(_: Admin, state: web::Data<State>, PathId(order_id): PathId<id::Order>) -> HandlerResult {
    let order = ask(&state.owners.order, order::message::FindAny { order_id }).await?;
    let order = order.ok_or(Problem::new(Code::NotFound))?;
    let payments = pay::message::ListAll { status: None, order_id: Some(order_id), before: None, limit: DETAILS_MAX };
    let details = OrderDetails {
        payments: ask(&state.owners.pay, payments).await?.into_iter().map(Payment::for_operators).collect(),
        journal: journal::of_order(&state, order_id, DETAILS_MAX).await?,
        events: crate::http::timeline::for_operators(&state, order.order_id).await?,
        order,
    };
    Ok(HttpResponse::Ok().json(details))
}

/// Query parameters of the list of payments.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentsQuery {
    #[serde(default, deserialize_with = "optional")]
    status: Option<pay::message::Status>,
    #[serde(default, deserialize_with = "optional")]
    order_id: Option<OrderId>,
    #[serde(default)]
    limit: Limit,
    #[serde(default)]
    cursor: Cursor,
}

/// `GET /admin/payments`
///
/// # Errors
/// 422 for a bad parameter.
pub async fn payments(
    _: Admin,
    state: web::Data<State>,
    Listing { query, form }: Listing<PaymentsQuery>,
) -> HandlerResult {
    form.answer(find_payments(&state, query).await?, "Payment")
}

/// One page of the payments that match `query`, as operators see them.
///
/// # Errors
/// 503 if Pay does not reply.
pub async fn find_payments(state: &State, query: PaymentsQuery) -> Result<List<Payment>, Problem> {
    let page = Page { limit: query.limit, cursor: query.cursor };
    let (status, order_id) = (query.status, query.order_id);
    let list = pay::message::ListAll { status, order_id, before: page.before(), limit: page.fetch_limit() };
    let payments = ask(&state.owners.pay, list).await?.into_iter().map(Payment::for_operators).collect();
    Ok(page.list(payments, |payment: &Payment| payment.pay_id))
}

/// `GET /admin/notices`: notifications of platforms that were rejected, each with its reason, the latest first.
///
/// # Errors
/// 422 for a bad parameter.
pub async fn notices(_: Admin, state: web::Data<State>, Query(page): Query<TimedPage>) -> HandlerResult {
    Ok(HttpResponse::Ok().json(find_notices(&state, &page).await?))
}

/// One page of the notifications that were rejected.
///
/// # Errors
/// 422 for a bad cursor; 503 if Pay does not reply.
pub async fn find_notices(state: &State, page: &TimedPage) -> Result<List<ParkedNotification>, Problem> {
    let event = |text: &str| {
        let (provider, event_id) = text.split_once('.')?;
        let is_event = is_name(provider) && is_printable_ascii(event_id, EVENT_ID_LENGTH_MAX);
        is_event.then(|| (provider.to_owned(), event_id.to_owned()))
    };
    let before = page.before(event)?;
    let notices = ask(&state.owners.pay, ListParkedNotifications { before, limit: page.fetch_limit() }).await?;
    let position =
        |notice: &ParkedNotification| (notice.create_time, format!("{}.{}", notice.provider, notice.event_id));
    Ok(page.list(notices, position))
}
