//! `/console/sandbox`: what customers do at the platform, with the faults that a real one has, and its books beside ours.

use actix_web::middleware::from_fn;
use actix_web::web::{Data, ServiceConfig, get, post, scope};
use maud::{Markup, html};
use serde::Deserialize;

use crate::actor::task::ask;
use crate::console::menu::Section;
use crate::console::operator::Operator;
use crate::console::route::guarded;
use crate::domain::id;
use crate::http::extract::body::FormBody;
use crate::http::extract::path::PathId;
use crate::http::problem::Problem;
use crate::http::state::HandlerResult;
use crate::pay::message::{ListAll, Payment};
use crate::sandbox::Platform;
use crate::sandbox::message::{Callbacks, Copies, Delay, Tamper};
use crate::sandbox::trade::{Status, Trade};
use crate::web::component::{Column, Pill, Tone, id, money, table};
use crate::web::language::{Sandbox as Own, Words};
use crate::web::redirect::see_other;

const PATH: &str = "/console/sandbox";
/// Number of payments on the page: the latest ones.
const SHOWN: i64 = 20;
/// The delay of a callback that is sent late.
const DELAY_MS: u16 = 5_000;

/// Registers the page. It must come before the other pages of the console, whose scope would answer it with 404.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(scope(PATH).wrap(from_fn(guarded)).route("", get().to(show)).route("/{id}", post().to(act)));
}

/// `GET /console/sandbox`
async fn show(operator: Operator, platform: Data<Platform>) -> HandlerResult {
    let (words, own) = (operator.words, &operator.words.sandbox);
    let list = ListAll { status: None, order_id: None, before: None, limit: SHOWN };
    let mut rows = Vec::new();
    for payment in ask(&operator.state.owners.pay, list).await? {
        if let Some(trade) = platform.find(payment.pay_id.to_string()).await? {
            rows.push(row(words, &payment, &trade));
        }
    }
    let columns = [
        Column::Text(words.common.payment),
        Column::Text(own.ours),
        Column::Text(own.theirs),
        Column::Number(words.common.amount),
        Column::Number(own.charged),
        Column::Number(own.refunded),
        Column::Text(own.callbacks),
        Column::Text(own.act),
    ];
    let content = html! {
        div.title { h1 { (own.title) } }
        section.card { p.soft { (own.intro) } (table(words, &columns, rows)) }
    };
    operator.page(Section::Sandbox, own.title, content).await
}

fn row(words: &Words, payment: &Payment, trade: &Trade) -> Vec<Markup> {
    let callbacks: Vec<String> = trade.deliveries.iter().map(|attempt| attempt.status_code.to_string()).collect();
    let theirs = match trade.status {
        Status::Open => Pill(Tone::Waiting, words.states.unpaid),
        Status::Paid => Pill(Tone::Good, words.states.paid),
        Status::Declined | Status::Closed => Pill(Tone::Quiet, words.states.closed),
    };
    vec![
        id("/console/payments/", payment.pay_id),
        html! { (Pill::payment(words, payment.status)) },
        html! { (theirs) },
        money(trade.amount),
        money(trade.charged),
        money(trade.refunded),
        html! { (callbacks.join(" ")) },
        form(&words.sandbox, payment, trade),
    ]
}

/// The switches of one trade.
fn form(own: &Own, payment: &Payment, trade: &Trade) -> Markup {
    let possible = Deed::ALL.iter().filter(|deed| deed.is_possible(trade.status));
    html! {
        form.filters method="post" action=(format!("{PATH}/{}", payment.pay_id)) {
            select name="deed" aria-label=(own.act) {
                @for deed in possible { option value=(deed.word()) { (deed.name(own)) } }
            }
            button { (own.go) }
        }
    }
}

/// Something that happens at the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Deed {
    Pay,
    Lose,
    Twice,
    Delay,
    Signature,
    Amount,
    Order,
    Merchant,
    Timestamp,
    Decline,
    Close,
}

impl Deed {
    const ALL: [Self; 11] = [
        Self::Pay,
        Self::Lose,
        Self::Twice,
        Self::Delay,
        Self::Signature,
        Self::Amount,
        Self::Order,
        Self::Merchant,
        Self::Timestamp,
        Self::Decline,
        Self::Close,
    ];

    /// The word in forms, and the name in a language.
    const fn row(self, own: &Own) -> (&'static str, &'static str) {
        match self {
            Self::Pay => ("pay", own.pay),
            Self::Lose => ("lose", own.lose),
            Self::Twice => ("twice", own.twice),
            Self::Delay => ("delay", own.delay),
            Self::Signature => ("signature", own.signature),
            Self::Amount => ("amount", own.wrong_amount),
            Self::Order => ("order", own.wrong_order),
            Self::Merchant => ("merchant", own.wrong_merchant),
            Self::Timestamp => ("timestamp", own.timestamp),
            Self::Decline => ("decline", own.decline),
            Self::Close => ("close", own.close),
        }
    }

    const fn word(self) -> &'static str {
        self.row(&crate::web::language::ENGLISH.sandbox).0
    }

    const fn name(self, own: &Own) -> &'static str {
        self.row(own).1
    }

    /// Whether a trade in this state allows it. A trade that is paid sends its callbacks again.
    const fn is_possible(self, status: Status) -> bool {
        match status {
            Status::Open => true,
            Status::Paid => !matches!(self, Self::Decline | Self::Close),
            Status::Declined | Status::Closed => false,
        }
    }

    /// The callbacks of a payment; `None` if the customer does not pay.
    fn callbacks(self) -> Option<Callbacks> {
        let none = Callbacks::default();
        let tampered = |tamper| Some(Callbacks { tamper: Some(tamper), ..none });
        match self {
            Self::Pay => Some(none),
            Self::Lose => Some(Callbacks { lose: true, ..none }),
            Self::Twice => Copies::try_from(2).ok().map(|copies| Callbacks { copies, concurrent: true, ..none }),
            Self::Delay => Some(Callbacks { delay_ms: Delay::from_millis(DELAY_MS), ..none }),
            Self::Signature => tampered(Tamper::Signature),
            Self::Amount => tampered(Tamper::Amount),
            Self::Order => tampered(Tamper::Order),
            Self::Merchant => tampered(Tamper::Merchant),
            Self::Timestamp => tampered(Tamper::Timestamp),
            Self::Decline | Self::Close => None,
        }
    }
}

/// The form of a trade.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeedForm {
    deed: Deed,
}

/// `POST /console/sandbox/{id}`: has no preview, because no money moves.
async fn act(
    _: Operator,
    platform: Data<Platform>,
    PathId(pay_id): PathId<id::Pay>,
    FormBody(DeedForm { deed }): FormBody<DeedForm>,
) -> HandlerResult {
    let number = pay_id.to_string();
    let outcome = match deed.callbacks() {
        Some(callbacks) => platform.pay(number, callbacks).await?,
        None if deed == Deed::Decline => platform.decline(number).await?,
        None => platform.close(number).await?,
    };
    outcome.map_err(Problem::from)?;
    Ok(see_other(&format!("{PATH}?done=1")))
}
