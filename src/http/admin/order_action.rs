//! Actions of an administrator on an order: cancel, ship, refund.

use std::collections::HashSet;

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

use crate::actor::Failure;
use crate::actor::task::ask;
use crate::domain::id::{self, GoodsId, OrderId, UserId};
use crate::domain::idempotency::IdempotencyKey;
use crate::domain::money::Money;
use crate::domain::quantity::Quantity;
use crate::domain::refund::{GivesBack, Refundable};
use crate::domain::returned::{Units, check_units, units_left};
use crate::domain::status::{OrderStatus, PayStatus, RefundState, ShippingStatus};
use crate::domain::text::{Carrier, CustomerMessage, Reason, TrackingNo};
use crate::http::admin::parked;
use crate::http::extract::auth::Admin;
use crate::http::extract::body::{Body, OptionalBody};
use crate::http::extract::field::Object;
use crate::http::extract::key::OptionalKey;
use crate::http::extract::path::PathId;
use crate::http::order_action::{self, RefundParams, RequestedRefund};
use crate::http::problem::{Code, Problem};
use crate::http::state::{HandlerResult, State};
use crate::order;
use crate::order::message::{Action, Author, Parcel, RefundView};
use crate::pay::message::{Decision, FindParkedCharges, ParkedItem};
use crate::payments::message::Cancel;
use crate::trace::Traced;
use crate::user;

/// The detail of a problem if a cancellation has no outcome.
const NO_ANSWER: &str = "The outcome is not known yet; send the same request again, or with \"without_platform\": true if \
                         the platform of the payment will not answer";

/// Body of an administrator's cancellation: `reason` is for operators, `message` for the customer. With `without_platform`, a payment whose platform does not answer is given up.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cancellation {
    /// The reason, for operators.
    pub reason: Reason,
    /// Words for the customer.
    pub message: Option<CustomerMessage>,
    /// Whether a payment whose platform does not answer is given up.
    #[serde(default)]
    pub without_platform: bool,
}

/// Units that go back into stock with a refund.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReturnedLine {
    goods_id: GoodsId,
    goods_number: Quantity,
}

/// Converts the lines of a refund.
///
/// # Errors
/// 422 if a product occurs twice.
fn units(lines: Option<&[Object<ReturnedLine>]>) -> Result<Vec<Units>, Problem> {
    let mut seen = HashSet::new();
    let unit = |(at, Object(line)): (usize, &Object<ReturnedLine>)| {
        let ReturnedLine { goods_id, goods_number } = *line;
        let twice = || Problem::field(format!("goods[{at}].goods_id"), "must differ from the lines before");
        seen.insert(goods_id).then_some(Units { goods_id, goods_number }).ok_or_else(twice)
    };
    lines.unwrap_or_default().iter().enumerate().map(unit).collect()
}

/// Body of an administrator's refund: `reason` is for operators, `message` for the customer. Without `amount`, all that is left is refunded. `goods` go back into stock with it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewRefund {
    /// Amount to refund; `None` refunds all that is left.
    pub amount: Option<Money>,
    /// The reason, for operators.
    pub reason: Reason,
    /// Words for the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<CustomerMessage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    goods: Option<Vec<Object<ReturnedLine>>>,
}

impl NewRefund {
    /// A refund that brings `units` back into stock.
    #[must_use]
    pub fn new(amount: Option<Money>, reason: Reason, message: Option<CustomerMessage>, units: &[Units]) -> Self {
        let line = |units: &Units| ReturnedLine { goods_id: units.goods_id, goods_number: units.goods_number };
        Self { amount, reason, message, goods: Some(units.iter().map(|units| Object(line(units))).collect()) }
    }
}

/// `POST /admin/orders/{id}/cancel`
///
/// # Errors
/// 404; 409 if the order is paid or closed; 503 if a platform does not report whether a payment succeeded, although it is
/// configured, the payment has not expired there and `without_platform` is not set.
pub async fn cancel(
    admin: Admin,
    state: web::Data<State>,
    PathId(order_id): PathId<id::Order>,
    Body(cancellation): Body<Cancellation>,
) -> HandlerResult {
    cancel_as(&state, admin, order_id, cancellation).await
}

/// Cancels an order in the name of an administrator.
///
/// # Errors
/// As the route.
pub async fn cancel_as(state: &State, admin: Admin, order_id: OrderId, cancellation: Cancellation) -> HandlerResult {
    let Cancellation { reason, message, without_platform } = cancellation;
    let cancel = Cancel { order_id, by: Author::Admin(admin.0), reason: Some(reason), message, without_platform };
    match state.payments.send(Traced::new(cancel)).await? {
        Err(Failure::Unknown) => Err(Problem::outcome_unknown(NO_ANSWER)),
        outcome => order_action::cancelled(outcome?),
    }
}

/// Body of a shipment: the parcel, as far as it is known.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shipment {
    /// The company that carries the parcel.
    pub carrier: Option<Carrier>,
    /// The number of the parcel at its carrier.
    pub tracking_no: Option<TrackingNo>,
}

/// `POST /admin/orders/{id}/ship`. The body is optional. A request that is sent again with the same parcel changes nothing.
///
/// # Errors
/// 404; 409 if the order is not paid, or is shipped already and not as this parcel.
pub async fn ship(
    admin: Admin,
    state: web::Data<State>,
    PathId(order_id): PathId<id::Order>,
    OptionalBody(shipment): OptionalBody<Shipment>,
) -> HandlerResult {
    ship_as(&state, admin, order_id, shipment).await
}

