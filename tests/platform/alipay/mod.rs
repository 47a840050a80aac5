//! A stand-in for Alipay's gateway (`gateway.do`).

mod answer;
mod biz;
pub mod certificate;
pub mod cipher;
mod notice;
mod operation;
mod page;
mod request;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;
use tradepost::domain::clock::Timestamp;

use super::book::{Course, RefundState, Stage, Trade};
use super::china::day;
use super::engine::{self, Engine, Said, State, Task};
use super::fault::How;
use super::journal::{Kind, Letter, Post};
use super::key::{Key, VECTORS, field};
use super::server::{Asked, Whole};
use super::standin::Standin;
use cipher::AesKey;

pub use notice::Wrong;
pub use page::Page;
pub use request::canonical;

const PATH: &str = "/gateway.do";
/// The first delivery, and seven more within about 25 hours.
const GAPS_MIN: [u64; 7] = [4, 10, 10, 60, 2 * 60, 6 * 60, 15 * 60];
/// TEST ONLY, and known to everybody.
pub const AES_KEY: &AesKey = b"0123456789abcdef";
const APP_CERTIFICATE: &str = include_str!("app_certificate.pem");
const ROOT_CERTIFICATES: &str = include_str!("root_certificates.pem");

/// A running stand-in for Alipay.
pub type Alipay = Standin<Front>;

/// What Alipay knows of the shop.
pub struct Account {
    pub app_id: String,
    pub seller_id: String,
    pub app: Key,
    pub certificates: Option<Certificates>,
    pub aes: Option<&'static AesKey>,
}

/// The numbers of the certificates in use.
pub struct Certificates {
    pub app_sn: String,
    pub root_sn: String,
}

/// What is Alipay's own.
pub struct Front {
    account: Account,
    /// Which key signs, and with which certificate: the second after a change.
    keys: [(Key, String); 2],
    is_changed: AtomicBool,
    /// Nobody the shop has to do with.
    stranger: Key,
    resends: AtomicBool,
    tells_all: AtomicBool,
    /// How many answers were written.
    answers: AtomicUsize,
}

impl Front {
    fn new(certificates: bool, aes: bool) -> Self {
        let text = |name: &str| VECTORS["configs"]["ali_default"][name].as_str().unwrap().to_owned();
        let sn = |name| certificate::number(field(name, "pem"));
        let certificates = certificates.then(|| Certificates {
            app_sn: certificate::number(APP_CERTIFICATE),
            root_sn: certificate::root_number(ROOT_CERTIFICATES),
        });
        let app = Key::named("ali_app");
        let (app_id, seller_id, aes) = (text("app_id"), text("seller_id"), aes.then_some(AES_KEY));
        Self {
            account: Account { app_id, seller_id, app, certificates, aes },
            keys: [("ali_platform", "ali_cert_1"), ("ali_platform_2", "ali_cert_2")]
                .map(|(key, certificate)| (Key::named(key), sn(certificate))),
            is_changed: AtomicBool::new(false),
            stranger: Key::named("wx_merchant"),
            resends: AtomicBool::new(false),
            tells_all: AtomicBool::new(false),
            answers: AtomicUsize::new(0),
        }
    }

    /// The key that signs now, and the number of its certificate where there are certificates.
    fn signer(&self) -> (&Key, Option<String>) {
        let (key, sn) = &self.keys[usize::from(self.is_changed.load(Ordering::Relaxed))];
        (key, self.account.certificates.as_ref().map(|_| sn.clone()))
    }
}

/// Alipay's number of its `n`th trade.
fn number(n: u64, now: Timestamp) -> String {
    format!("{}22001400{n:012}", day(now))
}

/// A trade's status: one that is wholly refunded counts as closed.
fn status(trade: &Trade) -> &'static str {
    match trade.stage {
        Stage::Unscanned | Stage::Waiting => "WAIT_BUYER_PAY",
        Stage::Closed => "TRADE_CLOSED",
        Stage::Paid if trade.refunded() >= trade.charged() => "TRADE_CLOSED",
        Stage::Paid => "TRADE_SUCCESS",
        Stage::Finished => "TRADE_FINISHED",
    }
}

impl engine::Front for Front {
    type Wrong = Wrong;
    type Order = request::Request;

    const PATIENCE: Duration = Duration::from_secs(10);
    const COURSE: Course = Course::AT_ONCE;

    fn number(&self, n: u64, now: Timestamp) -> String {
        number(n, now)
    }

    fn event_id(&self, n: u64, now: Timestamp) -> String {
        format!("{}01222{n:021}", day(now))
    }

    fn gaps(&self, trade: &Trade) -> Vec<Duration> {
        let is_code = trade.asked["product_code"] != "FAST_INSTANT_TRADE_PAY";
        let at_once = if is_code && self.resends.load(Ordering::Relaxed) { 3 } else { 0 };
        let gaps = std::iter::repeat_n(0, at_once).chain(GAPS_MIN);
        gaps.map(|minutes| Duration::from_secs(minutes * 60)).collect()
    }

    fn tells(&self, trade: &Trade, kind: &Kind) -> bool {
        match kind {
            Kind::Paid => true,
            Kind::Refund(number) => trade.refund(number).is_some_and(|refund| refund.state == RefundState::Success),
            Kind::Waiting | Kind::Closed | Kind::Finished => self.tells_all.load(Ordering::Relaxed),
        }
    }

    fn content(&self, trade: &Trade, kind: &Kind, event_id: &str, _: Timestamp) -> Value {
        notice::content(self, trade, kind, event_id)
    }

    fn post(&self, letter: &Letter<Wrong>, wrong: Option<Wrong>, now: Timestamp) -> Post {
        notice::post(self, letter, wrong, now)
    }

