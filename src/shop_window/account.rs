//! Signing in and out, registering, and the account.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER, SET_COOKIE};
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use super::visitor::{Buyer, Visitor};
use crate::actor::task::ask;
use crate::coupon::message::{Coupon, List};
use crate::domain::money::CURRENCY;
use crate::domain::one_time_code::entered_code;
use crate::domain::status::CouponUse;
use crate::domain::text::{Password, UserName};
use crate::http::extract::body::FormBody;
use crate::http::extract::client::ClientIp;
use crate::http::extract::query::{Filters, optional};
use crate::http::problem::{Code, Problem, field_code};
use crate::http::security::second_factor::check::{code_error, is_wrong_code};
use crate::http::security::sign_in::sign_in as sign_in_with;
use crate::http::security::token::Caller;
use crate::http::shop::user;
use crate::http::state::{HandlerResult, State};
use crate::web::component::{Pill, Tone, money};
use crate::web::language::Words;
use crate::web::redirect::{own_path, see_other};
use crate::web::session::SHOP;

/// The most coupons that are shown.
const COUPONS_MAX: i64 = 100;

/// Query of the pages: where to go afterwards.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    #[serde(default, deserialize_with = "optional")]
    next: Option<String>,
}

/// The form of both pages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    user_name: Option<String>,
    user_password: Option<String>,
    one_time_code: Option<String>,
    next: Option<String>,
}

/// One of the two pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    SignIn,
    Register,
}

/// Faults of the form, each at its field.
#[derive(Debug, Clone, Copy, Default)]
struct Wrong {
    above: Option<&'static str>,
    name: Option<&'static str>,
    password: Option<&'static str>,
    /// Whether the account needs a one-time code, so that there is a field for it.
    needs_code: bool,
}

/// `GET /sign-in`
pub async fn sign_in_page(visitor: Visitor, Filters { query, .. }: Filters<Target>) -> HttpResponse {
    page(&visitor, StatusCode::OK, Way::SignIn, query.next.as_deref(), "", Wrong::default())
}

/// `GET /register`
pub async fn register_page(visitor: Visitor, Filters { query, .. }: Filters<Target>) -> HttpResponse {
    page(&visitor, StatusCode::OK, Way::Register, query.next.as_deref(), "", Wrong::default())
}

/// `POST /sign-in`: begins a session and goes to the page that was asked for.
///
/// # Errors
/// 503 if too many sign-ins are in progress.
pub async fn sign_in(
    visitor: Visitor,
    ClientIp(source): ClientIp,
    FormBody(form): FormBody<Credentials>,
) -> HandlerResult {
    let Credentials { user_name, user_password, one_time_code, next } = form;
    let (entered, code) = (user_name.unwrap_or_default(), entered_code(one_time_code));
    // A name or a password that no user can have is as wrong as any other.
    let valid =
        UserName::try_from(entered.clone()).ok().zip(user_password.and_then(|text| Password::try_from(text).ok()));
    let signed_in = match (valid, code) {
        (Some((name, password)), Ok(code)) => sign_in_with(&visitor.state, name, password, code, source).await,
        (Some(_), Err(_)) => Err(code_error().into()),
        (None, _) => Err(Problem::new(Code::Unauthenticated)),
    };
    let texts = &visitor.words.sign_in;
    match signed_in {
        Ok((caller, token)) => begin(&visitor.state, next.as_deref(), &caller, &token),
        Err(problem) if problem.code == Code::OneTimeCodeRequired || is_wrong_code(&problem) => {
            let above = if is_wrong_code(&problem) { texts.code_wrong } else { texts.code_missing };
            let wrong = Wrong { above: Some(above), needs_code: true, ..Wrong::default() };
            Ok(page(&visitor, StatusCode::UNPROCESSABLE_ENTITY, Way::SignIn, next.as_deref(), &entered, wrong))
        }
        Err(problem) if problem.code == Code::Unauthenticated => {
            let wrong = Wrong { above: Some(visitor.words.shop.wrong_password), ..Wrong::default() };
            Ok(page(&visitor, StatusCode::UNPROCESSABLE_ENTITY, Way::SignIn, next.as_deref(), &entered, wrong))
        }
        Err(problem) if problem.code == Code::TooManySignIns => {
            let wrong = Wrong { above: Some(texts.locked), ..Wrong::default() };
            let status = problem.code.status();
            let mut response = page(&visitor, status, Way::SignIn, next.as_deref(), &entered, wrong);
            if let Some(seconds) = problem.retry_seconds() {
                response.headers_mut().insert(RETRY_AFTER, seconds.into());
            }
            Ok(response)
        }
        Err(problem) => Err(problem),
    }
}

