//! `/console/second-factor`: the second factor of the administrator who is signed in.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{RETRY_AFTER, SET_COOKIE};
use maud::{Markup, html};
use serde::Deserialize;

use super::menu::Section;
use super::operator::{Enrolling, Operator};
use super::sign_in::cookie_value;
use crate::actor::task::ask;
use crate::domain::one_time_code::OneTimeCode;
use crate::domain::text::Password;
use crate::http::extract::body::FormBody;
use crate::http::extract::client::ClientIp;
use crate::http::extract::query::DONE;
use crate::http::problem::{Code, Problem, field_code};
use crate::http::security::second_factor::change::{self, Enrolment, NewSession};
use crate::http::security::second_factor::check::{code_error, is_wrong_code};
use crate::http::state::HandlerResult;
use crate::user::message::second_factor::FindSecondFactor;
use crate::user::message::session::FindState;
use crate::web::component::{Tone, facts, notice, qr_code, time};
use crate::web::language::Words;
use crate::web::layout::{Document, respond};
use crate::web::redirect::see_other;
use crate::web::session::{CONSOLE, SECOND_FACTOR};

/// The form to begin.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Begin {
    user_password: String,
}

/// The form to confirm.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    one_time_code: String,
}

/// The form to remove.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remove {
    user_password: String,
    one_time_code: String,
}

/// `GET /console/second-factor`
///
/// # Errors
/// 503.
pub async fn show(Enrolling(operator): Enrolling) -> HandlerResult {
    let content = present(&operator, None).await?;
    page(&operator, StatusCode::OK, content).await
}

/// `POST /console/second-factor/enrol`: the page with the secret.
///
/// # Errors
/// 409 if there is a second factor; 503.
pub async fn enrol(
    Enrolling(operator): Enrolling,
    ClientIp(source): ClientIp,
    FormBody(Begin { user_password }): FormBody<Begin>,
) -> HandlerResult {
    let own = &operator.words.second_factor;
    let user_id = operator.session.grant.caller.user_id;
    let Ok(password) = Password::try_from(user_password) else {
        return again(&operator, StatusCode::UNPROCESSABLE_ENTITY, own.wrong_password).await;
    };
    match change::enrol(&operator.state, user_id, password, source).await {
        Ok(enrolment) => page(&operator, StatusCode::OK, offer(operator.words, &enrolment)).await,
        Err(problem) => refused(&operator, problem).await,
    }
}

/// `POST /console/second-factor/confirm`: the page with the recovery codes. The session goes on under a new token.
///
/// # Errors
/// 409 if there is a second factor; 503.
pub async fn confirm(
    Enrolling(mut operator): Enrolling,
    FormBody(Confirm { one_time_code }): FormBody<Confirm>,
) -> HandlerResult {
    let user_id = operator.session.grant.caller.user_id;
    let confirmed = match OneTimeCode::try_from(one_time_code) {
        Ok(code) => change::confirm(&operator.state, user_id, &code).await,
        Err(_) => Err(code_error().into()),
    };
    match confirmed {
        Ok((codes, session)) => {
            operator.session.grant.needs_second_factor = false;
            let content = added(operator.words, &codes);
            with_session(&operator, page(&operator, StatusCode::OK, content).await?, &session)
        }
        Err(problem) if is_wrong_code(&problem) => {
            let own = &operator.words.second_factor;
            let content = html! {
                (notice(Tone::Bad, own.wrong))
                (confirm_form(operator.words))
                p { a href=(SECOND_FACTOR) { (own.begin) } }
            };
            page(&operator, problem.code.status(), content).await
        }
        Err(problem) => Err(problem),
    }
}

/// `POST /console/second-factor/remove`
///
/// # Errors
/// 503.
pub async fn remove(
    Enrolling(operator): Enrolling,
    ClientIp(source): ClientIp,
    FormBody(Remove { user_password, one_time_code }): FormBody<Remove>,
) -> HandlerResult {
    let own = &operator.words.second_factor;
    let user_id = operator.session.grant.caller.user_id;
    let (Ok(password), Ok(code)) = (Password::try_from(user_password), OneTimeCode::try_from(one_time_code)) else {
        return again(&operator, StatusCode::UNPROCESSABLE_ENTITY, own.wrong).await;
    };
    match change::remove(&operator.state, user_id, password, code, source).await {
        Ok(session) => with_session(&operator, see_other(&format!("{SECOND_FACTOR}?{DONE}=1")), &session),
        Err(problem) => refused(&operator, problem).await,
    }
}

