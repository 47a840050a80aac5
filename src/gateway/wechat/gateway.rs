//! Implements [`Gateway`] for WeChat Pay: two trade types, each with a name of its own, on one merchant account.

use std::sync::Arc;
use std::time::Duration;

use awc::http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::account::MerchantAccount;
use super::answer::{Fault, Response};
use super::refund::RefundResponse;
use super::request::{Close, Prepay, RefundRequest};
use super::trade::Trade;
use super::{call, download, notify};
use crate::domain::clock::Timestamp;
use crate::domain::id::{PayId, RefundId};
use crate::gateway::statement::Bill;
use crate::gateway::statement::day::Day;
use crate::gateway::text::{is_address, is_printable_ascii};
use crate::gateway::{
    Checkout, CheckoutKind, Gateway, GivenBack, LocalFuture, Notification, Outcome, PaymentStatus, Purchase, Refund,
    RefundStatus, Reject, Reply,
};

/// How long the address of an H5 payment can be opened.
const H5_LASTS: Duration = Duration::from_secs(5 * 60);

/// WeChat Pay's trade type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TradeType {
    /// The customer scans a QR code.
    Native,
    /// The customer pays on a page inside WeChat, which knows the customer's `openid`.
    Jsapi,
    /// The customer comes from a browser outside WeChat, on the telephone that has WeChat.
    H5,
}

impl TradeType {
    /// The gateway's name in requests, rows and the callback URL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Native => "wechat",
            Self::Jsapi => "wechat_jsapi",
            Self::H5 => "wechat_h5",
        }
    }
}

/// The gateway to one trade type.
#[derive(Debug)]
pub struct WechatGateway {
    trade_type: TradeType,
    account: Arc<MerchantAccount>,
}

#[derive(Deserialize)]
struct Native {
    code_url: String,
}

#[derive(Deserialize)]
struct H5 {
    h5_url: String,
}

#[derive(Deserialize)]
struct Jsapi {
    prepay_id: String,
}

impl WechatGateway {
    /// Creates the gateway to `trade_type` for `account`.
    #[must_use]
    pub const fn new(trade_type: TradeType, account: Arc<MerchantAccount>) -> Self {
        Self { trade_type, account }
    }

    fn notify_url(&self) -> String {
        self.account.shop.callback_url(self.trade_type.name())
    }

    async fn get(&self, target: &str) -> Result<Response, String> {
        call::send(&self.account, Method::GET, target, None).await
    }

    async fn post(&self, target: &str, body: &impl serde::Serialize) -> Result<Response, String> {
        let body = serde_json::to_string(body).map_err(|error| error.to_string())?;
        call::send(&self.account, Method::POST, target, Some(body)).await
    }

    async fn start(&self, purchase: Purchase) -> Result<Checkout, NotStarted> {
        if self.needs_payer() && purchase.payer.is_none() {
            return Err("the payer is missing".to_owned().into());
        }
        let payer = purchase.payer.as_ref().filter(|_| self.needs_payer());
        let mut prepay = Prepay::new(&self.account, &purchase, payer, self.notify_url());
        match self.trade_type {
            TradeType::H5 => {
                let missing = |what: &str| NotStarted::Unknown(what.to_owned());
                let client_ip =
                    purchase.client_ip.ok_or_else(|| missing("the address of the customer is not known"))?;
                let h5_type = self.account.h5_type.ok_or_else(|| missing("H5 payments are not set up"))?;
                prepay.set_browser(client_ip, h5_type);
                let H5 { h5_url } = parse_started(self.post("/v3/pay/transactions/h5", &prepay).await?)?;
                if !is_address(&h5_url, "https://", 512) {
                    return Err(unexpected_response().into());
                }
                Ok(Checkout::Redirect { url: h5_url })
            }
            TradeType::Native => {
                let Native { code_url } = parse_started(self.post("/v3/pay/transactions/native", &prepay).await?)?;
                // The URL is stored and shown to the customer.
                if !is_address(&code_url, "weixin://", 512) {
                    return Err(unexpected_response().into());
                }
                Ok(Checkout::QrCode { url: code_url })
            }
            TradeType::Jsapi => {
                let Jsapi { prepay_id } = parse_started(self.post("/v3/pay/transactions/jsapi", &prepay).await?)?;
                if !is_printable_ascii(&prepay_id, 64) {
                    return Err(unexpected_response().into());
                }
                let MerchantAccount { signer, app_id, .. } = &*self.account;
                let stamp = self.account.stamp().map_err(|why| why.to_string())?;
                let params = signer.params(app_id, stamp, &prepay_id).await.map_err(|why| why.to_string())?;
                Ok(Checkout::Jsapi { params })
            }
        }
    }

