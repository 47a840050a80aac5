//! `/admin/journal`: the acts of administrators, as all owners have recorded them.

use actix_web::web;
use serde::{Deserialize, Serialize};

use crate::actor::Reply;
use crate::actor::task::ask;
use crate::domain::clock::Timestamp;
use crate::domain::id::{EntryId, OrderId, UserId};
use crate::http::extract::auth::Admin;
use crate::http::extract::listing::Listing;
use crate::http::extract::page::{Cursor, Limit, List, Page};
use crate::http::extract::query::optional;
use crate::http::problem::Problem;
use crate::http::state::{HandlerResult, State};
use crate::journal::{self, ActView};
use crate::order::message::OperatorLogEntry;
use crate::pay::message::LoggedDecision;
use crate::{order, pay};

/// Query parameters of the journal.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JournalQuery {
    #[serde(default, deserialize_with = "optional")]
    order_id: Option<OrderId>,
    #[serde(default)]
    limit: Limit,
    #[serde(default)]
    cursor: Cursor,
}

/// An act of an administrator.
#[derive(Debug, Serialize)]
pub struct JournalEntry {
    /// Id of the act.
    pub act_id: EntryId,
    /// Order that the act is about.
    pub order_id: Option<OrderId>,
    /// Name of the act, such as `shipped`.
    pub act: String,
    /// The administrator.
    pub user_id: Option<UserId>,
    /// The reason, and what else the act has recorded.
    pub detail: Option<String>,
    /// Time of the act.
    pub create_time: Timestamp,
    /// The user, goods, coupon or API key that was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// The attributes that were changed, with their values before and after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<serde_json::Value>,
}

/// The kind of object of the acts on API keys, and the beginning of their names.
const API_KEY: &str = "api_key";
/// The same for acts on webhooks.
const WEBHOOK: &str = "webhook";

/// The object of an act.
#[derive(Debug, Serialize)]
pub struct Subject {
    /// The kind, such as `goods`.
    pub kind: &'static str,
    /// Its id.
    pub id: String,
}

impl From<OperatorLogEntry> for JournalEntry {
    fn from(act: OperatorLogEntry) -> Self {
        let OperatorLogEntry { act_id, order_id, act, user_id, detail, create_time } = act;
        Self { act_id, order_id, act, user_id, detail, create_time, subject: None, data: None }
    }
}

impl From<LoggedDecision> for JournalEntry {
    fn from(act: LoggedDecision) -> Self {
        let LoggedDecision { act_id, order_id, act, user_id, detail, create_time } = act;
        let (user_id, detail) = (Some(user_id), Some(detail));
        Self { act_id, order_id, act, user_id, detail, create_time, subject: None, data: None }
    }
}

impl From<ActView> for JournalEntry {
    fn from(act: ActView) -> Self {
        // User keeps both.
        let kind = [API_KEY, WEBHOOK].into_iter().find(|kind| act.act.starts_with(kind)).unwrap_or(act.owner);
        Self {
            act_id: act.act_id,
            order_id: None,
            act: act.act,
            user_id: Some(act.user_id),
            detail: act.reason,
            create_time: act.create_time,
            subject: Some(Subject { kind, id: act.subject_id.to_string() }),
            data: serde_json::from_str(&act.data).ok(),
        }
    }
}

/// `GET /admin/journal`
///
/// # Errors
/// 422 for a bad parameter.
pub async fn list(_: Admin, state: web::Data<State>, Listing { query, form }: Listing<JournalQuery>) -> HandlerResult {
    form.answer(find_acts(&state, query).await?, "JournalEntry")
}

/// One page of the acts that match `query`.
///
/// # Errors
/// 503 if an owner does not reply.
pub async fn find_acts(state: &State, query: JournalQuery) -> Result<List<JournalEntry>, Problem> {
    let page = Page { limit: query.limit, cursor: query.cursor };
    let (before, limit) = (page.before(), page.fetch_limit());
    let mut acts = on_orders(state, query.order_id, before, limit).await?;
    if query.order_id.is_none() {
        acts.extend(on_other_objects(state, before, limit).await?);
        sort(&mut acts, limit);
    }
    Ok(page.list(acts, |act| act.act_id))
}

/// The latest acts on an order and on its money, newest first.
///
/// # Errors
/// An owner does not reply.
pub async fn of_order(state: &State, order_id: OrderId, limit: i64) -> Reply<Vec<JournalEntry>> {
    on_orders(state, Some(order_id), None, limit).await
}

/// One page of the acts on orders and on parked money.
async fn on_orders(
    state: &State,
    order_id: Option<OrderId>,
    before: Option<EntryId>,
    limit: i64,
) -> Reply<Vec<JournalEntry>> {
    let on_orders = order::message::ListOperatorLog { order_id, before, limit };
    let on_parked = pay::message::ListDecisions { order_id, before, limit };
    let mut acts: Vec<JournalEntry> =
        ask(&state.owners.order, on_orders).await?.into_iter().map(JournalEntry::from).collect();
    acts.extend(ask(&state.owners.pay, on_parked).await?.into_iter().map(JournalEntry::from));
    sort(&mut acts, limit);
    Ok(acts)
}

/// One page each of the acts on users, goods and coupons.
async fn on_other_objects(
    state: &State,
    before: Option<EntryId>,
    limit: i64,
) -> Reply<impl Iterator<Item = JournalEntry>> {
    let list = journal::List { before, limit };
    let mut acts = ask(&state.owners.user, list).await?;
    acts.extend(ask(&state.owners.goods, list).await?);
    acts.extend(ask(&state.owners.coupon, list).await?);
    Ok(acts.into_iter().map(JournalEntry::from))
}

/// Sorts acts, newest first, and keeps at most `limit`.
fn sort(acts: &mut Vec<JournalEntry>, limit: i64) {
    acts.sort_by_key(|act| std::cmp::Reverse(act.act_id));
    acts.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
}
