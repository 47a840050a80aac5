//! `/console/orders/{id}`: one order.

use maud::html;

use super::act::Act;
use super::menu::Section;
use super::operator::{Operator, Question};
use crate::actor::task::ask;
use crate::domain::id::{self, OrderId};
use crate::domain::text::Text;
use crate::http::admin::order_action::Shipment;
use crate::http::extract::body::FormBody;
use crate::http::extract::path::PathId;
use crate::http::problem::{Code, Problem};
use crate::http::state::HandlerResult;
use crate::order;
use crate::order::message::Order;
use crate::web::component::{facts, optional_text};

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
    let words = &operator.words.order;
    let title = format!("{} {order_id}", words.ship);
    let effects = facts([
        (words.consignee, html! { (order.consignee) }),
        (words.address, html! { span.lines { (order.address) } }),
        (words.carrier, optional_text(operator.words, shipment.carrier.as_ref().map(Text::as_str))),
        (words.tracking_no, optional_text(operator.words, shipment.tracking_no.as_ref().map(Text::as_str))),
    ]);
    let back = format!("/console/orders/{order_id}");
    let question = Question { title: &title, effects, button: words.ship, back: &back };
    operator.preview(Section::Orders, question, &Act::Ship { order_id, shipment }).await
}

/// The order.
async fn find(operator: &Operator, order_id: OrderId) -> Result<Order, Problem> {
    let found = ask(&operator.state.owners.order, order::message::FindAny { order_id }).await?;
    found.ok_or_else(|| Problem::new(Code::NotFound))
}
