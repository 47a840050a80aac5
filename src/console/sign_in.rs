//! `/console/sign-in` and `/console/sign-out`.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER, SET_COOKIE};
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use crate::domain::one_time_code::entered_code;
use crate::domain::status::Role;
use crate::domain::text::{Password, UserName};
use crate::http::extract::body::FormBody;
use crate::http::extract::client::ClientIp;
use crate::http::extract::query::{Filters, optional};
use crate::http::problem::{Code, Problem};
use crate::http::security::second_factor::check::is_wrong_code;
use crate::http::security::sign_in::sign_in;
use crate::http::state::{HandlerResult, State};
use crate::web::component::{Tone, notice};
use crate::web::language::{self, Words, link};
use crate::web::layout::{Document, respond};
use crate::web::redirect::{own_path, see_other};
use crate::web::session::CONSOLE;

/// Query of the page: where to go afterwards.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    #[serde(default, deserialize_with = "optional")]
    next: Option<String>,
}

/// The form.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    user_name: String,
    user_password: String,
    one_time_code: Option<String>,
    next: Option<String>,
}

/// `GET /console/sign-in`
pub async fn show(req: HttpRequest, Filters { query, .. }: Filters<Target>) -> HttpResponse {
    page(language::of(&req), StatusCode::OK, query.next.as_deref(), None)
}

/// `POST /console/sign-in`: begins a session of the administrator and goes to the page that was asked for.
///
/// # Errors
/// 403 if the account is disabled; 503 if too many sign-ins are in progress.
pub async fn submit(
    req: HttpRequest,
    state: web::Data<State>,
    ClientIp(source): ClientIp,
    FormBody(credentials): FormBody<Credentials>,
) -> HandlerResult {
    let words = language::of(&req);
    let Credentials { user_name, user_password, one_time_code, next } = credentials;
    let again = |status, text| Ok(page(words, status, next.as_deref(), Some(text)));
    // A name or a password that no user can have is as wrong as any other.
    let (Ok(name), Ok(password)) = (UserName::try_from(user_name), Password::try_from(user_password)) else {
        return again(StatusCode::UNAUTHORIZED, words.sign_in.wrong);
    };
    let Ok(code) = entered_code(one_time_code) else {
        return again(StatusCode::UNAUTHORIZED, words.sign_in.code_wrong);
    };
    let (caller, token) = match sign_in(&state, name, password, code, source).await {
        Ok(signed_in) => signed_in,
        Err(problem) if problem.code == Code::OneTimeCodeRequired => {
            return again(StatusCode::UNAUTHORIZED, words.sign_in.code_missing);
        }
        Err(problem) if is_wrong_code(&problem) => {
            return again(StatusCode::UNAUTHORIZED, words.sign_in.code_wrong);
        }
        Err(problem) if problem.code == Code::Unauthenticated => {
            return again(StatusCode::UNAUTHORIZED, words.sign_in.wrong);
        }
        Err(problem) if problem.code == Code::TooManySignIns => {
            let mut response = page(words, problem.code.status(), next.as_deref(), Some(words.sign_in.locked));
            if let Some(seconds) = problem.retry_seconds() {
                response.headers_mut().insert(RETRY_AFTER, seconds.into());
            }
            return Ok(response);
        }
        Err(problem) => return Err(problem),
    };
    if caller.role != Role::Admin {
        return again(StatusCode::FORBIDDEN, words.sign_in.not_admin);
    }
    let is_of_console = |path: &&str| *path == CONSOLE.home || path.starts_with("/console/");
    let target = next.as_deref().and_then(own_path).filter(is_of_console).unwrap_or(CONSOLE.home);
    with_cookie(target, &CONSOLE.begin(&state, &caller, &token))
}

/// `POST /console/sign-out`
///
/// # Errors
/// 503.
pub async fn sign_out(req: HttpRequest, state: web::Data<State>) -> HandlerResult {
    CONSOLE.sign_out(&req, &state).await?;
    with_cookie(CONSOLE.sign_in, &CONSOLE.end(&state))
}

fn with_cookie(target: &str, cookie: &str) -> HandlerResult {
    let mut response = see_other(target);
    response.headers_mut().insert(SET_COOKIE, cookie_value(cookie)?);
    Ok(response)
}

/// The value of the header `Set-Cookie`.
///
/// # Errors
/// 500 if it has characters that no header has, which is a bug.
pub fn cookie_value(cookie: &str) -> Result<HeaderValue, Problem> {
    HeaderValue::from_str(cookie).map_err(|_| Problem::new(Code::Internal))
}

fn page(words: &'static Words, status: StatusCode, next: Option<&str>, wrong: Option<&str>) -> HttpResponse {
    let document = Document { words, title: words.sign_in.title, scripts: &[], body: body(words, next, wrong) };
    respond(status, document.markup())
}

fn body(words: &Words, next: Option<&str>, wrong: Option<&str>) -> Markup {
    html! {
        main.alone {
            section.card {
                p.brand { "Tradepost" }
                h1 { (words.sign_in.title) }
                p.soft { (words.sign_in.intro) }
                @if let Some(wrong) = wrong { (notice(Tone::Bad, wrong)) }
                form.fields method="post" action=(CONSOLE.sign_in) {
                    label { (words.sign_in.name)
                        input name="user_name" autocomplete="username" required autofocus;
                    }
                    label { (words.sign_in.password)
                        input name="user_password" type="password" autocomplete="current-password" required;
                    }
                    label { (words.sign_in.code)
                        input name="one_time_code" inputmode="numeric" autocomplete="one-time-code" maxlength="32";
                    }
                    p.soft { (words.sign_in.code_hint) }
                    @if let Some(next) = next { input type="hidden" name="next" value=(next); }
                    button.go { (words.sign_in.submit) }
                }
            }
            p { a href=(link(words.other(), CONSOLE.sign_in)) lang=(words.other().code) { (words.other().name) } }
        }
    }
}