/// Ships an order in the name of an administrator.
///
/// # Errors
/// 404; 409 if the order is not paid, or is shipped already and not as this parcel.
pub async fn ship_as(state: &State, admin: Admin, order_id: OrderId, shipment: Shipment) -> HandlerResult {
    let Shipment { carrier, tracking_no } = shipment;
    let action = Action::Ship(Parcel { carrier, tracking_no });
    order_action::perform(state, order_id, Author::Admin(admin.0), action, Code::OrderNotShippable).await
}

/// `POST /admin/orders/{id}/refund`. The response is 202; the money is transferred later. The key is optional. An order
/// that is not paid may have parked charges, which are given back then.
///
/// # Errors
/// 404; 409 if the order is not paid; 422 if the amount or the goods exceed what is left, or if the idempotency key was
/// used for another request.
pub async fn refund(
    admin: Admin,
    OptionalKey(key): OptionalKey,
    state: web::Data<State>,
    PathId(order_id): PathId<id::Order>,
    Body(new): Body<NewRefund>,
) -> HandlerResult {
    refund_as(&state, admin, key, order_id, new).await
}

/// Requests a refund in the name of an administrator.
///
/// # Errors
/// As the route.
pub async fn refund_as(
    state: &State,
    admin: Admin,
    key: Option<IdempotencyKey>,
    order_id: OrderId,
    mut new: NewRefund,
) -> HandlerResult {
    if new.amount == Some(Money::ZERO) {
        return Err(Problem::field("amount", "must be more than 0"));
    }
    // An empty list is the default spelled out: the same request.
    new.goods = new.goods.filter(|lines| !lines.is_empty());
    let units = units(new.goods.as_deref())?;
    let params = RefundParams {
        order_id,
        author: Author::Admin(admin.0),
        key,
        amount: new.amount,
        units,
        reason: Some(new.reason.clone()),
        message: new.message.clone(),
    };
    match order_action::refund(state, params, &new).await {
        Err(refused) if refused.code == Code::OrderNotRefundable && new.goods.is_none() => {
            return_charges(state, admin.0, order_id, &new, refused).await
        }
        answer => answer,
    }
}

/// Body of a preview: the amount and the goods, as in a refund.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preview {
    amount: Option<Money>,
    goods: Option<Vec<Object<ReturnedLine>>>,
}

/// `POST /admin/orders/{id}/refund/preview`: what a refund would give back, and to where. Nothing is changed.
///
/// # Errors
/// 404; 409 if the order is not paid or nothing is left; 422 if the amount or the goods exceed what is left.
pub async fn preview(
    _: Admin,
    state: web::Data<State>,
    PathId(order_id): PathId<id::Order>,
    Body(preview): Body<Preview>,
) -> HandlerResult {
    let units = units(preview.goods.as_deref())?;
    Ok(HttpResponse::Ok().json(gives_back(&state, order_id, preview.amount, &units).await?))
}

/// The effects of a refund of `amount`, or of all that is left for `None`, with which `units` go back into stock.
///
/// # Errors
/// As the route of the preview.
pub async fn gives_back(
    state: &State,
    order_id: OrderId,
    amount: Option<Money>,
    units: &[Units],
) -> Result<GivesBack, Problem> {
    let order = ask(&state.owners.order, order::message::FindAny { order_id }).await?;
    let order = order.ok_or(Problem::new(Code::NotFound))?;
    if order.order_status != OrderStatus::Confirmed || order.pay_status != PayStatus::Paid {
        return Err(Problem::new(Code::OrderNotRefundable).in_state(order.state()));
    }
    let counts = |refund: &&RefundView| matches!(refund.status, RefundState::Pending | RefundState::Done);
    let refunded = Money::checked_sum(order.refunds.iter().filter(counts).map(|refund| refund.amount));
    let refundable = Refundable {
        pay_amount: order.pay_amount,
        refunded: refunded.unwrap_or(Money::LARGEST),
        money_paid: order.money_paid,
        points: ask(&state.owners.user, user::message::FindPoints { order_id }).await?,
        is_shipped: order.shipping_status != ShippingStatus::Unshipped,
    };
    let returns = order.refunds.iter().filter(|refund| refund.status != RefundState::Dismissed);
    let left = units_left(&order.goods, returns.flat_map(|refund| refund.goods.iter().copied()));
    check_units(&left, units).map_err(order_action::too_many)?;
    match refundable.gives_back(amount, units, &left) {
        Ok(gives_back) => Ok(gives_back),
        Err(Money::ZERO) => Err(Problem::new(Code::OrderNotRefundable).in_state(order.state())),
        Err(left) => Err(order_action::amount_too_high(left)),
    }
}

/// Gives back the parked charges of an order that is not paid by them. Without such a charge, the refund is `refused`.
async fn return_charges(
    state: &State,
    admin: UserId,
    order_id: OrderId,
    new: &NewRefund,
    refused: Problem,
) -> HandlerResult {
    let charges = ask(&state.owners.pay, FindParkedCharges { order_id }).await?;
    let is_meant = |charge: &ParkedItem| new.amount.is_none_or(|amount| amount == charge.amount);
    let meant: Vec<ParkedItem> = charges.into_iter().filter(is_meant).collect();
    if meant.is_empty() {
        return Err(refused);
    }
    let mut refunds = Vec::new();
    for charge in meant {
        let words = (new.reason.clone(), new.message.clone());
        let item = parked::decide(state, admin, charge.parked_id, Decision::Refund, words).await?;
        refunds.extend(item.refund_id);
    }
    let order = ask(&state.owners.order, order::message::FindAny { order_id }).await?.ok_or(refused)?;
    // Several charges go back as one refund each; the journal names them.
    let refund_id = refunds.pop().filter(|_| refunds.is_empty());
    Ok(HttpResponse::Accepted().json(RequestedRefund { order, refund_id }))
}
