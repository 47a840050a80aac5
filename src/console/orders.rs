//! `/console/orders`: the orders, with filters.

use maud::{Markup, html};

use super::menu::Section;
use super::operator::Operator;
use crate::domain::status::OrderStatus;
use crate::http::admin::list::{OrdersQuery, find_orders};
use crate::http::extract::listing::Listing;
use crate::http::extract::query::Filters;
use crate::http::state::HandlerResult;
use crate::order::message::Order;
use crate::web::component::{Choice, Column, Field, Pill, csv_link, filters, id, money, pager, table, time};
use crate::web::language::Words;

const PATH: &str = "/console/orders";

/// `GET /console/orders`
///
/// # Errors
/// 422 for a bad filter.
pub async fn list(operator: Operator, Filters { query, pairs }: Filters<OrdersQuery>) -> HandlerResult {
    let words = operator.words;
    let orders = find_orders(&operator.state, query).await?;
    let fields = [
        Field::Text("consignee", words.orders.consignee),
        Field::Text("user_id", words.orders.user_id),
        Field::Text("goods_id", words.orders.goods_id),
        Field::Moment("from", words.orders.from),
        Field::Moment("before", words.orders.before),
        Field::Amount("amount_min", words.orders.amount_min),
        Field::Amount("amount_max", words.orders.amount_max),
    ];
    let content = html! {
        div.title { h1 { (words.orders.title) } span.grow {} (csv_link(words, PATH, &pairs)) }
        section.card {
            (order_filters(words, &pairs, &fields))
        }
        section.card {
            (orders_table(words, &orders.items))
            (pager(words, PATH, &pairs, orders.next_cursor.as_deref()))
        }
    };
    operator.page(Section::Orders, words.orders.title, content).await
}

/// `GET /console/orders.csv`
///
/// # Errors
/// 422 for a bad filter.
pub async fn csv(operator: Operator, Listing { query, form }: Listing<OrdersQuery>) -> HandlerResult {
    form.csv().answer(find_orders(&operator.state, query).await?, "Order")
}

fn order_filters(words: &Words, pairs: &[(String, String)], fields: &[Field<'_>]) -> Markup {
    let (states, orders) = (&words.states, &words.orders);
    let choices = [
        Choice {
            label: orders.order_status,
            name: "order_status",
            values: &[
                ("unconfirmed", states.unconfirmed),
                ("confirmed", states.confirmed),
                ("cancelled", states.cancelled),
                ("refunded", states.refunded),
                ("invalid", states.invalid),
            ],
        },
        Choice {
            label: orders.pay_status,
            name: "pay_status",
            values: &[("unpaid", states.unpaid), ("paying", states.paying), ("paid", states.paid)],
        },
        Choice {
            label: orders.shipping_status,
            name: "shipping_status",
            values: &[("unshipped", states.unshipped), ("shipped", states.shipped), ("received", states.received)],
        },
    ];
    filters(words, PATH, pairs, &choices, fields)
}

/// A table of orders.
#[must_use]
pub fn orders_table(words: &Words, orders: &[Order]) -> Markup {
    let columns = [
        Column::Text(words.common.order),
        Column::Text(words.common.state),
        Column::Text(words.orders.consignee),
        Column::Number(words.common.amount),
        Column::Number(words.orders.to_pay),
        Column::Text(words.orders.placed),
    ];
    table(words, &columns, orders.iter().map(|order| row(words, order)))
}

fn row(words: &Words, order: &Order) -> Vec<Markup> {
    vec![
        id("/console/orders/", order.order_id),
        state(words, order),
        html! { (order.consignee) },
        money(order.order_amount),
        money(order.pay_amount),
        time(order.add_time),
    ]
}

/// The marks of the states of an order: that of the payment and of the delivery only while they matter.
#[must_use]
pub fn state(words: &Words, order: &Order) -> Markup {
    html! {
        span.pills {
            (Pill::order(words, order.order_status))
            @if order.order_status == OrderStatus::Confirmed {
                (Pill::pay(words, order.pay_status))
                (Pill::shipping(words, order.shipping_status))
            }
        }
    }
}
