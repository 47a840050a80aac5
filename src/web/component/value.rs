//! Single values: money, ids, times, pairs of name and value, and short notices.

use std::fmt::Display;

use maud::{Markup, Render, html};

use super::pill::Tone;
use crate::domain::clock::Timestamp;
use crate::domain::money::Money;
use crate::web::language::Words;

/// An amount with two decimals, and a minus sign that cannot be taken for a hyphen.
#[must_use]
pub fn money(amount: Money) -> Markup {
    html! { span.money { (amount.to_string().replace('-', "\u{2212}")) } }
}

/// An id that leads to the page of its object: `path` is the part before the id, such as `/console/orders/`.
#[must_use]
pub fn id(path: &str, id: impl Display) -> Markup {
    html! { a.id href=(format!("{path}{id}")) { (id) } }
}

/// An id of something that has no page.
#[must_use]
pub fn id_text(id: impl Display) -> Markup {
    html! { span.id { (id) } }
}

/// A time to the second, with the milliseconds for programs and as a tooltip. All times are UTC.
#[must_use]
pub fn time(at: Timestamp) -> Markup {
    let full = at.to_string();
    html! { time datetime=(full) title=(full) { (to_the_second(&full)) } }
}

fn to_the_second(full: &str) -> String {
    full.chars().take(19).map(|c| if c == 'T' { ' ' } else { c }).collect()
}

/// A time for customers: in UTC, which it says. The script of their pages replaces it by the time of their place.
#[must_use]
pub fn moment(at: Timestamp) -> Markup {
    let full = at.to_string();
    html! { time.moment datetime=(full) { (to_the_second(&full)) " UTC" } }
}

/// A time, or a word for none.
#[must_use]
pub fn optional_time(words: &Words, at: Option<Timestamp>) -> Markup {
    at.map_or_else(|| html! { span.soft { (words.common.none) } }, time)
}

/// A text, or a word for none.
#[must_use]
pub fn optional_text(words: &Words, text: Option<&str>) -> Markup {
    text.map_or_else(|| html! { span.soft { (words.common.none) } }, |text| html! { (text) })
}

/// Names and values, one pair a line.
#[must_use]
pub fn facts<V: Render>(pairs: impl IntoIterator<Item = (impl Render, V)>) -> Markup {
    html! { dl { @for (name, value) in pairs { div { dt { (name) } dd { (value) } } } } }
}

/// The text in place of an empty list.
#[must_use]
pub fn empty(words: &Words) -> Markup {
    html! { p.empty { (words.common.empty) } }
}

/// A line about what just happened, or about what is to be known first.
#[must_use]
pub fn notice(tone: Tone, text: impl Render) -> Markup {
    html! { p.notice.(tone.class()) role="status" { (text) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_for_people_and_for_programs() {
        assert_eq!(money(Money::from_minor(-12_345)).into_string(), "<span class=\"money\">−123.45</span>");
        let html = time(Timestamp(1_760_000_000_123)).into_string();
        assert!(html.contains("datetime=\"2025-10-09T08:53:20.123Z\""), "{html}");
        assert!(html.contains(">2025-10-09 08:53:20<"), "{html}");
        let html = moment(Timestamp(1_760_000_000_123)).into_string();
        assert!(html.contains("datetime=\"2025-10-09T08:53:20.123Z\">2025-10-09 08:53:20 UTC<"), "{html}");
    }
}
