//! What the tests share: the shop, its data, the history.

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

/// These tests measure times and fill the machine: one at a time.
pub fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A number from the environment.
pub fn from_environment(name: &str, default: u64) -> u64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "a campaign is set up from outside, the application has no part in it"
    )]
    let text = std::env::var(name).ok();
    text.map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} must be a number, not {text:?}")))
}

/// A shop and its data, and what its customers were told.
pub struct Run {
    /// Kept until the end.
    place: Option<Place>,
    pub data: Data,
    pub shop: Rc<Shop>,
    pub history: Shared,
    label: String,
}

impl Run {
    /// Opens a shop on new data; `label` says in a failure how to see it again.
    pub async fn new(label: &str) -> Self {
        let place = Place::new();
        let data = Data { folder: place.folder(), url: place.url() };
        let server = Server::start(&data, &[]);
        let mut run = Self::at(label, data, &Http::new(&server.url)).await;
        server.stop();
        run.place = Some(place);
        run
    }

    /// Opens a shop at a server that runs, on data that are the test's own to clear up.
    pub async fn at(label: &str, data: Data, http: &Http) -> Self {
        let shop = Rc::new(Shop::open(http).await);
        let history = Rc::new(RefCell::new(History::new(&data.folder.with_extension("jsonl"))));
        Self { place: None, data, shop, history, label: label.to_owned() }
    }

    /// Customers at this server, until it is gone or `stop` is set.
    pub fn customers(&self, http: &Http, stop: &Rc<Cell<bool>>, rng: &mut Rng) -> Vec<JoinHandle<()>> {
        load::start(http, &self.shop, &self.history, stop, rng)
    }

    /// Everything that is checked after a restart: on the running server, then on the books it leaves behind. Between
    /// the two, the shop is filled for the next customers.
    pub async fn check(&mut self, server: Server, since: usize) {
        let http = Http::new(&server.url);
        for _ in check::unheard(&http, &self.shop, &self.history).await {
            self.history.borrow_mut().meet("done and unheard");
        }
        check::check(&http, &self.shop, &self.history, since).await;
        Rc::get_mut(&mut self.shop).unwrap().refill(&http).await;
        server.stop();
        self.history.borrow_mut().wrong.extend(process::audit(&self.data));
        self.right();
    }

    /// Fails where something was wrong; the folder is kept then.
    pub fn right(&self) {
        let history = self.history.borrow();
        let wrong: Vec<&String> = history.wrong.iter().take(20).collect();
        assert!(wrong.is_empty(), "{}: {} things are wrong: {wrong:#?}", self.label, history.wrong.len());
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{}: log and history are beside {}", self.label, self.data.folder.display());
            process::log(&self.data).iter().filter(|line| line.contains("ERROR")).for_each(|line| println!("{line}"));
        }
    }
}

/// Waits for all customers to go.
pub async fn gone(customers: Vec<JoinHandle<()>>) {
    join_all(customers).await.into_iter().for_each(|customer| customer.unwrap());
}
