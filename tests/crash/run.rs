//! A run of a test: the shop, its data and the history.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::rt::task::JoinHandle;
use fastrand::Rng;
use futures_util::future::join_all;

use super::check;
use super::history::History;
use super::http::Http;
use super::load::{self, Shared, Shop};
use super::process::{self, Data, Server};
use super::server::place::Place;

/// Locks out the other tests of this binary, because they measure times and use the whole machine.
pub fn exclusive() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The number in the environment variable `name`.
pub fn from_environment(name: &str, default: u64) -> u64 {
    #[expect(clippy::disallowed_methods, reason = "the variable belongs to the test run, not to the settings")]
    let text = std::env::var(name).ok();
    text.map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} must be a number, not {text:?}")))
}

/// A shop with its data, and the history of its clients.
pub struct Run {
    /// Dropped at the end of the run.
    place: Option<Place>,
    pub data: Data,
    pub shop: Rc<Shop>,
    pub history: Shared,
    label: String,
}

impl Run {
    /// Creates a shop with new data. `label` names the run in a failure, so that it can be repeated.
    pub async fn new(label: &str) -> Self {
        let place = Place::new();
        let data = Data { folder: place.folder(), url: place.url() };
        let server = Server::start(&data, &[]);
        let mut run = Self::at(label, data, &Http::new(&server.url)).await;
        server.stop();
        run.place = Some(place);
        run
    }

    /// Creates a shop on a running server. The caller removes its data.
    pub async fn at(label: &str, data: Data, http: &Http) -> Self {
        let shop = Rc::new(Shop::open(http).await);
        let history = Rc::new(RefCell::new(History::new(&data.folder.with_extension("jsonl"))));
        Self { place: None, data, shop, history, label: label.to_owned() }
    }

    /// Starts customers, who send requests until the server is gone or `stop` is set.
    pub fn customers(&self, http: &Http, stop: &Rc<Cell<bool>>, rng: &mut Rng) -> Vec<JoinHandle<()>> {
        load::start(http, &self.shop, &self.history, stop, rng)
    }

    /// Checks the running server after a restart, stops it, and audits its stores. In between it restocks the shop for
    /// the next customers.
    pub async fn check(&mut self, server: Server, since: usize) {
        let http = Http::new(&server.url);
        for _ in check::unanswered_orders(&http, &self.shop, &self.history).await {
            self.history.borrow_mut().note("order without an answer");
        }
        check::check(&http, &self.shop, &self.history, since).await;
        Rc::get_mut(&mut self.shop).unwrap().refill(&http).await;
        server.stop();
        self.history.borrow_mut().violations.extend(process::audit(&self.data));
        self.assert_correct();
    }

    /// Fails if there are violations. The folder is kept then.
    pub fn assert_correct(&self) {
        let history = self.history.borrow();
        let violations: Vec<&String> = history.violations.iter().take(20).collect();
        assert!(violations.is_empty(), "{}: {} violations: {violations:#?}", self.label, history.violations.len());
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{}: log and history are in {}", self.label, self.data.folder.with_file_name("").display());
            process::log(&self.data).iter().filter(|line| line.contains("ERROR")).for_each(|line| println!("{line}"));
        }
    }
}

/// Waits until all customers have ended.
pub async fn wait_for_all(customers: Vec<JoinHandle<()>>) {
    join_all(customers).await.into_iter().for_each(|customer| customer.unwrap());
}
