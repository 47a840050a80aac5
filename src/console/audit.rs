//! `/console/audit`: the last audit of this process, and a new one.

use std::sync::Arc;

use maud::{Markup, html};

use super::live::{Part, Topic};
use super::menu::Section;
use super::operator::Operator;
use crate::audit::{Invariant, Report};
use crate::http::state::{HandlerResult, State};
use crate::web::asset;
use crate::web::component::{Column, Pill, Tone, notice, table, time};
use crate::web::language::Words;
use crate::web::redirect::see_other;

const PATH: &str = "/console/audit";

/// `GET /console/audit`
///
/// # Errors
/// None of its own.
pub async fn show(operator: Operator) -> HandlerResult {
    let words = operator.words;
    let data = Data::read(&operator.state);
    let content = html! {
        div.title {
            h1 { (words.audit.title) }
            span.grow {}
            form method="post" action=(PATH) { button.go { (words.audit.run) } }
        }
        div.stack hx-sse:connect=(Topic::Audit.address()) {
            @for part in data.parts(words) { (part.in_page()) }
        }
    };
    operator.page_with(Section::Audit, words.audit.title, &[&*asset::HTMX], content).await
}

/// `POST /console/audit`: starts an audit, unless one is running, and shows its progress.
///
/// # Errors
/// None of its own.
pub async fn run(operator: Operator) -> HandlerResult {
    operator.state.auditor.start();
    Ok(see_other(PATH))
}

/// The data of the page.
pub struct Data {
    progress: Option<(u64, u64)>,
    last: Option<Arc<Report>>,
}

impl Data {
    /// Reads the progress and the last report.
    #[must_use]
    pub fn read(state: &State) -> Self {
        Self { progress: state.auditor.progress(), last: state.auditor.last() }
    }

    /// The live parts.
    #[must_use]
    pub fn parts(&self, words: &Words) -> Vec<Part> {
        let progress = html! { @if let Some((done, total)) = self.progress { (bar(words, done, total)) } };
        let report = match &self.last {
            Some(report) => shown(words, report),
            None => html! { section.card { p.empty { (words.audit.never) } } },
        };
        vec![Part { name: "progress", content: progress }, Part { name: "report", content: report }]
    }
}

fn bar(words: &Words, done: u64, total: u64) -> Markup {
    html! {
        section.card {
            p { (words.audit.running) " " (done) " " (words.overview.of) " " (total) " " (words.audit.orders_checked) }
            progress value=(done) max=(total.max(1)) {}
            noscript { p { a.button href=(PATH) { (words.audit.reload) } } }
        }
    }
}

fn shown(words: &Words, report: &Report) -> Markup {
    let audit = &words.audit;
    let columns = [
        Column::Text(audit.invariant),
        Column::Text(words.common.state),
        Column::Number(audit.checked),
        Column::Number(audit.violations),
    ];
    let violated = report.invariants.iter().filter(|invariant| !invariant.ok);
    html! {
        (notice(if report.ok { Tone::Good } else { Tone::Bad }, if report.ok { audit.all_hold } else { audit.some_violated }))
        @for invariant in violated { (violations(words, invariant)) }
        section.card {
            p.soft { (audit.checked_at) " " (time(report.checked_at)) }
            (table(words, &columns, report.invariants.iter().map(|invariant| row(words, invariant))))
        }
    }
}

fn row(words: &Words, invariant: &Invariant) -> Vec<Markup> {
    let audit = &words.audit;
    let state = if invariant.ok { Pill(Tone::Good, audit.holds) } else { Pill(Tone::Bad, audit.violated) };
    vec![
        html! { (audit.meaning(invariant.name)) br; code.soft { (invariant.name) } },
        html! { (state) },
        html! { (invariant.checked) },
        html! { (invariant.violated) },
    ]
}

fn violations(words: &Words, invariant: &Invariant) -> Markup {
    html! {
        section.card {
            h2 { (words.audit.meaning(invariant.name)) " " (Pill(Tone::Bad, &invariant.violated.to_string())) }
            ul { @for violation in &invariant.violations { li { (linked(violation)) } } }
            p.soft { (words.audit.shown) }
        }
    }
}

/// The words before an id that name the kind of its object, or its table, each with the page of such objects.
const PAGES: [(&str, &str); 8] = [
    ("order", "/console/orders/"),
    ("orders", "/console/orders/"),
    ("pay", "/console/payments/"),
    ("users", "/console/customers/"),
    ("payment", "/console/payments/"),
    ("user", "/console/customers/"),
    ("goods", "/console/goods/"),
    ("refund", "/console/refunds/"),
];

/// The text of a violation, in which the ids after `order`, `payment` and so on lead to their pages.
fn linked(violation: &str) -> Markup {
    let words: Vec<&str> = violation.split(' ').collect();
    let part = |(at, word): (usize, &&str)| {
        let before = at.checked_sub(1).and_then(|before| words.get(before)).copied().unwrap_or_default();
        let digits = word.trim_end_matches([':', ',', '.', ';']);
        let is_id = digits.len() > 8 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let page = PAGES.iter().find(|(name, _)| *name == before).filter(|_| is_id);
        match page {
            Some((_, path)) => {
                html! { a.id href=(format!("{path}{digits}")) { (digits) } (word.trim_start_matches(digits)) " " }
            }
            None => html! { (word) " " },
        }
    };
    let parts: Vec<Markup> = words.iter().enumerate().map(part).collect();
    html! { @for part in parts { (part) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ids_of_a_violation_lead_to_their_pages() {
        let html = linked("order 384299083218550784: payment 384299083218550785 is <paid> 12 times").into_string();
        assert!(html.contains("href=\"/console/orders/384299083218550784\">384299083218550784</a>: payment"), "{html}");
        assert!(html.contains("href=\"/console/payments/384299083218550785\""), "{html}");
        let table = linked("order: orders 384299083218550784 has goods_amount 1 instead of 2").into_string();
        assert!(table.contains("href=\"/console/orders/384299083218550784\""), "{table}");
        assert!(html.contains("is &lt;paid&gt; 12 times") && html.matches("<a").count() == 2, "{html}");
    }
}
