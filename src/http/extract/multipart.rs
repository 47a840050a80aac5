//! Forms with a file: `multipart/form-data` as in RFC 7578, read into memory. The route's `BodyMax` limits the size.

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::body::RawBody;
use super::field;
use crate::http::problem::{Code, FieldError, Problem, field_code};

/// Name of the field with the file.
const FILE: &str = "file";

/// A form with one file, in the field `file`.
///
/// # Errors
/// 415 if the body is no such form, 400 if it is broken, 422 if the file is missing or the other fields are not a `T`; 413
/// if it is too large, 408 if it arrives too slowly.
#[derive(Debug)]
pub struct FileForm<T> {
    /// The other fields. A field that was left empty counts as absent.
    pub fields: T,
    /// The content of the file.
    pub file: Vec<u8>,
}

impl<T: DeserializeOwned + 'static> FromRequest for FileForm<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let kind = req.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let boundary = kind.and_then(boundary).map(str::to_owned);
        let body = RawBody::from_request(req, payload);
        Box::pin(async move {
            let boundary = boundary.ok_or_else(|| Problem::new(Code::UnsupportedMediaType))?;
            let RawBody(bytes) = body.await?;
            let broken = || Problem::with(Code::MalformedRequest, "The form could not be read");
            let (mut fields, mut file) = (Map::new(), None);
            for (name, content) in parts(&bytes, &boundary).ok_or_else(broken)? {
                if name == FILE {
                    file = Some(content.to_vec());
                } else if !content.is_empty() {
                    let text = std::str::from_utf8(content).map_err(|_| broken())?;
                    fields.insert(name, Value::from(text));
                }
            }
            let missing = || FieldError::new(FILE, field_code::REQUIRED, "is required");
            let file = file.filter(|file| !file.is_empty()).ok_or_else(missing)?;
            Ok(Self { fields: field::from_json(Value::Object(fields).to_string().as_bytes())?, file })
        })
    }
}

/// The boundary in a content type.
fn boundary(kind: &str) -> Option<&str> {
    let (media, parameters) = kind.split_once(';')?;
    let value = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("boundary="))?;
    let value = value.trim_matches('"');
    (media.trim().eq_ignore_ascii_case("multipart/form-data") && (1..=70).contains(&value.len())).then_some(value)
}

/// The parts of a body, each with its name; `None` if the body does not end as it should.
fn parts<'a>(body: &'a [u8], boundary: &str) -> Option<Vec<(String, &'a [u8])>> {
    let (first, next) = (format!("--{boundary}"), format!("\r\n--{boundary}"));
    let mut rest = body.strip_prefix(first.as_bytes())?;
    let mut found = Vec::new();
    while !rest.starts_with(b"--") {
        let part = rest.strip_prefix(b"\r\n")?;
        let end = find(part, next.as_bytes())?;
        let (part, after) = part.split_at_checked(end)?;
        rest = after.get(next.len()..)?;
        let head = find(part, b"\r\n\r\n")?;
        found.push((name(std::str::from_utf8(part.get(..head)?).ok()?)?, part.get(head + 4..)?));
    }
    Some(found)
}

/// The name of a part, from its headers.
fn name(headers: &str) -> Option<String> {
    let is_wanted = |line: &&str| line.to_ascii_lowercase().starts_with("content-disposition:");
    let line = headers.split("\r\n").find(is_wanted)?;
    let rest = line.split("; name=\"").nth(1)?;
    rest.split_once('"').map(|(name, _)| name.to_owned())
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|part| part == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "--xyz\r\nContent-Disposition: form-data; name=\"provider\"\r\n\r\nsandbox\r\n--xyz\r\n\
                        Content-Disposition: form-data; name=\"file\"; filename=\"a \\\"b.csv\"\r\nContent-Type: text/csv\r\n\r\n\
                        one\r\n--xy\r\ntwo\r\n--xyz--\r\n";

    #[test]
    fn the_parts_of_a_form_are_found_by_their_names() {
        let found = parts(BODY.as_bytes(), "xyz").unwrap();
        let expected = [("provider".to_owned(), &b"sandbox"[..]), ("file".to_owned(), b"one\r\n--xy\r\ntwo")];
        assert_eq!(found, expected);
        assert_eq!(boundary("multipart/form-data; boundary=\"xyz\""), Some("xyz"));
        for other in ["multipart/form-data", "multipart/form-data; boundary=", "text/plain; boundary=xyz", ""] {
            assert_eq!(boundary(other), None, "{other}");
        }
    }

    #[test]
    fn a_body_that_is_cut_off_anywhere_has_no_parts() {
        let whole = BODY.trim_end().len();
        for length in 0..whole - 1 {
            assert_eq!(parts(&BODY.as_bytes()[..length], "xyz"), None, "{length}");
        }
    }
}
