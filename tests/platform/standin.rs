//! What a test does with a stand-in: buyers, the platform's own people, what goes wrong, and what is in its books.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use tempfile::TempDir;
use tradepost::domain::clock::{Clock, Timestamp};

use super::book::{Course, Payment, Stage, Trade};
use super::courier::PUBLIC_URL;
use super::engine::{Engine, Front};
use super::fault::{Act, Op, Sending, Upset};
use super::journal::{Call, Delivery, Kind};
use super::server::{self, Asked};

/// A running platform. It stops when it is dropped.
pub struct Standin<F: Front> {
    pub(super) engine: Arc<Engine<F>>,
    server: ServerHandle,
    folder: TempDir,
    settings: Vec<(&'static str, String)>,
    /// Where it listens, without a slash at the end.
    pub url: String,
    /// Where else it listens.
    pub second_url: String,
}

impl<F: Front> Drop for Standin<F> {
    fn drop(&mut self) {
        // It is told at once; nobody waits until it is done.
        drop(self.server.stop(false));
    }
}

/// How a shop is made to know a platform.
impl<F: Front> Standin<F> {
    pub(super) fn serve(front: F) -> Self {
        let engine = Arc::new(Engine::new(front));
        let (server, addresses) = server::start(&engine);
        let (url, second_url) = (format!("http://{}", addresses[0]), format!("http://{}", addresses[1]));
        let settings = vec![("HTTP__PUBLIC_URL", PUBLIC_URL.to_owned())];
        Self { engine, server, folder: TempDir::new().unwrap(), settings, url, second_url }
    }

    pub(super) fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.settings.retain(|(is, _)| *is != name);
        self.settings.push((name, value.into()));
    }

    /// The same, the value being the name of a file with this text.
    pub(super) fn set_file(&mut self, name: &'static str, text: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path: PathBuf = self.folder.path().join(name.to_lowercase());
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        self.set(name, path.display().to_string());
    }

    /// The settings with which a shop talks to this platform, for `TestApp::with`.
    pub fn settings(&self) -> Vec<(&str, &str)> {
        self.settings.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }

    /// From now on its time is this clock's.
    pub fn follow(&self, clock: &Clock) {
        self.engine.follow(clock);
    }

    /// The shop, which calls itself `https://shop.example.com`, is really at this address.
    pub fn deliver_to(&self, url: &str) {
        self.engine.deliver_to(url);
    }
}

/// Its front.
impl<F: Front> Standin<F> {
    /// What it would say to this request at this time, before it looks at its books: `ok`, or the code of the error.
    pub fn judge(&self, asked: &Asked, now: Timestamp) -> String {
        self.engine.front.read(asked, now).map_or_else(|said| said.verdict, |_| "ok".to_owned())
    }
}

/// Buyers, and the people of the shop who use the platform's own pages.
impl<F: Front> Standin<F> {
    /// A buyer pays what the shop asked for, and the shop is told.
    #[track_caller]
    pub fn pay(&self, out_trade_no: &str) -> impl Future<Output = ()> {
        self.pay_with(out_trade_no, Payment::default())
    }

    /// The same, but not quite so.
    #[track_caller]
    pub fn pay_with(&self, out_trade_no: &str, payment: Payment) -> impl Future<Output = ()> {
        self.engine.pay(out_trade_no, payment).unwrap_or_else(|why| panic!("nobody can pay {out_trade_no}: {why}"));
        self.tick()
    }

    /// A buyer tries to pay.
    ///
    /// # Errors
    /// Why the platform does not let them.
    pub async fn try_pay(&self, out_trade_no: &str) -> Result<(), &'static str> {
        self.engine.pay(out_trade_no, Payment::default())?;
        self.tick().await;
        Ok(())
    }

    /// Somebody pays for the same number once more: a second trade, which the platform should not have let happen.
    pub async fn pay_again(&self, out_trade_no: &str) {
        self.engine.at(|state, now| {
            let first = state.find(out_trade_no).unwrap();
            let trade_no = self.engine.front.number(state.count(), now);
            let mut second = Trade { trade_no, stage: Stage::Waiting, paid: None, ..state.trades[first].clone() };
            (second.closes_at, second.code_until) =
                (now.plus(Duration::from_secs(1)), now.plus(Duration::from_secs(1)));
            second.refunds.clear();
            second.pay(Payment::default(), now).unwrap();
            state.trades.push(second);
            self.engine.announce(state, state.trades.len() - 1, Kind::Paid, now);
        });
        self.tick().await;
    }

    /// The platform ends a trade nobody has paid.
    pub async fn expire(&self, out_trade_no: &str) {
        self.engine.at(|state, now| {
            let at = state.find(out_trade_no).unwrap();
            assert!(!state.trades[at].is_paid(), "{out_trade_no} is paid");
            state.trades[at].closes_at = now;
        });
        self.tick().await;
    }

    /// Somebody gives money back in the platform's console; the shop never heard of the number.
    pub async fn refund_in_console(&self, out_trade_no: &str, fen: i64) {
        self.engine.at(|state, now| {
            let at = state.find(out_trade_no).unwrap();
            let number = format!("console{}", state.count());
            let notify_url = state.trades[at].notify_url.clone();
            self.engine.begin_refund(state, at, (&number, fen, &notify_url), now);
        });
        self.tick().await;
    }
}