/// The page again after a refusal that the administrator can mend.
async fn refused(operator: &Operator, problem: Problem) -> HandlerResult {
    let words = operator.words;
    let is_of = |code| problem.errors().iter().any(|error| error.code == code);
    let text = match problem.code {
        Code::TooManySignIns => words.sign_in.locked,
        _ if is_of(field_code::WRONG_PASSWORD) => words.second_factor.wrong_password,
        _ if is_wrong_code(&problem) => words.second_factor.wrong,
        _ => return Err(problem),
    };
    let mut response = again(operator, problem.code.status(), text).await?;
    if let Some(seconds) = problem.retry_seconds() {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    Ok(response)
}

async fn again(operator: &Operator, status: StatusCode, text: &str) -> HandlerResult {
    let content = present(operator, Some(text)).await?;
    page(operator, status, content).await
}

fn with_session(operator: &Operator, mut response: HttpResponse, session: &NewSession) -> HandlerResult {
    let cookie = CONSOLE.begin(&operator.state, &session.caller, &session.token);
    response.headers_mut().insert(SET_COOKIE, cookie_value(&cookie)?);
    Ok(response)
}

/// A page in the frame of the console; without it for an administrator who may not see the rest yet.
async fn page(operator: &Operator, status: StatusCode, content: Markup) -> HandlerResult {
    let title = operator.words.second_factor.title;
    let content = html! { div.title { h1 { (title) } } section.card.narrow { (content) } };
    if !operator.session.grant.needs_second_factor {
        let mut response = operator.page(Section::SecondFactor, title, content).await?;
        *response.status_mut() = status;
        return Ok(response);
    }
    let body = html! {
        main.alone {
            (content)
            form method="post" action="/console/sign-out" { button { (operator.words.frame.sign_out) } }
        }
    };
    Ok(respond(status, Document { words: operator.words, title, scripts: &[], body }.markup()))
}

/// The second factor as it is now, and the form for what can be done. `wrong` says why it was not done before.
async fn present(operator: &Operator, wrong: Option<&str>) -> Result<Markup, Problem> {
    let (words, own) = (operator.words, &operator.words.second_factor);
    let user_id = operator.session.grant.caller.user_id;
    let account = ask(&operator.state.owners.user, FindState { user_id }).await?;
    let since = account.and_then(|account| account.second_factor_time);
    let found = ask(&operator.state.owners.user, FindSecondFactor { user_id }).await?;
    let left = found.map_or(0, |found| found.recovery_codes);
    Ok(html! {
        @if let Some(wrong) = wrong { (notice(Tone::Bad, wrong)) }
        p { (own.intro) }
        @if let Some(since) = since {
            (facts([(own.since, time(since)), (own.left, html! { (left) })]))
            h2 { (own.remove) }
            p.soft { (own.remove_effect) }
            form.fields method="post" action="/console/second-factor/remove" {
                (password_field(words))
                (code_field(words))
                button { (own.remove) }
            }
        } @else {
            @if operator.session.grant.needs_second_factor { p { b { (own.required) } } }
            form.fields method="post" action="/console/second-factor/enrol" {
                (password_field(words))
                button.go { (own.begin) }
            }
        }
    })
}

fn password_field(words: &Words) -> Markup {
    html! {
        label { (words.second_factor.password)
            input name="user_password" type="password" autocomplete="current-password" required;
        }
    }
}

fn code_field(words: &Words) -> Markup {
    html! {
        label { (words.second_factor.code)
            input name="one_time_code" inputmode="numeric" autocomplete="one-time-code" maxlength="32" required;
        }
    }
}

/// The secret, and the form that confirms it.
fn offer(words: &Words, enrolment: &Enrolment) -> Markup {
    let own = &words.second_factor;
    html! {
        p { (own.scan) }
        @if let Some(picture) = qr_code(&enrolment.uri, own.picture) { (picture) }
        p { (own.by_hand) " " code { (enrolment.secret) } }
        (confirm_form(words))
    }
}

fn confirm_form(words: &Words) -> Markup {
    let own = &words.second_factor;
    html! {
        p { (own.then) }
        form.fields method="post" action="/console/second-factor/confirm" {
            (code_field(words))
            button.go { (own.confirm) }
        }
    }
}

fn added(words: &Words, codes: &[String]) -> Markup {
    let own = &words.second_factor;
    html! {
        (notice(Tone::Good, own.added))
        h2 { (own.recovery) }
        p { (own.keep) }
        ul { @for code in codes { li { code { (code) } } } }
        p { a.button.go href=(CONSOLE.home) { (own.go_on) } }
    }
}
