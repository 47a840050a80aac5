//! A stand-in for Alipay's gateway (`gateway.do`).

mod acts;
mod answer;
pub mod bill;
mod biz;
pub mod certificate;
pub mod cipher;
mod front;
mod funds;
mod notice;
mod operation;
mod page;
mod request;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tradepost::domain::clock::Timestamp;

use super::bill::Bills;
use super::book::{Stage, Trade};
use super::china::day;
use super::key::{Key, VECTORS, field};
use super::standin::Standin;
use cipher::AesKey;

pub use notice::Wrong;
pub use page::Page;
pub use request::canonical;

const PATH: &str = "/gateway.do";
/// The key of encrypted contents, which is public: for tests only.
pub const AES_KEY: &AesKey = b"0123456789abcdef";
const APP_CERTIFICATE: &str = include_str!("app_certificate.pem");
const ROOT_CERTIFICATES: &str = include_str!("root_certificates.pem");

/// A running stand-in for Alipay.
pub type Alipay = Standin<Front>;

/// The shop's account at Alipay.
pub struct Account {
    pub app_id: String,
    pub seller_id: String,
    pub app: Key,
    pub certificates: Option<Certificates>,
    pub aes: Option<&'static AesKey>,
}

/// Numbers of the certificates in use.
pub struct Certificates {
    pub app_sn: String,
    pub root_sn: String,
}

/// The parts of the stand-in that are specific to Alipay.
pub struct Front {
    account: Account,
    /// The signing keys with the numbers of their certificates: the first, and the one after a change.
    keys: [(Key, String); 2],
    is_changed: AtomicBool,
    /// A key that belongs neither to Alipay nor to the shop.
    unrelated_key: Key,
    resends: AtomicBool,
    notifies_of_all: AtomicBool,
    /// Number of answers so far.
    answers: AtomicUsize,
    bills: Bills,
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
            unrelated_key: Key::named("wx_merchant"),
            resends: AtomicBool::new(false),
            notifies_of_all: AtomicBool::new(false),
            answers: AtomicUsize::new(0),
            bills: Bills::default(),
        }
    }

    /// The current signing key, and the number of its certificate if there are certificates.
    fn signer(&self) -> (&Key, Option<String>) {
        let (key, sn) = &self.keys[usize::from(self.is_changed.load(Ordering::Relaxed))];
        (key, self.account.certificates.as_ref().map(|_| sn.clone()))
    }
}

/// Alipay's number of its `n`th trade.
fn number(n: u64, now: Timestamp) -> String {
    format!("{}22001400{n:012}", day(now))
}

/// The status of a trade. A fully refunded trade counts as closed.
fn status(trade: &Trade) -> &'static str {
    match trade.stage {
        Stage::Unscanned | Stage::Waiting => "WAIT_BUYER_PAY",
        Stage::Closed => "TRADE_CLOSED",
        Stage::Paid if trade.refunded() >= trade.charged() => "TRADE_CLOSED",
        Stage::Paid => "TRADE_SUCCESS",
        Stage::Finished => "TRADE_FINISHED",
    }
}
