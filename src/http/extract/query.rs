//! Extractor of the query string. Unknown and repeated parameters are problems.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, de};

use super::field;
use crate::http::problem::Problem;

/// The query string as a `T`. The fields of `T` deserialise from text and have defaults.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(parse(req.query_string()).map(Self))
    }
}

/// The parameter of a page that is shown after an act. It filters nothing.
pub const DONE: &str = "done";

/// The filters of a page: the query string as a `T`, and its parameters as they were sent. A parameter that is empty, as
/// an HTML form sends it, counts as absent.
#[derive(Debug)]
pub struct Filters<T> {
    /// The parameters as a `T`.
    pub query: T,
    /// The parameters that are not empty.
    pub pairs: Vec<(String, String)>,
}

impl<T: DeserializeOwned> FromRequest for Filters<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let read = || {
            let is_filter = |(name, value): &(String, String)| !value.is_empty() && name != DONE;
            let pairs: Vec<_> = pairs(req.query_string())?.into_iter().filter(is_filter).map(in_utc).collect();
            Ok(Self { query: field::from_pairs(pairs.clone())?, pairs })
        };
        ready(read())
    }
}

/// Parameters of a moment.
const MOMENTS: [&str; 2] = ["from", "before"];

/// The parameter with the zone of a moment that an HTML form sends without one, such as `2026-11-27T08:00`: the forms of pages
/// say that they are in UTC.
fn in_utc((name, value): (String, String)) -> (String, String) {
    let is_local = MOMENTS.contains(&name.as_str()) && value.len() == "2026-11-27T08:00".len();
    let value = if is_local { format!("{value}:00Z") } else { value };
    (name, value)
}

/// Deserialises an optional parameter; for `#[serde(default, deserialize_with = "optional")]`.
///
/// # Errors
/// Fails if the value is not a `T`.
pub fn optional<'de, T: Deserialize<'de>, D: Deserializer<'de>>(parameter: D) -> Result<Option<T>, D::Error> {
    T::deserialize(parameter).map(Some)
}

/// A whole number in a form or a query string, which must be a valid `T`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Integer<T>(pub T);

impl<'de, T: TryFrom<i64, Error: std::fmt::Display>> Deserialize<'de> for Integer<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let number: i64 = text.trim().parse().map_err(|_| de::Error::custom("must be an integer"))?;
        T::try_from(number).map(Self).map_err(de::Error::custom)
    }
}

/// A truth value in a query string: `true` or `false`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// The word `true`.
    True,
    /// The word `false`.
    False,
}

impl From<Flag> for bool {
    fn from(flag: Flag) -> Self {
        flag == Flag::True
    }
}

/// The names and values in a query string.
///
/// # Errors
/// 422 if it is not a query string.
pub fn pairs(text: &str) -> Result<Vec<(String, String)>, Problem> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(text)
        .map_err(|_| Problem::field("query", "is not a query string"))?;
    Ok(pairs.into_inner())
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    field::from_pairs(pairs(text)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::extract::page::Page;

    #[test]
    fn an_invalid_parameter_is_named() {
        for (text, field, detail) in [
            ("limit=0", "limit", "must be an integer from 1 to 100"),
            ("limit=101", "limit", "must be an integer from 1 to 100"),
            ("limit=1&limit=2", "limit", "is given more than once"),
            ("cursor=zz", "cursor", "must be the next_cursor of an earlier answer"),
            ("colour=red", "colour", "is not a known field"),
        ] {
            let problem = parse::<Page>(text).expect_err(text);
            let named: Vec<(&str, &str)> =
                problem.errors().iter().map(|error| (&*error.field, &*error.detail)).collect();
            assert_eq!(named, [(field, detail)], "{text}");
        }
        assert!(parse::<Page>("").is_ok() && parse::<Page>("limit=100&cursor=1f").is_ok());
    }
}
