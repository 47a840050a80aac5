//! The page of one order.

use maud::{Markup, html};

use super::drawing::drawing;
use super::form::forms;
use super::timeline::timeline;
use crate::actor::task::ask;
use crate::console::menu::Section;
use crate::console::operator::Operator;
use crate::console::{journal, orders, payment};
use crate::domain::id;
use crate::domain::money::Money;
use crate::http::admin::journal as acts;
use crate::http::extract::path::PathId;
use crate::http::problem::{Code, Problem};
use crate::http::state::HandlerResult;
use crate::http::timeline::for_operators;
use crate::order;
use crate::order::message::Order;
use crate::pay::message::{ListAll, Payment};
use crate::web::component::{Column, Pill, facts, id, id_text, money, optional_text, optional_time, table, time};
use crate::web::language::Words;

/// Largest number of payments, and of acts, on the page.
const SHOWN_MAX: i64 = 50;

/// `GET /console/orders/{id}`
///
/// # Errors
/// 404 if the order does not exist.
pub async fn show(operator: Operator, PathId(order_id): PathId<id::Order>) -> HandlerResult {
    let (state, words) = (&operator.state, operator.words);
    let order = ask(&state.owners.order, order::message::FindAny { order_id }).await?;
    let order = order.ok_or_else(|| Problem::new(Code::NotFound))?;
    let of_order = ListAll { status: None, order_id: Some(order_id), before: None, limit: SHOWN_MAX };
    let (payments, events, acts) = tokio::join!(
        ask(&state.owners.pay, of_order),
        for_operators(state, order_id),
        acts::of_order(state, order_id, SHOWN_MAX)
    );
    let (payments, events, acts) = (payments?, events?, acts?);
    let own = &words.order;
    let content = html! {
        div.title { h1 { (own.title) " " (id_text(order_id)) } (orders::state(words, &order)) }
        (forms(words, &order))
        section.card { h2 { (own.what_happened) } (drawing(words, &events)) }
        div.two {
            div.stack {
                section.card { h2 { (own.timeline) } (timeline(words, &events)) }
                section.card { h2 { (own.acts) } (journal::acts_table(words, &acts)) }
            }
            div.stack {
                section.card { h2 { (own.money) } (amounts(words, &order)) }
                section.card { h2 { (own.lines) } (lines(words, &order)) }
                section.card { h2 { (own.payments) } (payments_table(words, &payments)) }
                @if !order.refunds.is_empty() { section.card { h2 { (own.refunds) } (refunds(words, &order)) } }
                section.card { h2 { (own.delivery) } (delivery(words, &order)) }
            }
        }
    };
    operator.page(Section::Orders, &format!("{} {order_id}", own.title), content).await
}

fn amounts(words: &Words, order: &Order) -> Markup {
    let own = &words.order;
    let less = |amount: Money| money(Money::ZERO.checked_sub(amount).unwrap_or_default());
    html! {
        dl {
            div { dt { (own.goods_amount) } dd { (money(order.goods_amount)) } }
            div { dt { (own.shipping_fee) } dd { (money(order.shipping_fee)) } }
            div { dt { (own.coupon_paid) } dd { (less(order.coupon_paid)) } }
            div { dt { (own.money_paid) } dd { (less(order.money_paid)) } }
            div.sum { dt { (own.to_pay) } dd { (money(order.pay_amount)) " " (order.currency) } }
            @if order.refunded_amount > Money::ZERO {
                div { dt { (own.refunded) } dd { (money(order.refunded_amount)) } }
            }
        }
    }
}

fn lines(words: &Words, order: &Order) -> Markup {
    let own = &words.order;
    let columns = [Column::Text(own.goods), Column::Number(own.units), Column::Number(own.price)];
    let rows = order.goods.iter().map(|line| {
        let name = line.goods_name.clone().unwrap_or_else(|| line.goods_id.to_string());
        let link = html! { a href=(format!("/console/goods/{}", line.goods_id)) { (name) } };
        vec![link, html! { (line.goods_number.get()) }, money(line.goods_price)]
    });
    table(words, &columns, rows)
}

fn payments_table(words: &Words, payments: &[Payment]) -> Markup {
    let columns = [
        Column::Text(words.common.payment),
        Column::Text(words.common.provider),
        Column::Text(words.common.state),
        Column::Number(words.common.amount),
    ];
    let row = |payment: &Payment| {
        vec![
            id(payment::PATH_OF_ONE, payment.pay_id),
            html! { (payment.provider) },
            html! { (Pill::payment(words, payment.status)) },
            money(payment.pay_amount),
        ]
    };
    table(words, &columns, payments.iter().map(row))
}

fn refunds(words: &Words, order: &Order) -> Markup {
    let columns =
        [Column::Text(words.common.refund), Column::Text(words.common.state), Column::Number(words.common.amount)];
    let rows = order.refunds.iter().map(|refund| {
        vec![
            id("/console/refunds/", refund.refund_id),
            html! { (Pill::refund(words, refund.status)) },
            money(refund.amount),
        ]
    });
    table(words, &columns, rows)
}

fn delivery(words: &Words, order: &Order) -> Markup {
    let own = &words.order;
    facts([
        (words.common.customer, id("/console/customers/", order.user_id)),
        (own.consignee, html! { (order.consignee) }),
        (own.address, html! { span.lines { (order.address) } }),
        (own.carrier, optional_text(words, order.carrier.as_deref())),
        (own.tracking_no, optional_text(words, order.tracking_no.as_deref())),
        (words.orders.placed, time(order.add_time)),
        (own.pay_before, optional_time(words, order.pay_before)),
    ])
}
