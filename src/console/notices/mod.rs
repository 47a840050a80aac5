//! `/console/notices`: money that waits for an operator, and notifications that were not believed.

mod decision;

use maud::{Markup, html};
use serde::Deserialize;

pub use decision::{preview, show};

use super::menu::Section;
use super::operator::Operator;
use crate::http::admin::list::find_notices;
use crate::http::admin::parked::find_parked;
use crate::http::extract::page::{Cursor, Limit, Page, TimedCursor, TimedPage};
use crate::http::extract::query::Filters;
use crate::http::state::HandlerResult;
use crate::pay::message::{ParkedItem, ParkedKind, ParkedNotification};
use crate::web::component::{Column, Pill, id, money, optional_text, pager, table, time};
use crate::web::language::Words;

const PATH: &str = "/console/notices";
/// Number of items that wait and are shown at once. The decisions make room for further ones.
const PARKED_SHOWN: &str = "50";

/// Query of the page: the notifications go on; the money is shown in full.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticesQuery {
    #[serde(default)]
    limit: Limit,
    #[serde(default)]
    cursor: TimedCursor,
}

/// `GET /console/notices`
///
/// # Errors
/// 422 for a bad parameter.
pub async fn list(operator: Operator, Filters { query, pairs }: Filters<NoticesQuery>) -> HandlerResult {
    let (state, words, own) = (&operator.state, operator.words, &operator.words.notices);
    let all = Page { limit: Limit::try_from(PARKED_SHOWN.to_owned()).unwrap_or_default(), cursor: Cursor::default() };
    let rejected = TimedPage { limit: query.limit, cursor: query.cursor };
    let (parked, rejected) = tokio::join!(find_parked(state, all), find_notices(state, &rejected));
    let (parked, rejected) = (parked?, rejected?);
    let content = html! {
        div.title { h1 { (own.title) } }
        section.card { h2 { (own.parked) } (parked_table(words, &parked.items)) }
        section.card {
            h2 { (own.rejected) }
            @if rejected.items.is_empty() { p.empty { (words.common.empty) } }
            @for notice in &rejected.items { (notification(words, notice)) }
            (pager(words, PATH, &pairs, rejected.next_cursor.as_deref()))
        }
    };
    operator.page(Section::Notices, own.title, content).await
}

fn parked_table(words: &Words, items: &[ParkedItem]) -> Markup {
    let own = &words.notices;
    let columns = [
        Column::Text(words.notices.one),
        Column::Text(own.kind),
        Column::Text(words.common.state),
        Column::Text(words.common.provider),
        Column::Number(words.common.amount),
        Column::Text(own.reason),
        Column::Text(own.known),
    ];
    let row = |item: &ParkedItem| {
        vec![
            id("/console/notices/", item.parked_id),
            html! { (kind(words, item.kind)) },
            html! { (Pill::charge(words, item.status)) },
            html! { (item.provider) },
            money(item.amount),
            html! { (item.reason) },
            time(item.create_time),
        ]
    };
    table(words, &columns, items.iter().map(row))
}

/// The name of a kind of money that waits.
const fn kind(words: &Words, kind: ParkedKind) -> &'static str {
    match kind {
        ParkedKind::Charge => words.notices.charge,
        ParkedKind::Refund => words.notices.refund,
    }
}

fn notification(words: &Words, notice: &ParkedNotification) -> Markup {
    html! {
        details {
            summary { (time(notice.create_time)) " " (notice.provider) " " span.id { (notice.event_id) } " ×" (notice.times) }
            p { (optional_text(words, notice.reason.as_deref())) }
            @if let Some(pay_id) = notice.pay_id { p { (words.common.payment) " " (id("/console/payments/", pay_id)) } }
            p.soft { (words.payment.raw) }
            pre { (notice.body) }
        }
    }
}
