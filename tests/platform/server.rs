//! The HTTP server of a stand-in, and the faults in the transfer of an answer.

use std::any::Any;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::SizedStream;
use actix_web::dev::{Extensions, ServerHandle};
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::web::{self, Bytes};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use futures_util::stream::{self, StreamExt};

use super::engine::Engine;
use super::fault::AnswerFault;
use super::front::Front;

const BODY_BYTES_MAX: usize = 256 * 1024;

/// A request as it was received.
#[derive(Debug, Clone)]
pub struct RawRequest {
    pub method: String,
    pub path: String,
    /// Path and query as sent.
    pub target: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl RawRequest {
    /// A request that is not sent over HTTP.
    pub fn new(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Self {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.parse().unwrap(), value.parse().unwrap());
        }
        let path = target.split('?').next().unwrap_or_default().to_owned();
        let (method, target) = (method.to_owned(), target.to_owned());
        Self { method, path, target, headers: map, body: body.as_bytes().to_vec() }
    }

    /// The header's value; `None` if it is missing, empty or repeated.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name);
        match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().ok().filter(|value| !value.is_empty()),
            _ => None,
        }
    }

    /// The query without the `?`.
    pub fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }
}

/// A complete answer.
#[derive(Debug, Clone)]
pub struct HttpAnswer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

/// A client connection, which can be shut down.
struct Connection(TcpStream);

/// Starts the server of `engine` on two free ports. It runs until its handle stops it.
pub fn start<F: Front>(engine: &Arc<Engine<F>>) -> (ServerHandle, Vec<SocketAddr>) {
    let engine = web::Data::from(Arc::clone(engine));
    let app = move || {
        let limit = web::PayloadConfig::new(BODY_BYTES_MAX);
        App::new().app_data(engine.clone()).app_data(limit).default_service(web::to(handle::<F>))
    };
    let keep_connection = |connection: &dyn Any, data: &mut Extensions| {
        let stream = connection.downcast_ref::<actix_web::rt::net::TcpStream>().unwrap();
        data.insert(Connection(stream.as_fd().try_clone_to_owned().unwrap().into()));
    };
    let server = HttpServer::new(app).on_connect(keep_connection).workers(1).worker_max_blocking_threads(1);
    // Longer than a shop keeps an idle connection, so that only a test breaks connections.
    let server = server.keep_alive(Duration::from_secs(75));
    let server = server.bind(("127.0.0.1", 0)).unwrap().bind(("127.0.0.1", 0)).unwrap();
    let addresses = server.addrs();
    let server = server.disable_signals().run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    (handle, addresses)
}

async fn handle<F: Front>(engine: web::Data<Engine<F>>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let received = RawRequest {
        method: request.method().to_string(),
        path: request.path().to_owned(),
        target: request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned(),
        headers: request.headers().clone(),
        body: body.to_vec(),
    };
    let (answer, how) = engine.handle(&received).await;
    // A client that gives up a request that hangs is not noticed here.
    let _busy = (how != Some(AnswerFault::Hangs)).then(|| engine.begin());
    let http_answer = engine.front.answer(&received, &answer, how, engine.now());
    respond(http_answer, how, request.conn_data().unwrap()).await
}

/// Sends an answer with the planned fault.
async fn respond(http_answer: HttpAnswer, how: Option<AnswerFault>, connection: &Connection) -> HttpResponse {
    let page = |status: u16, text: &str| {
        let body = format!("<html><head><title>{text}</title></head><body><h1>{text}</h1></body></html>");
        HttpResponse::build(StatusCode::from_u16(status).unwrap()).content_type("text/html").body(body)
    };
    match how {
        Some(AnswerFault::Hangs) => std::future::pending().await,
        Some(AnswerFault::Late(by)) => {
            actix_web::rt::time::sleep(by).await;
            head(&http_answer).body(http_answer.body)
        }
        Some(AnswerFault::Breaks) => {
            drop(connection.0.shutdown(Shutdown::Both));
            HttpResponse::Ok().finish()
        }
        Some(AnswerFault::Status(status)) => page(status, "An error of the proxy"),
        Some(AnswerFault::Html) => page(200, "Please sign in to the network"),
        Some(AnswerFault::Garbage) => HttpResponse::Ok().body(vec![0xff, 0x00, 0xfe, b'{', 0x80]),
        Some(AnswerFault::BreaksOff) => in_halves(http_answer, None),
        Some(AnswerFault::Slow(by)) => in_halves(http_answer, Some(by)),
        _ => head(&http_answer).body(http_answer.body),
    }
}

fn head(http_answer: &HttpAnswer) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::build(StatusCode::from_u16(http_answer.status).unwrap());
    for (name, value) in &http_answer.headers {
        response.insert_header((*name, value.as_str()));
    }
    response
}

/// Sends the body in two halves. The second one follows after `delay`; the connection breaks if that is `None`.
fn in_halves(http_answer: HttpAnswer, delay: Option<Duration>) -> HttpResponse {
    let mut response = head(&http_answer);
    let size = u64::try_from(http_answer.body.len()).unwrap();
    let (one, other) = http_answer.body.split_at(http_answer.body.len() / 2);
    let (one, other) = (Bytes::copy_from_slice(one), Bytes::copy_from_slice(other));
    let rest = async move {
        let Some(delay) = delay else { return Err(std::io::Error::other("broken off")) };
        actix_web::rt::time::sleep(delay).await;
        Ok(other)
    };
    let body = stream::once(async { Ok(one) }).chain(stream::once(rest));
    response.body(SizedStream::new(size, Box::pin(body)))
}
