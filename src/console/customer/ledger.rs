//! The ledgers of an account: every change of the balance and of the points, and whether they add up.

use maud::{Markup, Render, html};

use crate::domain::id::OrderId;
use crate::domain::money::Money;
use crate::user::message::{LogKind, MoneyLogEntry, ScoreLogEntry};
use crate::web::component::{Column, Tone, id, money, notice, optional_text, table, time};
use crate::web::language::Words;

/// Largest number of entries on the page. A longer ledger is not added up here.
pub const ENTRIES_MAX: i64 = 200;

/// The ledger of a balance, whose present value is `balance`.
#[must_use]
pub fn of_balance(words: &Words, entries: &[MoneyLogEntry], balance: Money) -> Markup {
    let sum = Money::checked_sum(entries.iter().map(|entry| entry.delta));
    let row = |entry: &MoneyLogEntry| {
        let what = about(words, entry.money_log_type, entry.order_id, entry.message.as_deref());
        vec![time(entry.create_time), what, money(entry.delta)]
    };
    let is_whole = is_whole(entries.len());
    html! {
        (table(words, &columns(words), entries.iter().map(row)))
        (verdict(words, is_whole, sum == Some(balance), money(sum.unwrap_or_default())))
    }
}

/// The ledger of points, whose present value is `points`.
#[must_use]
pub fn of_points(words: &Words, entries: &[ScoreLogEntry], points: i64) -> Markup {
    let sum = entries.iter().try_fold(0_i64, |sum, entry| sum.checked_add(entry.delta));
    let row = |entry: &ScoreLogEntry| {
        let what = about(words, entry.score_log_type, entry.order_id, None);
        vec![time(entry.create_time), what, html! { (entry.delta) }]
    };
    let is_whole = is_whole(entries.len());
    html! {
        (table(words, &columns(words), entries.iter().map(row)))
        (verdict(words, is_whole, sum == Some(points), html! { (sum.unwrap_or_default()) }))
    }
}

fn columns(words: &Words) -> [Column<'static>; 3] {
    let own = &words.customer;
    [Column::Text(words.common.at), Column::Text(own.kind), Column::Number(own.change)]
}

/// Whether a ledger of `length` entries was read in full.
fn is_whole(length: usize) -> bool {
    i64::try_from(length).is_ok_and(|length| length < ENTRIES_MAX)
}

/// The kind of an entry, and the order that it belongs to.
fn about(words: &Words, kind: LogKind, order_id: Option<OrderId>, message: Option<&str>) -> Markup {
    let own = &words.customer;
    let kind = match kind {
        LogKind::Paid => own.paid,
        LogKind::Refunded => own.refunded,
        LogKind::Adjusted => own.adjusted,
    };
    html! {
        (kind)
        @if let Some(order_id) = order_id { " " (id("/console/orders/", order_id)) }
        @if message.is_some() { " " (optional_text(words, message)) }
    }
}

fn verdict(words: &Words, is_whole: bool, adds_up: bool, sum: impl Render) -> Markup {
    let own = &words.customer;
    html! {
        @if is_whole {
            dl { div.sum { dt { (own.sum) } dd { (sum) } } }
            @if adds_up { (notice(Tone::Good, own.adds_up)) } @else { (notice(Tone::Bad, own.differs)) }
        } @else {
            (notice(Tone::Info, own.too_long))
        }
    }
}
