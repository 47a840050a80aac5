//! `/console/nodes`: this node, and the nodes that share its stores.

use maud::html;

use super::menu::Section;
use super::operator::Operator;
use crate::http::state::HandlerResult;
use crate::node::LiveNode;
use crate::web::component::{Column, facts, table, time};
use crate::web::value::duration;

/// `GET /console/nodes`
///
/// # Errors
/// None of its own.
pub async fn show(operator: Operator) -> HandlerResult {
    let (state, words, own) = (&operator.state, operator.words, &operator.words.node);
    let uptime = state.clock.now().since(state.started);
    let live = state.node.live();
    let columns = [
        Column::Text(own.number),
        Column::Text(own.address),
        Column::Text(own.host),
        Column::Text(own.process),
        Column::Text(own.version),
        Column::Text(own.since),
        Column::Number(own.heartbeat),
        Column::Number(own.clock),
    ];
    let row = |node: &LiveNode| {
        vec![
            html! { (node.number) },
            html! { (node.address) },
            html! { (node.host) },
            html! { (node.process_id) },
            html! { (node.version) },
            time(node.since),
            html! { (duration(i64::try_from(node.heartbeat_age_ms).unwrap_or(i64::MAX))) },
            html! { (node.clock_difference_ms) " ms" },
        ]
    };
    let can_write = if state.node.fence.is_open() { words.order.yes } else { words.order.no };
    let content = html! {
        div.title { h1 { (own.title) } }
        section.card.narrow {
            h2 { (own.this) }
            (facts([
                (own.number, html! { (state.node.number.get()) }),
                (own.engine, html! { (state.engine) }),
                (own.version, html! { (env!("CARGO_PKG_VERSION")) }),
                (own.uptime, html! { (duration(i64::try_from(uptime.as_millis()).unwrap_or(i64::MAX))) }),
                (own.lease, html! { (can_write) }),
                (own.clock, html! { (state.clock.system_difference_ms()) " ms" }),
            ]))
        }
        section.card {
            h2 { (own.all) }
            @if live.is_empty() { p.soft { (own.alone) } } @else { (table(words, &columns, live.iter().map(row))) }
        }
    };
    operator.page(Section::Nodes, own.title, content).await
}
