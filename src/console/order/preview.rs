//! Previews of acts on an order.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde::Deserialize;

use crate::actor::task::ask;
use crate::console::act::Act;
use crate::console::menu::Section;
use crate::console::operator::{Operator, Question};
use crate::domain::id::{self, OrderId};
use crate::domain::money::Money;
use crate::domain::quantity::Quantity;
use crate::domain::refund::GivesBack;
use crate::domain::returned::Units;
use crate::domain::text::{CustomerMessage, Reason, Text};
use crate::http::admin::order_action::{Cancellation, NewRefund, Shipment, gives_back};
use crate::http::extract::body::FormBody;
use crate::http::extract::path::PathId;
use crate::http::extract::query::Flag;
use crate::http::problem::{Code, FieldError, Problem, field_code};
use crate::http::state::HandlerResult;
use crate::order;
use crate::order::message::Order;
use crate::web::component::{facts, id_text, money, optional_text};
use crate::web::language::Words;

/// `POST /console/orders/{id}/ship`: the preview of a shipment.
///
/// # Errors
/// 404; 422 for a bad field.
pub async fn ship(
    operator: Operator,
    PathId(order_id): PathId<id::Order>,
    FormBody(shipment): FormBody<Shipment>,
) -> HandlerResult {
    let order = find(&operator, order_id).await?;
    let (words, own) = (operator.words, &operator.words.order);
    let effects = facts([
        (own.consignee, html! { (order.consignee) }),
        (own.address, html! { span.lines { (order.address) } }),
        (own.carrier, optional_text(words, shipment.carrier.as_ref().map(Text::as_str))),
        (own.tracking_no, optional_text(words, shipment.tracking_no.as_ref().map(Text::as_str))),
    ]);
    question(&operator, order_id, own.ship, effects, &Act::Ship { order_id, shipment }).await
}

/// The form of a cancellation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CancelForm {
    reason: Reason,
    message: Option<CustomerMessage>,
    without_platform: Option<Flag>,
}

/// `POST /console/orders/{id}/cancel`: the preview of a cancellation.
///
/// # Errors
/// 404; 422 for a bad field.
pub async fn cancel(
    operator: Operator,
    PathId(order_id): PathId<id::Order>,
    FormBody(form): FormBody<CancelForm>,
) -> HandlerResult {
    find(&operator, order_id).await?;
    let (words, own) = (operator.words, &operator.words.order);
    let without_platform = form.without_platform.is_some_and(bool::from);
    let effects = html! {
        p { (own.cancel_effect) }
        (facts([
            (own.reason, html! { (form.reason.as_str()) }),
            (own.message, optional_text(words, form.message.as_ref().map(Text::as_str))),
            (own.without_platform, html! { (yes(words, without_platform)) }),
        ]))
    };
    let cancellation = Cancellation { reason: form.reason, message: form.message, without_platform };
    question(&operator, order_id, own.cancel, effects, &Act::Cancel { order_id, cancellation }).await
}

/// The form of a refund. A field `goods.7` has the number of units of the product 7 that go back into stock.
#[derive(Debug, Deserialize)]
pub struct RefundForm {
    amount: Option<Money>,
    reason: Reason,
    message: Option<CustomerMessage>,
    #[serde(flatten)]
    others: BTreeMap<String, String>,
}

/// `POST /console/orders/{id}/refund`: the preview of a refund.
///
/// # Errors
/// 404; 409 if the order is not paid or nothing is left; 422 if the amount or the goods exceed what is left.
pub async fn refund(
    operator: Operator,
    PathId(order_id): PathId<id::Order>,
    FormBody(form): FormBody<RefundForm>,
) -> HandlerResult {
    if form.amount == Some(Money::ZERO) {
        return Err(Problem::field("amount", "must be more than 0"));
    }
    let units = units(&form.others)?;
    let effects = gives_back(&operator.state, order_id, form.amount, &units).await?;
    let (words, own) = (operator.words, &operator.words.order);
    let shown = html! {
        (refund_effects(words, &effects))
        (facts([
            (own.reason, html! { (form.reason.as_str()) }),
            (own.message, optional_text(words, form.message.as_ref().map(Text::as_str))),
        ]))
    };
    // The amount that was shown, whatever is refunded by others until the button is pressed.
    let amount = form.amount.or_else(|| (effects.platform > Money::ZERO).then_some(effects.platform));
    let refund = NewRefund::new(amount, form.reason, form.message, &units);
    question(&operator, order_id, own.refund, shown, &Act::Refund { order_id, refund }).await
}

/// The units in the fields of a refund.
fn units(fields: &BTreeMap<String, String>) -> Result<Vec<Units>, Problem> {
    let mut units = Vec::new();
    for (name, number) in fields {
        let unknown = || FieldError::new(name.clone(), field_code::UNKNOWN_FIELD, "is not a known field");
        let goods_id = name.strip_prefix("goods.").and_then(|id| id.parse().ok()).ok_or_else(unknown)?;
        let invalid = || Problem::field(name.clone(), "must be a number of units");
        let number: i64 = number.trim().parse().map_err(|_| invalid())?;
        if number != 0 {
            units.push(Units { goods_id, goods_number: Quantity::try_from(number).map_err(|_| invalid())? });
        }
    }
    Ok(units)
}

fn refund_effects(words: &Words, effects: &GivesBack) -> Markup {
    let own = &words.order;
    let stock = html! {
        @if effects.stock.is_empty() { (own.no) }
        @for units in &effects.stock { div { (units.goods_number.get()) " × " (id_text(units.goods_id)) } }
    };
    facts([
        (own.refund_platform, money(effects.platform)),
        (own.refund_balance, money(effects.balance)),
        (own.refund_points, html! { (effects.points) }),
        (own.refund_coupon, html! { (yes(words, effects.coupon)) }),
        (own.refund_stock, stock),
        (own.refund_left, money(effects.left)),
    ])
}

const fn yes(words: &Words, is: bool) -> &'static str {
    if is { words.order.yes } else { words.order.no }
}

/// The page with the preview of an act on an order.
async fn question(operator: &Operator, order_id: OrderId, verb: &str, effects: Markup, act: &Act) -> HandlerResult {
    let title = format!("{verb}: {} {order_id}", operator.words.order.title);
    let back = format!("/console/orders/{order_id}");
    operator.preview(Section::Orders, Question { title: &title, effects, button: verb, back: &back }, act).await
}

/// The order.
async fn find(operator: &Operator, order_id: OrderId) -> Result<Order, Problem> {
    let found = ask(&operator.state.owners.order, order::message::FindAny { order_id }).await?;
    found.ok_or_else(|| Problem::new(Code::NotFound))
}
