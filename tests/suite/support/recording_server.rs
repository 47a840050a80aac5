//! An HTTP server in place of a shop or of another system. It records the requests and sends the replies that the test has set.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};

/// A recorded request, and the status of its reply.
#[derive(Debug, Clone)]
pub struct ReceivedRequest {
    pub path: String,
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

#[derive(Default)]
struct Record {
    requests: Vec<ReceivedRequest>,
    replies: VecDeque<(u16, &'static str)>,
}

/// A running server; it stops when this is dropped.
pub struct RecordingServer {
    record: Arc<Mutex<Record>>,
    server: ServerHandle,
    pub url: String,
}

impl RecordingServer {
    pub async fn open() -> Self {
        let record = Arc::new(Mutex::new(Record::default()));
        let data = web::Data::from(Arc::clone(&record));
        let app = move || App::new().app_data(data.clone()).default_service(web::to(receive));
        let server = HttpServer::new(app).workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}", server.addrs()[0]);
        let server = server.run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self { record, server: handle, url }
    }

    /// Sets the replies to the next requests, in this order. All later requests get 200 and `success`. The target of a
    /// redirect is this server.
    pub fn reply(&self, replies: &[(u16, &'static str)]) {
        lock(&self.record).replies.extend(replies);
    }

    pub fn requests(&self) -> Vec<ReceivedRequest> {
        lock(&self.record).requests.clone()
    }
}

impl Drop for RecordingServer {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}

async fn receive(record: web::Data<Mutex<Record>>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let header = |(name, value): (&actix_web::http::header::HeaderName, &actix_web::http::header::HeaderValue)| {
        (name.to_string(), value.to_str().unwrap().to_owned())
    };
    let (path, headers) = (request.path().to_owned(), request.headers().iter().map(header).collect());
    let (status, reply) = {
        let mut record = lock(&record);
        let (status, reply) = record.replies.pop_front().unwrap_or((200, "success"));
        record.requests.push(ReceivedRequest { path, status, headers, body: body.to_vec() });
        (status, reply)
    };
    let mut response = HttpResponse::build(StatusCode::from_u16(status).unwrap());
    if status / 100 == 3 {
        response.insert_header(("location", "/elsewhere"));
    }
    response.content_type("text/plain").body(reply)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
