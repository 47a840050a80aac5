//! A stand-in for WeChat Pay (API v3).

mod answer;
mod authorization;
mod notice;
mod operation;
mod request;
mod transaction;

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use serde_json::Value;
use tradepost::domain::clock::Timestamp;

use super::book::{Course, RefundState, Trade};
use super::china::day;
use super::engine::{self, Engine, Said, State, Task, lock};
use super::fault::How;
use super::journal::{Kind, Letter, Post};
use super::key::{Key, VECTORS, field};
use super::server::{Asked, Whole};
use super::standin::Standin;

pub use notice::{Wrong, encrypt};

/// The certificate of the merchant's key, as the vectors name it.
const MERCHANT_SERIAL: &str = "3775B6A45ACD588826D15E583A95F5DD00000001";
/// After the first delivery; 24 hours and 4 minutes in all.
const GAPS_S: [u64; 15] = [15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10_800, 10_800, 10_800, 21_600, 21_600];

/// A running stand-in for WeChat Pay.
pub type Wechat = Standin<Front>;

/// What WeChat Pay and the shop know of each other.
pub struct Account {
    pub mchid: String,
    pub appid: String,
    pub serial: &'static str,
    pub merchant: Key,
    pub api_v3_key: [u8; 32],
    /// The platform's own keys by serial: the public key, and the one with a certificate.
    pub keys: [(String, Key); 2],
}

impl Account {
    /// The platform's key with this serial.
    pub fn key(&self, serial: &str) -> Option<Signer<'_>> {
        self.keys.iter().find(|(is, _)| is == serial).map(|(serial, key)| Signer { serial, key })
    }
}

/// A key, and what it is called.
#[derive(Clone, Copy)]
pub struct Signer<'a> {
    pub serial: &'a str,
    pub key: &'a Key,
}

/// With what the platform signs where the shop does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignsWith {
    PublicKey,
    Certificate,
    /// Now with the one and now with the other, as while the merchant changes over.
    Both,
}

/// What is WeChat Pay's own.
pub struct Front {
    account: Account,
    signs_with: Mutex<SignsWith>,
    nonces: Mutex<HashSet<String>>,
    answers: AtomicUsize,
    notices: AtomicUsize,
}

impl Front {
    fn new(signs_with: SignsWith) -> Self {
        let config = &VECTORS["configs"]["wx_default"];
        let text = |name: &str| config[name].as_str().unwrap().to_owned();
        let serials = config["verify_keys"].as_object().unwrap();
        let serial = |of: &str| serials.iter().find(|(_, key)| *key == of).unwrap().0.clone();
        let account = Account {
            mchid: text("mchid"),
            appid: text("appid"),
            serial: MERCHANT_SERIAL,
            merchant: Key::named("wx_merchant"),
            api_v3_key: text("apiv3_key").as_bytes().try_into().unwrap(),
            keys: [
                (serial("wx_platform_pubkey"), Key::named("wx_platform_pubkey")),
                (serial("wx_platform_cert"), Key::named("wx_platform_certkey")),
            ],
        };
        let (answers, notices) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { account, signs_with: Mutex::new(signs_with), nonces: Mutex::default(), answers, notices }
    }

    /// The key that signs what is told now.
    fn signer(&self) -> Signer<'_> {
        let at = match *lock(&self.signs_with) {
            SignsWith::PublicKey => 0,
            SignsWith::Certificate => 1,
            SignsWith::Both => self.notices.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % 2,
        };
        let (serial, key) = &self.account.keys[at];
        Signer { serial, key }
    }
}

/// WeChat Pay's number of its `n`th payment.
fn number(n: u64, now: Timestamp) -> String {
    format!("4200000001{}{n:010}", day(now))
}

impl engine::Front for Front {
    type Wrong = Wrong;
    type Order = request::Request;

    const PATIENCE: Duration = Duration::from_secs(5);
    const COURSE: Course = Course::later(Duration::ZERO, RefundState::Success);

    fn number(&self, n: u64, now: Timestamp) -> String {
        number(n, now)
    }

    fn event_id(&self, n: u64, _: Timestamp) -> String {
        format!("EV-{n:033}")
    }

    fn gaps(&self, _: &Trade) -> Vec<Duration> {
        GAPS_S.map(Duration::from_secs).to_vec()
    }

    fn tells(&self, _: &Trade, kind: &Kind) -> bool {
        matches!(kind, Kind::Paid | Kind::Refund(_))
    }

    fn content(&self, trade: &Trade, kind: &Kind, event_id: &str, now: Timestamp) -> Value {
        notice::content(&self.account, trade, kind, event_id, now)
    }

    fn post(&self, letter: &Letter<Wrong>, wrong: Option<Wrong>, now: Timestamp) -> Post {
        notice::post(self, letter, wrong, now)
    }

    fn is_taken(&self, status: u16, _: &str) -> bool {
        matches!(status, 200 | 204)
    }

