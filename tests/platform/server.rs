//! The server of a stand-in, and what can go wrong with an answer on its way.

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
use super::fault::How;
use super::front::Front;

const BODY_BYTES_MAX: usize = 256 * 1024;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    pub path: String,
    /// Path and query as on the wire.
    pub target: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Asked {
    /// A request that nobody sent.
    pub fn new(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Self {
        let mut all = HeaderMap::new();
        for (name, value) in headers {
            all.append(name.parse().unwrap(), value.parse().unwrap());
        }
        let path = target.split('?').next().unwrap_or_default().to_owned();
        let (method, target) = (method.to_owned(), target.to_owned());
        Self { method, path, target, headers: all, body: body.as_bytes().to_vec() }
    }

    /// The header's value; none where it is missing, empty or comes twice.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name);
        match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().ok().filter(|value| !value.is_empty()),
            _ => None,
        }
    }

    /// What follows the `?`.
    pub fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }
}

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Whole {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

/// A connection, so that it can be cut.
struct Line(TcpStream);

/// Starts the server of this engine on two free ports. It runs until it is stopped.
pub fn start<F: Front>(engine: &Arc<Engine<F>>) -> (ServerHandle, Vec<SocketAddr>) {
    let engine = web::Data::from(Arc::clone(engine));
    let app = move || {
        let limit = web::PayloadConfig::new(BODY_BYTES_MAX);
        App::new().app_data(engine.clone()).app_data(limit).default_service(web::to(take::<F>))
    };
    let keep_line = |connection: &dyn Any, data: &mut Extensions| {
        let stream = connection.downcast_ref::<actix_web::rt::net::TcpStream>().unwrap();
        data.insert(Line(stream.as_fd().try_clone_to_owned().unwrap().into()));
    };
    let server = HttpServer::new(app).on_connect(keep_line).workers(1).worker_max_blocking_threads(1);
    // Longer than a shop keeps a connection: that one breaks is to be the test's doing.
    let server = server.keep_alive(Duration::from_secs(75));
    let server = server.bind(("127.0.0.1", 0)).unwrap().bind(("127.0.0.1", 0)).unwrap();
    let addresses = server.addrs();
    let server = server.disable_signals().run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    (handle, addresses)
}

async fn take<F: Front>(engine: web::Data<Engine<F>>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let asked = Asked {
        method: request.method().to_string(),
        path: request.path().to_owned(),
        target: request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned(),
        headers: request.headers().clone(),
        body: body.to_vec(),
    };
    let (said, how) = engine.take(&asked).await;
    let whole = engine.front.answer(&asked, &said, how, engine.now());
    give(whole, how, request.conn_data().unwrap()).await
}

/// Gives an answer, or what is left of it.
async fn give(whole: Whole, how: Option<How>, line: &Line) -> HttpResponse {
    let page = |status: u16, text: &str| {
        let body = format!("<html><head><title>{text}</title></head><body><h1>{text}</h1></body></html>");
        HttpResponse::build(StatusCode::from_u16(status).unwrap()).content_type("text/html").body(body)
    };
    match how {
        Some(How::Hangs) => std::future::pending().await,
        Some(How::Breaks) => {
            drop(line.0.shutdown(Shutdown::Both));
            HttpResponse::Ok().finish()
        }
        Some(How::Status(status)) => page(status, "An error of the proxy"),
        Some(How::Html) => page(200, "Please sign in to the network"),
        Some(How::Garbage) => HttpResponse::Ok().body(vec![0xff, 0x00, 0xfe, b'{', 0x80]),
        Some(How::BreaksOff) => halves(whole, None),
        Some(How::Slow(by)) => halves(whole, Some(by)),
        _ => head(&whole).body(whole.body),
    }
}

fn head(whole: &Whole) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::build(StatusCode::from_u16(whole.status).unwrap());
    for (name, value) in &whole.headers {
        response.insert_header((*name, value.as_str()));
    }
    response
}

/// One half of the body, and after a while the other, or never.
fn halves(whole: Whole, by: Option<Duration>) -> HttpResponse {
    let mut response = head(&whole);
    let size = u64::try_from(whole.body.len()).unwrap();
    let (one, other) = whole.body.split_at(whole.body.len() / 2);
    let (one, other) = (Bytes::copy_from_slice(one), Bytes::copy_from_slice(other));
    let rest = async move {
        let Some(by) = by else { return Err(std::io::Error::other("broken off")) };
        actix_web::rt::time::sleep(by).await;
        Ok(other)
    };
    let body = stream::once(async { Ok(one) }).chain(stream::once(rest));
    response.body(SizedStream::new(size, Box::pin(body)))
}
