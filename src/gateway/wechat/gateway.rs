//! WeChat Pay as Pay sees it: two ways to pay into one account.

use std::sync::Arc;

use awc::http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::account::Account;
use super::answer::{Fault, Said};
use super::refund::Answered;
use super::request::{Back, Close, Prepay};
use super::trade::{Trade, fits};
use super::{call, notify};
use crate::domain::clock::Timestamp;
use crate::domain::id::{PayId, RefundId};
use crate::gateway::{
    Checkout, Gateway, LocalFuture, Notice, Outcome, Purchase, Refund, Refunding, Reject, Reply, Standing,
};

/// How the customer pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// They scan a picture.
    Native,
    /// They are on a page inside WeChat, which knows them.
    Jsapi,
}

impl Way {
    /// Its name in requests, rows and the callback's address.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Native => "wechat",
            Self::Jsapi => "wechat_jsapi",
        }
    }
}

/// WeChat Pay behind the gateways' trait.
#[derive(Debug)]
pub struct WechatGateway {
    way: Way,
    account: Arc<Account>,
}

#[derive(Deserialize)]
struct Native {
    code_url: String,
}

#[derive(Deserialize)]
struct Jsapi {
    prepay_id: String,
}

impl WechatGateway {
    /// One way to pay into an account.
    #[must_use]
    pub const fn new(way: Way, account: Arc<Account>) -> Self {
        Self { way, account }
    }

    fn notify_url(&self) -> String {
        self.account.shop.callback_url(self.way.name())
    }

    async fn get(&self, target: &str) -> Result<Said, String> {
        call::ask(&self.account, Method::GET, target, None).await
    }

    async fn post(&self, target: &str, body: &impl serde::Serialize) -> Result<Said, String> {
        let body = serde_json::to_string(body).map_err(|error| error.to_string())?;
        call::ask(&self.account, Method::POST, target, Some(body)).await
    }

    async fn start(&self, purchase: Purchase) -> Result<Checkout, String> {
        if self.needs_payer() && purchase.payer.is_none() {
            return Err("nobody is named who pays".to_owned());
        }
        let payer = purchase.payer.as_ref().filter(|_| self.needs_payer());
        let prepay = Prepay::new(&self.account, &purchase, payer, self.notify_url());
        match self.way {
            Way::Native => {
                let Native { code_url } = done(self.post("/v3/pay/transactions/native", &prepay).await?)?;
                // It is kept, and shown to the customer.
                if !fits(&code_url, 512) {
                    return Err(unheard_of());
                }
                Ok(Checkout::QrCode { url: code_url })
            }
            Way::Jsapi => {
                let Jsapi { prepay_id } = done(self.post("/v3/pay/transactions/jsapi", &prepay).await?)?;
                if !fits(&prepay_id, 64) {
                    return Err(unheard_of());
                }
                let Account { signer, app_id, .. } = &*self.account;
                let stamp = self.account.stamp().map_err(|why| why.to_string())?;
                let params = signer.params(app_id, stamp, &prepay_id).await.map_err(|why| why.to_string())?;
                Ok(Checkout::Jsapi { params })
            }
        }
    }

    async fn stands(&self, pay_id: PayId) -> Result<Standing, String> {
        let mchid = &self.account.merchant_id;
        match self.get(&format!("/v3/pay/transactions/out-trade-no/{pay_id}?mchid={mchid}")).await? {
            Said::Fault(Fault::NoPayment) => Ok(Standing::Missing),
            said => done::<Trade>(said)?.standing(&self.account, pay_id).ok_or_else(unheard_of),
        }
    }

    async fn ends(&self, pay_id: PayId) -> Result<Standing, String> {
        let close = Close { mchid: &self.account.merchant_id };
        match self.post(&format!("/v3/pay/transactions/out-trade-no/{pay_id}/close"), &close).await? {
            Said::Done(204, _) => Ok(Standing::Closed),
            Said::Fault(Fault::NoPayment) => Ok(Standing::Missing),
            Said::Fault(Fault::Ended) => match self.stands(pay_id).await? {
                ended @ (Standing::Paid(_) | Standing::Closed) => Ok(ended),
                Standing::Unpaid | Standing::Missing => Err("it has ended, and has not".to_owned()),
            },
            _ => Err(unheard_of()),
        }
    }

    async fn gives_back(&self, refund: Refund) -> Result<Refunding, String> {
        let back = Back::new(&refund, self.notify_url());
        match self.post("/v3/refund/domestic/refunds", &back).await? {
            Said::Fault(Fault::Funds) => {
                tracing::warn!(refund_id = %refund.refund_id, "the merchant has not enough at WeChat Pay for a refund");
                Err("the merchant has not enough there".to_owned())
            }
            said => done::<Answered>(said)?.of(&refund).ok_or_else(unheard_of),
        }
    }

    async fn refund_stands(&self, pay_id: PayId, refund_id: RefundId) -> Result<Refunding, String> {
        match self.get(&format!("/v3/refund/domestic/refunds/{refund_id}")).await? {
            Said::Fault(Fault::NoRefund) => Ok(Refunding::Missing),
            said => done::<Answered>(said)?.of_number(pay_id, refund_id).ok_or_else(unheard_of),
        }
    }
}

/// Good where it was done as asked, and says what it should.
fn done<T: DeserializeOwned>(said: Said) -> Result<T, String> {
    match said {
        Said::Done(_, body) => serde_json::from_slice(&body).map_err(|_| unheard_of()),
        Said::Fault(fault) => {
            tracing::warn!(?fault, "WeChat Pay did not do what it was asked");
            Err(format!("{fault:?}"))
        }
    }
}

/// A good signature around something nobody expects here.
fn unheard_of() -> String {
    tracing::warn!("an answer of WeChat Pay that says nothing we know");
    "the answer says nothing we know".to_owned()
}

fn outcome<T>(told: Result<T, String>) -> Outcome<T> {
    told.map_or_else(Outcome::Unknown, Outcome::Known)
}

impl Gateway for WechatGateway {
    fn name(&self) -> &'static str {
        self.way.name()
    }

    fn needs_payer(&self) -> bool {
        self.way == Way::Jsapi
    }

    fn create(&self, purchase: Purchase) -> LocalFuture<'_, Outcome<Option<Checkout>>> {
        Box::pin(async move { outcome(self.start(purchase).await.map(Some)) })
    }

    fn query(&self, pay_id: PayId) -> LocalFuture<'_, Outcome<Standing>> {
        Box::pin(async move { outcome(self.stands(pay_id).await) })
    }

    fn close(&self, pay_id: PayId) -> LocalFuture<'_, Outcome<Standing>> {
        Box::pin(async move { outcome(self.ends(pay_id).await) })
    }

    fn refund(&self, refund: Refund) -> LocalFuture<'_, Outcome<Refunding>> {
        Box::pin(async move { outcome(self.gives_back(refund).await) })
    }

    fn query_refund(&self, pay_id: PayId, refund_id: RefundId) -> LocalFuture<'_, Outcome<Refunding>> {
        Box::pin(async move { outcome(self.refund_stands(pay_id, refund_id).await) })
    }

    fn read_callback(
        &self,
        header: &dyn Fn(&str) -> Option<String>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Option<Notice>, Reject> {
        notify::read(&self.account, header, body, now)
    }

    fn acknowledgement(&self) -> Reply {
        Reply { status: 204, content_type: None, body: String::new() }
    }

    fn refusal(&self, status: u16, why: &str) -> Option<Reply> {
        let body = serde_json::json!({"code": "FAIL", "message": why}).to_string();
        Some(Reply { status, content_type: Some("application/json"), body })
    }
}
