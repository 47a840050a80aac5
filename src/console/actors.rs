//! `/console/actors`: the actors, the messages between them, and the last 15 minutes.

use actix_web::HttpResponse;
use maud::{Markup, html};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;

use super::graph::{Graph, Node};
use super::live::{Part, Topic};
use super::menu::Section;
use super::operator::Operator;
use crate::actor::health::ActorState;
use crate::http::state::{HandlerResult, State};
use crate::metrics::sampler::{Sample, rate};
use crate::web::asset;
use crate::web::component::{Column, Pill, Tone, table, time};
use crate::web::language::Words;

/// `GET /console/actors`
///
/// # Errors
/// None of its own.
pub async fn show(operator: Operator) -> HandlerResult {
    let words = operator.words;
    let data = Data::read(&operator.state);
    let actors = &words.actors;
    let content = html! {
        div.title { h1 { (actors.title) } }
        div.stack hx-sse:connect=(Topic::Actors.address()) {
            @for part in data.parts(words) { (part.in_page()) }
        }
        section.card {
            h2 { (actors.history) }
            noscript { p.soft { (actors.no_script) } }
            div #plots.plots data-samples="/console/actors/samples" data-rate=(actors.rate) data-p99=(actors.p99)
                data-depth=(actors.depth) data-orders=(actors.orders) data-pending=(actors.waiting_messages) {}
        }
    };
    let scripts = [&*asset::HTMX, &*asset::UPLOT, &*asset::PLOTS];
    operator.page_with(Section::Actors, actors.title, &scripts, content).await
}

/// The data of the page.
pub struct Data(Graph);

impl Data {
    /// Reads the counters.
    #[must_use]
    pub fn read(state: &State) -> Self {
        Self(Graph::read(&state.sampler))
    }

    /// The live parts.
    #[must_use]
    pub fn parts(&self, words: &Words) -> Vec<Part> {
        let graph = html! { section.card { (self.0.draw(words.overview.graph, true)) } };
        let table = html! { section.card { (actors_table(words, &self.0.nodes)) } };
        vec![Part { name: "graph", content: graph }, Part { name: "actors", content: table }]
    }
}

fn actors_table(words: &Words, nodes: &[Node]) -> Markup {
    let actors = &words.actors;
    let columns = [
        Column::Text(actors.name),
        Column::Text(words.common.state),
        Column::Number(actors.rate),
        Column::Number(actors.p99),
        Column::Number(actors.depth),
        Column::Number(actors.in_flight),
        Column::Number(actors.batch),
        Column::Number(actors.processed),
        Column::Number(actors.failed),
        Column::Number(actors.retried),
        Column::Number(actors.restarts),
        Column::Text(actors.last_error),
    ];
    table(words, &columns, nodes.iter().map(|node| row(words, node)))
}

fn row(words: &Words, node: &Node) -> Vec<Markup> {
    let report = &node.report;
    vec![
        html! { b { (report.name) } },
        html! { (state(words, node)) },
        html! { (node.rate.normalize()) },
        html! { (report.latency_ms.p99.round_dp(1)) },
        html! { (report.mailbox.depth) " / " (report.mailbox.capacity) },
        html! { (report.in_flight) },
        html! { (report.batch.mean) },
        html! { (report.processed) },
        html! { (report.failed) },
        html! { (report.retried) },
        html! { (report.restarts) },
        html! {
            @if let Some(error) = &report.last_error { (time(error.at)) " " code { (error.message) } }
        },
    ]
}

fn state<'a>(words: &'a Words, node: &Node) -> Pill<'a> {
    let actors = &words.actors;
    match (node.report.state, &node.report.store) {
        (ActorState::Stopped, _) => Pill(Tone::Bad, actors.stopped),
        (ActorState::Restarting, _) => Pill(Tone::Waiting, actors.restarting),
        (_, Some(store)) if !store.reachable => Pill(Tone::Bad, actors.store_away),
        (_, Some(store)) if !store.writable => Pill(Tone::Bad, actors.read_only),
        _ => Pill(Tone::Good, actors.running),
    }
}

/// The samples in columns, as the plots take them.
#[derive(Debug, Serialize)]
struct Columns {
    /// Seconds since 1970.
    at: Vec<i64>,
    rate: Vec<Series>,
    p99: Vec<Series>,
    depth: Vec<Series>,
    pending: Vec<Series>,
    orders: Vec<Series>,
}

/// The values of one line.
#[derive(Debug, Serialize)]
struct Series {
    name: String,
    values: Vec<f64>,
}

/// `GET /console/actors/samples`
///
/// # Errors
/// None of its own.
pub async fn samples(operator: Operator) -> HandlerResult {
    let (names, samples) = (operator.state.sampler.names(), operator.state.sampler.samples());
    let pairs: Vec<(&Sample, &Sample)> = samples.iter().zip(samples.iter().skip(1)).collect();
    let series = |name: String, value: &dyn Fn(&Sample, &Sample) -> Decimal| Series {
        name,
        values: pairs.iter().map(|(before, after)| value(before, after).to_f64().unwrap_or_default()).collect(),
    };
    let of_actors = |value: fn(&Sample, &Sample, usize) -> Decimal| -> Vec<Series> {
        let of_actor =
            |(at, name): (usize, &&'static str)| series((*name).to_owned(), &|before, after| value(before, after, at));
        names.actors.iter().enumerate().map(of_actor).collect()
    };
    let of_group = |(at, (_, group)): (usize, &(&'static str, &'static str))| {
        let pending = |after: &Sample| after.pending.get(at).copied().unwrap_or_default();
        series((*group).to_owned(), &|_, after| Decimal::from(pending(after)))
    };
    let orders = |before: &Sample, after: &Sample| rate((before.at, before.orders), (after.at, after.orders));
    Ok(HttpResponse::Ok().json(Columns {
        at: pairs.iter().map(|(_, after)| after.at.0.div_euclid(1_000)).collect(),
        rate: of_actors(tasks_rate),
        p99: of_actors(|_, after, at| after.actors.get(at).map(|actor| actor.p99_ms).unwrap_or_default()),
        depth: of_actors(|_, after, at| Decimal::from(after.actors.get(at).map_or(0, |actor| actor.depth))),
        pending: names.groups.iter().enumerate().map(of_group).collect(),
        orders: vec![series(operator.words.actors.orders.to_owned(), &orders)],
    }))
}

fn tasks_rate(before: &Sample, after: &Sample, at: usize) -> Decimal {
    let processed = |sample: &Sample| sample.actors.get(at).map_or(0, |actor| actor.processed);
    rate((before.at, processed(before)), (after.at, processed(after)))
}
