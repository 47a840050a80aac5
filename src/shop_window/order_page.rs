//! The page of one order: its state, how to pay it, what can be done with it, and what has happened.

use maud::{Markup, html};

use super::payment::page::platform;
use super::payment::show::is_payable;
use crate::domain::clock::Timestamp;
use crate::domain::event::Event;
use crate::domain::money::{CURRENCY, Money};
use crate::domain::order::Line;
use crate::domain::status::{OrderStatus, PayStatus, RefundState, ShippingStatus};
use crate::gateway::ticket::PayPages;
use crate::order::message::{Order, RefundView};
use crate::pay::message::{Payment, Status};
use crate::payments::platform::report::PaymentMethod;
use crate::payments::platform::single::PlatformState;
use crate::web::component::{Pill, Tone, facts, id_text, moment, money};
use crate::web::language::Words;
use crate::web::live;

/// Everything that the page shows.
pub struct View<'a> {
    /// The order.
    pub order: &'a Order,
    /// The addresses of the pages of payments.
    pub pay_pages: &'a PayPages,
    /// Its payments, newest first.
    pub payments: &'a [Payment],
    /// Timeline of the order, oldest first.
    pub events: &'a [Event],
    /// How it can be paid.
    pub methods: &'a [PaymentMethod],
    /// Time of the page.
    pub now: Timestamp,
    /// The key of the forms, sealed.
    pub token: &'a str,
    /// Path of the order in the console, if it is at the same address.
    pub behind: Option<&'a str>,
    /// Why the last act was not performed.
    pub alert: Option<&'a str>,
}

/// The mark of the state that matters most to the customer.
#[must_use]
pub const fn pill(words: &Words, order: &Order) -> Pill<'static> {
    match (order.order_status, order.pay_status, order.shipping_status) {
        (OrderStatus::Confirmed, PayStatus::Paid, ShippingStatus::Unshipped) => Pill::pay(words, PayStatus::Paid),
        (OrderStatus::Confirmed, PayStatus::Paid, shipping) => Pill::shipping(words, shipping),
        (OrderStatus::Confirmed, pay, _) => Pill::pay(words, pay),
        (status, _, _) => Pill::order(words, status),
    }
}

/// The names of the first goods.
#[must_use]
pub fn title_of(order: &Order) -> String {
    const SHOWN: usize = 2;
    let names: Vec<String> = order.goods.iter().take(SHOWN).map(name).collect();
    let more = order.goods.len().saturating_sub(SHOWN);
    match more {
        0 => names.join(", "),
        more => format!("{} + {more}", names.join(", ")),
    }
}

fn name(line: &Line) -> String {
    line.goods_name.clone().unwrap_or_else(|| line.goods_id.to_string())
}

/// The sentence about the state.
const fn sentence(words: &Words, order: &Order) -> &'static str {
    let texts = &words.purchase;
    match (order.order_status, order.pay_status, order.shipping_status) {
        (OrderStatus::Unconfirmed, ..) => texts.unconfirmed,
        (OrderStatus::Cancelled, ..) => texts.cancelled,
        (OrderStatus::Invalid, ..) => texts.refused,
        (OrderStatus::Refunded, ..) => texts.refunded,
        (OrderStatus::Confirmed, PayStatus::Unpaid, _) => texts.unpaid,
        (OrderStatus::Confirmed, PayStatus::Paying, _) => texts.being_paid,
        (OrderStatus::Confirmed, PayStatus::Paid, ShippingStatus::Unshipped) => texts.paid,
        (OrderStatus::Confirmed, PayStatus::Paid, ShippingStatus::Shipped) => texts.shipped,
        (OrderStatus::Confirmed, PayStatus::Paid, ShippingStatus::Received) => texts.received,
    }
}

/// Whether the state of the order may change by itself soon.
fn is_moving(order: &Order) -> bool {
    let is_open = matches!(order.order_status, OrderStatus::Unconfirmed | OrderStatus::Confirmed);
    is_open || order.refunds.iter().any(|refund| refund.status == RefundState::Pending)
}

/// The content of the page.
#[must_use]
pub fn content(words: &Words, view: &View<'_>) -> Markup {
    let (texts, order) = (&words.purchase, view.order);
    let path = format!("/orders/{}", order.order_id);
    html! {
        div.lead {
            h1 { (texts.order) " " (id_text(order.order_id)) }
            p { (pill(words, order)) " " span role="status" { (sentence(words, order)) } }
        }
        @if let Some(alert) = view.alert { p.alert role="alert" { (alert) } }
        div.split {
            div.stack {
                @if is_payable(order) { section.panel { (paying(words, view, &path)) } }
                section.panel { (lines(words, order)) }
                section.panel { (timeline(words, view.events)) }
            }
            div.stack {
                section.panel { (amounts(words, order)) }
                section.panel { (delivery(words, order)) }
                @if !order.refunds.is_empty() { section.panel { (refunds(words, &order.refunds)) } }
                (acts(words, view, &path))
                @if let Some(behind) = view.behind { p { a href=(behind) { (texts.behind) } } }
            }
        }
        @if is_moving(order) { (live::follow(&path, &state(order, view.events))) }
    }
}

/// The state that the page shows, as [`live`] compares it.
#[must_use]
pub fn state(order: &Order, events: &[Event]) -> String {
    live::digest_of(&(order, events.len()))
}

