//! `POST /console/act`: executes an act after its preview. [`Act`] has all acts of the console.

mod api_key;
mod catalogue;
mod customer;
mod message;
mod order;
mod parked;
mod statement;
mod webhook;

use serde::{Deserialize, Serialize};

pub use parked::Choice;

use super::operator::Operator;
use crate::domain::id::{ApiKeyId, EntryId, GoodsId, OrderId, UserId, WebhookId};
use crate::domain::idempotency::IdempotencyKey;
use crate::domain::text::{CustomerMessage, Reason};
use crate::http::admin::account::Change;
use crate::http::admin::api_key::NewApiKey;
use crate::http::admin::balance::BalanceChange;
use crate::http::admin::coupon::NewCoupon;
use crate::http::admin::goods::{ChangedGoods, NewGoods};
use crate::http::admin::order_action::{Cancellation, NewRefund, Shipment};
use crate::http::admin::reconciliation::NewReconciliation;
use crate::http::admin::stock::StockChange;
use crate::http::extract::body::FormBody;
use crate::http::state::HandlerResult;
use crate::web::preview;
use crate::web::redirect::see_other;

/// An act of the administrator, with all that it needs. It is in the token of its preview.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are those of the routes of the API")]
pub enum Act {
    /// Ships an order.
    Ship { order_id: OrderId, shipment: Shipment },
    /// Cancels an order.
    Cancel { order_id: OrderId, cancellation: Cancellation },
    /// Refunds an order.
    Refund { order_id: OrderId, refund: NewRefund },
    /// Decides about money that waits.
    Decide {
        parked_id: EntryId,
        choice: Choice,
        order_id: Option<OrderId>,
        reason: Reason,
        message: Option<CustomerMessage>,
    },
    /// Creates goods.
    CreateGoods(NewGoods),
    /// Changes goods, if they still have the revision that was shown.
    ChangeGoods { goods_id: GoodsId, changed: ChangedGoods, revision: i64 },
    /// Adjusts a stock.
    AdjustStock { goods_id: GoodsId, change: StockChange },
    /// Creates a coupon.
    CreateCoupon(NewCoupon),
    /// Adjusts a balance.
    AdjustBalance { user_id: UserId, change: BalanceChange },
    /// Creates an API key, which the seed gives.
    CreateApiKey { new: NewApiKey, seed: String },
    /// Revokes an API key.
    RevokeApiKey { api_key_id: ApiKeyId },
    /// Changes the account of a user.
    ChangeAccount { user_id: UserId, change: Change, reason: Reason },
    /// Delivers messages again.
    Replay { ids: Vec<String> },
    /// Repairs the books by a statement.
    Reconcile(NewReconciliation),
    /// Enables or disables a webhook.
    SwitchWebhook { webhook_id: WebhookId, enabled: bool },
    /// Sends a test event to a webhook.
    TestWebhook { webhook_id: WebhookId },
}

impl Act {
    /// Performs the act, once under the same key, and answers with the page that shows the effect. Acts that do not use the
    /// key have their effect once however often they are performed.
    async fn perform(self, operator: &Operator, key: IdempotencyKey) -> HandlerResult {
        let path = match self {
            Self::CreateApiKey { new, seed } => return api_key::create(operator, key, new, &seed).await,
            Self::RevokeApiKey { api_key_id } => api_key::revoke(operator, api_key_id).await,
            Self::Ship { order_id, shipment } => order::ship(operator, order_id, shipment).await,
            Self::Cancel { order_id, cancellation } => order::cancel(operator, order_id, cancellation).await,
            Self::Refund { order_id, refund } => order::refund(operator, key, order_id, refund).await,
            Self::Decide { parked_id, choice, order_id, reason, message } => {
                parked::decide(operator, parked_id, (choice, order_id), (reason, message)).await
            }
            Self::CreateGoods(new) => catalogue::create_goods(operator, key, new).await,
            Self::ChangeGoods { goods_id, changed, revision } => {
                catalogue::change_goods(operator, goods_id, changed, revision).await
            }
            Self::AdjustStock { goods_id, change } => catalogue::adjust_stock(operator, key, goods_id, change).await,
            Self::CreateCoupon(new) => customer::create_coupon(operator, key, new).await,
            Self::Reconcile(statement) => statement::repair(operator, statement).await,
            Self::ChangeAccount { user_id, change, reason } => {
                customer::change_account(operator, user_id, change, reason).await
            }
            Self::AdjustBalance { user_id, change } => customer::adjust_balance(operator, key, user_id, change).await,
            Self::Replay { ids } => message::replay(operator, &ids).await,
            Self::SwitchWebhook { webhook_id, enabled } => webhook::switch(operator, webhook_id, enabled).await,
            Self::TestWebhook { webhook_id } => webhook::test(operator, &key, webhook_id).await,
        }?;
        let mark = if path.contains('?') { '&' } else { '?' };
        Ok(see_other(&format!("{path}{mark}done=1")))
    }
}

/// The form of a preview.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Execution {
    token: String,
}

/// `POST /console/act`: shows the effect, or goes to the page that does.
///
/// # Errors
/// 403 if the token is not of this session or too old; those of the act.
pub async fn execute(operator: Operator, FormBody(form): FormBody<Execution>) -> HandlerResult {
    let (act, key) = preview::open::<Act>(&operator.state, &operator.session, &form.token)?;
    act.perform(&operator, key).await
}