    async fn query_payment(&self, pay_id: PayId) -> Result<PaymentStatus, String> {
        let mchid = &self.account.merchant_id;
        match self.get(&format!("/v3/pay/transactions/out-trade-no/{pay_id}?mchid={mchid}")).await? {
            Response::Fault(Fault::PaymentNotFound) => Ok(PaymentStatus::NotFound),
            response => {
                parse_done::<Trade>(response)?.payment_status(&self.account, pay_id).ok_or_else(unexpected_response)
            }
        }
    }

    /// WeChat Pay says whether anything was given back, not how much.
    async fn query_refunded(&self, pay_id: PayId) -> Result<GivenBack, String> {
        let mchid = &self.account.merchant_id;
        match self.get(&format!("/v3/pay/transactions/out-trade-no/{pay_id}?mchid={mchid}")).await? {
            Response::Fault(Fault::PaymentNotFound) => Ok(GivenBack::NotReported),
            response => Ok(parse_done::<Trade>(response)?.given_back(pay_id)),
        }
    }

    async fn close_payment(&self, pay_id: PayId) -> Result<PaymentStatus, String> {
        let close = Close { mchid: &self.account.merchant_id };
        match self.post(&format!("/v3/pay/transactions/out-trade-no/{pay_id}/close"), &close).await? {
            Response::Done(204, _) => Ok(PaymentStatus::Closed),
            Response::Fault(Fault::PaymentNotFound) => Ok(PaymentStatus::NotFound),
            Response::Fault(Fault::PaidOrClosed) => match self.query_payment(pay_id).await? {
                status @ (PaymentStatus::Paid(_) | PaymentStatus::Closed) => Ok(status),
                PaymentStatus::Unpaid | PaymentStatus::NotFound => {
                    Err("WeChat Pay reports the payment both as ended and as unpaid".to_owned())
                }
            },
            _ => Err(unexpected_response()),
        }
    }

    async fn send_refund(&self, refund: Refund) -> Result<Outcome<RefundStatus>, String> {
        let request = RefundRequest::new(&refund, self.notify_url());
        match self.post("/v3/refund/domestic/refunds", &request).await? {
            Response::Fault(Fault::InsufficientFunds) => {
                tracing::warn!(refund_id = %refund.refund_id, "the balance at WeChat Pay is too low for a refund");
                Ok(Outcome::Undecided("the merchant's balance is too low".to_owned()))
            }
            response => {
                let status = parse_done::<RefundResponse>(response)?.status_of(&refund);
                status.map(Outcome::Known).ok_or_else(unexpected_response)
            }
        }
    }

    async fn query_refund_status(&self, pay_id: PayId, refund_id: RefundId) -> Result<RefundStatus, String> {
        match self.get(&format!("/v3/refund/domestic/refunds/{refund_id}")).await? {
            Response::Fault(Fault::RefundNotFound) => Ok(RefundStatus::NotFound),
            response => {
                parse_done::<RefundResponse>(response)?.status_by_id(pay_id, refund_id).ok_or_else(unexpected_response)
            }
        }
    }
}

/// The reason for which a payment was not started.
enum NotStarted {
    /// Nothing says whether the payment exists.
    Unknown(String),
    /// WeChat Pay refuses: the payment is paid or closed.
    Refused(String),
}

impl From<String> for NotStarted {
    fn from(why: String) -> Self {
        Self::Unknown(why)
    }
}

