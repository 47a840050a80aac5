//! The actors and the messages between them, as a drawing.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use maud::{Markup, html};
use rust_decimal::Decimal;

use crate::actor::health::{ActorReport, ActorState};
use crate::metrics::Sampler;
use crate::metrics::sampler::{Sample, rate};

const BOX_WIDTH: i32 = 150;
const BOX_HEIGHT: i32 = 46;
/// Distance between the left sides of two columns.
const COLUMN: i32 = 225;
/// Distance between the tops of two boxes of a column.
const ROW: i32 = 62;
const MARGIN: i32 = 10;
/// Width of a line between two boxes of a column.
const BEND: i32 = 45;
/// The columns from left to right. Actors that are not named are in the last one.
const COLUMNS: [&[&str]; 4] =
    [&["http"], &["coordinator", "settlement", "webhooks"], &["coupon", "goods", "user", "order", "pay"], &["relay"]];

/// An actor with what it does at present.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its counters.
    pub report: ActorReport,
    /// Tasks per second.
    pub rate: Decimal,
}

/// The actors and the messages between them.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// The actors.
    pub nodes: Vec<Node>,
    /// Sender, receiver and messages per second.
    pub edges: Vec<(&'static str, &'static str, Decimal)>,
}

impl Graph {
    /// The graph over the last second.
    #[must_use]
    pub fn read(sampler: &Sampler) -> Self {
        let (names, latest) = (sampler.names(), sampler.latest());
        let grown = |of: &dyn Fn(&Sample) -> Option<u64>| {
            let (before, after) = latest.as_ref()?;
            Some(rate((before.at, of(before)?), (after.at, of(after)?)))
        };
        let node = |(at, health): (usize, &std::sync::Arc<crate::actor::Health>)| Node {
            report: health.report(),
            rate: grown(&|sample| sample.actors.get(at).map(|actor| actor.processed)).unwrap_or_default(),
        };
        let edge = |(at, (from, to)): (usize, &(&'static str, &'static str))| {
            (*from, *to, grown(&|sample| sample.edges.get(at).copied()).unwrap_or_default())
        };
        Self {
            nodes: sampler.sources().health.iter().enumerate().map(node).collect(),
            edges: names.edges.iter().enumerate().map(edge).collect(),
        }
    }

    /// The places of the boxes: their left and upper sides, by name.
    fn places(&self) -> BTreeMap<&'static str, (i32, i32)> {
        let column = |name: &str| COLUMNS.iter().position(|names| names.contains(&name)).unwrap_or(COLUMNS.len() - 1);
        let names = || std::iter::once("http").chain(self.nodes.iter().map(|node| node.report.name));
        let height = |at: usize| i32::try_from(names().filter(|name| column(name) == at).count()).unwrap_or(0);
        let tallest = (0..COLUMNS.len()).map(height).max().unwrap_or(0);
        let mut filled = [0; COLUMNS.len()];
        let mut places = BTreeMap::new();
        for name in names() {
            let at = column(name);
            let Some(row) = filled.get_mut(at) else { continue };
            let x = MARGIN + COLUMN * i32::try_from(at).unwrap_or(0);
            let above = (tallest - height(at)) * ROW / 2;
            places.insert(name, (x, MARGIN + above + ROW * *row));
            *row += 1;
        }
        places
    }

    /// The drawing. With `is_labelled`, each line has its rate.
    #[must_use]
    pub fn draw(&self, label: &str, is_labelled: bool) -> Markup {
        let places = self.places();
        let width = MARGIN + COLUMN * (i32::try_from(COLUMNS.len()).unwrap_or(1) - 1) + BOX_WIDTH + BEND;
        let height = places.values().map(|(_, y)| y + BOX_HEIGHT + MARGIN).max().unwrap_or(0);
        html! {
            svg.graph viewBox=(format!("0 0 {width} {height}")) role="img" aria-label=(label) {
                @for (from, to, rate) in &self.edges {
                    @if let (Some(from), Some(to)) = (places.get(from), places.get(to)) {
                        (line(*from, *to, *rate, is_labelled))
                    }
                }
                @if let Some((x, y)) = places.get("http") { (plain_box("http", *x, *y)) }
                @for node in &self.nodes {
                    @if let Some((x, y)) = places.get(node.report.name) { (node_box(node, *x, *y)) }
                }
            }
        }
    }
}

/// A line between two boxes. It leaves and arrives at the sides that face each other.
fn line((from_x, from_y): (i32, i32), (to_x, to_y): (i32, i32), rate: Decimal, is_labelled: bool) -> Markup {
    // The two directions between two boxes are beside each other.
    let shift = if (from_x, from_y) < (to_x, to_y) { -6 } else { 6 };
    let (start_y, end_y) = (from_y + BOX_HEIGHT / 2 + shift, to_y + BOX_HEIGHT / 2 + shift);
    let (start, middle, end) = match from_x.cmp(&to_x) {
        Ordering::Less => (from_x + BOX_WIDTH, i32::midpoint(from_x + BOX_WIDTH, to_x), to_x),
        Ordering::Equal => (from_x + BOX_WIDTH, from_x + BOX_WIDTH + BEND, to_x + BOX_WIDTH),
        Ordering::Greater => (from_x, i32::midpoint(from_x, to_x + BOX_WIDTH), to_x + BOX_WIDTH),
    };
    let path = format!("M{start} {start_y} C{middle} {start_y} {middle} {end_y} {end} {end_y}");
    html! {
        path.edge d=(path) {}
        @if rate > Decimal::ZERO { path.flow d=(path) {} }
        @if is_labelled && rate > Decimal::ZERO {
            // Close to the receiver: lines of one sender begin at the same place.
            @let (x, y) = (i32::midpoint(middle, end), i32::midpoint(i32::midpoint(start_y, end_y), end_y) - 3);
            text.rate x=(x) y=(y) text-anchor="middle" { (rate.normalize()) "/s" }
        }
    }
}

