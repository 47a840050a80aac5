//! The timeline of an order as a list: each event with its facts.

use maud::{Markup, html};
use serde_json::Value;

use super::event::{Track, fact, name, tone};
use crate::domain::event::Event;
use crate::web::component::{Pill, id, id_text};
use crate::web::language::Words;
use crate::web::value::duration;

/// The events, in their order.
#[must_use]
pub fn timeline(words: &Words, events: &[Event]) -> Markup {
    html! {
        ol.events {
            @for event in events {
                li {
                    (clock(event))
                    (Pill(tone(event.what), Track::of(event.what).name(words)))
                    span { b { (name(&words.events, event.what)) } (facts(words, event)) }
                }
            }
        }
    }
}

/// The time of day to the millisecond, with the date as a tooltip.
fn clock(event: &Event) -> Markup {
    let full = event.at.to_string();
    let of_day = full.get(11..23).unwrap_or(&full).to_owned();
    html! { time datetime=(full) title=(full) { (of_day) } }
}

/// Facts in the order in which they are read. Others follow.
const FIRST: [&str; 12] = [
    "goods_amount",
    "shipping_fee",
    "order_amount",
    "coupon_paid",
    "money_paid",
    "pay_amount",
    "refund_id",
    "pay_id",
    "amount",
    "provider",
    "topic",
    "tag",
];

/// The facts of an event. Rows of earlier releases have only text.
fn facts(words: &Words, event: &Event) -> Markup {
    let mut data: Vec<(&String, &Value)> = event.data.iter().collect();
    data.sort_by_key(|(key, _)| FIRST.iter().position(|first| first == key).unwrap_or(FIRST.len()));
    html! {
        @for (key, value) in data {
            span.fact { " " span.soft { (fact(&words.events, key).unwrap_or(key)) } " " (shown(key, value)) }
        }
        @if event.data.is_empty() && !event.detail.is_empty() { " " (event.detail) }
        @if let Some(message) = &event.message { br; span.soft { (words.events.to_customer) } " " (message) }
        @if let Some(by) = &event.by { br; span.soft { (words.events.by) " " (by) } }
    }
}

/// A fact: ids lead to their pages, durations have a unit.
fn shown(key: &str, value: &Value) -> Markup {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match key {
        "pay_id" => id("/console/payments/", text),
        "refund_id" => id("/console/refunds/", text),
        "goods_id" => id("/console/goods/", text),
        "coupon_id" | "event_id" | "number" => id_text(text),
        "duration_ms" => html! { (duration(value.as_i64().unwrap_or_default())) },
        _ => html! { (text) },
    }
}