/// Time, and what goes wrong.
impl<F: Front> Standin<F> {
    /// Sends what is due by now.
    pub async fn tick(&self) {
        self.engine.deliver_due(None).await;
    }

    /// When the next notification is due.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.engine.at(|state, _| state.letters.iter().filter_map(|letter| letter.due).min())
    }

    /// Moves time to where the next notification is due, and sends it. How far that was; none where none is due.
    pub async fn skip(&self) -> Option<Duration> {
        let by = self.next_due()?.since(self.engine.now());
        self.engine.clock().advance(by);
        self.tick().await;
        Some(by)
    }

    /// The next request of some kind is answered wrong.
    pub fn upset(&self, upset: Upset) {
        self.engine.at(|state, _| state.plans.upsets.push(upset));
    }

    /// All answers are right again.
    pub fn calm(&self) {
        self.engine.at(|state, _| state.plans.upsets.clear());
    }

    /// While the shop asks for this the next time, a buyer does something: just before the platform does it, or just
    /// after it made a trade.
    pub fn meanwhile(&self, op: Op, act: Act) {
        self.engine.at(|state, _| state.plans.add_act(op, act));
    }

    /// How the next notification is sent.
    pub fn next_notice(&self, sending: Sending<F::Wrong>) {
        self.engine.at(|state, _| state.plans.add_sending(None, sending));
    }

    /// How all notifications of a trade are sent from now on.
    pub fn notices_of(&self, out_trade_no: &str, sending: Sending<F::Wrong>) {
        self.engine.at(|state, _| state.plans.add_sending(Some(out_trade_no), sending));
    }

    /// What becomes of the next refund.
    pub fn next_refund(&self, course: Course) {
        self.engine.at(|state, _| state.plans.add_course(course));
    }

    /// Lets go of the notifications of a trade that were held, the last one first.
    pub async fn release_reversed(&self, out_trade_no: &str) {
        let held = self.engine.at(|state, _| {
            let held = |at: &usize| state.letters[*at].is_held && state.letters[*at].out_trade_no == out_trade_no;
            let held: Vec<usize> = (0..state.letters.len()).rev().filter(held).collect();
            for at in &held {
                state.letters[*at].is_held = false;
            }
            held
        });
        for at in held {
            self.engine.at(|state, now| state.letters[at].due = Some(now));
            self.tick().await;
        }
    }

    /// Sends the last notification of a trade once more, written anew, with this wrong with it.
    pub async fn resend(&self, out_trade_no: &str, wrong: Option<F::Wrong>) -> Delivery {
        let last =
            self.engine.at(|state, _| state.letters.iter().rposition(|letter| letter.out_trade_no == out_trade_no));
        self.engine.send_again(last.expect("nothing to tell of it"), wrong).await
    }

    /// Sends the very bytes of a delivery once more.
    pub async fn replay(&self, delivery: &Delivery) -> Delivery {
        let at = self
            .engine
            .at(|state, _| state.letters.iter().position(|letter| letter.event_id == delivery.event_id).unwrap());
        self.engine.send(at, delivery.post.clone()).await
    }
}

/// The books.
impl<F: Front> Standin<F> {
    /// The trade with this number of the shop.
    #[track_caller]
    pub fn trade(&self, out_trade_no: &str) -> Trade {
        let trade = self.trades(out_trade_no).into_iter().next();
        trade.unwrap_or_else(|| panic!("the platform has no trade {out_trade_no}"))
    }

    /// All trades with this number of the shop.
    pub fn trades(&self, out_trade_no: &str) -> Vec<Trade> {
        let mut trades = self.engine.at(|state, _| state.trades.clone());
        trades.retain(|trade| trade.out_trade_no == out_trade_no);
        trades
    }

    /// What was sent to tell of a trade.
    pub fn deliveries(&self, out_trade_no: &str) -> Vec<Delivery> {
        let mut deliveries = self.engine.at(|state, _| state.deliveries.clone());
        deliveries.retain(|delivery| delivery.out_trade_no == out_trade_no);
        deliveries
    }

    /// What the shop answered to each of those.
    pub fn told(&self, out_trade_no: &str) -> Vec<u16> {
        self.deliveries(out_trade_no).iter().map(|delivery| delivery.status).collect()
    }

    /// What it was asked.
    pub fn calls(&self) -> Vec<Call> {
        self.engine.at(|state, _| state.calls.clone())
    }

    /// Requests no shop should make. A test that plays by the rules ends with none.
    pub fn complaints(&self) -> Vec<String> {
        let wrong = self.calls().into_iter().filter(|call| call.is_wrong);
        wrong.map(|call| format!("{}: {} {}", call.verdict, call.line, call.body)).collect()
    }
}
