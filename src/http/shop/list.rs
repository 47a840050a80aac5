//! The lists under `/v1/users/me`.

use actix_web::{HttpResponse, web};

use crate::actor::task::ask;
use crate::coupon;
use crate::domain::clock::Timestamp;
use crate::http::extract::auth::Customer;
use crate::http::extract::page::{Page, TimedPage, positive_hexadecimal};
use crate::http::extract::query::Query;
use crate::http::state::{HandlerResult, State};
use crate::user::message::{ListMoneyLog, ListScoreLog, LogPosition};

/// `GET /v1/users/me/coupons`
///
/// # Errors
/// 422 for a bad parameter.
pub async fn coupons(caller: Customer, state: web::Data<State>, Query(page): Query<Page>) -> HandlerResult {
    let list = coupon::message::List { user_id: Some(caller.0), before: page.before(), limit: page.fetch_limit() };
    let coupons = ask(&state.owners.coupon, list).await?;
    Ok(HttpResponse::Ok().json(page.list(coupons, |coupon| coupon.coupon_id)))
}

/// `GET /v1/users/me/money-log`
///
/// # Errors
/// 422 for a bad parameter.
pub async fn money_log(caller: Customer, state: web::Data<State>, Query(page): Query<TimedPage>) -> HandlerResult {
    let log = ListMoneyLog { user_id: caller.0, before: page.before(parse_tie)?, limit: page.fetch_limit() };
    let log = ask(&state.owners.user, log).await?;
    Ok(HttpResponse::Ok().json(page.list(log, |entry| write_tie(entry.position))))
}

/// `GET /v1/users/me/score-log`
///
/// # Errors
/// 422 for a bad parameter.
pub async fn score_log(caller: Customer, state: web::Data<State>, Query(page): Query<TimedPage>) -> HandlerResult {
    let log = ListScoreLog { user_id: caller.0, before: page.before(parse_tie)?, limit: page.fetch_limit() };
    let log = ask(&state.owners.user, log).await?;
    Ok(HttpResponse::Ok().json(page.list(log, |entry| write_tie(entry.position))))
}

/// The largest number in the second part of a cursor.
const NUMBER_MAX: i32 = 999_999_999;

/// The second part of a cursor: an id in hexadecimal and a number, as [`write_tie`] writes them.
fn parse_tie(text: &str) -> Option<(i64, i32)> {
    let (id, number) = text.split_once('.')?;
    let is_written_so = |parsed: &i32| (0..=NUMBER_MAX).contains(parsed) && parsed.to_string() == number;
    Some((positive_hexadecimal(id)?, number.parse().ok().filter(is_written_so)?))
}

fn write_tie((at, (id, number)): LogPosition) -> (Timestamp, String) {
    (at, format!("{id:x}.{number}"))
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;
    use crate::http::extract::page::CursorForm;

    #[test]
    fn the_second_part_of_a_cursor_has_one_spelling() {
        let pattern = Regex::new(&CursorForm::Entry.pattern()).unwrap();
        for (text, expected) in [
            ("1f.0", Some((31, 0))),
            ("1f.999999999", Some((31, NUMBER_MAX))),
            ("1f.1000000000", None),
            ("1f.-1", None),
            ("1f.+1", None),
            ("1f.01", None),
            ("1F.0", None),
            ("0.0", None),
            ("1f", None),
            ("1f.", None),
        ] {
            assert_eq!(parse_tie(text), expected, "{text}");
            assert_eq!(pattern.is_match(&format!("5.{text}")), expected.is_some(), "{text}");
        }
    }
}