/// Parses the body of a response to the start of a payment.
fn parse_started<T: DeserializeOwned>(response: Response) -> Result<T, NotStarted> {
    match response {
        Response::Fault(Fault::PaidOrClosed) => Err(NotStarted::Refused("the payment is paid or closed".to_owned())),
        response => Ok(parse_done(response)?),
    }
}

/// Parses the body of a successful response. Any other response is an error.
fn parse_done<T: DeserializeOwned>(response: Response) -> Result<T, String> {
    match response {
        Response::Done(_, body) => serde_json::from_slice(&body).map_err(|_| unexpected_response()),
        Response::Fault(fault) => {
            tracing::warn!(?fault, "WeChat Pay returned an unexpected error");
            Err(format!("{fault:?}"))
        }
    }
}

/// Logs and returns the error for an authentic response with unexpected content.
fn unexpected_response() -> String {
    tracing::warn!("WeChat Pay's response has unexpected content");
    "the response has unexpected content".to_owned()
}

fn outcome<T>(result: Result<T, String>) -> Outcome<T> {
    result.map_or_else(Outcome::Unknown, Outcome::Known)
}

impl Gateway for WechatGateway {
    fn name(&self) -> &str {
        self.trade_type.name()
    }

    fn platform(&self) -> &str {
        "wechat"
    }

    fn checkout_kind(&self) -> CheckoutKind {
        match self.trade_type {
            TradeType::Native => CheckoutKind::QrCode,
            TradeType::Jsapi => CheckoutKind::Jsapi,
            TradeType::H5 => CheckoutKind::Redirect,
        }
    }

    fn needs_payer(&self) -> bool {
        self.trade_type == TradeType::Jsapi
    }

    /// The address of an H5 payment can be opened for five minutes.
    fn payment_lasts(&self) -> Option<Duration> {
        (self.trade_type == TradeType::H5).then_some(H5_LASTS)
    }

    fn create(&self, purchase: Purchase) -> LocalFuture<'_, Outcome<Option<Checkout>>> {
        Box::pin(async move {
            match self.start(purchase).await {
                Ok(checkout) => Outcome::Known(Some(checkout)),
                Err(NotStarted::Refused(why)) => Outcome::Undecided(why),
                Err(NotStarted::Unknown(why)) => Outcome::Unknown(why),
            }
        })
    }

    fn query(&self, pay_id: PayId) -> LocalFuture<'_, Outcome<PaymentStatus>> {
        Box::pin(async move { outcome(self.query_payment(pay_id).await) })
    }

    fn close(&self, pay_id: PayId) -> LocalFuture<'_, Outcome<PaymentStatus>> {
        Box::pin(async move { outcome(self.close_payment(pay_id).await) })
    }

    fn refund(&self, refund: Refund) -> LocalFuture<'_, Outcome<RefundStatus>> {
        Box::pin(async move { self.send_refund(refund).await.unwrap_or_else(Outcome::Unknown) })
    }

    fn query_refund(&self, pay_id: PayId, refund_id: RefundId) -> LocalFuture<'_, Outcome<RefundStatus>> {
        Box::pin(async move { outcome(self.query_refund_status(pay_id, refund_id).await) })
    }

    fn query_given_back(&self, pay_id: PayId) -> LocalFuture<'_, Outcome<GivenBack>> {
        Box::pin(async move { outcome(self.query_refunded(pay_id).await) })
    }

    fn download_statement(&self, bill: Bill, day: Day) -> LocalFuture<'_, Result<Vec<u8>, String>> {
        let target = match bill {
            Bill::Trade => format!("/v3/bill/tradebill?bill_date={day}&bill_type=ALL"),
            Bill::Funds => format!("/v3/bill/fundflowbill?bill_date={day}&account_type=BASIC"),
        };
        Box::pin(async move { download::bill(&self.account, &target).await })
    }

    fn read_callback(
        &self,
        header: &dyn Fn(&str) -> Option<String>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Option<Notification>, Reject> {
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
