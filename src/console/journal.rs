//! `/console/journal`: what operators did.

use maud::{Markup, html};

use super::menu::Section;
use super::operator::Operator;
use crate::http::admin::journal::{JournalEntry, JournalQuery, find_acts};
use crate::http::extract::listing::Listing;
use crate::http::extract::query::Filters;
use crate::http::state::HandlerResult;
use crate::web::component::{Column, Field, csv_link, filters, id, id_text, optional_text, pager, table, time};
use crate::web::language::Words;

const PATH: &str = "/console/journal";

/// `GET /console/journal`
///
/// # Errors
/// 422 for a bad filter.
pub async fn list(operator: Operator, Filters { query, pairs }: Filters<JournalQuery>) -> HandlerResult {
    let (words, own) = (operator.words, &operator.words.journal);
    let acts = find_acts(&operator.state, query).await?;
    let content = html! {
        div.title { h1 { (own.title) } span.grow {} (csv_link(words, PATH, &pairs)) }
        section.card {
            (filters(words, PATH, &pairs, &[], &[Field::Text("order_id", own.order_id)]))
        }
        section.card {
            (acts_table(words, &acts.items))
            (pager(words, PATH, &pairs, acts.next_cursor.as_deref()))
        }
    };
    operator.page(Section::Journal, own.title, content).await
}

/// `GET /console/journal.csv`
///
/// # Errors
/// 422 for a bad filter.
pub async fn csv(operator: Operator, Listing { query, form }: Listing<JournalQuery>) -> HandlerResult {
    form.csv().answer(find_acts(&operator.state, query).await?, "JournalEntry")
}

/// A table of acts.
#[must_use]
pub fn acts_table(words: &Words, acts: &[JournalEntry]) -> Markup {
    let own = &words.journal;
    let columns = [
        Column::Text(words.common.at),
        Column::Text(own.act),
        Column::Text(own.about),
        Column::Text(own.detail),
        Column::Text(own.by),
    ];
    let row = |act: &JournalEntry| {
        vec![
            time(act.create_time),
            html! { b { (act.act) } },
            about(words, act),
            detail(act),
            act.user_id.map_or_else(|| optional_text(words, None), |user| id("/console/customers/", user)),
        ]
    };
    table(words, &columns, acts.iter().map(row))
}

/// The object of an act, with a link if it has a page.
fn about(words: &Words, act: &JournalEntry) -> Markup {
    match (act.order_id, &act.subject) {
        (Some(order_id), _) => id("/console/orders/", order_id),
        (None, Some(subject)) => html! {
            (subject.kind) " "
            @match subject.kind {
                "goods" => (id("/console/goods/", &subject.id)),
                "user" => (id("/console/customers/", &subject.id)),
                _ => (id_text(&subject.id)),
            }
        },
        (None, None) => optional_text(words, None),
    }
}

/// The reason of an act, and the values that it has changed.
fn detail(act: &JournalEntry) -> Markup {
    html! {
        @if let Some(detail) = &act.detail { (detail) }
        @if let Some(data) = &act.data { " " code { (data) } }
    }
}
