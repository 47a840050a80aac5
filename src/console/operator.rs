//! The administrator who looks at a page.

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use maud::{Markup, html};
use serde::Serialize;

use super::frame::Frame;
use super::menu::Section;
use crate::domain::status::Role;
use crate::http::extract::auth::{self, Admin};
use crate::http::problem::{Code, Problem};
use crate::http::state::{HandlerResult, State, state};
use crate::web::asset::Asset;
use crate::web::component::{Tone, notice};
use crate::web::language::{self, Words};
use crate::web::layout::{Document, respond};
use crate::web::preview;
use crate::web::session::{CONSOLE, Session};

/// The administrator, signed in, and what a page needs to be written. A handler that takes it is for the administrator
/// only; all other visitors get a problem.
pub struct Operator {
    /// The administrator.
    pub admin: Admin,
    /// The session.
    pub session: Session,
    /// Dependencies of the handlers.
    pub state: web::Data<State>,
    /// Language of the page.
    pub words: &'static Words,
    /// Path and query of the page.
    pub place: String,
}

/// An [`Operator`] who may still have to add a second factor. Only the pages for that take it.
pub struct Enrolling(pub Operator);

impl FromRequest for Operator {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let enrolling = Enrolling::from_request(req, payload);
        Box::pin(async move {
            let Enrolling(operator) = enrolling.await?;
            auth::admin(&operator.session.grant)?;
            Ok(operator)
        })
    }
}

impl FromRequest for Enrolling {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move {
            let state = state(&req)?;
            let session = CONSOLE.session(&req, &state).await?.ok_or_else(|| Problem::new(Code::Unauthenticated))?;
            let caller = session.grant.caller;
            if caller.role != Role::Admin {
                return Err(Problem::new(Code::Forbidden));
            }
            let admin = Admin(caller.user_id);
            let place = req.uri().path_and_query().map_or("/console", |path| path.as_str()).to_owned();
            Ok(Self(Operator { admin, session, state, words: language::of(&req), place }))
        })
    }
}

/// The question of a preview, and what is shown with it.
pub struct Question<'a> {
    /// Title of the page, which names the act and its object.
    pub title: &'a str,
    /// The effects of the act.
    pub effects: Markup,
    /// Text of the button that executes the act.
    pub button: &'a str,
    /// Page to return to.
    pub back: &'a str,
}

impl Operator {
    /// The answer with a page: its entry in the menu, its title and its content.
    ///
    /// # Errors
    /// None at present.
    pub async fn page(&self, section: Section, title: &str, content: Markup) -> HandlerResult {
        self.page_with(section, title, &[], content).await
    }

    /// Like [`Self::page`], with scripts for live parts.
    ///
    /// # Errors
    /// None at present.
    pub async fn page_with(&self, section: Section, title: &str, scripts: &[&Asset], content: Markup) -> HandlerResult {
        let frame = Frame { state: &self.state, words: self.words, place: &self.place, section };
        let body = frame.around(content).await;
        Ok(respond(StatusCode::OK, Document { words: self.words, title, scripts, body }.markup()))
    }

    /// The answer with the preview of `act`, a variant of the acts of the console.
    ///
    /// # Errors
    /// 500 if the act cannot be serialised, which is a bug.
    pub async fn preview(&self, section: Section, question: Question<'_>, act: &impl Serialize) -> HandlerResult {
        let Question { title, effects, button, back } = question;
        let token = preview::seal(&self.state, &self.session, act)?;
        let content = html! {
            div.title { h1 { (title) } }
            section.card.narrow {
                (notice(Tone::Info, self.words.act.nothing_yet))
                (effects)
                form.acts method="post" action="/console/act" {
                    input type="hidden" name="token" value=(token);
                    button.go { (button) }
                    a.button href=(back) { (self.words.act.back) }
                }
            }
        };
        self.page(section, title, content).await
    }
}
