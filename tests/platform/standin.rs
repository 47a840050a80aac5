//! A running stand-in: its settings for a shop, and its trades and records.

use std::path::PathBuf;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use tempfile::TempDir;
use tradepost::domain::clock::{Clock, Timestamp};

use super::bill::Bills;
use super::book::Trade;
use super::delivery::PUBLIC_URL;
use super::engine::Engine;
use super::front::Front;
use super::journal::{Call, Delivery};
use super::server::{self, RawRequest};

/// A running stand-in. It stops when it is dropped.
pub struct Standin<F: Front> {
    pub(super) engine: Arc<Engine<F>>,
    server: ServerHandle,
    folder: TempDir,
    settings: Vec<(&'static str, String)>,
    /// Base URL, without a slash at the end.
    pub url: String,
    /// Base URL of the second port.
    pub second_url: String,
}

impl<F: Front> Drop for Standin<F> {
    fn drop(&mut self) {
        // The server stops in the background.
        drop(self.server.stop(false));
    }
}

/// The connection to a shop.
impl<F: Front> Standin<F> {
    pub(super) fn serve(front: F) -> Self {
        let engine = Arc::new(Engine::new(front));
        let (server, addresses) = server::start(&engine);
        let (url, second_url) = (format!("http://{}", addresses[0]), format!("http://{}", addresses[1]));
        engine.front.bills().base_url.set(url.clone()).unwrap();
        let settings = vec![("HTTP__PUBLIC_URL", PUBLIC_URL.to_owned())];
        Self { engine, server, folder: TempDir::new().unwrap(), settings, url, second_url }
    }

    pub(super) fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.settings.retain(|(key, _)| *key != name);
        self.settings.push((name, value.into()));
    }

    /// Sets a setting to the name of a new file with this text.
    pub(super) fn set_file(&mut self, name: &'static str, text: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path: PathBuf = self.folder.path().join(name.to_lowercase());
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        self.set(name, path.display().to_string());
    }

    /// The settings with which a shop uses this platform, for `TestApp::with`.
    pub fn settings(&self) -> Vec<(&str, &str)> {
        self.settings.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }

    /// Uses the time of `clock`.
    pub fn follow(&self, clock: &Clock) {
        self.engine.follow(clock);
    }

    /// Sets the real base URL of the shop, whose public URL is `https://shop.example.com`.
    pub fn deliver_to(&self, url: &str) {
        self.engine.deliver_to(url);
    }
}

/// The request checks.
impl<F: Front> Standin<F> {
    /// The result of the checks of a request that do not depend on trades: `ok`, or the error code.
    pub fn judge(&self, request: &RawRequest, now: Timestamp) -> String {
        self.engine.front.read(request, now).map_or_else(|answer| answer.verdict, |_| "ok".to_owned())
    }
}

/// The bills of a platform.
impl<F: Front> Standin<F> {
    /// The file of a day's bill, as the platform sends it.
    pub fn bill(&self, day: &str) -> Vec<u8> {
        self.engine.with_state(|state, _| self.engine.front.bill(&state.trades, day).expect("there is no bill"))
    }

    /// The file of a day's fund statement, as the platform sends it.
    pub fn funds(&self, day: &str) -> Vec<u8> {
        self.engine.with_state(|state, _| self.engine.front.funds(&state.trades, day).expect("there is no bill"))
    }

    /// The bills, whose content a test may change.
    pub fn bills(&self) -> &Bills {
        self.engine.front.bills()
    }
}

/// Trades and records.
impl<F: Front> Standin<F> {
    /// The trade with this number of the shop.
    #[track_caller]
    pub fn trade(&self, out_trade_no: &str) -> Trade {
        let trade = self.trades(out_trade_no).into_iter().next();
        trade.unwrap_or_else(|| panic!("the platform has no trade {out_trade_no}"))
    }

    /// All trades with this number of the shop.
    pub fn trades(&self, out_trade_no: &str) -> Vec<Trade> {
        let mut trades = self.engine.with_state(|state, _| state.trades.clone());
        trades.retain(|trade| trade.out_trade_no == out_trade_no);
        trades
    }

    /// All deliveries for a trade.
    pub fn deliveries(&self, out_trade_no: &str) -> Vec<Delivery> {
        let mut deliveries = self.engine.with_state(|state, _| state.deliveries.clone());
        deliveries.retain(|delivery| delivery.out_trade_no == out_trade_no);
        deliveries
    }

    /// The status codes of the shop's replies to those deliveries.
    pub fn reply_statuses(&self, out_trade_no: &str) -> Vec<u16> {
        self.deliveries(out_trade_no).iter().map(|delivery| delivery.status).collect()
    }

    /// All requests.
    pub fn calls(&self) -> Vec<Call> {
        self.engine.with_state(|state, _| state.calls.clone())
    }

    /// The largest number of concurrent requests since the last call of this function.
    pub fn take_most_requests(&self) -> usize {
        self.engine.take_most_requests()
    }

    /// The requests that break the platform's rules. Most tests expect none.
    pub fn complaints(&self) -> Vec<String> {
        let wrong = self.calls().into_iter().filter(|call| call.is_wrong);
        wrong.map(|call| format!("{}: {} {}", call.verdict, call.line, call.body)).collect()
    }
}
