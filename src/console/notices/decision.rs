//! `/console/notices/{id}`: one charge or refund that waits, and the decision about it.

use maud::{Markup, html};
use serde::Deserialize;

use crate::actor::task::ask;
use crate::console::act::{Act, Choice};
use crate::console::menu::Section;
use crate::console::operator::{Operator, Question};
use crate::domain::id::{self, EntryId, OrderId};
use crate::domain::text::{CustomerMessage, Reason, Text};
use crate::http::admin::parked::matched;
use crate::http::extract::body::FormBody;
use crate::http::extract::path::PathId;
use crate::http::problem::{Code, FieldError, Problem, field_code};
use crate::http::state::HandlerResult;
use crate::pay::message::{ListParked, ParkedItem, ParkedKind};
use crate::web::component::{Pill, facts, id, id_text, money, optional_text, time};
use crate::web::language::Words;

/// `GET /console/notices/{id}`
///
/// # Errors
/// 404 if nothing with this id waits.
pub async fn show(operator: Operator, PathId(parked_id): PathId<id::Entry>) -> HandlerResult {
    let (words, own) = (operator.words, &operator.words.notices);
    let item = find(&operator, parked_id).await?;
    let content = html! {
        div.title { h1 { (own.one) " " (id_text(parked_id)) } (Pill::charge(words, item.status)) }
        div.two {
            section.card { h2 { (own.decide) } (form(words, &item)) }
            section.card { (item_facts(words, &item)) }
        }
    };
    operator.page(Section::Notices, &format!("{} {parked_id}", own.one), content).await
}

/// The item with this id, if it waits: the first one before the next id.
async fn find(operator: &Operator, parked_id: EntryId) -> Result<ParkedItem, Problem> {
    let list = ListParked { before: parked_id.get().checked_add(1).map(EntryId::new), limit: 1 };
    let found = ask(&operator.state.owners.pay, list).await?.into_iter().next();
    found.filter(|item| item.parked_id == parked_id).ok_or_else(|| Problem::new(Code::NotFound))
}

fn item_facts(words: &Words, item: &ParkedItem) -> Markup {
    let own = &words.notices;
    let order = item.order_id.map_or_else(|| optional_text(words, None), |order| id("/console/orders/", order));
    let payment = item.pay_id.map_or_else(|| optional_text(words, None), |pay| id("/console/payments/", pay));
    facts([
        (own.kind, html! { (super::kind(words, item.kind)) }),
        (words.common.amount, money(item.amount)),
        (own.reason, html! { (item.reason) }),
        (words.common.provider, html! { (item.provider) }),
        (own.trade_no, optional_text(words, item.trade_no.as_deref())),
        (words.common.order, order),
        (words.common.payment, payment),
        (own.known, time(item.create_time)),
    ])
}

/// The decisions that fit a kind of money.
const fn choices(kind: ParkedKind) -> &'static [Choice] {
    match kind {
        ParkedKind::Charge => &[Choice::Refund, Choice::Accept, Choice::Match, Choice::Dismiss],
        ParkedKind::Refund => &[Choice::Retry, Choice::Accept, Choice::Dismiss],
    }
}

const fn name(words: &Words, choice: Choice, kind: ParkedKind) -> &'static str {
    let own = &words.notices;
    match (choice, kind) {
        (Choice::Refund, _) => own.give_back,
        (Choice::Accept, ParkedKind::Charge) => own.accept,
        (Choice::Accept, ParkedKind::Refund) => own.accept_refund,
        (Choice::Match, _) => own.match_order,
        (Choice::Dismiss, _) => own.dismiss,
        (Choice::Retry, _) => own.retry,
    }
}

fn form(words: &Words, item: &ParkedItem) -> Markup {
    let own = &words.notices;
    html! {
        form.fields method="post" action=(format!("/console/notices/{}", item.parked_id)) {
            @for choice in choices(item.kind) {
                label.check {
                    input type="radio" name="decision" value=(choice.word()) required;
                    (name(words, *choice, item.kind))
                }
            }
            @if item.kind == ParkedKind::Charge {
                label { (own.order_id) input name="order_id" inputmode="numeric" pattern="[0-9]+"; }
                label { (words.order.message) input name="message" maxlength="200"; }
            }
            label { (words.order.reason) input name="reason" required maxlength="200"; }
            button { (words.order.preview) }
        }
    }
}

/// The form of a decision.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionForm {
    decision: Choice,
    order_id: Option<OrderId>,
    message: Option<CustomerMessage>,
    reason: Reason,
}

/// `POST /console/notices/{id}`: the preview of a decision.
///
/// # Errors
/// 404; 422 for a bad field, or if the order of a match does not exist.
pub async fn preview(
    operator: Operator,
    PathId(parked_id): PathId<id::Entry>,
    FormBody(form): FormBody<DecisionForm>,
) -> HandlerResult {
    let (words, own) = (operator.words, &operator.words.notices);
    let item = find(&operator, parked_id).await?;
    let DecisionForm { decision, order_id, message, reason } = form;
    let order_id = order_id.filter(|_| decision == Choice::Match);
    if decision == Choice::Match {
        let missing = || FieldError::new("order_id", field_code::REQUIRED, "is required to match a charge");
        matched(&operator.state, order_id.ok_or_else(missing)?).await?;
    }
    let verb = name(words, decision, item.kind);
    let effects = html! {
        (item_facts(words, &item))
        (facts([
            (own.decide, html! { b { (verb) } @if let Some(order) = order_id { " " (id("/console/orders/", order)) } }),
            (words.order.reason, html! { (reason.as_str()) }),
            (words.order.message, optional_text(words, message.as_ref().map(Text::as_str))),
        ]))
    };
    let title = format!("{verb}: {} {parked_id}", own.one);
    let back = format!("/console/notices/{parked_id}");
    let act = Act::Decide { parked_id, choice: decision, order_id, reason, message };
    let question = Question { title: &title, effects, button: verb, back: &back };
    operator.preview(Section::Notices, question, &act).await
}
