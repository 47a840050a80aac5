//! The real application on a free port, with its own data and its own clock.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use awc::http::Method;
use diesel::prelude::*;
use serde_json::Value;
use tradepost::actor::Faults;
use tradepost::app::App;
use tradepost::app::readiness::Readiness;
use tradepost::db::{self, with_conn};
use tradepost::domain::clock::{Clock, Timestamp};
use tradepost::gateway::ticket::{PayPages, Tickets};
use tradepost::{audit, config};

use super::document::{Sent, assert_documented};
use super::{Answer, LIMITS};
use crate::server::place::Place;

pub const ADMIN_PASSWORD: &str = "the admin's password";
pub const DEMO_PASSWORD: &str = "the demo user's password";

/// A running application. A test must end with [`TestApp::finish`], which settles and audits; otherwise it fails.
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

    /// The application with these settings, named as in the environment without the prefix: `ORDERS__DEADLINE`.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        Self::at(Place::new(), settings).await
    }

    /// The application with these settings and with its data at `place`.
    pub async fn at(place: Place, settings: &[(&str, &str)]) -> Self {
        let (url, folder) = (place.url(), place.folder().display().to_string());
        let base = [
            ("HTTP__LISTEN", "127.0.0.1:0"),
            ("HTTP__WORKERS", "1"),
            // No admission refuses an order, however many a test places at once.
            ("HTTP__ADMIT_WITHIN", "60s"),
            ("HTTP__IN_FLIGHT_PER_USER_MAX", "0"),
            // All requests of the tests come from one address, and many from one user. The tests of the limits set them.
            ("LIMITS__REQUESTS_PER_ADDRESS", "0"),
            ("LIMITS__SIGN_INS_PER_ADDRESS", "0"),
            ("LIMITS__REGISTRATIONS_PER_ADDRESS", "0"),
            ("LIMITS__PAYMENT_PAGES_PER_ADDRESS", "0"),
            ("LIMITS__REFUSALS_PER_ADDRESS", "0"),
            ("LIMITS__ORDERS_PER_USER", "0"),
            ("LIMITS__PAYMENTS_PER_USER", "0"),
            ("LIMITS__REQUESTS_PER_USER", "0"),
            ("ORDERS__UNPAID_ORDERS_MAX", "0"),
            ("ORDERS__UNPAID_UNITS_MAX", "0"),
            ("ORDERS__UNPAID_UNITS_IN_ALL_MAX", "0"),
            ("STORE__URL", url.as_str()),
            ("SECRETS__FOLDER", folder.as_str()),
            ("ADMIN__PASSWORD", ADMIN_PASSWORD),
            ("DEMO__PASSWORD", DEMO_PASSWORD),
            // Tests that advance the clock do not sign in again.
            ("SESSION__ADMIN_TTL", "12h"),
            // The polls would use up the faults that a test plans for other work. `work_left` makes the queries when a
            // test settles.
            ("PAYMENTS__SWEEP_EVERY", "1h"),
            // For the same reason.
            ("WEBHOOKS__POLL", "1h"),
            // For the same reason. A stop seals.
            ("AUDIT__SEAL_EVERY", "1h"),
            // A slow machine is no slow platform.
            ("PAYMENTS__ANSWER_WITHIN", "60s"),
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

    /// Changes a setting for the next [`TestApp::restart`].
    pub fn set(&mut self, name: &str, text: &str) {
        self.settings.push((format!("TRADEPOST__{name}"), text.to_owned()));
    }

    /// Shuts the application down gracefully and starts it again with the same data.
    pub async fn restart(&mut self) {
        self.stop(Duration::from_secs(5)).await;
        self.boot().await;
    }

    /// Shuts down gracefully and waits at most `within` for running work. [`TestApp::restart`] starts it again.
    pub async fn stop(&mut self, within: Duration) {
        if let Some(app) = self.app.take() {
            app.stop(within).await;
        }
    }

    fn app(&self) -> &App {
        self.app.as_ref().expect("the application is stopped")
    }

    /// Whether the application can serve, to be asked while it runs.
    pub fn readiness(&self) -> Readiness {
        self.app().readiness()
    }

    /// The path of the page of a payment, as its customer gets it.
    pub fn pay_path(&self, pay_id: &str) -> String {
        PayPages::new(self.secret("SESSION__SECRET", "token").as_bytes(), None).path(pay_id.parse().unwrap())
    }

    /// The path of the sandbox's checkout of a payment.
    pub fn checkout_path(&self, pay_id: &str) -> String {
        let secret = self.secret("GATEWAY__SANDBOX__SECRET", "sandbox");
        let tickets = Tickets::new(secret.as_bytes(), "tradepost/sandbox-checkout/1");
        format!("/sandbox/checkout/{}", tickets.seal(pay_id))
    }

    /// A secret: that of the settings, or the generated one.
    fn secret(&self, setting: &str, file: &str) -> String {
        let name = format!("TRADEPOST__{setting}");
        let set = self.settings.iter().rev().find(|(other, _)| *other == name).map(|(_, secret)| secret.clone());
        let generated = || std::fs::read_to_string(self.place.folder().join(format!("{file}.secret"))).unwrap();
        set.unwrap_or_else(generated).trim().to_owned()
    }

    /// Base URL of the application, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Place of the data.
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// URL of the stores.
    pub fn store_url(&self) -> String {
        self.place.url()
    }

    /// Waits until no work is due: orders, messages, callbacks, webhooks.
    pub async fn settle(&self) {
        for _ in 0..10_000 {
            if self.app().work_left().await == 0 && self.app().webhooks_left().await == 0 {
                return;
            }
            actix_web::rt::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("the work does not end");
    }

    /// Moves time forward and waits until all work that becomes due is done.
    pub async fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.settle().await;
    }

    /// Ends the test: settles, audits with no grace period, and stops.
    pub async fn finish(mut self) {
        self.settle().await;
        let mut report = self.audit();
        if !report.ok {
            // Without a grace period, work that began by itself during the audit shows. A violation shows again.
            self.settle().await;
            report = self.audit();
        }
        assert!(report.ok, "the audit found: {}", serde_json::to_string_pretty(&report).unwrap());
        self.finished = true;
        self.stop(Duration::ZERO).await;
    }

    /// Ends a test that has corrupted the stores deliberately: no audit.
    pub async fn finish_broken(mut self) {
        self.finished = true;
        self.stop(Duration::ZERO).await;
    }

    /// The report of an audit with no grace period.
    pub fn audit(&self) -> audit::Report {
        self.audit_with(&[])
    }

    /// The report of an audit with no grace period that knows the `kept` heads.
    pub fn audit_with(&self, kept: &[audit::KeptHead]) -> audit::Report {
        self.run_audit(kept, None)
    }

    /// The report of an audit with no grace period of what was changed since the time `since`.
    pub fn audit_since(&self, since: Timestamp) -> audit::Report {
        self.run_audit(&[], Some(since))
    }

    fn run_audit(&self, kept: &[audit::KeptHead], since: Option<Timestamp>) -> audit::Report {
        let settings = config::read("", self.settings.clone()).unwrap();
        let (horizons, chains) = (settings.horizons(), audit::Expected { is_on: settings.audit.chain, kept });
        let plan = audit::Plan { grace: Duration::ZERO, horizons: &horizons, chains, files: true, since };
        audit::run(&self.app().stores().owners, &self.clock, &plan, |_, _| {}).unwrap()
    }

    /// A connection to an owner's tables that bypasses the application.
    pub fn store(&self, owner: &str) -> db::Store {
        let open = || db::Store::new(&self.place.url(), owner, LIMITS).unwrap();
        self.stores.borrow_mut().entry(owner.to_owned()).or_insert_with(open).clone()
    }

    /// The result of a query with one integer column `n` in the tables of an owner.
    pub fn number(&self, owner: &str, query: &str) -> i64 {
        number(&self.store(owner), query)
    }

    /// Changes rows of an owner's tables, bypassing the owner.
    pub fn tamper(&self, owner: &str, statement: &str) {
        let db = &mut *self.store(owner).writer().unwrap();
        let changed = with_conn!(db, diesel::sql_query(statement).execute(db)).unwrap();
        assert!(changed > 0, "nothing was changed by {statement}");
    }

    /// A connection that can create and drop an owner's tables.
    pub fn migrator(&self, owner: &str) -> db::Db {
        self.store(owner).migrator().unwrap()
    }

    /// Changes the schema of an owner's tables, bypassing the owner.
    pub fn alter(&self, owner: &str, statements: &str) {
        self.store(owner).writer().unwrap().batch_execute(statements).unwrap();
    }

    /// Locks all rows of a table for writing, as a slow transaction of another process would. Reads are not affected.
    /// The lock is released when the returned connection is dropped.
    pub fn lock_rows(&self, owner: &str, table: &str) -> db::Pooled {
        let store = self.store(owner);
        let mut holder = store.writer().unwrap();
        let hold = match store.engine() {
            "sqlite" => "BEGIN IMMEDIATE".to_owned(),
            _ => format!("BEGIN; SELECT * FROM {table} FOR UPDATE"),
        };
        holder.batch_execute(&hold).unwrap();
        holder
    }

    /// Sends a request, with a bearer token unless `token` is empty, and with a JSON body if there is one. The OpenAPI
    /// document must have the answer.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        token: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.url()));
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
        let answer = read(response.unwrap()).await;
        let body = body.map(Value::to_string).unwrap_or_default();
        assert_documented(&Sent { method: method.as_str(), path, body: body.as_bytes() }, &answer);
        answer
    }

    /// Posts raw bytes.
    pub async fn send_bytes(&self, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        self.send_raw(Method::POST, path, headers, body).await
    }

    /// Sends raw bytes with exactly these headers. The OpenAPI document must have the answer.
    pub async fn send_raw(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let answer = self.fetch(method.clone(), path, headers, body.clone()).await;
        assert_documented(&Sent { method: method.as_str(), path, body: &body }, &answer);
        answer
    }

    /// Sends raw bytes with exactly these headers, for pages, which the OpenAPI document does not have.
    pub async fn fetch(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
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

/// The result of a query with one integer column `n`. The cast is needed because engines differ in the type of a sum.
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
    let policy = response.headers().get("content-security-policy").map_or("", |value| value.to_str().unwrap());
    assert!(policy.starts_with("default-src 'none'"), "an answer without a content security policy: {text}");
    Answer { status: response.status().as_u16(), headers: response.headers().clone(), text, body }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if !self.finished && !std::thread::panicking() {
            panic!("end the test with finish(): it settles and audits");
        }
    }
}
