//! What a test does with Alipay alone.

use std::sync::atomic::Ordering;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::{AES_KEY, APP_CERTIFICATE, Front, PATH, Page, ROOT_CERTIFICATES, status};
use crate::platform::book::Stage;
use crate::platform::journal::Kind;
use crate::platform::key::field;
use crate::platform::standin::Standin;

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
        let mut alipay = Self::set_up(Front::new(false, true));
        alipay.set("GATEWAY__ALIPAY__CONTENT_KEY", BASE64_STANDARD.encode(AES_KEY));
        alipay
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

    /// The shop's file has the second key, or certificate, too, as one that is ready for the change.
    pub fn announce_change(&mut self) {
        if self.engine.front.account.certificates.is_none() {
            let both = self.engine.front.keys.each_ref().map(|(key, _)| key.form("spki_der_b64"));
            return self.set_file("GATEWAY__ALIPAY__PLATFORM_KEY", &both.join("\n"));
        }
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
