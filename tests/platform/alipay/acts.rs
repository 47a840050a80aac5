//! Actions of a test that are specific to Alipay.

use std::sync::atomic::Ordering;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::{AES_KEY, APP_CERTIFICATE, Front, PATH, Page, ROOT_CERTIFICATES, status};
use crate::platform::book::Stage;
use crate::platform::journal::Kind;
use crate::platform::key::field;
use crate::platform::standin::Standin;

impl Standin<Front> {
    /// Alipay for a shop that has Alipay's public key.
    pub async fn start() -> Self {
        Self::set_up(Front::new(false, false))
    }

    /// Alipay for a shop with certificates.
    pub async fn with_certificates() -> Self {
        let mut alipay = Self::set_up(Front::new(true, false));
        alipay.set("GATEWAY__ALIPAY__PLATFORM_KEY", "");
        alipay.set_file("GATEWAY__ALIPAY__APP_CERTIFICATE", APP_CERTIFICATE);
        alipay.set_file("GATEWAY__ALIPAY__PLATFORM_CERTIFICATE", field("ali_cert_1", "pem"));
        alipay.set_file("GATEWAY__ALIPAY__ROOT_CERTIFICATE", ROOT_CERTIFICATES);
        alipay
    }

    /// Alipay for a shop with encrypted contents.
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

    /// Signs with the second key or certificate from now on.
    pub fn change_key(&self) {
        self.engine.front.is_changed.store(true, Ordering::Relaxed);
    }

    /// Adds the second key or certificate to the shop's file, in preparation of the change.
    pub fn announce_change(&mut self) {
        if self.engine.front.account.certificates.is_none() {
            let both = self.engine.front.keys.each_ref().map(|(key, _)| key.form("spki_der_b64"));
            return self.set_file("GATEWAY__ALIPAY__PLATFORM_KEY", &both.join("\n"));
        }
        let both = [field("ali_cert_1", "pem"), field("ali_cert_2", "pem")].concat();
        self.set_file("GATEWAY__ALIPAY__PLATFORM_CERTIFICATE", &both);
    }

    /// Sends a notice that is not accepted three more times without a gap before the schedule begins. Some documents
    /// say so for codes.
    pub fn resend_at_once(&self) {
        self.engine.front.resends.store(true, Ordering::Relaxed);
    }

    /// Also sends the notices that most products do not send: of trades that were created, closed or finished.
    pub fn send_all_notices(&self) {
        self.engine.front.notifies_of_all.store(true, Ordering::Relaxed);
    }

    /// The status of a trade in the answer to a query.
    #[track_caller]
    pub fn status(&self, out_trade_no: &str) -> &'static str {
        status(&self.trade(out_trade_no))
    }

    /// A buyer opens the URL that the shop returned.
    pub async fn open(&self, url: &str) -> Page {
        assert!(url.starts_with(&self.url), "{url} does not lead to {}", self.url);
        let mut response = awc::Client::new().get(url).send().await.unwrap();
        let html = String::from_utf8(response.body().await.unwrap().to_vec()).unwrap();
        let content_type = response.headers().get("content-type").unwrap().to_str().unwrap().to_owned();
        Page { status: response.status().as_u16(), content_type, html }
    }

    /// A buyer scans a code, which creates its trade; returns the shop's number of the trade.
    ///
    /// # Errors
    /// The reason why the trade cannot be paid.
    pub fn scan(&self, code: &str) -> Result<String, &'static str> {
        self.engine.with_state(|state, now| {
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

    /// Ends the time in which a paid trade can be refunded, which is about twelve months.
    pub async fn finish(&self, out_trade_no: &str) {
        self.engine.with_state(|state, now| {
            let index = state.find(out_trade_no).unwrap();
            assert_eq!(state.trades[index].stage, Stage::Paid);
            state.trades[index].stage = Stage::Finished;
            self.engine.announce(state, index, Kind::Finished, now);
        });
        self.tick().await;
    }

    /// Sends another notice as a new event, correctly signed: the present trade, with the status of `kind`.
    pub async fn notify_again(&self, out_trade_no: &str, kind: Kind) {
        self.engine.with_state(|state, now| {
            let index = state.find(out_trade_no).unwrap();
            self.engine.notify(state, index, kind, now);
        });
        self.tick().await;
    }
}
