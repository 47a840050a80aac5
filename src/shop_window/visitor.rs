//! The visitor of a page, and the frame of every page of the shop window.

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use futures_util::future::LocalBoxFuture;
use maud::{Markup, html};

use super::basket::Basket;
use crate::actor::task::ask;
use crate::http::problem::{Code, Problem};
use crate::http::state::{Coordinator, State, coordinator, state};
use crate::user;
use crate::user::message::User;
use crate::web::asset;
use crate::web::language::{self, Words, link};
use crate::web::layout::{Document, respond};
use crate::web::session::{SHOP, Session};

/// The other parts that the server of the page serves.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings {
    /// Whether the console is at the same address.
    pub has_console: bool,
}

/// A visitor, signed in or not, and what a page needs to be written.
#[derive(Clone)]
pub struct Visitor {
    /// Dependencies of the handlers.
    pub state: web::Data<State>,
    /// Prices and places orders.
    pub coordinator: Coordinator,
    /// Language of the page.
    pub words: &'static Words,
    /// The session and the account; `None` for a visitor who is not signed in.
    pub account: Option<(Session, User)>,
    /// The basket.
    pub basket: Basket,
    /// Whether the console is at the same address.
    pub has_console: bool,
    /// Path and query of the page.
    pub place: String,
}

impl FromRequest for Visitor {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move {
            let (state, coordinator) = (state(&req)?, coordinator(&req)?);
            let session = match SHOP.session(&req, &state).await {
                // The session has ended: the visitor is a guest again.
                Err(problem) if problem.code == Code::Unauthenticated => None,
                session => session?,
            };
            let account = match session {
                None => None,
                Some(session) => {
                    let find = user::message::Find { user_id: session.grant.caller.user_id };
                    ask(&state.owners.user, find).await?.map(|user| (session, user))
                }
            };
            let has_console = req.app_data::<web::Data<Surroundings>>().is_some_and(|around| around.has_console);
            let place = req.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
            let (words, basket) = (language::of(&req), Basket::of(&req, &state));
            Ok(Self { state, coordinator, words, account, basket, has_console, place })
        })
    }
}

/// A visitor who is signed in.
pub struct Buyer {
    /// The visitor.
    pub visitor: Visitor,
    /// The session.
    pub session: Session,
    /// The account.
    pub user: User,
}

impl FromRequest for Buyer {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let visitor = Visitor::from_request(req, payload);
        Box::pin(async move {
            let visitor = visitor.await?;
            let (session, user) = visitor.account.clone().ok_or_else(|| Problem::new(Code::Unauthenticated))?;
            Ok(Self { visitor, session, user })
        })
    }
}

impl Visitor {
    /// The response with a page of the shop window.
    #[must_use]
    pub fn page(&self, status: StatusCode, title: &str, content: Markup) -> HttpResponse {
        let other = self.words.other();
        let switch = html! {
            a href=(link(other, &self.place)) lang=(other.code) hreflang=(other.code) { (other.name) }
        };
        self.page_with(status, title, switch, content)
    }

    /// The response with a page that has a switch of the language of its own.
    #[must_use]
    pub fn page_with(&self, status: StatusCode, title: &str, switch: Markup, content: Markup) -> HttpResponse {
        let body = html! {
            link rel="stylesheet" href=(asset::SHOP.path);
            a.skip href="#content" { (self.words.shop.skip) }
            div.shop {
                (self.header(&switch))
                main #content tabindex="-1" { (content) }
                (self.footer())
            }
        };
        let scripts = [&*asset::HTMX, &*asset::PAY];
        respond(status, Document { words: self.words, title, scripts: &scripts, body }.markup())
    }

    fn header(&self, switch: &Markup) -> Markup {
        let (texts, purchase) = (&self.words.shop, &self.words.purchase);
        let units = self.basket.units();
        let entry = |path: &str, text: Markup| {
            let here = self.place.split('?').next() == Some(path);
            html! { a href=(path) aria-current=[here.then_some("page")] { (text) } }
        };
        html! {
            header {
                a.brand href="/" { "Tradepost" }
                nav aria-label=(texts.menu) {
                    (entry("/", html! { (texts.goods) }))
                    (entry("/basket", html! {
                        (texts.basket)
                        @if units > 0 { span.count aria-label=((texts.basket_units)(units)) role="img" { (units) } }
                    }))
                    @if let Some((_, user)) = &self.account {
                        (entry("/orders", html! { (purchase.orders) }))
                        (entry("/account", html! { (user.user_name) }))
                        form method="post" action="/sign-out" { button.link { (texts.sign_out) } }
                    } @else {
                        (entry("/sign-in", html! { (texts.sign_in) }))
                    }
                    (switch)
                }
            }
        }
    }

    fn footer(&self) -> Markup {
        let texts = &self.words.shop;
        html! {
            footer {
                p { (texts.demo) }
                @if self.has_console { a href="/console" { (texts.console) } }
                a href="/docs" { (texts.api) }
            }
        }
    }
}
