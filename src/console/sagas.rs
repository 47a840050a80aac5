//! `/console/sagas`: the orders that are not confirmed yet, and what each waits for.

use std::collections::HashMap;

use maud::{Markup, html};

use super::live::{Part, Topic};
use super::menu::Section;
use super::operator::Operator;
use crate::actor::task::ask;
use crate::coordinator::message::{ListRunning, ReadSagas, RunningSaga, Sagas, WaitsFor};
use crate::domain::id::OrderId;
use crate::http::state::{HandlerResult, State};
use crate::order::message::{ListUnfinished, Order};
use crate::web::asset;
use crate::web::component::{Column, Pill, Tone, id, optional_time, table, time};
use crate::web::language::Words;

/// Maximum number of sagas that are shown.
const SHOWN_MAX: u16 = 100;

/// `GET /console/sagas`
///
/// # Errors
/// None of its own. A part without a reply says so.
pub async fn show(operator: Operator) -> HandlerResult {
    let words = operator.words;
    let data = Data::read(&operator.state).await;
    let content = html! {
        div.title { h1 { (words.sagas.title) } }
        p.soft { (words.sagas.about) }
        div.stack hx-sse:connect=(Topic::Sagas.address()) {
            @for part in data.parts(words) { (part.in_page()) }
        }
    };
    operator.page_with(Section::Sagas, words.sagas.title, &[&*asset::HTMX], content).await
}

/// The data of the page.
pub struct Data {
    sagas: Option<Sagas>,
    running: HashMap<OrderId, RunningSaga>,
    /// The unconfirmed orders, the earliest deadline first; `None` if Order does not reply.
    orders: Option<Vec<Order>>,
}

impl Data {
    /// Reads the running sagas and the unconfirmed orders.
    pub async fn read(state: &State) -> Self {
        let sources = &state.sources;
        // Later deadlines are those of orders that wait for their payment.
        let until = state.horizons.deadline.latest(state.clock.now());
        let list = ListUnfinished { until, after: None, limit: i64::from(SHOWN_MAX) };
        let (sagas, running, orders) = tokio::join!(
            sources.recovery.send(ReadSagas),
            sources.recovery.send(ListRunning { limit: usize::from(SHOWN_MAX) }),
            ask(&sources.order, list),
        );
        let running = running.unwrap_or_default();
        Self {
            sagas: sagas.ok(),
            running: running.into_iter().map(|saga| (saga.order_id, saga)).collect(),
            orders: orders.ok(),
        }
    }

    /// The live parts.
    #[must_use]
    pub fn parts(&self, words: &Words) -> Vec<Part> {
        let number =
            |number: Option<i64>| number.map_or_else(|| words.overview.no_answer.to_owned(), |n| n.to_string());
        let (in_flight, unconfirmed, lost) = match self.sagas {
            Some(sagas) => (sagas.in_flight.to_string(), number(sagas.unconfirmed), number(sagas.without_wakeup)),
            None => (number(None), number(None), number(None)),
        };
        let content = html! {
            div.row {
                section.card { p.figure { (in_flight) " " small { (words.sagas.in_flight) } } }
                section.card { p.figure { (unconfirmed) " " small { (words.sagas.unconfirmed) } } }
                section.card { p.figure { (lost) " " small { (words.sagas.without_wakeup) } } }
            }
            section.card { (self.table(words)) }
        };
        vec![Part { name: "sagas", content }]
    }

    fn table(&self, words: &Words) -> Markup {
        let sagas = &words.sagas;
        let columns = [
            Column::Text(words.common.order),
            Column::Text(sagas.waits_for),
            Column::Number(sagas.retries),
            Column::Text(sagas.wakeup),
            Column::Text(sagas.deadline),
            Column::Text(sagas.placed),
        ];
        table(words, &columns, self.orders.iter().flatten().map(|order| self.row(words, order)))
    }

    fn row(&self, words: &Words, order: &Order) -> Vec<Markup> {
        let running = self.running.get(&order.order_id);
        vec![
            id("/console/orders/", order.order_id),
            waits_for(words, running.map(|saga| saga.waits_for)),
            html! { (running.map_or(0, |saga| saga.retries)) },
            optional_time(words, running.map_or(Some(order.deadline_time), |saga| saga.next_attempt)),
            time(order.deadline_time),
            time(order.add_time),
        ]
    }
}

/// The replies that are missing.
fn waits_for(words: &Words, waits_for: Option<WaitsFor>) -> Markup {
    let sagas = &words.sagas;
    let missing: Vec<&str> = match waits_for {
        None => return html! { span.soft { (sagas.elsewhere) } },
        Some(WaitsFor::PreOrder) => vec![sagas.pre_order],
        Some(WaitsFor::Reservations { stock, coupon, balance }) => {
            let all = [(stock, sagas.stock), (coupon, sagas.coupon), (balance, sagas.balance)];
            all.into_iter().filter(|(is_missing, _)| *is_missing).map(|(_, word)| word).collect()
        }
        Some(WaitsFor::Confirmation) => vec![sagas.confirmation],
        Some(WaitsFor::Cancellation) => vec![sagas.cancellation],
    };
    html! { span.pills { @for word in missing { (Pill(Tone::Waiting, word)) } } }
}
