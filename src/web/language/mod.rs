//! The words of the pages in English and Chinese. Each part of the pages has a struct with a field for every text, and a
//! constant for each language, side by side in one file.

mod act;
mod actors;
mod api_key;
mod audit;
mod chinese;
mod common;
mod coupon;
pub mod customer;
mod english;
mod events;
mod failure;
mod frame;
mod goods;
mod journal;
mod messages;
mod node;
mod notices;
mod order;
mod orders;
mod overview;
mod pay_page;
mod payment;
mod purchase;
mod reconcile;
mod refund;
mod sagas;
mod sandbox;
mod search;
mod second_factor;
mod setting;
mod shop;
mod sign_in;
mod state;
mod webhook;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

pub use act::Act;
pub use actors::Actors;
pub use api_key::ApiKeys;
pub use audit::Audit;
pub use chinese::CHINESE;
pub use common::Common;
pub use coupon::Coupons;
pub use customer::Customers;
pub use english::ENGLISH;
pub use events::Events;
pub use failure::Failure;
pub use frame::Frame;
pub use goods::Goods;
pub use journal::Journal;
pub use messages::Messages;
pub use node::Nodes;
pub use notices::Notices;
pub use order::Order;
pub use orders::Orders;
pub use overview::Overview;
pub use pay_page::PayPage;
pub use payment::Payments;
pub use purchase::Purchase;
pub use reconcile::Reconcile;
pub use refund::Refunds;
pub use sagas::Sagas;
pub use sandbox::Sandbox;
pub use search::Search;
pub use second_factor::SecondFactor;
pub use setting::Settings;
pub use shop::Shop;
pub use sign_in::SignIn;
pub use state::States;
pub use webhook::Webhooks;

use super::cookie::{self, Cookie, Name, SameSite};
use super::redirect::{own_path, see_other};
use crate::http::extract::query::{Query, optional};
use crate::http::problem::{Code, Problem};
use crate::http::state::{HandlerResult, State, state};

const COOKIE: Name = Name::new("lang", "__Host-lang");
const YEAR_S: u64 = 365 * 24 * 3600;

/// All words of one language.
#[derive(Debug)]
pub struct Words {
    /// The language as HTML names it.
    pub code: &'static str,
    /// The language in its own words, for the link to it.
    pub name: &'static str,
    /// Words of many pages.
    pub common: Common,
    /// Names of states.
    pub states: States,
    /// Menu and header of the console.
    pub frame: Frame,
    /// The page to sign in.
    pub sign_in: SignIn,
    /// The page of the second factor.
    pub second_factor: SecondFactor,
    /// Pages of errors.
    pub failure: Failure,
    /// Pages of a payment.
    pub pay_page: PayPage,
    /// Orders of a customer.
    pub purchase: Purchase,
    /// The shop window.
    pub shop: Shop,
    /// The list of orders.
    pub orders: Orders,
    /// Previews and acts.
    pub act: Act,
    /// The page of one order.
    pub order: Order,
    /// The first page of the console.
    pub overview: Overview,
    /// The page of the actors.
    pub actors: Actors,
    /// The page of the messages.
    pub messages: Messages,
    /// The page of the sagas.
    pub sagas: Sagas,
    /// The page of the audit.
    pub audit: Audit,
    /// Kinds of events in the timeline of an order, and their facts.
    pub events: Events,
    /// The list of payments and the page of one payment.
    pub payment: Payments,
    /// The list of refunds and the page of one refund.
    pub refund: Refunds,
    /// The page of money and notifications that wait for an operator.
    pub notices: Notices,
    /// The list of what operators did.
    pub journal: Journal,
    /// The pages of goods.
    pub goods: Goods,
    /// The list of coupons.
    pub coupon: Coupons,
    /// The pages of customers.
    pub customer: Customers,
    /// The search of the console.
    pub search: Search,
    /// The comparison with the statements of platforms.
    pub reconcile: Reconcile,
    /// The nodes that share the stores.
    pub node: Nodes,
    /// The settings in effect.
    pub setting: Settings,
    /// API keys.
    pub api_key: ApiKeys,
    /// The pages of webhooks.
    pub webhook: Webhooks,
    /// The built-in payment platform.
    pub sandbox: Sandbox,
}

