//! The real application on a free port, with data and a clock of its own.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use awc::http::Method;
use diesel::prelude::*;
use serde_json::Value;
use tradepost::actor::Faults;
use tradepost::app::App;
use tradepost::db::{self, with_conn};
use tradepost::domain::clock::Clock;
use tradepost::{audit, config};

use super::{Answer, LIMITS};
use crate::server::place::Place;

pub const ADMIN_PASSWORD: &str = "the admin's password";
pub const DEMO_PASSWORD: &str = "the demo user's password";

/// A running application. End a test with [`TestApp::finish`], which settles and audits; a test that forgets it fails.
pub struct TestApp {
    app: Option<App>,
    /// Moves time.
    pub clock: Clock,
    /// Plans faults.
    pub faults: Faults,
    place: Place,
    stores: RefCell<HashMap<String, db::Store>>,
    settings: Vec<(String, String)>,
    client: awc::Client,
    address: String,
    finished: bool,
}

impl TestApp {
    /// The application with the default settings and the demo data.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// The application with settings of its own, named as in the environment without the prefix: `ORDERS__DEADLINE`.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        Self::at(Place::new(), settings).await
    }

    /// The same, its data elsewhere.
    pub async fn at(place: Place, settings: &[(&str, &str)]) -> Self {
        let (url, folder) = (place.url(), place.folder().display().to_string());
        let base = [
            ("HTTP__LISTEN", "127.0.0.1:0"),
            ("HTTP__WORKERS", "1"),
            // However many orders a test places at once.
            ("HTTP__ADMIT_WITHIN", "60s"),
            ("STORE__URL", url.as_str()),
            ("SECRETS__FOLDER", folder.as_str()),
            ("ADMIN__PASSWORD", ADMIN_PASSWORD),
            ("DEMO__PASSWORD", DEMO_PASSWORD),
            // Its writes would meet the faults a test plans for others: platforms are asked when a test settles.
            ("PAYMENTS__SWEEP_EVERY", "1h"),
        ];
        let named = |(name, text): &(&str, &str)| (format!("TRADEPOST__{name}"), (*text).to_owned());
        let mut app = Self {
            app: None,
            clock: Clock::default(),
            faults: Faults::default(),
            place,
            stores: RefCell::default(),
            settings: base.iter().chain(settings).map(named).collect(),
            client: awc::Client::builder().timeout(Duration::from_secs(30)).disable_redirects().finish(),
            address: String::new(),
            finished: false,
        };
        app.boot().await;
        app
    }

    async fn boot(&mut self) {
        let settings = config::read("", self.settings.clone()).unwrap();
        let app = App::start(settings, self.clock.clone(), self.faults.clone()).await.unwrap();
        self.address = app.address.to_string();
        self.app = Some(app);
    }

    /// Stops in order and starts again on the same data.
    pub async fn restart(&mut self) {
        self.stop(Duration::from_secs(5)).await;
        self.boot().await;
    }

    /// Stops in order, giving work under way this long; `boot` again with [`TestApp::restart`].
    pub async fn stop(&mut self, within: Duration) {
        if let Some(app) = self.app.take() {
            app.stop(within).await;
        }
    }

    fn app(&self) -> &App {
        self.app.as_ref().expect("the application is stopped")
    }

    /// Where it listens, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where its data are.
    pub fn store_url(&self) -> String {
        self.place.url()
    }

    /// Works until nothing is left to do that is due now: orders, messages, callbacks.
    pub async fn settle(&self) {
        for _ in 0..10_000 {
            if self.app().work_left().await == 0 {
                return;
            }
            actix_web::rt::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("the work does not end");
    }

    /// Moves time forward and does what is due then.
    pub async fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.settle().await;
    }

    /// Ends the test: settles, audits without any grace, stops.
    pub async fn finish(mut self) {
        self.settle().await;
        let report = self.audit();
        assert!(report.ok, "the audit found: {}", serde_json::to_string_pretty(&report).unwrap());
        self.finished = true;
        self.stop(Duration::ZERO).await;
    }

    /// Ends a test that has broken the books on purpose: no audit.
    pub async fn finish_broken(mut self) {
        self.finished = true;
        self.stop(Duration::ZERO).await;
    }

    /// What the audit says now, without any grace.
    pub fn audit(&self) -> audit::Report {
        audit::run(&self.app().stores().owners, self.clock.now(), Duration::ZERO, |_, _| {}).unwrap()
    }

    /// Another way into the tables of an owner than the application's.
    pub fn store(&self, owner: &str) -> db::Store {
        let open = || db::Store::new(&self.place.url(), owner, LIMITS).unwrap();
        self.stores.borrow_mut().entry(owner.to_owned()).or_insert_with(open).clone()
    }

    /// What a query with one integer column `n` gives, in the tables of an owner.
    pub fn number(&self, owner: &str, query: &str) -> i64 {
        number(&self.store(owner), query)
    }

    /// Changes the tables of an owner behind its back.
    pub fn tamper(&self, owner: &str, statement: &str) {
        let db = &mut *self.store(owner).writer().unwrap();
        let changed = with_conn!(db, diesel::sql_query(statement).execute(db)).unwrap();
        assert!(changed > 0, "nothing was changed by {statement}");
    }

    /// A connection that makes and unmakes an owner's tables.
    pub fn migrator(&self, owner: &str) -> db::Db {
        self.store(owner).migrator().unwrap()
    }

    /// Changes the tables themselves behind an owner's back.
    pub fn alter(&self, owner: &str, statements: &str) {
        self.store(owner).writer().unwrap().batch_execute(statements).unwrap();
    }

    /// From now on nobody else changes the rows of a table that are there, as if another process were at it for long;
    /// reads go on. Until the answer is dropped.
    pub fn hold(&self, owner: &str, table: &str) -> db::Pooled {
        let store = self.store(owner);
        let mut holder = store.writer().unwrap();
        let hold = match store.engine() {
            "sqlite" => "BEGIN IMMEDIATE".to_owned(),
            _ => format!("BEGIN; SELECT * FROM {table} FOR UPDATE"),
        };
        holder.batch_execute(&hold).unwrap();
        holder
    }

    /// Sends a request: a bearer token where `token` is not empty, a JSON body where there is one.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        token: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let mut request = self.client.request(method, format!("{}{path}", self.url()));
        if !token.is_empty() {
            request = request.insert_header(("authorization", format!("Bearer {token}")));
        }
        for (name, value) in headers {
            request = request.insert_header((*name, *value));
        }
        let response = match body {
            Some(body) => request.send_json(body).await,
            None => request.send().await,
        };
        read(response.unwrap()).await
    }

    /// Posts raw bytes.
    pub async fn send_bytes(&self, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        self.send_raw(Method::POST, path, headers, body).await
    }

    /// Sends raw bytes; all headers are as given.
    pub async fn send_raw(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let mut request = self.client.request(method, format!("{}{path}", self.url()));
        for (name, value) in headers {
            request = request.append_header((*name, *value));
        }
        read(request.send_body(body).await.unwrap()).await
    }

    /// `GET` with a token.
    pub async fn get(&self, path: &str, token: &str) -> Answer {
        self.send(Method::GET, path, token, &[], None).await
    }

    /// `POST` with a token and a JSON body.
    pub async fn post(&self, path: &str, token: &str, body: Value) -> Answer {
        self.send(Method::POST, path, token, &[], Some(&body)).await
    }
}

/// What a query with one integer column `n` gives: engines differ in the type of a sum.
pub fn number(store: &db::Store, query: &str) -> i64 {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    let kind = if store.engine() == "mysql" { "SIGNED" } else { "BIGINT" };
    let query = format!("SELECT CAST(n AS {kind}) AS n FROM ({query}) AS one");
    let db = &mut *store.reader().unwrap();
    with_conn!(db, diesel::sql_query(query).get_result::<Row>(db)).unwrap().n
}

async fn read(
    mut response: awc::ClientResponse<
        impl futures_util::Stream<Item = Result<actix_web::web::Bytes, awc::error::PayloadError>> + Unpin,
    >,
) -> Answer {
    let bytes = response.body().limit(4 << 20).await.unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Answer { status: response.status().as_u16(), headers: response.headers().clone(), text, body }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if !self.finished && !std::thread::panicking() {
            panic!("end the test with finish(): it settles and audits");
        }
    }
}
