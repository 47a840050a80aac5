//! `/orders`: the history of a customer.

use actix_web::http::StatusCode;
use maud::{Markup, html};

use super::order_page::{pill, title_of};
use super::visitor::Buyer;
use crate::actor::task::ask;
use crate::domain::money::CURRENCY;
use crate::http::extract::page::Page;
use crate::http::extract::query::Filters;
use crate::http::state::HandlerResult;
use crate::order;
use crate::order::message::{Order, StateFilter};
use crate::web::component::{moment, money, pager};
use crate::web::language::Words;

/// `GET /orders`
///
/// # Errors
/// 422 for a bad parameter; 503.
pub async fn list(buyer: Buyer, Filters { query: page, pairs }: Filters<Page>) -> HandlerResult {
    let list = order::message::List {
        user_id: buyer.user.user_id,
        states: StateFilter::default(),
        with_refused: false,
        before: page.before(),
        limit: page.fetch_limit(),
    };
    let visitor = &buyer.visitor;
    let list = page.list(ask(&visitor.state.owners.order, list).await?, |order| order.order_id);
    let words = visitor.words;
    let content = html! {
        h1 { (words.purchase.orders) }
        @if list.items.is_empty() {
            p { (words.purchase.no_orders) }
            p { a.button.go href="/" { (words.shop.to_goods) } }
        } @else {
            ul.history { @for order in &list.items { li { (entry(words, order)) } } }
        }
        (pager(words, "/orders", &pairs, list.next_cursor.as_deref()))
    };
    Ok(visitor.page(StatusCode::OK, words.purchase.orders, content))
}

fn entry(words: &Words, order: &Order) -> Markup {
    html! {
        a href=(format!("/orders/{}", order.order_id)) { b { (title_of(order)) } }
        div { (money(order.order_amount)) " " (CURRENCY) }
        p { (moment(order.add_time)) }
        div { (pill(words, order)) }
    }
}
