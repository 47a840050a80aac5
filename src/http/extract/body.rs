//! Request bodies, limited in size by the route's [`BodyMax`] and in time by `http.body_within`.

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::StreamExt as _;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::field;
use crate::http::problem::{Code, Problem};
use crate::http::state::state;

type Extracting<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

/// A JSON object, deserialised as a `T`.
///
/// # Errors
/// 415 if the content type is not `application/json`, 400 if the body is not JSON, 422 if it is not a `T`, 413 if it is
/// too large, 408 if it arrives too slowly.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = Extracting<Self>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if !req.content_type().eq_ignore_ascii_case("application/json") {
            return Box::pin(async { Err(Problem::new(Code::UnsupportedMediaType)) });
        }
        let bytes = read(req, payload);
        Box::pin(async move { field::from_json(&bytes.await?).map(Self) })
    }
}

/// No body, or a JSON object without fields, for routes that take no parameters.
#[derive(Debug)]
pub struct EmptyBody;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Empty {}

impl FromRequest for EmptyBody {
    type Error = Problem;
    type Future = Extracting<Self>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = read(req, payload);
        Box::pin(async move {
            let bytes = bytes.await?;
            if !bytes.is_empty() {
                let Empty {} = field::from_json(&bytes)?;
            }
            Ok(Self)
        })
    }
}

/// A JSON object, deserialised as a `T`, or no body, which is the default of `T`.
#[derive(Debug)]
pub struct OptionalBody<T>(pub T);

impl<T: DeserializeOwned + Default + 'static> FromRequest for OptionalBody<T> {
    type Error = Problem;
    type Future = Extracting<Self>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = read(req, payload);
        Box::pin(async move {
            let bytes = bytes.await?;
            if bytes.is_empty() { Ok(Self(T::default())) } else { field::from_json(&bytes).map(Self) }
        })
    }
}

/// The bytes of a body of any content type.
#[derive(Debug)]
pub struct RawBody(pub Bytes);

impl FromRequest for RawBody {
    type Error = Problem;
    type Future = Extracting<Self>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = read(req, payload);
        Box::pin(async move { bytes.await.map(Self) })
    }
}

/// The fields of an HTML form, deserialised as a `T` as if they were members of a JSON object. A field that was left empty
/// counts as absent.
///
/// # Errors
/// 415 if the body is no form, 422 if it is not a `T`, 413 if it is too large, 408 if it arrives too slowly.
#[derive(Debug)]
pub struct FormBody<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for FormBody<T> {
    type Error = Problem;
    type Future = Extracting<Self>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if !req.content_type().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Box::pin(async { Err(Problem::new(Code::UnsupportedMediaType)) });
        }
        let bytes = read(req, payload);
        Box::pin(async move {
            let bytes = bytes.await?;
            let fields = form_urlencoded::parse(&bytes).filter(|(_, value)| !value.is_empty());
            let member = |(name, value)| {
                format!("{}:{}", Value::from(Cow::into_owned(name)), Value::from(Cow::into_owned(value)))
            };
            let members: Vec<String> = fields.map(member).collect();
            field::from_json(format!("{{{}}}", members.join(",")).as_bytes()).map(Self)
        })
    }
}

/// Time limit of a body if there is no setting.
const WITHOUT_SETTINGS: Duration = Duration::from_secs(10);

/// Maximum size of a body in bytes on routes that set no other.
const MAX: usize = 256 * 1024;

/// Maximum size of a body in bytes, as data of a route.
#[derive(Debug, Clone, Copy)]
pub struct BodyMax(pub usize);

/// Reads the whole body.
fn read(req: &HttpRequest, payload: &mut Payload) -> impl Future<Output = Result<Bytes, Problem>> + use<> {
    // The built-in platform can be served without the shop and its settings.
    let within = state(req).map_or(WITHOUT_SETTINGS, |state| state.body_within);
    let max = req.app_data().map_or(MAX, |BodyMax(max)| *max);
    let length = req.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let payload = payload.take();
    async move {
        if length.is_some_and(|length| length > max) {
            return Err(Problem::new(Code::PayloadTooLarge));
        }
        let whole = tokio::time::timeout(within, collect(payload, max)).await;
        whole.unwrap_or_else(|_| Err(Problem::new(Code::RequestTimeout)))
    }
}

/// The chunks of a body as one. Most bodies arrive in one chunk, which is not copied, and nothing is allocated for a body
/// that does not arrive.
async fn collect(mut payload: Payload, max: usize) -> Result<Bytes, Problem> {
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| read_problem(&error))?;
        if first.len() + whole.len() + chunk.len() > max {
            return Err(Problem::new(Code::PayloadTooLarge));
        }
        if first.is_empty() && whole.is_empty() {
            first = chunk;
        } else {
            whole.extend_from_slice(&std::mem::take(&mut first));
            whole.extend_from_slice(&chunk);
        }
    }
    Ok(if whole.is_empty() { first } else { whole.freeze() })
}

fn read_problem(error: &PayloadError) -> Problem {
    match error {
        PayloadError::Overflow => Problem::new(Code::PayloadTooLarge),
        _ => Problem::with(Code::MalformedRequest, "The body could not be read"),
    }
}