    fn is_taken(&self, status: u16, reply: &str) -> bool {
        status == 200 && reply == "success"
    }

    fn read(&self, asked: &Asked, now: Timestamp) -> Result<Task<Self::Order>, Said> {
        let order = request::read(&self.account, asked, now)?;
        let out_trade_no = order.biz.get("out_trade_no").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Task { op: operation::op(&order.method), out_trade_no, order })
    }

    fn work(engine: &Engine<Self>, state: &mut State<Wrong>, order: &Self::Order, now: Timestamp) -> Said {
        operation::work(engine, state, order, now)
    }

    fn answer(&self, asked: &Asked, said: &Said, how: Option<How>, now: Timestamp) -> Whole {
        answer::write(self, asked, said, how, now)
    }
}

/// What only Alipay has.
impl Standin<Front> {
    /// Alipay with its public key.
    pub async fn start() -> Self {
        Self::set_up(Front::new(false, false))
    }

    /// Alipay with certificates.
    pub async fn with_certificates() -> Self {
        let mut alipay = Self::set_up(Front::new(true, false));
        alipay.set("GATEWAY__ALIPAY__PLATFORM_KEY", "");
        alipay.set_file("GATEWAY__ALIPAY__APP_CERTIFICATE", APP_CERTIFICATE);
        alipay.set_file("GATEWAY__ALIPAY__PLATFORM_CERTIFICATE", field("ali_cert_1", "pem"));
        alipay.set_file("GATEWAY__ALIPAY__ROOT_CERTIFICATE", ROOT_CERTIFICATES);
        alipay
    }

    /// Alipay with encrypted contents.
    pub async fn with_encryption() -> Self {
        Self::set_up(Front::new(false, true))
    }

    fn set_up(front: Front) -> Self {
        let account = &front.account;
        let (app_id, seller_id) = (account.app_id.clone(), account.seller_id.clone());
        let app_key = account.app.pem("PRIVATE KEY", "pkcs8_der_b64");
        let platform_key = front.keys[0].0.form("spki_der_b64");
        let mut alipay = Self::serve(front);
        let url = format!("{}{PATH}", alipay.url);
        alipay.set("GATEWAY__ALIPAY__APP_ID", app_id);
        alipay.set("GATEWAY__ALIPAY__SELLER_ID", seller_id);
        alipay.set("GATEWAY__ALIPAY__URL", url);
        alipay.set_file("GATEWAY__ALIPAY__APP_KEY", &app_key);
        alipay.set_file("GATEWAY__ALIPAY__PLATFORM_KEY", platform_key);
        alipay
    }

    /// From now on Alipay signs with its second key, or certificate.
    pub fn change_key(&self) {
        self.engine.front.is_changed.store(true, Ordering::Relaxed);
    }

    /// The shop's file has the second certificate too, as one that is ready for the change.
    pub fn announce_change(&mut self) {
        let both = [field("ali_cert_1", "pem"), field("ali_cert_2", "pem")].concat();
        self.set_file("GATEWAY__ALIPAY__PLATFORM_CERTIFICATE", &both);
    }

    /// What nobody took is sent three more times at once before the schedule begins, as for codes some documents say.
    pub fn resend_at_once(&self) {
        self.engine.front.resends.store(true, Ordering::Relaxed);
    }

    /// Everything is told, also what most products do not tell: that a trade waits, ended unpaid, or is finished.
    pub fn tell_all(&self) {
        self.engine.front.tells_all.store(true, Ordering::Relaxed);
    }

    /// A trade's status as a query says it.
    #[track_caller]
    pub fn status(&self, out_trade_no: &str) -> &'static str {
        status(&self.trade(out_trade_no))
    }

    /// A buyer's browser goes to the address the shop gave it.
    pub async fn open(&self, url: &str) -> Page {
        assert!(url.starts_with(&self.url), "{url} leads somewhere else than to {}", self.url);
        let mut response = awc::Client::new().get(url).send().await.unwrap();
        let html = String::from_utf8(response.body().await.unwrap().to_vec()).unwrap();
        let content_type = response.headers().get("content-type").unwrap().to_str().unwrap().to_owned();
        Page { status: response.status().as_u16(), content_type, html }
    }

    /// A buyer's app scans a code, and so makes its trade: the shop's number of it.
    ///
    /// # Errors
    /// Why there is nothing to pay.
    pub fn scan(&self, code: &str) -> Result<String, &'static str> {
        self.engine.at(|state, now| {
            let mut trades = state.trades.iter_mut();
            let trade = trades.find(|trade| trade.code == code).ok_or("there is no such code")?;
            if now >= trade.code_until {
                return Err("the code is too old");
            }
            if trade.stage == Stage::Unscanned {
                (trade.stage, trade.code_until) = (Stage::Waiting, trade.closes_at);
            }
            Ok(trade.out_trade_no.clone())
        })
    }

    /// A paid trade can be refunded no more, as after about twelve months.
    pub async fn finish(&self, out_trade_no: &str) {
        self.engine.at(|state, now| {
            let at = state.find(out_trade_no).unwrap();
            assert_eq!(state.trades[at].stage, Stage::Paid);
            state.trades[at].stage = Stage::Finished;
            self.engine.announce(state, at, Kind::Finished, now);
        });
        self.tick().await;
    }

    /// Tells of something once more, as a new event: the trade as it was then, well signed.
    pub async fn tell(&self, out_trade_no: &str, kind: Kind) {
        self.engine.at(|state, now| {
            let at = state.find(out_trade_no).unwrap();
            self.engine.tell(state, at, kind, now);
        });
        self.tick().await;
    }
}