fn paying(words: &Words, view: &View<'_>, path: &str) -> Markup {
    let (texts, order) = (&words.purchase, view.order);
    let open: Vec<&Payment> = view.payments.iter().filter(|payment| payment.status == Status::Unpaid).collect();
    // A customer's id at a platform is known to the shop's own front only.
    let is_begun = |method: &PaymentMethod| open.iter().any(|payment| payment.provider == method.provider);
    let methods = view.methods.iter().filter(|method| !method.needs_payer && !is_begun(method));
    html! {
        h2 { (words.shop.paying) }
        p.cost { (money(order.pay_amount)) " " small { (CURRENCY) } }
        div.acts {
            @for payment in &open {
                a.button.go href=(view.pay_pages.path(payment.pay_id)) { (texts.continue_payment) }
            }
            @for method in methods {
                form method="post" action=(format!("{path}/pay")) {
                    input type="hidden" name="token" value=(view.token);
                    input type="hidden" name="provider" value=(method.provider);
                    button.go[open.is_empty()] { ((texts.pay_with)(&platform(words, &method.provider))) }
                    @if method.state == PlatformState::Down { p.hint { (texts.unavailable) } }
                }
            }
        }
        @if let Some(end) = order.pay_before {
            p.hint {
                (words.pay_page.pay_before) " " (moment(end)) " "
                span role="timer" hidden data-left=(end.since(view.now).as_secs())
                    data-label=(words.pay_page.time_left) data-over=(words.pay_page.time_over) {}
            }
        }
    }
}

fn lines(words: &Words, order: &Order) -> Markup {
    html! {
        h2 { (words.purchase.lines) }
        ul.rows {
            @for line in order.goods.iter() {
                li {
                    div { b { (name(line)) } p.what { (line.goods_number.get()) " × " (money(line.goods_price)) } }
                    @if let Some(sum) = line.goods_price.checked_mul(line.goods_number.get()) {
                        div.sum { (money(sum)) }
                    }
                }
            }
        }
    }
}

fn amounts(words: &Words, order: &Order) -> Markup {
    let texts = &words.shop;
    let minus = |amount: Money| Money::from_minor(amount.minor().saturating_neg());
    html! {
        h2 { (texts.summary) }
        dl.sums {
            dt { (texts.goods_amount) } dd { (money(order.goods_amount)) }
            dt { (texts.shipping_fee) } dd { (money(order.shipping_fee)) }
            @if order.coupon_paid > Money::ZERO { dt { (texts.coupon_paid) } dd { (money(minus(order.coupon_paid))) } }
            @if order.money_paid > Money::ZERO { dt { (texts.balance_paid) } dd { (money(minus(order.money_paid))) } }
            dt.total { (texts.to_pay) } dd.total { (money(order.pay_amount)) }
            @if order.refunded_amount > Money::ZERO {
                dt { (words.purchase.refunded_amount) } dd { (money(minus(order.refunded_amount))) }
            }
        }
    }
}

fn delivery(words: &Words, order: &Order) -> Markup {
    let parcel = [order.carrier.as_deref(), order.tracking_no.as_deref()];
    let parcel = parcel.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let mut pairs = vec![
        (words.shop.consignee, html! { (order.consignee) }),
        (words.shop.address, html! { (order.address) }),
        (words.purchase.placed, html! { (moment(order.add_time)) }),
    ];
    if !parcel.is_empty() {
        pairs.push((words.purchase.parcel, html! { (parcel) }));
    }
    html! { h2 { (words.shop.delivery) } (facts(pairs)) }
}

fn refunds(words: &Words, refunds: &[RefundView]) -> Markup {
    html! {
        h2 { (words.purchase.refunds) }
        ul.rows {
            @for refund in refunds {
                li {
                    div {
                        // To the customer, a refund that waits for an operator is only not done yet.
                        @match refund.status {
                            RefundState::Parked => (Pill(Tone::Waiting, words.purchase.in_review)),
                            status => (Pill::refund(words, status)),
                        }
                        p.what { (moment(refund.create_time)) }
                    }
                    div.sum { (money(refund.amount)) }
                }
            }
        }
    }
}

fn acts(words: &Words, view: &View<'_>, path: &str) -> Markup {
    let (texts, order) = (&words.purchase, view.order);
    let is_paid = order.order_status == OrderStatus::Confirmed && order.pay_status == PayStatus::Paid;
    let is_open = |refund: &RefundView| matches!(refund.status, RefundState::Pending | RefundState::Parked);
    let is_being_refunded = order.refunds.iter().any(is_open);
    html! {
        @if is_payable(order) {
            form method="post" action=(format!("{path}/cancel")) { button { (texts.cancel) } }
        }
        @if order.shipping_status == ShippingStatus::Shipped {
            form method="post" action=(format!("{path}/receive")) { button.go { (texts.receive) } }
        }
        @if is_paid && order.shipping_status == ShippingStatus::Unshipped && !is_being_refunded {
            section.panel {
                h2 { (texts.refund) }
                form method="post" action=(format!("{path}/refund")) {
                    input type="hidden" name="token" value=(view.token);
                    div.entry {
                        label for="reason" { (texts.reason) }
                        input #reason name="reason" maxlength="200" aria-describedby="refund-note";
                        p #refund-note .hint { (texts.refund_note) }
                    }
                    button { (texts.refund) }
                }
            }
        }
    }
}

fn timeline(words: &Words, events: &[Event]) -> Markup {
    let texts = &words.purchase;
    html! {
        h2 { (texts.timeline) }
        ol.happened {
            @for event in events {
                li {
                    (moment(event.at))
                    div {
                        ((texts.event)(event.what))
                        @if let Some(amount) = event.data.get("amount").and_then(|amount| amount.as_str()) {
                            " " span.money { (amount) } " " (CURRENCY)
                        }
                        @if let Some(message) = &event.message { p.what { (message) } }
                    }
                }
            }
        }
    }
}
