//! Notes on the connection of a request when its head and its answer are complete.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::HttpMessage;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::web::Bytes;
use futures_util::Stream;

use crate::http::connection::activity::Body;
use crate::http::connection::socket::Connection;

/// Beginnings of the paths that connections with a reserved place serve.
const RESERVED: [&str; 6] = ["/v1/payments/callbacks/", "/admin", "/console", "/healthz", "/readyz", "/metrics"];

/// The connection of a request; none in tests without a server.
pub struct InProgress(Option<Arc<Connection>>);

impl InProgress {
    /// Notes that the head of `req` is complete.
    pub fn begin(req: &mut ServiceRequest) -> Self {
        let connection = req.request().conn_data::<Arc<Connection>>().cloned();
        if let Some(connection) = &connection {
            let body = body_of(req);
            connection.begin(body);
            if body == Body::Chunks {
                let wanted = Wanted { connection: Arc::clone(connection), payload: req.take_payload() };
                req.set_payload(Payload::Stream { payload: Box::pin(wanted) });
            }
        }
        Self(connection)
    }

    /// Whether the connection has a place that is not for requests such as `req`.
    pub fn is_misplaced(&self, req: &ServiceRequest) -> bool {
        self.0.as_ref().is_some_and(|connection| connection.is_reserved)
            && !RESERVED.iter().any(|beginning| req.path().starts_with(beginning))
    }

    /// Waits until the client takes its earlier answers, so that they do not gather in memory. A client that does not is cut
    /// off meanwhile.
    pub async fn earlier_answers_taken(&self) {
        let Some(connection) = &self.0 else { return };
        while connection.has_backlog() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    /// Notes that there was an error instead of an answer.
    pub fn end(&self) {
        if let Some(connection) = &self.0 {
            connection.end(true);
        }
    }

    /// Notes that the answer is complete, now or when all of it was produced.
    pub fn end_after(self, response: ServiceResponse) -> ServiceResponse {
        let Some(connection) = self.0 else { return response };
        let is_refused = response.status().is_client_error();
        let end = End { connection, is_refused };
        if !matches!(response.response().body().size(), BodySize::Stream) {
            return response;
        }
        response.map_body(|_, body| BoxBody::new(Tracked { body, _end: end }))
    }
}

/// The body that `req` announces. The HTTP server has refused a length that is no number.
fn body_of(req: &ServiceRequest) -> Body {
    if req.headers().contains_key(header::TRANSFER_ENCODING) {
        return Body::Chunks;
    }
    let length = req.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.trim().parse().ok());
    length.map_or(Body::Empty, Body::Length)
}

/// A body in chunks, of which so much is read as the handler asks for.
struct Wanted {
    connection: Arc<Connection>,
    payload: Payload,
}

impl Stream for Wanted {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = Pin::new(&mut self.payload).poll_next(cx);
        if polled.is_pending() {
            self.connection.want_chunks();
        }
        polled
    }
}

/// Notes the end of an answer when it is dropped.
struct End {
    connection: Arc<Connection>,
    is_refused: bool,
}

impl Drop for End {
    fn drop(&mut self) {
        self.connection.end(self.is_refused);
    }
}

/// A body that is produced bit by bit.
struct Tracked {
    body: BoxBody,
    _end: End,
}

impl MessageBody for Tracked {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_next(cx)
    }
}