    fn read(&self, asked: &Asked, now: Timestamp) -> Result<Task<Self::Order>, Said> {
        authorization::check(&self.account, &self.nonces, asked, now)?;
        let order = request::read(&self.account, asked)?;
        Ok(Task { op: order.op(), out_trade_no: order.number().to_owned(), order })
    }

    fn work(engine: &Engine<Self>, state: &mut State<Wrong>, order: &Self::Order, now: Timestamp) -> Said {
        operation::work(engine, state, order, now)
    }

    fn answer(&self, asked: &Asked, said: &Said, how: Option<How>, now: Timestamp) -> Whole {
        answer::write(self, asked, said, how, now)
    }
}

/// What only WeChat Pay has.
impl Standin<Front> {
    /// WeChat Pay for a merchant with the public key.
    pub async fn start() -> Self {
        let mut wechat = Self::set_up(SignsWith::PublicKey);
        wechat.know_public_key();
        wechat
    }

    /// WeChat Pay for a merchant with platform certificates.
    pub async fn with_certificate() -> Self {
        let mut wechat = Self::set_up(SignsWith::Certificate);
        wechat.know_certificate();
        wechat
    }

    /// WeChat Pay for a merchant that changes over from certificates, which still sign, to the public key.
    pub async fn changing_over() -> Self {
        let mut wechat = Self::set_up(SignsWith::Certificate);
        wechat.know_certificate();
        wechat.know_public_key();
        wechat
    }

    fn set_up(signs_with: SignsWith) -> Self {
        let front = Front::new(signs_with);
        let account = &front.account;
        let (mchid, appid) = (account.mchid.clone(), account.appid.clone());
        let api_v3_key = String::from_utf8(account.api_v3_key.to_vec()).unwrap();
        let merchant_key = account.merchant.pem("PRIVATE KEY", "pkcs8_der_b64");
        let mut wechat = Self::serve(front);
        let (url, second_url) = (wechat.url.clone(), wechat.second_url.clone());
        wechat.set("GATEWAY__WECHAT__MERCHANT_ID", mchid);
        wechat.set("GATEWAY__WECHAT__APP_ID", appid);
        wechat.set("GATEWAY__WECHAT__MERCHANT_SERIAL", MERCHANT_SERIAL);
        wechat.set("GATEWAY__WECHAT__API_V3_KEY", api_v3_key);
        wechat.set("GATEWAY__WECHAT__URL", url);
        wechat.set("GATEWAY__WECHAT__FALLBACK_URL", second_url);
        wechat.set_file("GATEWAY__WECHAT__MERCHANT_KEY", &merchant_key);
        wechat
    }

    fn know_public_key(&mut self) {
        let (serial, key) = &self.engine.front.account.keys[0];
        let (serial, pem) = (serial.clone(), key.pem("PUBLIC KEY", "spki_der_b64"));
        self.set("GATEWAY__WECHAT__PLATFORM_KEY_ID", serial);
        self.set_file("GATEWAY__WECHAT__PLATFORM_KEY", &pem);
    }

    fn know_certificate(&mut self) {
        self.set_file("GATEWAY__WECHAT__PLATFORM_CERTIFICATES", field("wx_platform_cert", "pem"));
    }

    /// Nobody listens at the first address any more: only the second is left.
    pub fn lose_first_host(&mut self) {
        // A port that was free a moment ago.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        self.set("GATEWAY__WECHAT__URL", format!("http://{free}"));
    }

    /// From now on this signs what is told.
    pub fn sign_with(&self, signs_with: SignsWith) {
        *lock(&self.engine.front.signs_with) = signs_with;
    }

    /// A payment's state as a query says it.
    #[track_caller]
    pub fn status(&self, out_trade_no: &str) -> &'static str {
        transaction::state(&self.trade(out_trade_no))
    }

    /// A buyer's app scans a code: the shop's number of its order.
    ///
    /// # Errors
    /// Why there is nothing to pay.
    pub fn scan(&self, code: &str) -> Result<String, &'static str> {
        self.engine.at(|state, now| {
            let trade = state.trades.iter().find(|trade| trade.code == code).ok_or("there is no such code")?;
            if now >= trade.code_until { Err("the code is too old") } else { Ok(trade.out_trade_no.clone()) }
        })
    }

    /// A page inside WeChat hands over what the shop gave it: the shop's number of the order.
    ///
    /// # Errors
    /// Why WeChat does not take it.
    pub fn hand_over(&self, params: &Value) -> Result<String, &'static str> {
        let text = |name: &str| params[name].as_str().unwrap_or_default();
        let account = &self.engine.front.account;
        let (app_id, package) = (text("appId"), text("package"));
        if app_id != account.appid || text("signType") != "RSA" {
            return Err("another application, or another way to sign");
        }
        let message = format!("{app_id}\n{}\n{}\n{package}\n", text("timeStamp"), text("nonceStr"));
        if !account.merchant.verifies(message.as_bytes(), text("paySign")) {
            return Err("the signature is not one of this");
        }
        self.scan(package.strip_prefix("prepay_id=").ok_or("no prepay_id")?)
    }
}