/// All languages.
pub static ALL: [&Words; 2] = [&ENGLISH, &CHINESE];

impl Words {
    /// The other language, for the switch.
    #[must_use]
    pub fn other(&self) -> &'static Self {
        if self.code == ENGLISH.code { &CHINESE } else { &ENGLISH }
    }
}

/// The language of a request: that of the cookie, or else the one that the browser likes best, or else English.
#[must_use]
pub fn of(req: &HttpRequest) -> &'static Words {
    let accepted = || {
        let lines = req.headers().get_all(header::ACCEPT_LANGUAGE).filter_map(|line| line.to_str().ok());
        preferred(&lines.collect::<Vec<_>>().join(","))
    };
    let kept = state(req).ok().and_then(|state| by_code(cookie::read(req, COOKIE.at(&state))?));
    kept.unwrap_or_else(accepted)
}

/// The language that an `Accept-Language` header likes best. Of those that it likes alike, the first.
fn preferred(accept: &str) -> &'static Words {
    let mut best: (&'static Words, f32) = (&ENGLISH, 0.0);
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let primary = parts.next().unwrap_or_default().split('-').next().unwrap_or_default().to_ascii_lowercase();
        let quality = parts.find_map(|part| part.strip_prefix("q=")).map_or(Ok(1.0), str::parse).unwrap_or(0.0);
        let known = ALL.into_iter().find(|words| words.code.split('-').next() == Some(primary.as_str()));
        if let Some(words) = known.filter(|_| quality > best.1) {
            best = (words, quality);
        }
    }
    best.0
}

/// Query of the switch: the page to return to.
#[derive(Debug, Deserialize)]
pub struct Switch {
    #[serde(default, deserialize_with = "optional")]
    page: Option<String>,
}

/// The link to the page `place` in the language `words`.
#[must_use]
pub fn link(words: &Words, place: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("page", place).finish();
    format!("/language/{}?{query}", words.code)
}

/// `GET /language/{code}`: keeps the language in a cookie and returns to the page.
///
/// # Errors
/// 404 for any other language.
pub async fn switch(state: web::Data<State>, code: web::Path<String>, Query(to): Query<Switch>) -> HandlerResult {
    let words = by_code(&code).ok_or_else(|| Problem::new(Code::NotFound))?;
    keep(&state, words, see_other(to.page.as_deref().and_then(own_path).unwrap_or("/")))
}

/// The language with this code.
#[must_use]
pub fn by_code(code: &str) -> Option<&'static Words> {
    ALL.into_iter().find(|words| words.code == code)
}

/// The response with the cookie that keeps the language.
///
/// # Errors
/// 500 if the cookie has characters that no header has, which is a bug.
pub fn keep(state: &State, words: &Words, mut response: HttpResponse) -> HandlerResult {
    let is_secure = state.is_https();
    let cookie =
        Cookie { name: COOKIE.at(state), value: words.code, max_age: YEAR_S, same_site: SameSite::Lax, is_secure }
            .header();
    let value = header::HeaderValue::try_from(cookie).map_err(|_| Problem::new(Code::Internal))?;
    response.headers_mut().insert(header::SET_COOKIE, value);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_that_the_browser_likes_best_is_chosen() {
        for (accept, code) in [
            ("", "en"),
            ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
            ("en-GB,en;q=0.9,zh;q=0.8", "en"),
            ("fr, zh;q=0.3", "zh-CN"),
            ("de", "en"),
            ("zh;q=0, en;q=0.1", "en"),
            ("ZH-Hant-TW", "zh-CN"),
            ("zh;q=x", "en"),
        ] {
            assert_eq!(preferred(accept).code, code, "{accept}");
        }
    }

    #[test]
    fn no_text_is_left_in_english_by_mistake() {
        let chinese = format!("{CHINESE:?}");
        let texts = chinese.split('"').skip(1).step_by(2);
        // Names and codes are the same in both languages.
        let same = ["zh-CN", "CSV"];
        let missing: Vec<&str> =
            texts.filter(|text| text.is_ascii() && !same.contains(text) && !text.is_empty()).collect();
        assert!(missing.is_empty(), "not in Chinese: {missing:?}");
    }
}
