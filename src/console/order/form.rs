//! The forms of acts on an order, each only if the state of the order allows the act.

use maud::{Markup, html};

use crate::console::form::act_form;
use crate::domain::status::{OrderStatus, PayStatus, ShippingStatus};
use crate::order::message::Order;
use crate::web::language::Words;

/// The forms of the acts that are possible now.
#[must_use]
pub fn forms(words: &Words, order: &Order) -> Markup {
    let is_confirmed = order.order_status == OrderStatus::Confirmed;
    let is_paid = is_confirmed && order.pay_status == PayStatus::Paid;
    html! {
        @if is_confirmed {
            section.row {
                @if is_paid && order.shipping_status == ShippingStatus::Unshipped { (ship(words, order)) }
                @if is_paid { (refund(words, order)) } @else { (cancel(words, order)) }
            }
        }
    }
}

fn ship(words: &Words, order: &Order) -> Markup {
    let own = &words.order;
    let path = format!("/console/orders/{}/ship", order.order_id);
    let fields = html! {
        label { (own.carrier) input name="carrier" maxlength="50"; }
        label { (own.tracking_no) input name="tracking_no" maxlength="64"; }
    };
    act_form(words, own.ship, &path, fields)
}

fn refund(words: &Words, order: &Order) -> Markup {
    let own = &words.order;
    let path = format!("/console/orders/{}/refund", order.order_id);
    let fields = html! {
        label { (own.refund_amount) input name="amount" inputmode="decimal" pattern="[0-9]+([.][0-9]{1,2})?"; }
        label { (own.reason) input name="reason" required maxlength="200"; }
        label { (own.message) input name="message" maxlength="200"; }
        @if !order.goods.is_empty() {
            fieldset {
                legend { (own.back_into_stock) }
                @for line in order.goods.iter() {
                    label {
                        (line.goods_name.clone().unwrap_or_else(|| line.goods_id.to_string()))
                        " (" (line.goods_number.get()) ")"
                        input type="number" name=(format!("goods.{}", line.goods_id)) min="0"
                            max=(line.goods_number.get());
                    }
                }
            }
        }
    };
    act_form(words, own.refund, &path, fields)
}

fn cancel(words: &Words, order: &Order) -> Markup {
    let own = &words.order;
    let path = format!("/console/orders/{}/cancel", order.order_id);
    let fields = html! {
        label { (own.reason) input name="reason" required maxlength="200"; }
        label { (own.message) input name="message" maxlength="200"; }
        label.check { input type="checkbox" name="without_platform" value="true"; (own.without_platform) }
    };
    act_form(words, own.cancel, &path, fields)
}
