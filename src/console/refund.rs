//! `/console/refunds`: the refunds, and the page of each.

use maud::{Markup, html};

use super::menu::Section;
use super::operator::Operator;
use crate::actor::task::ask;
use crate::domain::id;
use crate::domain::status::RefundState;
use crate::http::admin::refund::{RefundsQuery, find_refunds};
use crate::http::extract::listing::Listing;
use crate::http::extract::path::PathId;
use crate::http::extract::query::Filters;
use crate::http::problem::{Code, Problem};
use crate::http::state::HandlerResult;
use crate::pay::message::{FindRefund, RefundDetails};
use crate::web::component::{
    Choice, Column, Pill, Tone, csv_link, facts, filters, id, id_text, money, notice, optional_text, optional_time,
    pager, table, time,
};
use crate::web::language::Words;

const PATH: &str = "/console/refunds";

/// `GET /console/refunds`
///
/// # Errors
/// 422 for a bad filter.
pub async fn list(operator: Operator, Filters { query, pairs }: Filters<RefundsQuery>) -> HandlerResult {
    let (words, own) = (operator.words, &operator.words.refund);
    let refunds = find_refunds(&operator.state, query).await?;
    let states = &words.states;
    let values = [
        ("pending", states.pending),
        ("done", states.done),
        ("parked", states.parked),
        ("dismissed", states.dismissed),
    ];
    let choice = Choice { label: words.common.state, name: "status", values: &values };
    let columns = [
        Column::Text(words.common.refund),
        Column::Text(words.common.order),
        Column::Text(words.common.provider),
        Column::Text(words.common.state),
        Column::Number(words.common.amount),
        Column::Text(own.requested),
    ];
    let content = html! {
        div.title { h1 { (own.title) } span.grow {} (csv_link(words, PATH, &pairs)) }
        section.card { (filters(words, PATH, &pairs, &[choice], &[])) }
        section.card {
            (table(words, &columns, refunds.items.iter().map(|refund| row(words, refund))))
            (pager(words, PATH, &pairs, refunds.next_cursor.as_deref()))
        }
    };
    operator.page(Section::Refunds, own.title, content).await
}

/// `GET /console/refunds.csv`
///
/// # Errors
/// 422 for a bad filter.
pub async fn csv(operator: Operator, Listing { query, form }: Listing<RefundsQuery>) -> HandlerResult {
    form.csv().answer(find_refunds(&operator.state, query).await?, "Refund")
}

fn row(words: &Words, refund: &RefundDetails) -> Vec<Markup> {
    vec![
        id("/console/refunds/", refund.refund_id),
        order(words, refund),
        html! { (refund.provider) },
        html! { (Pill::refund(words, refund.status)) },
        money(refund.amount),
        time(refund.create_time),
    ]
}

fn order(words: &Words, refund: &RefundDetails) -> Markup {
    match refund.order_id {
        Some(order_id) => id("/console/orders/", order_id),
        None => optional_text(words, None),
    }
}

/// `GET /console/refunds/{id}`
///
/// # Errors
/// 404 if the refund does not exist.
pub async fn show(operator: Operator, PathId(refund_id): PathId<id::Refund>) -> HandlerResult {
    let (words, own) = (operator.words, &operator.words.refund);
    let refund = ask(&operator.state.owners.pay, FindRefund { refund_id }).await?;
    let refund = refund.ok_or_else(|| Problem::new(Code::NotFound))?;
    let waits = html! { (own.waits) " " a href=(format!("/console/notices/{refund_id}")) { (own.decide) } };
    let content = html! {
        div.title { h1 { (own.one) " " (id_text(refund_id)) } (Pill::refund(words, refund.status)) }
        @if refund.status == RefundState::Parked { (notice(Tone::Waiting, waits)) }
        section.card.narrow {
            (facts([
                (words.common.order, order(words, &refund)),
                (words.common.payment, id("/console/payments/", refund.pay_id)),
                (words.common.provider, html! { (refund.provider) }),
                (words.common.amount, money(refund.amount)),
                (own.reason, html! { (refund.reason) }),
                (own.message, optional_text(words, refund.message.as_deref())),
                (own.by_platform, html! { (if refund.by_platform { words.order.yes } else { words.order.no }) }),
                (own.attempts, html! { (refund.attempts) }),
                (own.remark, optional_text(words, refund.remark.as_deref())),
                (own.requested, time(refund.create_time)),
                (own.done, optional_time(words, refund.done_time)),
            ]))
        }
    };
    operator.page(Section::Refunds, &format!("{} {refund_id}", own.one), content).await
}
