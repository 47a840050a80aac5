//! Lists that can be answered as JSON or as CSV: with the parameter `format`, or with the header `Accept`.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{ACCEPT, CONTENT_DISPOSITION, LINK};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::field;
use super::page::List;
use super::query::{self, optional};
use crate::http::csv;
use crate::http::openapi;
use crate::http::problem::{Code, Problem};
use crate::http::state::HandlerResult;

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Format {
    Json,
    Csv,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FormatQuery {
    #[serde(default, deserialize_with = "optional")]
    format: Option<Format>,
}

/// A request for a list, with the other parameters as a `T`.
#[derive(Debug)]
pub struct Listing<T> {
    /// The parameters without `format`.
    pub query: T,
    /// The form of the answer.
    pub form: Form,
}

/// The form of the answer to a request.
#[derive(Debug)]
pub struct Form {
    format: Format,
    path: String,
    pairs: Vec<(String, String)>,
}

impl<T: DeserializeOwned> FromRequest for Listing<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(req))
    }
}

fn read<T: DeserializeOwned>(req: &HttpRequest) -> Result<Listing<T>, Problem> {
    let pairs = query::pairs(req.query_string())?;
    let (of_format, others): (Vec<_>, Vec<_>) = pairs.iter().cloned().partition(|(name, _)| name == "format");
    let (format, query) = match (field::from_pairs::<FormatQuery>(of_format), field::from_pairs(others)) {
        (Ok(FormatQuery { format }), Ok(query)) => (format, query),
        (Err(format), Err(query)) => return Err(Problem::fields([query.errors(), format.errors()].concat())),
        (Err(problem), Ok(_)) | (Ok(_), Err(problem)) => return Err(problem),
    };
    let accepted = || {
        let lines = req.headers().get_all(ACCEPT).filter_map(|line| line.to_str().ok());
        if prefers_csv(&lines.collect::<Vec<_>>().join(",")) { Format::Csv } else { Format::Json }
    };
    let form = Form { format: format.unwrap_or_else(accepted), path: req.path().to_owned(), pairs };
    Ok(Listing { query, form })
}

/// Whether the client prefers CSV to JSON. If it likes both alike, it gets JSON.
fn prefers_csv(accept: &str) -> bool {
    quality(accept, "text/csv") > quality(accept, "application/json")
}

/// The quality that an `Accept` header gives to a media type, in thousandths: that of the most specific range.
fn quality(accept: &str, media: &str) -> u16 {
    let (kind, _) = media.split_once('/').unwrap_or((media, ""));
    let of_range = |range: &str| {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next()?.to_ascii_lowercase();
        let specificity =
            [String::from("*/*"), format!("{kind}/*"), media.to_owned()].iter().position(|x| *x == name)?;
        let quality = parts.find_map(|part| part.strip_prefix("q=")).map_or(1000, thousandths);
        Some((specificity, quality))
    };
    let best = accept.split(',').filter_map(of_range).max_by_key(|(specificity, _)| *specificity);
    best.map_or(0, |(_, quality)| quality)
}

/// A quality from `0` to `1` with at most three decimals, in thousandths. Anything else counts as `1`.
fn thousandths(quality: &str) -> u16 {
    let (whole, fraction) = quality.split_once('.').unwrap_or((quality, ""));
    match (whole, fraction.len()) {
        ("0", 0..=3) => format!("{fraction:0<3}").parse().unwrap_or(1000),
        _ => 1000,
    }
}

impl Form {
    /// The same form, in CSV whatever was requested: for links.
    #[must_use]
    pub fn csv(self) -> Self {
        Self { format: Format::Csv, ..self }
    }

    /// The answer with a page of the component `item`, whose fields are the columns of CSV. The `Link` of CSV leads to the
    /// next page.
    ///
    /// # Errors
    /// 500 if an item cannot be written, which is a bug.
    pub fn answer<I: Serialize>(&self, page: List<I>, item: &str) -> HandlerResult {
        if self.format == Format::Json {
            return Ok(HttpResponse::Ok().json(page));
        }
        let bug = || Problem::new(Code::Internal);
        let items: Result<Vec<Value>, serde_json::Error> = page.items.iter().map(serde_json::to_value).collect();
        let body = csv::write(&openapi::fields_of(item), &items.map_err(|_| bug())?).map_err(|_| bug())?;
        let mut response = HttpResponse::Ok();
        response.content_type("text/csv; charset=utf-8; header=present");
        let name = self.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".csv");
        response.insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.csv\"")));
        if let Some(cursor) = &page.next_cursor {
            response.insert_header((LINK, format!("<{}>; rel=\"next\"", self.next(cursor))));
        }
        Ok(response.body(body))
    }

    /// Path and query of the page that starts at `cursor`.
    fn next(&self, cursor: &str) -> String {
        let others = self.pairs.iter().filter(|(name, _)| name != "cursor");
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(others).append_pair("cursor", cursor);
        format!("{}?{}", self.path, query.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_gets_csv_only_if_it_prefers_it_to_json() {
        for (accept, expected) in [
            ("text/csv", true),
            ("TEXT/CSV; charset=utf-8", true),
            ("text/*", true),
            ("text/csv, */*;q=0.1", true),
            ("application/json;q=0.5, text/csv;q=0.6", true),
            ("application/json;q=0, */*", true),
            ("", false),
            ("*/*", false),
            ("application/json", false),
            ("application/json, text/csv", false),
            ("text/csv;q=0", false),
            ("text/csv;q=0.1, */*", false),
            ("text/html, application/xhtml+xml, */*;q=0.8", false),
            ("text/csv;q=x, application/json;q=1.5", false),
        ] {
            assert_eq!(prefers_csv(accept), expected, "{accept}");
        }
    }

    #[test]
    fn the_next_page_has_the_same_filters() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let pairs = vec![pair("consignee", "Ann & Bo"), pair("cursor", "1"), pair("format", "csv")];
        let form = Form { format: Format::Csv, path: "/admin/orders".to_owned(), pairs };
        assert_eq!(form.next("2f"), "/admin/orders?consignee=Ann+%26+Bo&format=csv&cursor=2f");
    }
}