/// `POST /register`: registers a customer and begins a session.
///
/// # Errors
/// 503 if too many passwords are being hashed.
pub async fn register(
    visitor: Visitor,
    ClientIp(source): ClientIp,
    FormBody(form): FormBody<Credentials>,
) -> HandlerResult {
    let Credentials { user_name, user_password, next, .. } = form;
    let (texts, entered) = (&visitor.words.shop, user_name.unwrap_or_default());
    let again =
        |wrong| page(&visitor, StatusCode::UNPROCESSABLE_ENTITY, Way::Register, next.as_deref(), &entered, wrong);
    let name = UserName::try_from(entered.clone());
    let password = Password::try_from(user_password.unwrap_or_default());
    let (Ok(name), Ok(password)) = (&name, &password) else {
        return Ok(again(Wrong {
            above: None,
            name: name.is_err().then_some(texts.name_rule),
            password: password.is_err().then_some(texts.password_rule),
            needs_code: false,
        }));
    };
    match user::create(&visitor.state, None, name.clone(), password.clone(), None).await {
        Ok(_) => {}
        Err(problem) if problem.code == Code::UserNameTaken => {
            return Ok(again(Wrong { name: Some(texts.name_taken), ..Wrong::default() }));
        }
        Err(problem) => {
            let wrong = match problem.errors().first().map(|error| error.code) {
                Some(field_code::RESERVED_NAME) => Wrong { name: Some(texts.name_reserved), ..Wrong::default() },
                Some(field_code::COMMON_PASSWORD) => {
                    Wrong { password: Some(texts.password_common), ..Wrong::default() }
                }
                Some(field_code::PASSWORD_IS_NAME) => {
                    Wrong { password: Some(texts.password_is_name), ..Wrong::default() }
                }
                _ => return Err(problem),
            };
            return Ok(again(wrong));
        }
    }
    let (caller, token) = sign_in_with(&visitor.state, name.clone(), password.clone(), None, source).await?;
    begin(&visitor.state, next.as_deref(), &caller, &token)
}

/// `POST /sign-out`
///
/// # Errors
/// 503.
pub async fn sign_out(req: HttpRequest, state: web::Data<State>) -> HandlerResult {
    SHOP.sign_out(&req, &state).await?;
    with_cookie(see_other("/"), &SHOP.end(&state))
}

fn begin(state: &State, next: Option<&str>, caller: &Caller, token: &str) -> HandlerResult {
    let target = next.and_then(own_path).unwrap_or(SHOP.home);
    with_cookie(see_other(target), &SHOP.begin(state, caller, token))
}

fn with_cookie(mut response: HttpResponse, cookie: &str) -> HandlerResult {
    let value = HeaderValue::from_str(cookie).map_err(|_| Problem::new(Code::Internal))?;
    response.headers_mut().append(SET_COOKIE, value);
    Ok(response)
}

