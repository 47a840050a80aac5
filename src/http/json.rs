//! JSON answers that are written into a buffer of their usual size, which then need not grow.

use actix_web::error::JsonPayloadError;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use actix_web::web::{BufMut, BytesMut};
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde::Serialize;

/// Size of the buffer in bytes. An order of one line takes about 700.
const USUAL: usize = 1024;

/// The answer with `value` as its body.
pub fn answer(response: &mut HttpResponseBuilder, value: &impl Serialize) -> HttpResponse {
    let mut body = BytesMut::with_capacity(USUAL).writer();
    match serde_json::to_writer(&mut body, value) {
        Ok(()) => {
            response.insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json")));
            response.body(body.into_inner().freeze())
        }
        Err(error) => HttpResponse::from_error(JsonPayloadError::Serialize(error)),
    }
}
