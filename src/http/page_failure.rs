//! Errors that are answered with an HTML page. The rooms of pages write them; the outermost middleware passes them on.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};

use super::problem::REQUEST_ID;

/// A page about an error, with all headers that it is sent with. After a panic or a time limit there is no request to build
/// a response on, so a page that is written then is passed on as an error.
#[derive(Debug, Clone, thiserror::Error)]
#[error("a page with the status {status}")]
pub struct PageFailure {
    /// The status of the response.
    pub status: StatusCode,
    /// Headers of the response.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The document.
    pub document: String,
}

impl PageFailure {
    /// The same page, with the id of the request it answers and the common headers.
    #[must_use]
    pub fn at(mut self, request_id: &str) -> Self {
        let id = HeaderValue::from_str(request_id).ok().map(|id| (REQUEST_ID, id));
        self.headers.extend(id);
        self.headers.push((header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")));
        self.headers.push((header::CACHE_CONTROL, HeaderValue::from_static("no-store")));
        self
    }
}

impl ResponseError for PageFailure {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponseBuilder::new(self.status);
        response.content_type("text/html; charset=utf-8");
        for header in self.headers.iter().cloned() {
            response.insert_header(header);
        }
        response.body(self.document.clone())
    }
}