fn plain_box(name: &str, x: i32, y: i32) -> Markup {
    html! {
        rect.box x=(x) y=(y) width=(BOX_WIDTH) height=(BOX_HEIGHT) rx="8" {}
        text.name x=(x + 12) y=(y + 27) { (name) }
    }
}

fn node_box(node: &Node, x: i32, y: i32) -> Markup {
    let report = &node.report;
    let capacity = report.mailbox.capacity.max(1);
    // The queue as a part of its size, in hundredths.
    let filled = (report.mailbox.depth.saturating_mul(100) / capacity).min(100);
    let filled = i32::try_from(filled).unwrap_or(100) * (BOX_WIDTH - 24) / 100;
    html! {
        rect.box x=(x) y=(y) width=(BOX_WIDTH) height=(BOX_HEIGHT) rx="8" {}
        circle class=(dot(report)) cx=(x + 12) cy=(y + 15) r="4" {}
        text.name x=(x + 22) y=(y + 19) { (report.name) }
        text x=(x + BOX_WIDTH - 8) y=(y + 19) text-anchor="end" { (node.rate.normalize()) "/s" }
        text x=(x + 12) y=(y + 34) { "p99 " (report.latency_ms.p99.round_dp(1)) " ms · " (report.mailbox.depth) }
        rect.track x=(x + 12) y=(y + 39) width=(BOX_WIDTH - 24) height="3" {}
        rect.info x=(x + 12) y=(y + 39) width=(filled) height="3" {}
    }
}

/// The colour of an actor's state.
#[must_use]
pub fn dot(report: &ActorReport) -> &'static str {
    let is_store_bad = report.store.as_ref().is_some_and(|store| !store.reachable || !store.writable);
    match report.state {
        ActorState::Stopped => "bad",
        _ if is_store_bad => "bad",
        ActorState::Restarting => "waiting",
        ActorState::Running => "good",
    }
}

/// A small line of the last values, without axes.
#[must_use]
pub fn spark(values: &[Decimal]) -> Markup {
    let largest = values.iter().copied().max().unwrap_or_default().max(Decimal::ONE);
    let step = Decimal::from(200).checked_div(Decimal::from(values.len().max(2) - 1)).unwrap_or_default();
    let point = |(at, value): (usize, &Decimal)| {
        let x = (Decimal::from(at) * step).round_dp(1);
        let y = (Decimal::from(30) - (*value * Decimal::from(28)).checked_div(largest).unwrap_or_default()).round_dp(1);
        format!("{x},{y}")
    };
    let points: Vec<String> = values.iter().enumerate().map(point).collect();
    html! {
        svg.spark viewBox="0 0 200 32" preserveAspectRatio="none" aria-hidden="true" {
            polyline points=(points.join(" ")) {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::Health;
    use crate::domain::clock::Clock;

    fn node(name: &'static str) -> Node {
        Node { report: Health::new(name, Clock::default(), 10, Some("sqlite")).report(), rate: Decimal::ONE }
    }

    #[test]
    fn every_actor_has_a_place_of_its_own_and_lines_join_them() {
        let nodes: Vec<Node> = ["coupon", "goods", "order", "coordinator", "relay", "courier"].map(node).into();
        let edges = vec![
            ("http", "coordinator", Decimal::new(25, 1)),
            ("order", "relay", Decimal::ZERO),
            ("courier", "relay", Decimal::ONE),
            ("relay", "goods", Decimal::ONE),
            ("relay", "unknown", Decimal::ONE),
        ];
        let graph = Graph { nodes, edges };
        let places: std::collections::BTreeSet<(i32, i32)> = graph.places().into_values().collect();
        assert_eq!(places.len(), 7);
        let svg = graph.draw("Graph", true).into_string();
        let lines = |class: &str| svg.matches(&format!("class=\"{class}\"")).count();
        assert_eq!((lines("edge"), lines("flow")), (4, 3), "{svg}");
        assert!(svg.contains(">2.5/s<") && !svg.contains("style="), "{svg}");
    }

    #[test]
    fn a_spark_has_a_point_for_each_value() {
        let svg = spark(&[Decimal::ZERO, Decimal::TEN, Decimal::ZERO]).into_string();
        assert!(svg.contains("points=\"0,30 100,2 200,30\""), "{svg}");
        assert!(spark(&[]).into_string().contains("points=\"\""));
    }
}
