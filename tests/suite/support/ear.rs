//! A shop that only listens: it writes down what it is told, and answers what the test wants.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};

/// One request it was told something with.
#[derive(Debug, Clone)]
pub struct Told {
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

#[derive(Default)]
struct Notes {
    told: Vec<Told>,
    replies: VecDeque<(u16, &'static str)>,
}

/// It listens until it is dropped.
pub struct Ear {
    notes: Arc<Mutex<Notes>>,
    server: ServerHandle,
    pub url: String,
}

impl Ear {
    pub async fn open() -> Self {
        let notes = Arc::new(Mutex::new(Notes::default()));
        let data = web::Data::from(Arc::clone(&notes));
        let app = move || App::new().app_data(data.clone()).default_service(web::to(hear));
        let server = HttpServer::new(app).workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}", server.addrs()[0]);
        let server = server.run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self { notes, server: handle, url }
    }

    /// Answers this to what comes next, in this order; to everything after it 200 and `success`. A redirect leads here.
    pub fn reply(&self, replies: &[(u16, &'static str)]) {
        lock(&self.notes).replies.extend(replies);
    }

    pub fn told(&self) -> Vec<Told> {
        lock(&self.notes).told.clone()
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}

async fn hear(notes: web::Data<Mutex<Notes>>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let header = |(name, value): (&actix_web::http::header::HeaderName, &actix_web::http::header::HeaderValue)| {
        (name.to_string(), value.to_str().unwrap().to_owned())
    };
    let told = Told {
        path: request.path().to_owned(),
        headers: request.headers().iter().map(header).collect(),
        body: body.to_vec(),
    };
    let (status, reply) = {
        let mut notes = lock(&notes);
        notes.told.push(told);
        notes.replies.pop_front().unwrap_or((200, "success"))
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
