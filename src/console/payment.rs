//! `/console/payments`: the payments, and the page of each.

use maud::{Markup, html};

use super::menu::Section;
use super::operator::Operator;
use crate::actor::task::ask;
use crate::domain::id;
use crate::domain::money::Money;
use crate::http::admin::list::{PaymentsQuery, find_payments};
use crate::http::extract::body::EmptyBody;
use crate::http::extract::listing::Listing;
use crate::http::extract::path::PathId;
use crate::http::extract::query::Filters;
use crate::http::problem::{Code, Problem};
use crate::http::state::HandlerResult;
use crate::pay;
use crate::pay::message::{ListNotifications, Payment, StoredNotification};
use crate::payments::message::Query;
use crate::trace::Traced;
use crate::web::component::{
    Choice, Column, Field, Pill, Tone, csv_link, facts, filters, id, id_text, money, optional_time, pager, table, time,
};
use crate::web::language::Words;
use crate::web::redirect::see_other;

const PATH: &str = "/console/payments";
/// Path of the page of one payment, before its id.
pub const PATH_OF_ONE: &str = "/console/payments/";

/// `GET /console/payments`
///
/// # Errors
/// 422 for a bad filter.
pub async fn list(operator: Operator, Filters { query, pairs }: Filters<PaymentsQuery>) -> HandlerResult {
    let (words, own) = (operator.words, &operator.words.payment);
    let payments = find_payments(&operator.state, query).await?;
    let states = &words.states;
    let values =
        [("unpaid", states.unpaid), ("paid", states.paid), ("closed", states.closed), ("refunded", states.refunded)];
    let choice = Choice { label: words.common.state, name: "status", values: &values };
    let columns = [
        Column::Text(words.common.payment),
        Column::Text(words.common.order),
        Column::Text(words.common.provider),
        Column::Text(words.common.state),
        Column::Number(words.common.amount),
        Column::Text(own.created),
    ];
    let row = |payment: &Payment| {
        vec![
            id(PATH_OF_ONE, payment.pay_id),
            id("/console/orders/", payment.order_id),
            html! { (payment.provider) },
            html! { (Pill::payment(words, payment.status)) },
            money(payment.pay_amount),
            time(payment.add_time),
        ]
    };
    let content = html! {
        div.title { h1 { (own.title) } span.grow {} (csv_link(words, PATH, &pairs)) }
        section.card {
            (filters(words, PATH, &pairs, &[choice], &[Field::Text("order_id", words.journal.order_id)]))
        }
        section.card {
            (table(words, &columns, payments.items.iter().map(row)))
            (pager(words, PATH, &pairs, payments.next_cursor.as_deref()))
        }
    };
    operator.page(Section::Payments, own.title, content).await
}

/// `GET /console/payments.csv`
///
/// # Errors
/// 422 for a bad filter.
pub async fn csv(operator: Operator, Listing { query, form }: Listing<PaymentsQuery>) -> HandlerResult {
    form.csv().answer(find_payments(&operator.state, query).await?, "Payment")
}

/// `GET /console/payments/{id}`
///
/// # Errors
/// 404 if the payment does not exist.
pub async fn show(operator: Operator, PathId(pay_id): PathId<id::Pay>) -> HandlerResult {
    let (state, words) = (&operator.state, operator.words);
    let (found, notices) = tokio::join!(
        ask(&state.owners.pay, pay::message::FindAny { pay_id }),
        ask(&state.owners.pay, ListNotifications { pay_id })
    );
    let payment = found?.ok_or_else(|| Problem::new(Code::NotFound))?.payment.for_operators();
    let notices = notices?;
    let own = &words.payment;
    let content = html! {
        div.title {
            h1 { (own.one) " " (id_text(pay_id)) }
            (Pill::payment(words, payment.status))
            span.grow {}
            form method="post" action=(format!("{PATH_OF_ONE}{pay_id}/query")) { button { (own.query) } }
        }
        div.two {
            section.card {
                h2 { (own.notices) }
                @if notices.is_empty() { p.empty { (words.common.empty) } }
                @for stored in &notices { (notification(words, stored)) }
            }
            div.stack {
                section.card { (payment_facts(words, &payment, &state.pay_pages.path(payment.pay_id))) }
                section.card { h2 { (words.order.refunds) } (refunds(words, &payment)) }
            }
        }
    };
    operator.page(Section::Payments, &format!("{} {pay_id}", own.one), content).await
}

/// `POST /console/payments/{id}/query`: asks the platform, which has no effect if nothing is new, and goes back to the page.
///
/// # Errors
/// 404; 503 if the platform does not answer.
pub async fn query(operator: Operator, PathId(pay_id): PathId<id::Pay>, _: EmptyBody) -> HandlerResult {
    let found = operator.state.payments.send(Traced::new(Query { pay_id })).await??;
    found.ok_or_else(|| Problem::new(Code::NotFound))?;
    Ok(see_other(&format!("{PATH_OF_ONE}{pay_id}?done=1")))
}

fn payment_facts(words: &Words, payment: &Payment, page: &str) -> Markup {
    let own = &words.payment;
    facts([
        (words.common.order, id("/console/orders/", payment.order_id)),
        (words.common.provider, html! { (payment.provider) }),
        (words.common.amount, html! { (money(payment.pay_amount)) " " (payment.currency) }),
        (words.order.refunded, money(payment.refunded_amount)),
        (own.created, time(payment.add_time)),
        (own.pay_before, optional_time(words, payment.pay_before)),
        (own.checkout, html! { a href=(page) { "/pay/" (payment.pay_id) "-…" } }),
    ])
}

fn refunds(words: &Words, payment: &Payment) -> Markup {
    let columns =
        [Column::Text(words.common.refund), Column::Text(words.common.state), Column::Number(words.common.amount)];
    let row = |refund: &pay::message::Refund| {
        let amount: Money = refund.amount;
        vec![id("/console/refunds/", refund.refund_id), html! { (Pill::refund(words, refund.status)) }, money(amount)]
    };
    table(words, &columns, payment.refunds.iter().map(row))
}

/// A notification: its verdict, and its body as it was received.
fn notification(words: &Words, stored: &StoredNotification) -> Markup {
    let own = &words.payment;
    let verdict = match &stored.reason {
        None => Pill(Tone::Good, own.believed),
        Some(_) => Pill(Tone::Bad, own.rejected),
    };
    html! {
        details {
            summary { (time(stored.create_time)) " " (verdict) " " span.id { (stored.event_id) } " ×" (stored.times) }
            @if let Some(reason) = &stored.reason { p { (reason) } }
            p.soft { (own.raw) }
            pre { (stored.body) }
        }
    }
}