fn page(
    visitor: &Visitor,
    status: StatusCode,
    way: Way,
    next: Option<&str>,
    entered: &str,
    wrong: Wrong,
) -> HttpResponse {
    let texts = &visitor.words.shop;
    let (title, other, other_text) = match way {
        Way::SignIn => (texts.sign_in, "/register", texts.no_account),
        Way::Register => (texts.register, SHOP.sign_in, texts.have_account),
    };
    let other = next.map_or_else(
        || other.to_owned(),
        |next| {
            let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
            format!("{other}?{query}")
        },
    );
    let content = html! {
        h1 { (title) }
        section.panel {
            @if way == Way::SignIn { p { (texts.demo_user) } }
            @if let Some(above) = wrong.above { p.alert role="alert" { (above) } }
            (form(visitor.words, way, next, entered, wrong))
            p { a href=(other) { (other_text) } }
        }
    };
    visitor.page(status, title, content)
}

fn form(words: &Words, way: Way, next: Option<&str>, entered: &str, wrong: Wrong) -> Markup {
    let texts = &words.shop;
    let (action, button, autocomplete) = match way {
        Way::SignIn => (SHOP.sign_in, texts.sign_in, "current-password"),
        Way::Register => ("/register", texts.register, "new-password"),
    };
    html! {
        form method="post" action=(action) {
            @if let Some(next) = next { input type="hidden" name="next" value=(next); }
            div.entry {
                label for="name" { (texts.user_name) }
                input #name name="user_name" autocomplete="username" value=(entered) required
                    aria-describedby=[(way == Way::Register).then_some("name-rule")];
                @if way == Way::Register { p #name-rule .(class(wrong.name)) { (wrong.name.unwrap_or(texts.name_rule)) } }
            }
            div.entry {
                label for="password" { (texts.password) }
                input #password name="user_password" type="password" autocomplete=(autocomplete) required
                    aria-describedby=[(way == Way::Register).then_some("password-rule")];
                @if way == Way::Register {
                    p #password-rule .(class(wrong.password)) { (wrong.password.unwrap_or(texts.password_rule)) }
                }
            }
            @if wrong.needs_code {
                div.entry {
                    label for="code" { (words.sign_in.code) }
                    input #code name="one_time_code" inputmode="numeric" autocomplete="one-time-code" maxlength="32"
                        required;
                }
            }
            button.go { (button) }
        }
    }
}

/// The look of a line that is a hint, or says what is wrong.
const fn class(wrong: Option<&str>) -> &'static str {
    if wrong.is_some() { "wrong" } else { "hint" }
}

/// `GET /account`
///
/// # Errors
/// 503.
pub async fn show(buyer: Buyer) -> HandlerResult {
    let (visitor, user) = (&buyer.visitor, &buyer.user);
    let list = List { user_id: Some(user.user_id), before: None, limit: COUPONS_MAX };
    let coupons = ask(&visitor.state.owners.coupon, list).await?;
    let texts = &visitor.words.shop;
    let content = html! {
        h1 { (texts.account) }
        section.panel {
            dl.sums {
                dt { (texts.user_name) } dd { (user.user_name) }
                dt { (texts.balance) } dd { (money(user.user_money)) " " (CURRENCY) }
                dt { (texts.points) } dd { (user.user_score) }
            }
            p { a href="/orders" { (visitor.words.purchase.orders) } }
        }
        section.panel {
            h2 { (texts.coupons) }
            @if coupons.is_empty() { p { (texts.no_coupons) } } @else {
                ul.rows { @for coupon in &coupons { li { (coupon_line(visitor.words, coupon)) } } }
            }
        }
    };
    Ok(visitor.page(StatusCode::OK, texts.account, content))
}

fn coupon_line(words: &Words, coupon: &Coupon) -> Markup {
    let pill = match coupon.is_used {
        CouponUse::Used => Pill(Tone::Quiet, words.shop.coupon_used),
        CouponUse::Unused => Pill(Tone::Good, words.shop.coupon_free),
    };
    html! { span { ((words.shop.coupon_of)(coupon.coupon_price)) } (pill) }
}
