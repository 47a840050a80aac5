//! Actions of a test that are specific to WeChat Pay.

use serde_json::Value;

use super::{Front, MERCHANT_SERIAL, SignsWith, transaction};
use crate::platform::book::RefundState;
use crate::platform::engine::lock;
use crate::platform::key::field;
use crate::platform::standin::Standin;

impl Standin<Front> {
    /// WeChat Pay for a merchant with the public key.
    pub async fn start() -> Self {
        let mut wechat = Self::set_up(SignsWith::PublicKey);
        wechat.set_public_key();
        wechat
    }

    /// WeChat Pay for a merchant with platform certificates.
    pub async fn with_certificate() -> Self {
        let mut wechat = Self::set_up(SignsWith::Certificate);
        wechat.set_certificate();
        wechat
    }

    /// WeChat Pay for a merchant that fetches the platform certificates.
    pub async fn with_fetched_certificate() -> Self {
        Self::set_up(SignsWith::Certificate)
    }

    /// WeChat Pay for a merchant whose file has a certificate that WeChat Pay has replaced.
    pub async fn with_replaced_certificate() -> Self {
        let mut wechat = Self::set_up(SignsWith::Certificate);
        wechat.set_file("GATEWAY__WECHAT__PLATFORM_CERTIFICATES", field("ali_cert_1", "pem"));
        wechat
    }

    /// WeChat Pay for a merchant in migration: the certificate's key still signs, and the shop has both keys.
    pub async fn changing_over() -> Self {
        let mut wechat = Self::set_up(SignsWith::Certificate);
        wechat.set_certificate();
        wechat.set_public_key();
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

    fn set_public_key(&mut self) {
        let (serial, key) = &self.engine.front.account.keys[0];
        let (serial, pem) = (serial.clone(), key.pem("PUBLIC KEY", "spki_der_b64"));
        self.set("GATEWAY__WECHAT__PLATFORM_KEY_ID", serial);
        self.set_file("GATEWAY__WECHAT__PLATFORM_KEY", &pem);
    }

    fn set_certificate(&mut self) {
        self.set_file("GATEWAY__WECHAT__PLATFORM_CERTIFICATES", field("wx_platform_cert", "pem"));
    }

    /// Replaces the first base URL by one on which no server listens.
    pub fn lose_first_host(&mut self) {
        // A port that was just released.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        self.set("GATEWAY__WECHAT__URL", format!("http://{free}"));
    }

    /// Sets the key that signs notices.
    pub fn sign_with(&self, signs_with: SignsWith) {
        *lock(&self.engine.front.signs_with) = signs_with;
    }

    /// An operator resolves a refund that did not reach its buyer: it ends in `end`, and the shop is notified.
    pub async fn resolve_refund(&self, number: &str, end: RefundState) {
        self.engine.with_state(|state, now| {
            let refunds = state.trades.iter_mut().flat_map(|trade| &mut trade.refunds);
            let stuck = refunds.filter(|refund| refund.number == number && refund.state == RefundState::Abnormal);
            stuck.for_each(|refund| refund.next_state = Some((now, end)));
        });
        self.tick().await;
    }

    /// The state of a payment in the answer to a query.
    #[track_caller]
    pub fn status(&self, out_trade_no: &str) -> &'static str {
        transaction::state(&self.trade(out_trade_no))
    }

    /// A buyer scans a code; returns the shop's number of the order.
    ///
    /// # Errors
    /// The reason why the order cannot be paid.
    pub fn scan(&self, code: &str) -> Result<String, &'static str> {
        self.engine.with_state(|state, now| {
            let trade = state.trades.iter().find(|trade| trade.code == code).ok_or("there is no such code")?;
            if now >= trade.code_until { Err("the code is too old") } else { Ok(trade.out_trade_no.clone()) }
        })
    }

    /// A page in WeChat starts the payment with the shop's parameters; returns the shop's number of the order.
    ///
    /// # Errors
    /// The reason why WeChat refuses the parameters.
    pub fn start_jsapi_payment(&self, params: &Value) -> Result<String, &'static str> {
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
